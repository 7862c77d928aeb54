//! The host's side of the C ABI: from a file to a [`Library`], from a library to an [`Instance`] that answers.
//!
//! The one place where foreign code is called. Knows nothing of processes, frames or JSON bodies but the
//! description's.
#![allow(unsafe_code, reason = "the plugin boundary is a C ABI")]

use std::ffi::c_void;
use std::mem::{ManuallyDrop, size_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};

use aksara_protocol::abi::{
    ABI_VERSION, AksEntry, AksHost, AksPlugin, AksSink, AksSlice, LinkedPlugin, MAGIC, SYMBOL_PREFIX, Status,
};
use aksara_protocol::plugin::Description;
use aksara_protocol::{Diagnostic, PROTOCOL_VERSION};
use libloading::os::unix;

use crate::LoadError;
use crate::call::RawReply;
use crate::host_call::{Questions, refusal};
use crate::pin::LibraryFile;

/// Larger descriptions are refused: nobody writes them.
pub(crate) const MAX_DESCRIPTION_BYTES: usize = 4 * 1024 * 1024;

/// The functions of a plugin's table, all there.
#[derive(Clone, Copy)]
struct Table {
    describe: unsafe extern "C" fn(AksSink) -> i32,
    open: unsafe extern "C" fn(*const AksHost, AksSlice, *mut *mut c_void, AksSink) -> i32,
    invoke: unsafe extern "C" fn(*mut c_void, u64, AksSlice, AksSink) -> i32,
    close: unsafe extern "C" fn(*mut c_void),
}

/// A loaded plugin library. It stays mapped until the process ends.
pub(crate) struct Library {
    path: PathBuf,
    table: Table,
    description: Description,
}

/// What stands in the place of a path for a plugin that is part of the program.
const LINKED: &str = "bundled:";

/// The place of a plugin that is part of the program, such as `bundled:model`: for messages, and between the host and
/// its child, which have the same plugins in them. No library has such a path: theirs are absolute.
pub(crate) fn place_of(linked: &LinkedPlugin) -> PathBuf {
    PathBuf::from(format!("{LINKED}{}", linked.name))
}

/// The name of the plugin that is part of the program, if `path` is such a place.
fn linked_name(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix(LINKED)
}

/// The plugin's name, from a file named `libaksara_plugin_<name>.so`.
///
/// # Errors
/// [`LoadError::FileName`] for a file that is not named like that.
pub fn name_of(path: &Path) -> Result<&str, LoadError> {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    let legal = |name: &&str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    path.file_name()
        .and_then(|file| file.to_str())
        .and_then(|file| file.strip_prefix(DLL_PREFIX))
        .and_then(|file| file.strip_prefix("aksara_plugin_"))
        .and_then(|file| file.strip_suffix(DLL_SUFFIX))
        .filter(legal)
        .ok_or_else(|| LoadError::FileName {
            path: path.to_owned(),
            expected: format!("{DLL_PREFIX}aksara_plugin_<name>{DLL_SUFFIX}"),
        })
}

impl Library {
    /// Loads the library at an absolute path, or takes the plugin of `linked` that has this place, and lets it
    /// describe itself. At every start: a child that ended must not come back with another file.
    pub(crate) fn load(file: &LibraryFile, linked: &[LinkedPlugin]) -> Result<Self, LoadError> {
        let path = file.path.as_path();
        let (name, table) = match linked_name(path) {
            Some(name) => match linked.iter().find(|l| l.name == name) {
                Some(plugin) => (name, table_of(plugin.entry, path)?),
                None => return Err(LoadError::NotLinked { path: path.to_owned() }),
            },
            None => {
                let name = name_of(path)?;
                if !path.is_file() {
                    return Err(LoadError::Missing { path: path.to_owned() });
                }
                (name, table_of(entry_of(file, name)?, path)?)
            }
        };
        let description = describe(&table, path)?;
        if description.name != name {
            let reason = format!("its name is `{}`, but the file's name says `{name}`", description.name);
            return Err(LoadError::Malformed { path: path.to_owned(), reason });
        }
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if major(&description.protocol) != major(PROTOCOL_VERSION) {
            return Err(LoadError::Incompatible {
                path: path.to_owned(),
                found: format!("the plugin protocol {}", description.protocol),
                expected: PROTOCOL_VERSION.to_owned(),
            });
        }
        Ok(Self { path: path.to_owned(), table, description })
    }

    /// What the plugin says of itself.
    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    /// Makes an instance.
    pub(crate) fn open(&self) -> Result<Instance, LoadError> {
        let line = Box::new(Line::default());
        let host = Box::new(AksHost {
            size: size_of::<AksHost>() as u32,
            abi: ABI_VERSION,
            ctx: ptr::from_ref::<Line>(&line).cast_mut().cast(),
            call: Some(host_call),
            cancelled: Some(host_cancelled),
        });
        let mut raw = ptr::null_mut();
        let mut error = Inbox::new(MAX_DESCRIPTION_BYTES);
        // SAFETY: the table's function, with a host table that lives as long as the instance and pointers that
        // are valid for the call.
        let status = unsafe { (self.table.open)(&raw const *host, slice(b"{}"), &raw mut raw, error.sink()) };
        if status != Status::Ok as i32 {
            let reason = format!("`open` answered status {status}{}", error.said());
            return Err(LoadError::Start { path: self.path.clone(), reason });
        }
        Ok(Instance { table: self.table, raw, line, _host: host })
    }
}

/// An opened plugin. It stays on the thread that opened it.
pub(crate) struct Instance {
    table: Table,
    raw: *mut c_void,
    line: Box<Line>,
    /// The plugin keeps a pointer to it.
    _host: Box<AksHost>,
}

impl Instance {
    /// Answers a request in JSON. At most `limit` bytes of reply are taken.
    pub(crate) fn invoke(
        &mut self,
        call_id: u64,
        request: &[u8],
        questions: Arc<dyn Questions>,
        limit: usize,
    ) -> RawReply {
        self.line.connect(Some((call_id, questions)));
        let mut reply = Inbox::new(limit);
        // SAFETY: the table's function, with an instance that it made and pointers that are valid for the call.
        let status = unsafe { (self.table.invoke)(self.raw, call_id, slice(request), reply.sink()) };
        self.line.connect(None);
        if reply.overflowed {
            return RawReply::TooLarge { limit };
        }
        RawReply::Answer { status, bytes: reply.bytes }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // SAFETY: made by `open`, closed once, and no call is running: `invoke` borrows mutably.
        unsafe { (self.table.close)(self.raw) };
    }
}

/// The exported function of the plugin `name`.
fn entry_of(file: &LibraryFile, name: &str) -> Result<AksEntry, LoadError> {
    let library = match file.hold()? {
        Some(held) => {
            let library = map(held.place(), &file.path)?;
            held.loaded();
            library
        }
        None => map(&file.path, &file.path)?,
    };
    let symbol = format!("{SYMBOL_PREFIX}{name}");
    // SAFETY: the symbol's name stands for this signature, in version 1 and for ever.
    unsafe { library.get::<AksEntry>(symbol.as_bytes()) }
        .map(|entry| *entry)
        .map_err(|_| LoadError::Symbol { path: file.path.clone(), symbol })
}

/// Maps the library that lies in `place`. `path` is for messages.
fn map(place: &Path, path: &Path) -> Result<ManuallyDrop<unix::Library>, LoadError> {
    let flags = libc::RTLD_NOW | libc::RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: loading runs the library's constructors. Whoever configured the plugin trusts its code; a child
    // process bounds the damage.
    let library = unsafe { unix::Library::open(Some(place), flags) }
        .map_err(|error| LoadError::Open { path: path.to_owned(), reason: error.to_string() })?;
    // Never unloaded: threads and thread-locals of the plugin may outlive every handle to it.
    Ok(ManuallyDrop::new(library))
}

/// The table that a plugin's exported function gives, checked from its first field on. `path` is for messages.
fn table_of(entry: AksEntry, path: &Path) -> Result<Table, LoadError> {
    // SAFETY: a library's function of that name, or one that the program was linked with; it takes any number.
    let table = unsafe { entry(ABI_VERSION) };
    let malformed = |reason: &str| LoadError::Malformed { path: path.to_owned(), reason: reason.to_owned() };
    if table.is_null() {
        return Err(LoadError::Incompatible {
            path: path.to_owned(),
            found: "a newer plugin interface".to_owned(),
            expected: format!("version {ABI_VERSION}"),
        });
    }
    if !table.is_aligned() {
        return Err(malformed("its table is not aligned"));
    }
    // SAFETY: not null and aligned; every table has its first fields, of which the magic is the first.
    if unsafe { (*table).magic } != MAGIC {
        return Err(malformed("its table has not the magic number of one"));
    }
    // SAFETY: a table with the magic number has these fields.
    let (abi, size) = unsafe { ((*table).abi, (*table).size) };
    if abi != ABI_VERSION {
        return Err(LoadError::Incompatible {
            path: path.to_owned(),
            found: format!("version {abi} of the plugin interface"),
            expected: format!("version {ABI_VERSION}"),
        });
    }
    if (size as usize) < size_of::<AksPlugin>() {
        return Err(malformed("its table is too short"));
    }
    // SAFETY: the table says that it reaches over the whole struct.
    let table = unsafe { table.read() };
    match table {
        AksPlugin {
            describe: Some(describe),
            open: Some(open),
            invoke: Some(invoke),
            close: Some(close),
            ..
        } => Ok(Table { describe, open, invoke, close }),
        _ => Err(malformed("a function of its table is null")),
    }
}

fn describe(table: &Table, path: &Path) -> Result<Description, LoadError> {
    let start = |reason: String| LoadError::Start { path: path.to_owned(), reason };
    let mut reply = Inbox::new(MAX_DESCRIPTION_BYTES);
    // SAFETY: the table's function, with a sink that is valid for the call.
    let status = unsafe { (table.describe)(reply.sink()) };
    if status != Status::Ok as i32 {
        return Err(start(format!("`describe` answered status {status}{}", reply.said())));
    }
    if reply.overflowed {
        return Err(start(format!("its description is larger than {MAX_DESCRIPTION_BYTES} bytes")));
    }
    serde_json::from_slice(&reply.bytes)
        .map_err(|error| start(format!("its description is not one: {error}")))
}

fn slice(bytes: &[u8]) -> AksSlice {
    AksSlice { ptr: bytes.as_ptr(), len: bytes.len() }
}

/// Takes what the plugin writes, up to a limit.
struct Inbox {
    bytes: Vec<u8>,
    limit: usize,
    overflowed: bool,
}

impl Inbox {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit, overflowed: false }
    }

    fn sink(&mut self) -> AksSink {
        AksSink { ctx: ptr::from_mut(self).cast(), write: Some(take) }
    }

    /// The message of the diagnostic that was written, after a colon.
    fn said(&self) -> String {
        serde_json::from_slice::<Diagnostic>(&self.bytes)
            .map_or_else(|_| " without saying why".to_owned(), |said| format!(": {}", said.message))
    }
}

/// Takes a part of a reply into the [`Inbox`] behind `ctx`.
unsafe extern "C" fn take(ctx: *mut c_void, bytes: AksSlice) -> i32 {
    // SAFETY: `ctx` is what `Inbox::sink` gave, and its owner waits for the plugin.
    let Some(inbox) = (unsafe { ctx.cast::<Inbox>().as_mut() }) else {
        return Status::BadRequest as i32;
    };
    // SAFETY: the plugin's slice is valid for the call.
    let Some(bytes) = (unsafe { borrow(&bytes) }) else {
        return Status::BadRequest as i32;
    };
    if bytes.len() > inbox.limit - inbox.bytes.len() {
        inbox.overflowed = true;
        return Status::BadRequest as i32;
    }
    inbox.bytes.extend_from_slice(bytes);
    Status::Ok as i32
}

/// # Safety
/// If `slice.ptr` is not null, `slice.len` bytes behind it are valid as long as `slice` is borrowed.
unsafe fn borrow(slice: &AksSlice) -> Option<&[u8]> {
    if slice.len == 0 {
        return Some(&[]);
    }
    if slice.ptr.is_null() || slice.len > isize::MAX as usize {
        return None;
    }
    // SAFETY: not null, not too long, and valid by this function's contract.
    Some(unsafe { std::slice::from_raw_parts(slice.ptr, slice.len) })
}

/// Which call is running, for the functions of the host's table. Any thread of the plugin may use them.
#[derive(Default)]
struct Line(Mutex<Option<(u64, Arc<dyn Questions>)>>);

impl Line {
    fn connect(&self, call: Option<(u64, Arc<dyn Questions>)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = call;
    }

    fn of(&self, call_id: u64) -> Option<Arc<dyn Questions>> {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_ref().filter(|(id, _)| *id == call_id).map(|(_, questions)| questions.clone())
    }
}

unsafe extern "C" fn host_call(ctx: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32 {
    // SAFETY: `ctx` is the instance's line, which lives until after `close`.
    let line = unsafe { ctx.cast::<Line>().as_ref() };
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let Some(questions) = line.and_then(|line| line.of(call_id)) else {
            return refusal(Status::BadRequest, "bad_request", format!("no call {call_id} is running"));
        };
        // SAFETY: the plugin's slice is valid for the call.
        match unsafe { borrow(&request) } {
            Some(request) => questions.ask(request),
            None => refusal(Status::BadRequest, "bad_request", "the request is null"),
        }
    }));
    let (status, bytes) = answer.unwrap_or_else(|_| {
        refusal(Status::HostCallFailed, "host_call_failed", "the host panicked on this question")
    });
    if let (Some(write), false) = (reply.write, bytes.is_empty()) {
        // What the sink answers is the plugin's matter: there is nothing more to send anyway.
        // SAFETY: the plugin's sink is valid for the call, and the bytes live until it returns.
        let _ = unsafe { write(reply.ctx, slice(&bytes)) };
    }
    status as i32
}

unsafe extern "C" fn host_cancelled(ctx: *mut c_void, call_id: u64) -> i32 {
    // SAFETY: `ctx` is the instance's line, which lives until after `close`.
    let line = unsafe { ctx.cast::<Line>().as_ref() };
    let cancelled = catch_unwind(AssertUnwindSafe(|| {
        // A call that is not running any more was given up.
        line.and_then(|line| line.of(call_id)).is_none_or(|questions| questions.cancelled())
    }));
    i32::from(cancelled.unwrap_or(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_name_names_the_plugin() {
        let file = |name: &str| {
            PathBuf::from(format!(
                "/x/{}{name}{}",
                std::env::consts::DLL_PREFIX,
                std::env::consts::DLL_SUFFIX
            ))
        };
        assert_eq!(name_of(&file("aksara_plugin_model")), Ok("model"));
        for wrong in ["aksara_plugin_", "model", "aksara_plugin_Model", "aksara_plugin_a-b"] {
            assert!(matches!(name_of(&file(wrong)), Err(LoadError::FileName { .. })), "{wrong}");
        }
    }

    #[test]
    fn what_is_loaded_is_what_was_compared() {
        use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
        // Cargo puts the libraries of dependencies beside this test.
        let built = std::env::current_exe()
            .unwrap()
            .with_file_name(format!("{DLL_PREFIX}aksara_test_bare{DLL_SUFFIX}"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("{DLL_PREFIX}aksara_plugin_raw{DLL_SUFFIX}"));
        std::fs::copy(built, &path).unwrap();
        let pinned = LibraryFile { sha256: Some(crate::sha256_of(&path).unwrap()), path: path.clone() };
        let held = pinned.hold().unwrap().unwrap();
        // In place, as `cp` does: the same file, other bytes.
        std::fs::write(&path, "not a library").unwrap();
        let library = map(held.place(), &path).unwrap();
        held.loaded();
        // SAFETY: a symbol of the test library; it is not called.
        assert!(unsafe { library.get::<AksEntry>(b"aksara_plugin_v1_raw") }.is_ok());
        assert!(matches!(entry_of(&pinned, "raw"), Err(LoadError::Pin { .. })));
    }

    #[test]
    fn an_inbox_takes_parts_up_to_its_limit() {
        let mut inbox = Inbox::new(5);
        let sink = inbox.sink();
        let write = sink.write.unwrap();
        // SAFETY: the inbox outlives its sink.
        let statuses = unsafe { [b"abc".as_slice(), b"de", b"f"].map(|part| write(sink.ctx, slice(part))) };
        assert_eq!(statuses, [0, 0, Status::BadRequest as i32]);
        assert!(inbox.overflowed);
        assert_eq!(inbox.bytes, b"abcde");
    }
}
