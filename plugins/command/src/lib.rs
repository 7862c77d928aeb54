//! The shipped plugin for work that is not an edit: `run_command` and `manual`, on any stack.
//!
//! It checks what is asked and hands it on as data. It starts nothing: running a command, asking first, and
//! judging how dangerous it is are the runtime's.

mod manual;
mod run;

pub use manual::Manual;
pub use run::RunCommand;

aksara_sdk::plugin! {
    name: "command",
    executors: [RunCommand, Manual],
    stacks: [],
}
