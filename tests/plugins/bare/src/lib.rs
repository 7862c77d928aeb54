//! Test plugin: C tables written by hand, most of them wrong.
//!
//! One exported function for each defect. A host takes the function's name from the file's name, so the tests
//! copy the library to `libaksara_plugin_<defect>`. The table `raw` is right, and misbehaves when it is called.
#![allow(unsafe_code, clippy::print_stdout, reason = "a plugin without the SDK, written to misbehave")]

use std::ffi::c_void;
use std::fs::File;
use std::io::Write;
use std::mem::{forget, size_of};
use std::os::fd::FromRawFd;
use std::process::Stdio;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aksara_protocol::abi::{ABI_VERSION, AksHost, AksPlugin, AksSink, AksSlice, MAGIC};

/// The host's table, as `open` got it.
static HOST: AtomicPtr<AksHost> = AtomicPtr::new(ptr::null_mut());
/// The answer to a question that was asked after its call.
static AFTERWARDS: Mutex<String> = Mutex::new(String::new());
/// Anything that is not null.
static INSTANCE: u8 = 0;

fn slice(text: &str) -> AksSlice {
    AksSlice { ptr: text.as_ptr(), len: text.len() }
}

fn write(sink: AksSink, text: &str) {
    if let Some(write) = sink.write {
        // SAFETY: the host's sink is valid for the call.
        unsafe { write(sink.ctx, slice(text)) };
    }
}

/// Makes a `describe` that writes `$text` and answers `$status`.
macro_rules! describe {
    ($text:expr, $status:expr) => {{
        unsafe extern "C" fn describe(reply: AksSink) -> i32 {
            write(reply, $text);
            $status
        }
        Some(describe)
    }};
}

macro_rules! named {
    ($name:literal $(, $step_type:literal)*) => {
        concat!(
            r#"{"name":""#, $name, r#"","version":"1.0.0","protocol":"1.7.0","new":[1],"executors":["#,
            $(
                r#"{"stack":"*","type":""#, $step_type,
                r#"","summary":"Misbehaves.","params":{"type":"object"},"effects":["edit"]},"#,
            )*
            r#"{"stack":"*","type":"fine","summary":"Does nothing.","params":{}}]}"#
        )
    };
}

unsafe extern "C" fn open(host: *const AksHost, _: AksSlice, instance: *mut *mut c_void, _: AksSink) -> i32 {
    HOST.store(host.cast_mut(), Ordering::Release);
    // SAFETY: the host gives a valid place.
    unsafe { *instance = ptr::from_ref(&INSTANCE).cast_mut().cast() };
    0
}

unsafe extern "C" fn open_refused(
    _: *const AksHost,
    _: AksSlice,
    _: *mut *mut c_void,
    error: AksSink,
) -> i32 {
    write(error, r#"{"code":"moon","message":"the moon is wrong"}"#);
    7
}

unsafe extern "C" fn close(_: *mut c_void) {}

/// Prints, and starts a program that outlives the call.
unsafe extern "C" fn describe_noisily(reply: AksSink) -> i32 {
    println!("describing myself");
    let mut sleep = std::process::Command::new("/bin/sleep");
    // Nobody who reads the host's streams to their end should wait for it.
    sleep.arg("97.25").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let _ = sleep.spawn();
    write(reply, named!("noisy_describe"));
    0
}

unsafe extern "C" fn describe_abort(_: AksSink) -> i32 {
    std::process::abort()
}

const RAW: AksPlugin = AksPlugin {
    magic: MAGIC,
    abi: ABI_VERSION,
    size: size_of::<AksPlugin>() as u32,
    flags: 0,
    describe: describe!(
        named!(
            "raw",
            "garbage",
            "null_write",
            "half_frame",
            "gigabyte",
            "ask_afterwards",
            "asked_afterwards"
        ),
        0
    ),
    open: Some(open),
    invoke: Some(invoke),
    close: Some(close),
};

/// Exports a function that answers this table.
macro_rules! export {
    ($($symbol:ident = $table:expr;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $symbol(_host_abi: u32) -> *const AksPlugin {
            const TABLE: &AksPlugin = &$table;
            TABLE
        }
    )*};
}

export! {
    aksara_plugin_v1_raw = RAW;
    aksara_plugin_v1_wrong_magic = AksPlugin { magic: 0x1234_5678, ..RAW };
    aksara_plugin_v1_wrong_abi = AksPlugin { abi: 2, ..RAW };
    aksara_plugin_v1_short_table = AksPlugin { size: 16, ..RAW };
    aksara_plugin_v1_null_function = AksPlugin { invoke: None, ..RAW };
    aksara_plugin_v1_wrong_name = RAW;
    aksara_plugin_v1_garbage_description = AksPlugin { describe: describe!("\u{0}\u{1}{", 0), ..RAW };
    aksara_plugin_v1_refused_description =
        AksPlugin { describe: describe!(r#"{"code":"c","message":"not today"}"#, 1), ..RAW };
    aksara_plugin_v1_wrong_protocol = AksPlugin {
        describe: describe!(r#"{"name":"wrong_protocol","version":"1.0.0","protocol":"2.0.0"}"#, 0),
        ..RAW
    };
    aksara_plugin_v1_refused_open =
        AksPlugin { describe: describe!(named!("refused_open"), 0), open: Some(open_refused), ..RAW };
    aksara_plugin_v1_noisy_describe = AksPlugin { describe: Some(describe_noisily), ..RAW };
    aksara_plugin_v1_abort_at_load = AksPlugin { describe: Some(describe_abort), ..RAW };
}

#[unsafe(no_mangle)]
extern "C" fn aksara_plugin_v1_null_table(_host_abi: u32) -> *const AksPlugin {
    ptr::null()
}

/// Whether the descriptor is an end of a pipe: in a child those are the host's.
fn is_pipe(fd: i32) -> bool {
    let mut about = std::mem::MaybeUninit::<libc::stat>::zeroed();
    // SAFETY: valid memory for the answer, and zeroed is a valid value.
    let mode = unsafe {
        libc::fstat(fd, about.as_mut_ptr());
        about.assume_init().st_mode
    };
    mode & libc::S_IFMT == libc::S_IFIFO
}

/// Asks the host, and answers with the status and the reply.
fn ask(call_id: u64, question: AksSlice) -> String {
    unsafe extern "C" fn collect(ctx: *mut c_void, bytes: AksSlice) -> i32 {
        // SAFETY: `ctx` is the vector below, and the host's slice is valid for the call.
        unsafe {
            let bytes = std::slice::from_raw_parts(bytes.ptr, bytes.len);
            (*ctx.cast::<Vec<u8>>()).extend_from_slice(bytes);
        }
        0
    }
    let mut reply: Vec<u8> = Vec::new();
    let sink = AksSink { ctx: (&raw mut reply).cast(), write: Some(collect) };
    // SAFETY: the table is valid between `open` and `close`.
    let status = unsafe {
        let host = &*HOST.load(Ordering::Acquire);
        host.call.map(|call| call(host.ctx, call_id, question, sink))
    };
    format!("[{},{}]", status.unwrap_or(-1), String::from_utf8_lossy(&reply))
}

unsafe extern "C" fn invoke(_: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32 {
    // SAFETY: the host's slice is valid for the call.
    let request = unsafe { std::slice::from_raw_parts(request.ptr, request.len) };
    let request = String::from_utf8_lossy(request);
    let is = |what: &str| request.contains(&format!("\"type\":\"{what}\""));
    const LIST: &str = r#"{"method":"list","dir":""}"#;
    if is("garbage") {
        write(reply, "\u{7f}ELF is no JSON");
    } else if is("nothing") {
        return 0;
    } else if is("unknown_status") {
        return 99;
    } else if is("wordless_error") {
        return 1;
    } else if is("unsupported") {
        write(reply, r#"{"code":"c","message":"never heard of it"}"#);
        return 4;
    } else if is("in_parts") {
        for part in ["[", "1", ",", "", "2]"] {
            write(reply, part);
        }
    } else if is("null_parts") {
        if let Some(write) = reply.write {
            // SAFETY: what a host must refuse.
            unsafe { write(reply.ctx, AksSlice { ptr: ptr::null(), len: 8 }) };
        }
        write(reply, "true");
    } else if is("flood") {
        let part = "x".repeat(1024 * 1024);
        if let Some(write) = reply.write {
            // SAFETY: the host's sink is valid for the call.
            while unsafe { write(reply.ctx, slice(&part)) } == 0 {}
        }
    } else if is("null_write") {
        // SAFETY: there is none; the kernel objects.
        unsafe { ptr::null_mut::<u8>().write_volatile(1) };
    } else if is("ask") {
        write(reply, &ask(call_id, slice(LIST)));
    } else if is("ask_for_another_call") {
        write(reply, &ask(call_id + 1, slice(LIST)));
    } else if is("ask_null") {
        write(reply, &ask(call_id, AksSlice { ptr: ptr::null(), len: 3 }));
    } else if is("ask_nonsense") {
        write(reply, &ask(call_id, slice("{")));
    } else if is("ask_unknown") {
        write(reply, &ask(call_id, slice(r#"{"method":"launch"}"#)));
    } else if is("ask_on_threads") {
        let threads: Vec<_> = (0..4).map(|_| thread::spawn(move || ask(call_id, slice(LIST)))).collect();
        let answers: Vec<String> = threads.into_iter().map(|t| t.join().unwrap_or_default()).collect();
        write(reply, &format!("[{}]", answers.join(",")));
    } else if is("ask_afterwards") {
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            let answer = ask(call_id, slice(LIST));
            *AFTERWARDS.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        });
        write(reply, "{}");
    } else if is("asked_afterwards") {
        let answer = loop {
            let answer = AFTERWARDS.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if !answer.is_empty() {
                break answer;
            }
            thread::sleep(Duration::from_millis(5));
        };
        let note = answer.replace('"', "'");
        write(reply, &format!(r#"{{"notes":[{{"level":"info","text":"{note}"}}]}}"#));
    } else if is("fine") {
        write(reply, "{}");
    } else if is("gigabyte") {
        // It does not care that nobody takes it.
        let part = "x".repeat(1024 * 1024);
        for _ in 0..1024 {
            write(reply, &part);
        }
    } else if is("half_frame") {
        // A frame of 1,000 bytes begins, and its rest never comes.
        for fd in 3..10 {
            if is_pipe(fd) {
                // SAFETY: no memory is involved.
                let mut file = unsafe { File::from_raw_fd(fd) };
                let _ = file.write_all(&[0xe8, 3, 0, 0, 6, 1]);
                forget(file);
            }
        }
        write(reply, "{}");
    } else if is("scribble") {
        // The host's private descriptors are somewhere below ten.
        for fd in 3..10 {
            // SAFETY: no memory is involved.
            let mut file = unsafe { File::from_raw_fd(fd) };
            let _ = file.write_all(&[0xff; 64]);
            forget(file);
        }
        thread::sleep(Duration::from_secs(60));
    } else if is("close_streams") {
        for fd in 0..10 {
            // SAFETY: no memory is involved.
            unsafe { libc::close(fd) };
        }
        thread::sleep(Duration::from_secs(60));
    } else if is("freeze_soon") {
        thread::spawn(|| {
            thread::sleep(Duration::from_millis(100));
            // SAFETY: no memory is involved.
            unsafe { libc::raise(libc::SIGSTOP) };
        });
        write(reply, "null");
    } else {
        write(reply, "null");
    }
    0
}
