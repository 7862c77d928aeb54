//! Shipped plugin: migration steps.
