//! Shipped plugin: test steps.
