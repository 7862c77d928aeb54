//! Shipped plugin: project steps.
