//! Shipped plugin: command steps.
