//! Hosts over the two test plugins.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use aksara_plugin_host::{
    Answer, CallError, CallLimits, HostCalls, HostOptions, Isolation, LoadError, LoadedPlugin, PluginHost,
};
use aksara_protocol::wire::{FileReply, HostRequest, Request, StepInput};
use aksara_protocol::{BlobId, Diagnostic};
use serde_json::{Value, json};

// Cargo builds their libraries because this depends on them.
use aksara_test_bare as _;
use aksara_test_nasty as _;

/// Copies the test library `from` into `folder` under the file name of the plugin `name`.
fn install(from: &str, folder: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    // Cargo puts the libraries of dependencies beside this test.
    let built = std::env::current_exe()
        .unwrap()
        .with_file_name(format!("{DLL_PREFIX}aksara_test_{from}{DLL_SUFFIX}"));
    let path = folder.join(format!("{DLL_PREFIX}aksara_plugin_{name}{DLL_SUFFIX}"));
    // Renamed into place: a file that is mapped into this process must not be written again.
    let part = path.with_extension(format!("part{}", std::process::id()));
    std::fs::copy(built, &part).unwrap();
    std::fs::rename(&part, &path).unwrap();
    path
}

/// The plugin `nasty`.
pub fn library() -> PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| install("nasty", Path::new(env!("CARGO_TARGET_TMPDIR")), "nasty")).clone()
}

/// A copy of the library of hand-written tables that a host takes for the plugin `name`.
pub fn bare(folder: &Path, name: &str) -> PathBuf {
    install("bare", folder, name)
}

pub fn child() -> Isolation {
    Isolation::Child { program: env!("CARGO_BIN_EXE_aksara-plugin-host").into(), args: Vec::new() }
}

pub fn both() -> [Isolation; 2] {
    [Isolation::InProcess, child()]
}

pub fn options(isolation: Isolation) -> HostOptions {
    HostOptions { grace: Duration::from_millis(100), ..HostOptions::new(isolation) }
}

pub fn load_with(options: HostOptions, path: &Path) -> Result<Arc<LoadedPlugin>, LoadError> {
    Ok(PluginHost::new(options).load_group(&[path.to_owned()])?.remove(0))
}

pub fn nasty(isolation: Isolation) -> Arc<LoadedPlugin> {
    load_with(options(isolation), &library()).unwrap()
}

/// A host with one file, which remembers what it was asked.
#[derive(Default)]
pub struct OneFile {
    pub asked: Mutex<Vec<HostRequest>>,
}

impl HostCalls for OneFile {
    fn call(&self, request: HostRequest) -> Result<Answer, Diagnostic> {
        self.asked.lock().unwrap().push(request.clone());
        match request {
            HostRequest::Read { paths } => paths
                .iter()
                .map(|path| match path.as_str() {
                    "a.py" => Ok(FileReply::Text { blob: BlobId::new("b1"), text: "a = 1\n".into() }),
                    "big.py" => Ok(FileReply::Text { blob: BlobId::new("b2"), text: "x".repeat(3_000_000) }),
                    "secret.py" => Err(Diagnostic::new("refused", "that is secret").with_help("ask nicely")),
                    "panic.py" => panic!("the host's own fault"),
                    _ => Ok(FileReply::Absent),
                })
                .collect::<Result<Vec<_>, _>>()
                .and_then(|replies| Answer::of(&replies)),
            HostRequest::List { .. } => Answer::of(&["a.py"]),
            HostRequest::Log { .. } => Answer::of(&()),
            other => Err(Diagnostic::new("unsupported", format!("{other:?}"))),
        }
    }
}

pub fn execute(step_type: &str, params: Value) -> Request {
    let Value::Object(params) = params else { panic!("params are an object") };
    Request::Execute {
        step: StepInput {
            stack: "django".into(),
            root: String::new(),
            step_type: step_type.into(),
            params,
            description: step_type.into(),
            now: "2026-01-01T00:00:00Z".into(),
            runtime_version: "0.1.0".into(),
        },
    }
}

pub fn limits(timeout: Duration) -> CallLimits {
    CallLimits { timeout, cancelled: Arc::new(AtomicBool::new(false)) }
}

pub fn call(plugin: &LoadedPlugin, step_type: &str) -> Result<Value, CallError> {
    call_within(plugin, step_type, Duration::from_secs(60))
}

pub fn call_within(plugin: &LoadedPlugin, step_type: &str, timeout: Duration) -> Result<Value, CallError> {
    plugin.invoke(&execute(step_type, json!({})), Arc::new(OneFile::default()), &limits(timeout))
}

/// The first note of an outcome.
pub fn note(outcome: &Value) -> &str {
    outcome["notes"][0]["text"].as_str().unwrap()
}

/// That the plugin works, whatever it did before.
pub fn assert_well(plugin: &LoadedPlugin) {
    let outcome = plugin.invoke(
        &execute("read", json!({ "path": "a.py" })),
        Arc::new(OneFile::default()),
        &limits(Duration::from_secs(60)),
    );
    assert_eq!(note(&outcome.unwrap()), "a = 1\n");
}
