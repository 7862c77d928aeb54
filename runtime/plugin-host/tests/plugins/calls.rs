//! Calls that go wrong in the plugin.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use aksara_plugin_host::{CallError, HostOptions};
use aksara_protocol::Diagnostic;
use serde_json::json;

use crate::kit::*;

#[test]
fn a_refused_step_keeps_its_diagnostic() {
    for mode in both() {
        let expected =
            Diagnostic::new("name_taken", "there is a Tag already").with_help("choose another name");
        assert_eq!(call(&nasty(mode), "refuse"), Err(CallError::Step(expected)));
    }
}

#[test]
fn a_refused_step_shows_what_the_plugin_wrote() {
    let error = call(&nasty(child()), "grumble").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no Tag\nits last words:\n  looked everywhere\nhint: make one first"
    );
}

#[test]
fn a_leak_ends_the_child_and_not_the_machine() {
    let plugin = nasty(child());
    let Err(CallError::Crashed { how, stderr, .. }) = call(&plugin, "leak") else { panic!() };
    assert_eq!(how, "signal 6 (SIGABRT)");
    assert!(stderr.contains("memory allocation of 1000000 bytes failed"), "{stderr}");
    assert_well(&plugin);
}

#[test]
fn a_panic_fails_its_call_and_says_where() {
    for mode in both() {
        let plugin = nasty(mode);
        for _ in 0..5 {
            match call(&plugin, "panic") {
                Err(CallError::Panicked { plugin, text, stderr }) => {
                    assert_eq!(plugin, "nasty");
                    assert!(text.starts_with("nasty as ever (at "), "{text}");
                    assert!(text.contains("nasty/src/lib.rs:"), "{text}");
                    assert_eq!(stderr, "");
                }
                other => panic!("{other:?}"),
            }
            assert_well(&plugin);
        }
    }
}

#[test]
fn a_panic_within_a_panic_fails_its_call() {
    for mode in both() {
        let plugin = nasty(mode);
        assert!(matches!(call(&plugin, "panic_twice"), Err(CallError::Panicked { .. })));
        assert_well(&plugin);
    }
}

#[test]
fn an_abort_fails_its_call_with_the_last_words() {
    let plugin = nasty(child());
    let error = call(&plugin, "abort").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the plugin `nasty` crashed: signal 6 (SIGABRT)\nits last words:\n  nasty says goodbye"
    );
    assert_eq!(error.to_diagnostic().code, "plugin_crashed");
    assert_well(&plugin);
}

#[test]
fn an_exit_is_a_crash() {
    let plugin = nasty(child());
    assert_eq!(
        call(&plugin, "exit"),
        Err(CallError::Crashed {
            plugin: "nasty".into(),
            how: "it exited with code 7".into(),
            stderr: String::new()
        })
    );
    assert_well(&plugin);
}

#[test]
fn a_stack_overflow_is_named() {
    let plugin = nasty(child());
    let Err(CallError::Crashed { how, stderr, .. }) = call(&plugin, "overflow") else { panic!() };
    assert_eq!(how, "stack overflow, signal 6 (SIGABRT)");
    assert!(stderr.contains("has overflowed its stack"), "{stderr}");
    assert_well(&plugin);
}

#[test]
fn deep_recursion_has_room() {
    for mode in both() {
        assert_eq!(note(&call(&nasty(mode), "dive").unwrap()), "50000");
    }
}

#[test]
fn a_bad_pointer_is_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load_with(options(child()), &bare(folder.path(), "raw")).unwrap();
    let Err(CallError::Crashed { how, .. }) = call(&plugin, "null_write") else { panic!() };
    assert_eq!(how, "signal 11 (SIGSEGV)");
    assert_eq!(call(&plugin, "well"), Ok(json!(null)));
}

#[test]
fn an_endless_loop_is_ended_in_a_child() {
    let plugin = nasty(child());
    let started = Instant::now();
    let timeout = Duration::from_millis(100);
    assert_eq!(
        call_within(&plugin, "hang", timeout),
        Err(CallError::TimedOut { plugin: "nasty".into(), after: timeout, stderr: String::new() })
    );
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_well(&plugin);
}

#[test]
fn an_endless_loop_in_process_quarantines_the_plugin() {
    let plugin = nasty(aksara_plugin_host::Isolation::InProcess);
    let timeout = Duration::from_millis(50);
    let error = call_within(&plugin, "hang", timeout).unwrap_err();
    assert_eq!(error.to_string(), "the plugin `nasty` did not answer within 50 ms");
    assert_eq!(
        call(&plugin, "read").unwrap_err().to_string(),
        "the plugin `nasty` is not called any more: a call of `nasty` did not come back, and it shares this process"
    );
}

#[test]
fn a_plugin_that_listens_survives_its_deadline() {
    for mode in both() {
        let plugin = load_with(HostOptions::new(mode), &library()).unwrap();
        for _ in 0..6 {
            let error = call_within(&plugin, "work", Duration::from_millis(20)).unwrap_err();
            assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
            let error = call_within(&plugin, "pester", Duration::from_millis(20)).unwrap_err();
            assert!(matches!(error, CallError::TimedOut { .. }), "{error:?}");
        }
        // More than the restarts that a child has: it was never ended.
        assert_well(&plugin);
    }
}

#[test]
fn a_cancelled_call_ends() {
    for mode in both() {
        let plugin = nasty(mode.clone());
        for step_type in ["work", "hang"] {
            let limits = limits(Duration::from_secs(600));
            let cancelled = limits.cancelled.clone();
            let canceller = thread::spawn(move || {
                thread::sleep(Duration::from_millis(50));
                cancelled.store(true, Ordering::Relaxed);
            });
            let started = Instant::now();
            let result = plugin.invoke(&execute(step_type, json!({})), Arc::new(OneFile::default()), &limits);
            assert_eq!(result, Err(CallError::Cancelled));
            assert!(started.elapsed() < Duration::from_secs(30));
            canceller.join().unwrap();
            // Cancelled before it began.
            let result = plugin.invoke(&execute("hang", json!({})), Arc::new(OneFile::default()), &limits);
            assert_eq!(result, Err(CallError::Cancelled));
        }
    }
}

#[test]
fn printing_does_no_harm() {
    let plugin = nasty(child());
    assert_eq!(note(&call(&plugin, "print").unwrap()), "read 0 bytes");
    assert_well(&plugin);
}

#[test]
fn a_reply_over_the_limit_is_refused_and_the_plugin_goes_on() {
    for mode in both() {
        let plugin =
            load_with(HostOptions { max_reply_bytes: 1024 * 1024, ..options(mode) }, &library()).unwrap();
        let request = execute("big", json!({ "bytes": 20_000_000 }));
        let result = plugin.invoke(&request, Arc::new(OneFile::default()), &limits(Duration::from_secs(60)));
        assert_eq!(
            result.unwrap_err().to_string(),
            "the plugin `nasty` gave an answer that cannot be used: it is larger than 1 MiB"
        );
        assert_well(&plugin);
    }
}

#[test]
fn a_large_reply_within_the_limit_arrives_whole() {
    for mode in both() {
        let plugin = nasty(mode);
        let request = execute("big", json!({ "bytes": 5_000_000 }));
        let outcome =
            plugin.invoke(&request, Arc::new(OneFile::default()), &limits(Duration::from_secs(60))).unwrap();
        assert_eq!(note(&outcome).len(), 5_000_000);
    }
}

#[test]
fn nonsense_is_refused_and_the_plugin_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        let options = HostOptions { max_reply_bytes: 8 * 1024 * 1024, ..options(mode) };
        let plugin = load_with(options, &bare(folder.path(), "raw")).unwrap();
        for (step_type, reason) in [
            ("garbage", "it is not JSON: expected value at line 1 column 1"),
            ("nothing", "it is not JSON: EOF while parsing a value at line 1 column 0"),
            ("unknown_status", "the status 99 does not exist"),
            ("wordless_error", "the status is 1, but no diagnostic says why"),
            ("flood", "it is larger than 8 MiB"),
        ] {
            let expected =
                CallError::BadReply { plugin: "raw".into(), reason: reason.into(), stderr: String::new() };
            assert_eq!(call(&plugin, step_type), Err(expected));
        }
        let expected = CallError::Unsupported { plugin: "raw".into(), reason: "never heard of it".into() };
        assert_eq!(call(&plugin, "unsupported"), Err(expected));
        assert_eq!(call(&plugin, "in_parts"), Ok(json!([1, 2])));
        assert_eq!(call(&plugin, "null_parts"), Ok(json!(true)));
    }
}

#[test]
fn an_unknown_step_type_is_unsupported() {
    for mode in both() {
        let error = call(&nasty(mode), "behave").unwrap_err();
        assert!(matches!(error, CallError::Unsupported { .. }), "{error:?}");
    }
}

#[test]
fn bytes_between_the_frames_end_the_child() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load_with(options(child()), &bare(folder.path(), "raw")).unwrap();
    let Err(CallError::BadReply { reason, .. }) = call(&plugin, "scribble") else { panic!() };
    assert!(reason.starts_with("a message of 4294967295 bytes is longer than"), "{reason}");
    assert_eq!(call(&plugin, "well"), Ok(json!(null)));
}

#[test]
fn a_child_that_closes_its_streams_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load_with(options(child()), &bare(folder.path(), "raw")).unwrap();
    let Err(CallError::Crashed { how, .. }) = call(&plugin, "close_streams") else { panic!() };
    // On a busy machine its own watcher may end it before the host has looked.
    assert!(how == "it closed its streams and went on" || how == "signal 9 (SIGKILL)", "{how}");
    assert_eq!(call(&plugin, "well"), Ok(json!(null)));
}

#[test]
fn a_child_that_does_not_read_cannot_hold_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = load_with(options(child()), &bare(folder.path(), "raw")).unwrap();
    assert_eq!(call(&plugin, "freeze_soon"), Ok(json!(null)));
    thread::sleep(Duration::from_millis(300));
    let request = execute("well", json!({ "text": "x".repeat(5_000_000) }));
    let result = plugin.invoke(&request, Arc::new(OneFile::default()), &limits(Duration::from_millis(200)));
    assert!(matches!(result, Err(CallError::TimedOut { .. })), "{result:?}");
    assert_eq!(call(&plugin, "well"), Ok(json!(null)));
}

#[test]
fn a_request_over_the_limit_is_refused_and_the_plugin_goes_on() {
    let plugin = load_with(HostOptions { max_reply_bytes: 1, ..options(child()) }, &library()).unwrap();
    let request = execute("read", json!({ "text": "x".repeat(9 * 1024 * 1024) }));
    let result = plugin.invoke(&request, Arc::new(OneFile::default()), &limits(Duration::from_secs(60)));
    assert!(matches!(result, Err(CallError::BadRequest { .. })), "{result:?}");
}
