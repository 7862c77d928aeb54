//! For authors of Aksara plugins: the executor trait, the `plugin!` macro, a test kit, the C header.
//!
//! A plugin is a dynamic library of executors. An [`Executor`] turns one step into an [`Outcome`], reading the
//! project only through its [`Context`]; it writes nothing and starts nothing. A [`Stack`] recognises a kind of
//! project and reads its facts. Both are pure: the same step on the same snapshot gives the same outcome.
//!
//! Not for hosts: loading plugins is `aksara-plugin-host`.

mod context;
mod dispatch;
mod executor;
pub mod ffi;
mod link;
mod macros;
pub mod testing;

pub use aksara_protocol as protocol;
pub use aksara_protocol::edit::{Edit, Splice};
pub use aksara_protocol::outcome::{Note, Outcome};
pub use aksara_protocol::plugin::{Effect, Example, ExecutorInfo, StackInfo};
pub use aksara_protocol::wire::{Detected, FileFacts, ScanReply, SourceFile, StepInput};
pub use aksara_protocol::{BlobId, Diagnostic, Label, RelPath};
pub use context::{Context, Host, HostError};
pub use dispatch::Plugin;
pub use executor::{Executor, Stack, params};
pub use link::{LinkFile, LinkInput};

/// What an executor fails with.
pub type StepError = Diagnostic;
