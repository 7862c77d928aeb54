//! Loads Aksara plugins and calls them, in process or in a child process.
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::sync::atomic::AtomicBool;
//! use std::time::Duration;
//!
//! use aksara_plugin_host::{Answer, CallLimits, HostCalls, HostOptions, Isolation, PluginHost};
//! use aksara_protocol::Diagnostic;
//! use aksara_protocol::wire::{HostRequest, Request};
//!
//! /// A host that has nothing to tell.
//! struct Silent;
//!
//! impl HostCalls for Silent {
//!     fn call(&self, _: HostRequest) -> Result<Answer, Diagnostic> {
//!         Err(Diagnostic::new("unsupported", "this host answers nothing"))
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let host = PluginHost::new(HostOptions::new(Isolation::Child {
//!         program: "/usr/lib/aksara/aksara-plugin-host".into(),
//!         args: Vec::new(),
//!     }));
//!     let plugins = host.load_group(&["/usr/lib/aksara/libaksara_plugin_model.so".into()])?;
//!     let limits =
//!         CallLimits { timeout: Duration::from_secs(30), cancelled: Arc::new(AtomicBool::new(false)) };
//!     let request = Request::CheckFiles { stack: "django".into(), files: Vec::new() };
//!     println!("{}", plugins[0].invoke(&request, Arc::new(Silent), &limits)?);
//!     Ok(())
//! }
//! ```
//!
//! A plugin that panics, aborts, hangs, overflows its stack or answers nonsense fails its call with a
//! [`CallError`]; with [`Isolation::Child`] the host lives in every case. [`Isolation::InProcess`] saves some
//! microseconds a call and cannot survive an abort: it is for plugins that are trusted as the program itself is.
//!
//! Not for finding plugins, deciding whom to trust, or what the answers mean: that is the engine's.
//!
//! `unsafe` lives in two places: `loader` (the C ABI) and `child::system` (file descriptors and process groups).

#[cfg(not(unix))]
compile_error!(
    "Aksara does not run on this system yet: a plugin that hangs is ended with everything it started, by its Unix process group, and nothing else was written for that. On Windows, use its Linux subsystem"
);

mod call;
mod child;
mod error;
mod group;
mod held;
mod host;
mod host_call;
mod in_process;
mod loader;
mod pin;

pub use call::CallLimits;
pub use child::child_main;
pub use error::{CallError, LoadError};
pub use host::{HostOptions, Isolation, LoadedPlugin, PluginHost};
pub use host_call::{Answer, HostCalls};
pub use loader::name_of;
pub use pin::{LibraryFile, sha256_of};

/// The stack of every thread that runs a plugin, in bytes of address space. Parsers recurse, and a line of
/// 50,000 `.b` needs this much; memory that is not touched costs nothing.
const PLUGIN_STACK_BYTES: usize = 256 * 1024 * 1024;
