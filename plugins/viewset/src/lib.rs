//! Shipped plugin: viewset steps.
