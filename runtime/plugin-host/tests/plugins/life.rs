//! How children live and die.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksara_plugin_host::{CallError, HostOptions, LoadedPlugin};

use crate::kit::*;

fn number(plugin: &LoadedPlugin, step_type: &str, what: &str) -> u64 {
    call(plugin, step_type).unwrap()["outputs"][what].as_u64().unwrap()
}

fn alive(pid: u64) -> bool {
    // A zombie has ended: it only waits for its parent to look.
    let state = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap().stdout;
    let state = String::from_utf8(state).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

fn assert_ends(pid: u64) {
    let until = Instant::now() + Duration::from_secs(20);
    while alive(pid) {
        assert!(Instant::now() < until, "process {pid} still lives");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_child_is_kept_between_calls_and_ends_with_its_plugins() {
    let plugin = nasty(child());
    let pid = number(&plugin, "surroundings", "pid");
    assert_ne!(pid, u64::from(std::process::id()));
    assert_eq!(number(&plugin, "surroundings", "pid"), pid);
    assert!(alive(pid));
    drop(plugin);
    assert_ends(pid);
}

#[test]
fn a_child_sees_no_environment_and_no_folder_of_the_host() {
    let outcome = call(&nasty(child()), "surroundings").unwrap();
    // The two are the host's word to the child's allocator; nothing is passed on.
    assert_eq!(outcome["outputs"]["variables"], 2);
    assert_eq!(outcome["outputs"]["folder"], "/");
}

#[test]
fn what_a_plugin_started_ends_with_it() {
    let plugin = nasty(child());
    let pid = number(&plugin, "spawn", "pid");
    assert!(alive(pid));
    assert!(matches!(call(&plugin, "abort"), Err(CallError::Crashed { .. })));
    assert_ends(pid);
}

#[test]
fn a_child_is_started_again_a_bounded_number_of_times() {
    let plugin = load_with(HostOptions { max_restarts: 2, ..options(child()) }, &library()).unwrap();
    for _ in 0..3 {
        assert!(matches!(call(&plugin, "exit"), Err(CallError::Crashed { .. })));
    }
    assert_eq!(
        call(&plugin, "read").unwrap_err().to_string(),
        "the plugin `nasty` is not started again after 2 restarts; the last time, it crashed: it exited with code 7"
    );
}

#[test]
fn a_child_ended_for_a_cancellation_is_not_counted() {
    let plugin = load_with(HostOptions { max_restarts: 0, ..options(child()) }, &library()).unwrap();
    let limits = limits(Duration::from_secs(600));
    let cancelled = limits.cancelled.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let request = execute("hang", serde_json::json!({}));
    let result = plugin.invoke(&request, std::sync::Arc::new(OneFile::default()), &limits);
    assert_eq!(result, Err(CallError::Cancelled));
    canceller.join().unwrap();
    assert_well(&plugin);
}

#[test]
fn a_plugin_that_is_gone_is_missed_when_its_child_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = bare(folder.path(), "raw");
    let plugin = load_with(options(child()), &path).unwrap();
    assert!(matches!(call(&plugin, "null_write"), Err(CallError::Crashed { .. })));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        call(&plugin, "well"),
        Err(CallError::Restart {
            plugin: "raw".into(),
            error: aksara_plugin_host::LoadError::Missing { path: path.clone() },
        })
    );
    assert_eq!(bare(folder.path(), "raw"), path);
    assert_eq!(call(&plugin, "well"), Ok(serde_json::Value::Null));
}

#[test]
fn a_child_without_a_host_ends_at_once() {
    let program = env!("CARGO_BIN_EXE_aksara-plugin-host");
    let ended = Command::new(program).stdin(Stdio::null()).output().unwrap();
    assert!(ended.status.success());
    assert!(ended.stdout.is_empty());
    let ended = Command::new("/bin/sh")
        .args(["-c", "echo this is no frame at all | \"$0\"", program])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.starts_with("aksara-plugin-host: the host sent a message of"), "{said}");
}

const PID_FILE: &str = "AKSARA_TEST_PID_FILE";

/// Not a test of its own: the host that is killed by the test below.
#[test]
#[ignore = "started by a_child_whose_host_was_killed_ends"]
fn host_that_hangs() {
    let plugin = nasty(child());
    let pid = number(&plugin, "surroundings", "pid");
    let file = std::env::var_os(PID_FILE).unwrap();
    let part = Path::new(&file).with_extension("part");
    std::fs::write(&part, pid.to_string()).unwrap();
    std::fs::rename(&part, &file).unwrap();
    let _ = call_within(&plugin, "hang", Duration::from_secs(600));
}

#[test]
fn a_child_whose_host_was_killed_ends() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let mut host = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "life::host_that_hangs"])
        .env(PID_FILE, &file)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    let pid: u64 = loop {
        if let Ok(text) = std::fs::read_to_string(&file) {
            break text.parse().unwrap();
        }
        assert!(Instant::now() < until, "the host did not start");
        std::thread::sleep(Duration::from_millis(10));
    };
    // The child is, or soon will be, in its endless loop.
    std::thread::sleep(Duration::from_millis(100));
    assert!(alive(pid));
    host.kill().unwrap();
    host.wait().unwrap();
    assert_ends(pid);
}
