//! The shipped plugin for migrations: one module a stack.
//!
//! Operations are never given by a plan. They are the difference between the models and the migrations of the
//! step's snapshot, so that a migration always fits what the steps before it did.

pub mod django;

aksara_sdk::plugin! {
    name: "migration",
    executors: [django::CreateMigration],
    stacks: [],
}
