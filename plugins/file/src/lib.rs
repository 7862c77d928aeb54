//! The shipped plugin for single files: `modify_file` on any stack, `create_app` and `create_middleware` on Django.
//!
//! For what no other step type does. Each operation says what it wants rather than where bytes are, so that it
//! still fits when the file has moved on, and does nothing when the file has it already.

mod django;
mod modify;
mod operation;
mod role;
mod splices;

pub use django::{CreateApp, CreateMiddleware};
pub use modify::ModifyFile;

aksara_sdk::plugin! {
    name: "file",
    executors: [ModifyFile, CreateApp, CreateMiddleware],
    stacks: [],
}
