//! Libraries that share one thread: loaded in order, invoked one at a time, opened anew after a panic.
//!
//! The same code runs in process and in the child; who talks to it is not its matter.

use std::sync::Arc;

use aksara_protocol::abi::{LinkedPlugin, Status};
use aksara_protocol::plugin::Description;

use crate::LoadError;
use crate::call::RawReply;
use crate::host_call::{Questions, refusal};
use crate::loader::{Instance, Library};
use crate::pin::LibraryFile;

/// The libraries of a group and their instances, on the thread that calls them.
pub(crate) struct Group {
    plugins: Vec<(Library, Option<Instance>)>,
    max_reply_bytes: usize,
}

impl Group {
    /// Loads and opens the libraries, or what of `linked` they name. `before` is told the index of each before it is
    /// touched.
    pub(crate) fn load(
        libraries: &[LibraryFile],
        linked: &[LinkedPlugin],
        max_reply_bytes: usize,
        mut before: impl FnMut(usize),
    ) -> Result<Self, LoadError> {
        let mut plugins = Vec::with_capacity(libraries.len());
        for (index, file) in libraries.iter().enumerate() {
            before(index);
            let library = Library::load(file, linked)?;
            let instance = library.open()?;
            plugins.push((library, Some(instance)));
        }
        Ok(Self { plugins, max_reply_bytes })
    }

    /// What the plugins say of themselves, in order.
    pub(crate) fn descriptions(&self) -> Vec<Description> {
        self.plugins.iter().map(|(library, _)| library.description().clone()).collect()
    }

    /// Calls the plugin at `index`.
    pub(crate) fn invoke(
        &mut self,
        index: usize,
        call_id: u64,
        request: &[u8],
        questions: Arc<dyn Questions>,
    ) -> RawReply {
        let Some((library, slot)) = self.plugins.get_mut(index) else {
            return refused(Status::BadRequest, "bad_request", format!("the group has no plugin {index}"));
        };
        let instance = match slot {
            Some(instance) => instance,
            None => match library.open() {
                Ok(opened) => slot.insert(opened),
                Err(error) => return refused(Status::Panic, "panicked", error.to_string()),
            },
        };
        let reply = instance.invoke(call_id, request, questions, self.max_reply_bytes);
        if matches!(reply, RawReply::Answer { status, .. } if status == Status::Panic as i32) {
            // What it holds may be half changed.
            *slot = None;
        }
        reply
    }
}

fn refused(status: Status, code: &str, text: String) -> RawReply {
    let (status, bytes) = refusal(status, code, text);
    RawReply::Answer { status: status as i32, bytes }
}
