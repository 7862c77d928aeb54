//! Shipped plugin: recognises projects and reads their facts, one module a stack.
//!
//! It carries out no steps. What it reads is static: no code of the project runs.

pub mod django;

pub use django::Django;

aksara_sdk::plugin! {
    name: "project",
    executors: [],
    stacks: [Django],
}
