//! Shipped plugin: model steps.
