//! The C side of a plugin: wraps a [`Plugin`] into the table that hosts call.
//!
//! The only module of the SDK with `unsafe`. No panic leaves it and no Rust type crosses it. For authors there
//! is nothing here: they write [`crate::plugin!`].
#![allow(unsafe_code, reason = "the plugin boundary is a C ABI")]

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use aksara_protocol::Diagnostic;
use aksara_protocol::abi::{
    ABI_VERSION, AksHost, AksPlugin, AksSink, AksSlice, FLAG_CONCURRENT, MAGIC, Status,
};
use aksara_protocol::diagnostic::codes;

use crate::{Host, HostError, Plugin};

#[cfg(panic = "abort")]
compile_error!(
    "Aksara plugins answer a panic with an error, which needs `panic = \"unwind\"`: remove `panic = \"abort\"` from this profile"
);

/// What [`crate::plugin!`] implements for the library.
pub trait Export: 'static {
    /// A new plugin: one for each instance that a host opens.
    fn plugin() -> Plugin;
}

/// The body of the exported function: the plugin's table, or null for a host that is too old for it.
#[must_use]
pub fn entry<E: Export>(host_abi: u32) -> *const AksPlugin {
    if host_abi < ABI_VERSION {
        return ptr::null();
    }
    hush_caught_panics();
    &Table::<E>::TABLE
}

struct Table<E>(std::marker::PhantomData<E>);

impl<E: Export> Table<E> {
    const TABLE: AksPlugin = AksPlugin {
        magic: MAGIC,
        abi: ABI_VERSION,
        size: size_of::<AksPlugin>() as u32,
        flags: FLAG_CONCURRENT,
        describe: Some(describe::<E>),
        open: Some(open::<E>),
        invoke: Some(invoke),
        close: Some(close),
    };
}

/// An opened plugin. Behind the `void *` of the table.
struct Instance {
    plugin: Plugin,
    host: HostTable,
    /// Set by a panic: what the plugin holds may be half changed.
    poisoned: AtomicBool,
}

/// The parts of an [`AksHost`] that this version uses, copied out.
#[derive(Clone, Copy)]
struct HostTable {
    ctx: *mut c_void,
    call: unsafe extern "C" fn(*mut c_void, u64, AksSlice, AksSink) -> i32,
    cancelled: Option<unsafe extern "C" fn(*mut c_void, u64) -> i32>,
}

unsafe extern "C" fn describe<E: Export>(reply: AksSink) -> i32 {
    let answer = catch(|| match serde_json::to_vec(&E::plugin().describe()) {
        Ok(bytes) => (Status::Ok, bytes),
        Err(error) => failed(Status::StepError, "bad_reply", error.to_string()),
    });
    // SAFETY: the host's sink is valid for the call.
    unsafe { answer_into(reply, answer.unwrap_or_else(panicked)) }
}

unsafe extern "C" fn open<E: Export>(
    host: *const AksHost,
    config: AksSlice,
    instance: *mut *mut c_void,
    error: AksSink,
) -> i32 {
    let answer = catch(|| {
        // SAFETY: the host's table is null or valid until `close`.
        let host = match unsafe { host_table(host) } {
            Ok(host) => host,
            Err(answer) => return answer,
        };
        // SAFETY: the slice is valid for the call.
        if let Err(answer) = unsafe { text(&config) } {
            return answer;
        }
        if instance.is_null() {
            return failed(Status::BadRequest, "bad_request", "there is no place for the instance".into());
        }
        let opened = Instance { plugin: E::plugin(), host, poisoned: AtomicBool::new(false) };
        // SAFETY: not null, and the host gives a valid place.
        unsafe { *instance = Box::into_raw(Box::new(opened)).cast() };
        (Status::Ok, Vec::new())
    });
    // SAFETY: the host's sink is valid for the call.
    unsafe { answer_into(error, answer.unwrap_or_else(panicked)) }
}

unsafe extern "C" fn invoke(instance: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32 {
    // SAFETY: null, or what `open` made and `close` has not seen yet. Shared by concurrent calls, never mutable.
    let Some(instance) = (unsafe { instance.cast::<Instance>().as_ref() }) else {
        let answer = failed(Status::BadRequest, "bad_request", "the instance is null".into());
        // SAFETY: the host's sink is valid for the call.
        return unsafe { answer_into(reply, answer) };
    };
    let answer = if instance.poisoned.load(Ordering::Acquire) {
        failed(Status::Panic, "panicked", "the instance panicked before and is not used again".into())
    } else {
        catch(|| {
            // SAFETY: the slice is valid for the call.
            match unsafe { text(&request) } {
                Ok(request) => {
                    instance.plugin.invoke(request.as_bytes(), &Caller { host: instance.host, call_id })
                }
                Err(answer) => answer,
            }
        })
        .unwrap_or_else(|text| {
            instance.poisoned.store(true, Ordering::Release);
            panicked(text)
        })
    };
    // SAFETY: the host's sink is valid for the call.
    unsafe { answer_into(reply, answer) }
}

unsafe extern "C" fn close(instance: *mut c_void) {
    if instance.is_null() {
        return;
    }
    // Nobody can be told of a panic here.
    let _ = catch(|| {
        // SAFETY: made by `open`; the host promises that no call runs or follows.
        drop(unsafe { Box::from_raw(instance.cast::<Instance>()) });
    });
}

/// The running call's way to the host.
struct Caller {
    host: HostTable,
    call_id: u64,
}

impl Host for Caller {
    fn call(&self, request: &[u8]) -> Result<Vec<u8>, HostError> {
        let mut reply = Vec::new();
        let request = AksSlice { ptr: request.as_ptr(), len: request.len() };
        let sink = AksSink { ctx: (&raw mut reply).cast(), write: Some(collect) };
        // SAFETY: the host's table is valid until `close`; request and sink outlive the call.
        let status = unsafe { (self.host.call)(self.host.ctx, self.call_id, request, sink) };
        match Status::from_code(status) {
            Some(Status::Ok) => Ok(reply),
            Some(Status::Cancelled) => Err(HostError::Cancelled),
            _ => Err(match serde_json::from_slice(&reply) {
                Ok(diagnostic) => HostError::Refused(diagnostic),
                Err(_) => HostError::Broken(format!("status {status} without a diagnostic")),
            }),
        }
    }

    fn cancelled(&self) -> bool {
        // SAFETY: the host's table is valid until `close`.
        self.host.cancelled.is_some_and(|ask| unsafe { ask(self.host.ctx, self.call_id) } != 0)
    }
}

/// Takes a part of the host's reply into the `Vec<u8>` behind `ctx`.
unsafe extern "C" fn collect(ctx: *mut c_void, bytes: AksSlice) -> i32 {
    // SAFETY: the slice is valid for the call.
    let (Some(bytes), false) = (unsafe { borrow(&bytes) }, ctx.is_null()) else {
        return Status::BadRequest as i32;
    };
    // SAFETY: `ctx` is the vector of `Caller::call`, which waits and touches it no more until this returns.
    unsafe { (*ctx.cast::<Vec<u8>>()).extend_from_slice(bytes) };
    Status::Ok as i32
}

type Answer = (Status, Vec<u8>);

fn failed(status: Status, code: &str, text: String) -> Answer {
    // A diagnostic is strings only; if it could not be written, an empty reply says as much.
    (status, serde_json::to_vec(&Diagnostic::new(code, text)).unwrap_or_default())
}

fn panicked(text: String) -> Answer {
    failed(Status::Panic, "panicked", text)
}

/// Writes the reply and gives the status.
///
/// # Safety
/// `sink` is valid for the call.
unsafe fn answer_into(sink: AksSink, (status, bytes): Answer) -> i32 {
    if let (Some(write), false) = (sink.write, bytes.is_empty()) {
        // What the sink answers is the receiver's matter: there is nothing more to send anyway.
        // SAFETY: by this function's contract, and the bytes live until the call returns.
        let _ = unsafe { write(sink.ctx, AksSlice { ptr: bytes.as_ptr(), len: bytes.len() }) };
    }
    status as i32
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

/// # Safety
/// As [`borrow`].
unsafe fn text(slice: &AksSlice) -> Result<&str, Answer> {
    // SAFETY: by this function's contract.
    let Some(bytes) = (unsafe { borrow(slice) }) else {
        return Err(failed(Status::BadRequest, "bad_request", "the request is null".into()));
    };
    std::str::from_utf8(bytes).map_err(|error| {
        failed(Status::BadRequest, codes::NOT_UTF8, format!("the request is not UTF-8: {error}"))
    })
}

/// Copies out what this version uses, as far as the host's table reaches.
///
/// # Safety
/// `host` is null or points to as many bytes as its first field says.
unsafe fn host_table(host: *const AksHost) -> Result<HostTable, Answer> {
    let incompatible = |text: &str| failed(Status::Incompatible, "incompatible", text.to_owned());
    if host.is_null() {
        return Err(failed(Status::BadRequest, "bad_request", "the host's table is null".into()));
    }
    // SAFETY: every table has at least this field.
    let size = unsafe { (&raw const (*host).size).read() } as usize;
    if size < offset_of!(AksHost, cancelled) {
        return Err(incompatible("the host's table is too short to call the host"));
    }
    // SAFETY: both fields lie before `cancelled`, which the table reaches.
    let (ctx, call) = unsafe { ((&raw const (*host).ctx).read(), (&raw const (*host).call).read()) };
    let call = call.ok_or_else(|| incompatible("the host's table has no `call`"))?;
    let reaches = size >= offset_of!(AksHost, cancelled) + size_of::<*const c_void>();
    // SAFETY: read only if the table reaches over it.
    let cancelled = if reaches { unsafe { (&raw const (*host).cancelled).read() } } else { None };
    Ok(HostTable { ctx, call, cancelled })
}

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `body`; a panic becomes its text and place.
fn catch<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    let before = CATCHING.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    CATCHING.set(before);
    result.map_err(|payload| {
        let mut text = payload_text(payload.as_ref());
        if let Some(place) = PLACE.take() {
            text.push_str(&place);
        }
        // Dropping it runs the plugin's code, which may panic again, and that panic would leave the boundary.
        std::mem::forget(payload);
        text
    })
}

fn payload_text(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

/// A panic that becomes an answer is not printed too: the program around may be drawing on the terminal. Any
/// other panic goes to the hook that was there.
fn hush_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if CATCHING.get() {
                PLACE.set(info.location().map(|place| format!(" (at {place})")));
            } else {
                previous(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use aksara_protocol::plugin::Description;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Context, Executor, ExecutorInfo, Outcome, StepInput};

    struct Moody;

    impl Executor for Moody {
        fn info(&self) -> ExecutorInfo {
            ExecutorInfo {
                stack: "*".into(),
                step_type: "moody".into(),
                summary: "Does what it is told".into(),
                params: json!({}),
                effects: Vec::new(),
                examples: Vec::new(),
            }
        }

        fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
            match step.params["do"].as_str() {
                Some("panic") => panic!("no more"),
                Some("list") => {
                    cx.list("", true)?;
                }
                _ => assert!(!cx.cancelled()),
            }
            Ok(Outcome::default())
        }
    }

    struct Library;

    impl Export for Library {
        fn plugin() -> Plugin {
            Plugin::new("moody", "1.2.3").executor(Moody)
        }
    }

    fn table() -> &'static AksPlugin {
        // SAFETY: a table is static.
        unsafe { entry::<Library>(ABI_VERSION).as_ref() }.unwrap()
    }

    fn sink(reply: &mut Vec<u8>) -> AksSink {
        AksSink { ctx: (&raw mut *reply).cast(), write: Some(collect) }
    }

    fn slice(bytes: &[u8]) -> AksSlice {
        AksSlice { ptr: bytes.as_ptr(), len: bytes.len() }
    }

    unsafe extern "C" fn refuse(_: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32 {
        // SAFETY: a test's pointers are valid.
        unsafe {
            let asked = text(&request).unwrap();
            let answer = failed(Status::StepError, "refused", format!("call {call_id}: {asked}"));
            answer_into(reply, answer)
        }
    }

    fn host() -> AksHost {
        AksHost {
            size: size_of::<AksHost>() as u32,
            abi: ABI_VERSION,
            ctx: ptr::null_mut(),
            call: Some(refuse),
            cancelled: None,
        }
    }

    fn open_with(host: *const AksHost) -> (i32, *mut c_void) {
        let mut instance = ptr::null_mut();
        // SAFETY: a test's pointers are valid.
        let status =
            unsafe { table().open.unwrap()(host, slice(b"{}"), &raw mut instance, sink(&mut Vec::new())) };
        (status, instance)
    }

    fn invoke_with(instance: *mut c_void, request: AksSlice) -> (Option<Status>, Value) {
        let mut reply = Vec::new();
        // SAFETY: a test's pointers are valid.
        let status = unsafe { table().invoke.unwrap()(instance, 7, request, sink(&mut reply)) };
        (Status::from_code(status), serde_json::from_slice(&reply).unwrap_or_default())
    }

    fn execute(what: &str) -> Vec<u8> {
        let step = json!({
            "stack": "django", "root": "", "type": "moody", "params": { "do": what }, "description": "",
            "now": "", "runtime_version": "",
        });
        serde_json::to_vec(&json!({ "op": "execute", "step": step })).unwrap()
    }

    #[test]
    fn an_old_host_gets_no_table() {
        assert!(entry::<Library>(0).is_null());
        assert_eq!(table().magic, MAGIC);
    }

    #[test]
    fn describes_itself_without_an_instance() {
        let mut reply = Vec::new();
        // SAFETY: a test's pointers are valid.
        assert_eq!(unsafe { table().describe.unwrap()(sink(&mut reply)) }, 0);
        let description: Description = serde_json::from_slice(&reply).unwrap();
        assert_eq!((description.name.as_str(), description.version.as_str()), ("moody", "1.2.3"));
    }

    #[test]
    fn a_panic_is_an_answer_and_poisons_the_instance() {
        let host = host();
        let (_, instance) = open_with(&host);
        let (status, reply) = invoke_with(instance, slice(&execute("panic")));
        assert_eq!(status, Some(Status::Panic));
        let text = reply["message"].as_str().unwrap();
        assert!(text.starts_with("no more (at ") && text.contains("ffi.rs:"), "{text}");
        let (status, _) = invoke_with(instance, slice(&execute("nothing")));
        assert_eq!(status, Some(Status::Panic));
        // SAFETY: closed once.
        unsafe { table().close.unwrap()(instance) };
    }

    #[test]
    fn a_refusal_of_the_host_reaches_the_step() {
        let host = host();
        let (_, instance) = open_with(&host);
        let (status, reply) = invoke_with(instance, slice(&execute("list")));
        assert_eq!(status, Some(Status::StepError));
        assert_eq!(reply["message"], r#"call 7: {"method":"list","dir":"","recursive":true}"#);
        // SAFETY: closed once.
        unsafe { table().close.unwrap()(instance) };
    }

    #[test]
    fn null_and_bytes_that_are_no_text_are_bad_requests() {
        let host = host();
        let (_, instance) = open_with(&host);
        let bad = |request| invoke_with(instance, request).0 == Some(Status::BadRequest);
        assert!(bad(AksSlice { ptr: ptr::null(), len: 4 }));
        assert!(bad(slice(b"\xff\xfe")));
        assert!(bad(slice(b"{")));
        assert!(bad(AksSlice { ptr: ptr::null(), len: 0 }));
        assert_eq!(invoke_with(ptr::null_mut(), slice(b"{}")).0, Some(Status::BadRequest));
        // SAFETY: closed once; null is allowed.
        unsafe {
            table().close.unwrap()(instance);
            table().close.unwrap()(ptr::null_mut());
        }
    }

    #[test]
    fn the_host_s_table_is_read_by_its_size() {
        let whole = host();
        let without_cancelled = AksHost { size: offset_of!(AksHost, cancelled) as u32, ..whole };
        let (status, instance) = open_with(&without_cancelled);
        assert_eq!(status, 0);
        assert_eq!(invoke_with(instance, slice(&execute("nothing"))).0, Some(Status::Ok));
        // SAFETY: closed once.
        unsafe { table().close.unwrap()(instance) };

        let too_short = AksHost { size: offset_of!(AksHost, call) as u32, ..whole };
        assert_eq!(open_with(&too_short).0, Status::Incompatible as i32);
        assert_eq!(open_with(&AksHost { call: None, ..whole }).0, Status::Incompatible as i32);
        assert_eq!(open_with(ptr::null()).0, Status::BadRequest as i32);
    }
}
