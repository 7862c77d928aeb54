//! The shipped plugin for modules that a template writes: `create_test`, `modify_test` and `create_module`, on Django.
//!
//! The body of such a module belongs to a feature, so a template brings it, as minijinja source. This plugin
//! knows the rest: where the module goes, what its code may rely on (route names, pagination, who may do what),
//! how to make a valid row of a model. What a body sees is described in this crate's README.
//!
//! It runs no tests; that is the runtime's.

mod django;
mod render;

pub use django::{CreateModule, CreateTest, ModifyTest};

aksara_sdk::plugin! {
    name: "test",
    executors: [CreateTest, ModifyTest, CreateModule],
    stacks: [],
}
