//! Shipped plugin: file steps.
