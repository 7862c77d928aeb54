//! What a plugin asks while it is called.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aksara_plugin_host::{Answer, CallError, HostCalls, LoadedPlugin};
use aksara_protocol::wire::HostRequest;
use aksara_protocol::{Diagnostic, RelPath};
use serde_json::{Value, json};

use crate::kit::*;

fn read(plugin: &LoadedPlugin, path: &str) -> (Result<Value, CallError>, Vec<HostRequest>) {
    let host = Arc::new(OneFile::default());
    let result = plugin.invoke(
        &execute("read", json!({ "path": path })),
        host.clone(),
        &limits(Duration::from_secs(60)),
    );
    let asked = host.asked.lock().unwrap().clone();
    (result, asked)
}

#[test]
fn a_question_is_answered() {
    for mode in both() {
        let plugin = nasty(mode);
        let (result, asked) = read(&plugin, "a.py");
        assert_eq!(note(&result.unwrap()), "a = 1\n");
        assert_eq!(asked, [HostRequest::Read { paths: vec![RelPath::new("a.py").unwrap()] }]);
        assert_eq!(note(&read(&plugin, "gone.py").0.unwrap()), "absent");
        assert_eq!(note(&read(&plugin, "big.py").0.unwrap()).len(), 3_000_000);
    }
}

#[test]
fn a_refusal_reaches_the_plugin_as_it_is() {
    for mode in both() {
        let expected = Diagnostic::new("refused", "that is secret").with_help("ask nicely");
        assert_eq!(read(&nasty(mode), "secret.py").0, Err(CallError::Step(expected)));
    }
}

#[test]
fn a_panic_of_the_host_stays_out_of_the_plugin() {
    for mode in both() {
        let plugin = nasty(mode);
        let Err(CallError::Step(diagnostic)) = read(&plugin, "panic.py").0 else { panic!() };
        assert_eq!(diagnostic.message, "the host panicked on this question");
        assert_well(&plugin);
    }
}

#[test]
fn questions_are_checked_before_they_are_asked() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        let plugin = load_with(options(mode), &bare(folder.path(), "raw")).unwrap();
        assert_eq!(call(&plugin, "ask"), Ok(json!([0, ["a.py"]])));
        for (step_type, status) in
            [("ask_for_another_call", 5), ("ask_null", 5), ("ask_nonsense", 5), ("ask_unknown", 4)]
        {
            assert_eq!(call(&plugin, step_type).unwrap()[0], status, "{step_type}");
        }
    }
}

#[test]
fn any_thread_of_the_plugin_may_ask() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        let plugin = load_with(options(mode), &bare(folder.path(), "raw")).unwrap();
        let answers = call(&plugin, "ask_on_threads").unwrap();
        assert_eq!(answers, json!(vec![json!([0, ["a.py"]]); 4]));
    }
}

#[test]
fn a_question_after_the_call_is_not_heard() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        let plugin = load_with(options(mode), &bare(folder.path(), "raw")).unwrap();
        let host = Arc::new(OneFile::default());
        let request = execute("ask_afterwards", json!({}));
        assert_eq!(plugin.invoke(&request, host.clone(), &limits(Duration::from_secs(60))), Ok(json!({})));
        std::thread::sleep(Duration::from_millis(150));
        assert!(host.asked.lock().unwrap().is_empty());
        assert_eq!(call(&plugin, "ask"), Ok(json!([0, ["a.py"]])));
    }
}

/// Calls a plugin to answer a plugin.
struct Nested(OnceLock<Arc<LoadedPlugin>>);

impl HostCalls for Nested {
    fn call(&self, _: HostRequest) -> Result<Answer, Diagnostic> {
        Answer::of(&call(self.0.get().unwrap(), "refuse").map_err(Diagnostic::from)?)
    }
}

#[test]
fn a_call_within_an_answer_is_refused_instead_of_waiting_for_ever() {
    for mode in both() {
        let plugin = nasty(mode);
        let host = Arc::new(Nested(OnceLock::new()));
        host.0.set(plugin.clone()).unwrap();
        let result = plugin.invoke(&execute("read", json!({})), host, &limits(Duration::from_secs(60)));
        let Err(CallError::Step(diagnostic)) = result else { panic!("{result:?}") };
        assert_eq!(diagnostic.code, "plugin_reentered");
        assert_well(&plugin);
    }
}
