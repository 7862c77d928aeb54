//! Row 7: what the plugin boundary costs, beyond the JSON on both sides of it.
//!
//! The call is a `check` of a step with 2 KB of params: the plugin reads all of them, asks the host nothing and
//! answers at once. The floor is the same work in one thread: the same request is written, read and answered by
//! the same executor, and the answer read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use aksara_plugin_host::{Answer, CallLimits, HostCalls, HostOptions, Isolation, LoadedPlugin, PluginHost};
use aksara_protocol::Diagnostic;
use aksara_protocol::wire::{HostRequest, Request, StepInput};
use aksara_sdk::{Host, HostError, Plugin};
use serde_json::{Value, json};

use crate::measure::{Measured, Outcome, medians};
use crate::scratch::{Scratch, text};
use crate::{AKSARA, PLUGIN_HOST};

/// Calls of one kind after another: enough that a median is the same twice, few enough that all kinds meet the
/// same moment of the machine.
const CALLS: usize = 200;
const REPETITIONS: usize = 25;

/// On a thread of this process.
pub(crate) fn in_process(_: &Scratch) -> Outcome<Measured> {
    measure(Isolation::InProcess, Duration::from_micros(5))
}

/// In a child, as the command does it.
pub(crate) fn in_child(_: &Scratch) -> Outcome<Measured> {
    let args = vec![PLUGIN_HOST.to_owned()];
    measure(Isolation::Child { program: PathBuf::from(AKSARA), args }, Duration::from_micros(50))
}

fn measure(isolation: Isolation, limit: Duration) -> Outcome<Measured> {
    let library =
        format!("{}aksara_plugin_file{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = aksara_testkit::plugin_folder(Path::new(AKSARA)).join(library);
    let loaded = PluginHost::new(HostOptions::new(isolation)).load_group(&[library])?;
    let loaded = loaded.first().ok_or("no plugin was loaded")?;
    let linked = Plugin::new("file", "0.0.0").executor(aksara_plugin_file::ModifyFile);
    let request = request();
    let mut call = |_| median_of_calls(|| through_the_boundary(loaded, &request));
    let mut json = |_| median_of_calls(|| without_a_boundary(&linked, &request));
    let [ours, floor] = medians(REPETITIONS, [&mut call, &mut json])?;
    Ok(Measured::Above { ours, floor, limit })
}

fn request() -> Request {
    let params = match json!({"path": "notes.txt", "operations": [{"op": "create", "text": text(0)}]}) {
        Value::Object(params) => params,
        _ => serde_json::Map::new(),
    };
    let mut step = aksara_protocol::Step::new(1, "modify_file", "Make a file of 2 KB");
    step.params = params;
    Request::CheckStep { step: StepInput::of(&step, "django", "", "2026-01-01T00:00:00Z") }
}

fn through_the_boundary(plugin: &LoadedPlugin, request: &Request) -> Outcome<Value> {
    let limits = CallLimits { timeout: Duration::from_secs(10), cancelled: Arc::new(AtomicBool::new(false)) };
    Ok(plugin.invoke(request, Arc::new(Silent), &limits)?)
}

fn without_a_boundary(plugin: &Plugin, request: &Request) -> Outcome<Value> {
    let (status, reply) = plugin.invoke(&serde_json::to_vec(request)?, &Silent);
    match status {
        aksara_protocol::abi::Status::Ok => Ok(serde_json::from_slice(&reply)?),
        other => Err(format!("the step was not accepted: {other:?}").into()),
    }
}

fn median_of_calls(call: impl Fn() -> Outcome<Value>) -> Outcome<Duration> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let began = Instant::now();
        let reply = call()?;
        times.push(began.elapsed());
        drop(reply);
    }
    times.sort();
    Ok(times.get(CALLS / 2).copied().unwrap_or_default())
}

/// A host that is not asked anything.
struct Silent;

impl HostCalls for Silent {
    fn call(&self, _: HostRequest) -> Result<Answer, Diagnostic> {
        Err(Diagnostic::new("unsupported", "the benchmark's host answers nothing"))
    }
}

impl Host for Silent {
    fn call(&self, _: &[u8]) -> Result<Vec<u8>, HostError> {
        Err(HostError::Broken("the benchmark's host answers nothing".to_owned()))
    }

    fn cancelled(&self) -> bool {
        false
    }
}
