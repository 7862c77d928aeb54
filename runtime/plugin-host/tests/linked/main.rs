//! Plugins that are part of the program, in both modes. This program is its own child, as the `aksara` command is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aksara_plugin_host::{
    Answer, CallError, CallLimits, HostCalls, HostOptions, Isolation, LoadError, LoadedPlugin, PluginHost,
    child_main,
};
use aksara_protocol::abi::{AksPlugin, LinkedPlugin};
use aksara_protocol::wire::{FileReply, HostRequest, Request, StepInput};
use aksara_protocol::{BlobId, Diagnostic};
use serde_json::{Value, json};

const CHILD: &str = "child";

static LINKED: &[LinkedPlugin] = &[aksara_test_nasty::LINKED];
static UNKNOWN: &[LinkedPlugin] = &[LinkedPlugin { name: "unknown", ..aksara_test_nasty::LINKED }];
static TOO_NEW: &[LinkedPlugin] = &[LinkedPlugin { name: "too_new", entry: no_table }];

/// A plugin that is too new for every host.
extern "C" fn no_table(_: u32) -> *const AksPlugin {
    std::ptr::null()
}

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(CHILD) {
        return child_main(LINKED);
    }
    let child = Isolation::Child { program: std::env::current_exe().unwrap(), args: vec![CHILD.to_owned()] };
    for isolation in [Isolation::InProcess, child.clone()] {
        answers_and_survives_a_panic(&load(&isolation, LINKED).unwrap());
        wrong_tables_are_refused(&isolation);
    }
    a_crash_costs_one_call(&load(&child, LINKED).unwrap());
    another_program_is_refused();
    println!("plugins that are part of the program: ok");
    ExitCode::SUCCESS
}

fn answers_and_survives_a_panic(plugin: &LoadedPlugin) {
    assert_eq!(plugin.path(), Path::new("bundled:nasty"));
    assert_eq!(plugin.description().name, "nasty");
    assert!(matches!(call(plugin, "panic"), Err(CallError::Panicked { .. })));
    assert_well(plugin);
}

fn wrong_tables_are_refused(isolation: &Isolation) {
    let error = load(isolation, TOO_NEW).unwrap_err().to_string();
    if matches!(isolation, Isolation::InProcess) {
        assert!(error.starts_with("the plugin `bundled:too_new` needs a newer plugin interface"), "{error}");
        // The name is the description's too.
        let error = load(isolation, UNKNOWN).unwrap_err().to_string();
        assert!(
            error.contains("`bundled:unknown` is not a well-formed plugin: its name is `nasty`"),
            "{error}"
        );
    } else {
        assert!(error.contains("has no plugin `bundled:too_new` in it"), "{error}");
    }
}

fn a_crash_costs_one_call(plugin: &LoadedPlugin) {
    assert!(matches!(call(plugin, "abort"), Err(CallError::Crashed { .. })));
    assert_well(plugin);
}

fn another_program_is_refused() {
    let program = env!("CARGO_BIN_EXE_aksara-plugin-host").into();
    let error = load(&Isolation::Child { program, args: Vec::new() }, LINKED).unwrap_err();
    assert_eq!(error, LoadError::NotLinked { path: "bundled:nasty".into() });
}

fn load(isolation: &Isolation, linked: &'static [LinkedPlugin]) -> Result<Arc<LoadedPlugin>, LoadError> {
    Ok(PluginHost::new(HostOptions::new(isolation.clone())).load_linked(linked)?.remove(0))
}

/// Tells its one file.
struct OneFile;

impl HostCalls for OneFile {
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        match request {
            HostRequest::Read { .. } => {
                Answer::of(&[FileReply::Text { blob: BlobId::new("b1"), text: "a = 1\n".into() }])
            }
            other => Err(Diagnostic::new("unsupported", format!("{other:?}"))),
        }
    }
}

fn call(plugin: &LoadedPlugin, step_type: &str) -> Result<Value, CallError> {
    let Value::Object(params) = json!({ "path": "a.py" }) else { panic!("an object") };
    let step = StepInput {
        stack: "django".into(),
        root: String::new(),
        step_type: step_type.into(),
        params,
        description: step_type.into(),
        now: "2026-01-01T00:00:00Z".into(),
        runtime_version: "0.1.0".into(),
    };
    let limits = CallLimits { timeout: Duration::from_secs(60), cancelled: Arc::new(AtomicBool::new(false)) };
    plugin.invoke(&Request::Execute { step }, Arc::new(OneFile), &limits)
}

/// It calls, and it is answered.
fn assert_well(plugin: &LoadedPlugin) {
    assert_eq!(call(plugin, "read").unwrap()["notes"][0]["text"], "a = 1\n");
}
