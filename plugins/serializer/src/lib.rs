//! Shipped plugin: serializer steps.
