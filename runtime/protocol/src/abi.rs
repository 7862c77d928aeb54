//! The C structs of the plugin boundary. `plugins/sdk/include/aksara_plugin.h` says the same in C.
//!
//! Frozen: structs grow only at the end and are read as far as `size` reaches. Nothing owned crosses; a reply is
//! written into the receiver's sink, so there is no `free`. What the bytes mean is declared in [`crate::wire`].

use std::ffi::c_void;

/// The first field of a plugin's table: `"AKSP"` in ASCII, big end first.
pub const MAGIC: u32 = 0x414b_5350;
/// The ABI's version; it is part of the exported symbol's name too.
pub const ABI_VERSION: u32 = 1;
/// What an exported symbol's name starts with; the crate's or plugin's name follows.
pub const SYMBOL_PREFIX: &str = "aksara_plugin_v1_";
/// Set in `flags` if `invoke` may run on several threads at once.
pub const FLAG_CONCURRENT: u32 = 1;

/// Borrowed bytes, valid for the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AksSlice {
    /// The first byte; may be null if `len` is 0.
    pub ptr: *const u8,
    /// How many.
    pub len: usize,
}

/// Where a reply goes. `write` may be called several times; its parts are joined. A status other than 0 means
/// that the receiver wants no more.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AksSink {
    /// The receiver's own.
    pub ctx: *mut c_void,
    /// Takes bytes.
    pub write: Option<unsafe extern "C" fn(ctx: *mut c_void, bytes: AksSlice) -> i32>,
}

/// What a host offers to a plugin.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AksHost {
    /// The size of this struct.
    pub size: u32,
    /// [`ABI_VERSION`].
    pub abi: u32,
    /// The host's own.
    pub ctx: *mut c_void,
    /// Answers a [`crate::wire::HostRequest`] while the call `call_id` is running; a status.
    pub call: Option<
        unsafe extern "C" fn(ctx: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32,
    >,
    /// 1 once the call should be given up.
    pub cancelled: Option<unsafe extern "C" fn(ctx: *mut c_void, call_id: u64) -> i32>,
}

/// What a plugin offers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AksPlugin {
    /// [`MAGIC`].
    pub magic: u32,
    /// [`ABI_VERSION`].
    pub abi: u32,
    /// The size of this struct.
    pub size: u32,
    /// [`FLAG_CONCURRENT`].
    pub flags: u32,
    /// Writes a [`crate::plugin::Description`]. No side effects, no instance.
    pub describe: Option<unsafe extern "C" fn(reply: AksSink) -> i32>,
    /// Makes an instance. The host's table stays valid until `close`.
    pub open: Option<
        unsafe extern "C" fn(
            host: *const AksHost,
            config: AksSlice,
            instance: *mut *mut c_void,
            error: AksSink,
        ) -> i32,
    >,
    /// Answers a [`crate::wire::Request`]; with a status other than 0 the reply is a
    /// [`crate::Diagnostic`].
    pub invoke: Option<
        unsafe extern "C" fn(instance: *mut c_void, call_id: u64, request: AksSlice, reply: AksSink) -> i32,
    >,
    /// Ends an instance. No call follows.
    pub close: Option<unsafe extern "C" fn(instance: *mut c_void)>,
}

/// The exported function.
pub type AksEntry = unsafe extern "C" fn(host_abi: u32) -> *const AksPlugin;

/// A plugin whose code is part of the program, instead of a library's: its name and its exported function. The
/// function answers as one of a library does, and is trusted as much.
#[derive(Clone, Copy, Debug)]
pub struct LinkedPlugin {
    /// The plugin's name, as in its description.
    pub name: &'static str,
    /// The function that a library would export.
    pub entry: AksEntry,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The reply is the operation's.
    Ok = 0,
    /// The step cannot be done; the reply is a diagnostic.
    StepError = 1,
    /// The plugin panicked; the instance is not used again.
    Panic = 2,
    /// The call was cancelled.
    Cancelled = 3,
    /// The operation or method is not known.
    Unsupported = 4,
    /// The request made no sense.
    BadRequest = 5,
    /// The host failed to answer.
    HostCallFailed = 6,
    /// The other side speaks another version.
    Incompatible = 7,
}

impl Status {
    /// The status with this number.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            0 => Status::Ok,
            1 => Status::StepError,
            2 => Status::Panic,
            3 => Status::Cancelled,
            4 => Status::Unsupported,
            5 => Status::BadRequest,
            6 => Status::HostCallFailed,
            7 => Status::Incompatible,
            _ => return None,
        })
    }
}
