//! A plugin of a third party. It brings a stack, and two executors for it:
//!
//! - `create_model`, a step type that templates use already: whatever makes models on Django makes tables here;
//! - `write_index`, a step type of its own.
//!
//! A project of the stack `toy` is a folder with a `toy.txt`. A table is a file `tables/NAME.table`, with a line
//! `name type` for each column.

mod create_model;
mod stack;
mod write_index;

pub use create_model::CreateModel;
pub use stack::Toy;
pub use write_index::WriteIndex;

aksara_sdk::plugin! {
    name: "toy",
    executors: [CreateModel, WriteIndex],
    stacks: [Toy],
}
