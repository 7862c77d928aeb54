//! Files that are no plugins, or not for this host.

use std::path::Path;
use std::time::Duration;

use aksara_plugin_host::{CallError, HostOptions, Isolation, LibraryFile, LoadError, PluginHost, sha256_of};

use crate::kit::*;

/// The message, with the file's name instead of its path.
fn refused(mode: &Isolation, path: &Path) -> String {
    let error = load_with(options(mode.clone()), path).unwrap_err();
    error.to_string().replace(&path.display().to_string(), path.file_name().unwrap().to_str().unwrap())
}

#[test]
fn every_defect_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        for (name, message) in [
            ("wrong_magic", "`FILE` is not a well-formed plugin: its table has not the magic number of one"),
            (
                "wrong_abi",
                "the plugin `FILE` needs version 2 of the plugin interface, this Aksara has version 1: install a plugin built for it",
            ),
            ("short_table", "`FILE` is not a well-formed plugin: its table is too short"),
            ("null_function", "`FILE` is not a well-formed plugin: a function of its table is null"),
            (
                "null_table",
                "the plugin `FILE` needs a newer plugin interface, this Aksara has version 1: install a plugin built for it",
            ),
            (
                "wrong_name",
                "`FILE` is not a well-formed plugin: its name is `raw`, but the file's name says `wrong_name`",
            ),
            (
                "wrong_protocol",
                "the plugin `FILE` needs the plugin protocol 2.0.0, this Aksara has 1.0.0: install a plugin built for it",
            ),
            (
                "garbage_description",
                "the plugin `FILE` does not start: its description is not one: expected value at line 1 column 1",
            ),
            (
                "refused_description",
                "the plugin `FILE` does not start: `describe` answered status 1: not today",
            ),
            ("refused_open", "the plugin `FILE` does not start: `open` answered status 7: the moon is wrong"),
            (
                "no_such_symbol",
                "`FILE` is not an Aksara plugin of this version: it does not export `aksara_plugin_v1_no_such_symbol`",
            ),
        ] {
            let path = bare(folder.path(), name);
            let file = path.file_name().unwrap().to_str().unwrap();
            assert_eq!(refused(&mode, &path), message.replace("FILE", file));
        }
    }
}

#[test]
fn files_that_are_no_libraries_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = bare(folder.path(), "text");
    std::fs::write(&text, "not a library").unwrap();
    let misnamed = folder.path().join("model.so");
    std::fs::copy(library(), &misnamed).unwrap();
    for mode in both() {
        assert!(matches!(load_with(options(mode.clone()), &text), Err(LoadError::Open { .. })));
        assert!(matches!(load_with(options(mode.clone()), &misnamed), Err(LoadError::FileName { .. })));
        let gone = folder.path().join("libaksara_plugin_gone.so");
        if std::env::consts::DLL_SUFFIX == ".so" {
            assert_eq!(load_with(options(mode), &gone).unwrap_err(), LoadError::Missing { path: gone });
        }
    }
}

#[test]
fn a_library_that_is_not_the_accepted_one_is_refused_at_every_start() {
    let folder = tempfile::tempdir().unwrap();
    for mode in both() {
        let path = bare(folder.path(), "raw");
        let accepted = sha256_of(&path).unwrap();
        let host = PluginHost::new(options(mode.clone()));
        let pinned = LibraryFile { path: path.clone(), sha256: Some(accepted.clone()) };
        let plugin = host.load(pinned.clone()).unwrap();
        assert_eq!(plugin.description().name, "raw");
        // Another file under the same name, renamed into place as an installer does.
        let part = path.with_extension("part");
        std::fs::copy(library(), &part).unwrap();
        std::fs::rename(&part, &path).unwrap();
        let found = sha256_of(&path).unwrap();
        let expected = LoadError::Pin { path: path.clone(), accepted, found };
        assert_eq!(host.load(pinned).unwrap_err(), expected);
        if mode != Isolation::InProcess {
            assert!(matches!(call(&plugin, "null_write"), Err(CallError::Crashed { .. })));
            assert_eq!(
                call(&plugin, "well"),
                Err(CallError::Restart { plugin: "raw".into(), error: expected })
            );
        }
    }
}

/// The accepted file and another one take turns under its name while it is loaded: either it is the accepted one, or it
/// is refused.
#[test]
fn a_library_that_is_exchanged_while_it_is_loaded_is_never_the_other_one() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let path = bare(folder.path(), "raw");
    // Long, so that there is time while it is hashed.
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() + 4 * 1024 * 1024).unwrap();
    let pinned = LibraryFile { sha256: Some(sha256_of(&path).unwrap()), path: path.clone() };
    let good = folder.path().join("good");
    std::fs::copy(&path, &good).unwrap();
    let over = AtomicBool::new(false);
    let loaded: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let (other, part) = (folder.path().join("other"), folder.path().join("part"));
            std::fs::copy(library(), &other).unwrap();
            for file in [&other, &good].into_iter().cycle() {
                std::fs::hard_link(file, &part).unwrap();
                std::fs::rename(&part, &path).unwrap();
                std::thread::sleep(Duration::from_micros(300));
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let load = |mode: &Isolation| PluginHost::new(options(mode.clone())).load(pinned.clone());
        let loaded = both().iter().flat_map(|mode| [mode; 20]).map(load).collect();
        over.store(true, Ordering::Relaxed);
        loaded
    });
    for plugin in loaded {
        match plugin {
            Ok(plugin) => assert_eq!(plugin.description().name, "raw"),
            Err(error) => assert!(matches!(error, LoadError::Pin { .. }), "{error}"),
        }
    }
}

#[test]
fn accepted_libraries_are_told_apart_in_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let host = PluginHost::new(options(Isolation::InProcess));
    let files = [bare(folder.path(), "raw"), bare(folder.path(), "no_such_symbol"), library()];
    let load = |path: &Path| {
        host.load(LibraryFile { sha256: Some(sha256_of(path).unwrap()), path: path.to_owned() })
    };
    let raw = load(&files[0]).unwrap();
    assert!(matches!(load(&files[1]), Err(LoadError::Symbol { .. })));
    let nasty = load(&files[2]).unwrap();
    assert_eq!((raw.description().name.as_str(), nasty.description().name.as_str()), ("raw", "nasty"));
    assert_well(&nasty);
}

#[test]
fn a_crash_while_loading_names_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let bad = bare(folder.path(), "abort_at_load");
    let error = PluginHost::new(options(child())).load_group(&[library(), bad.clone()]).unwrap_err();
    assert_eq!(
        error,
        LoadError::Crashed { path: bad, how: "signal 6 (SIGABRT)".into(), stderr: String::new() }
    );
}

#[test]
fn a_group_is_described_in_order_and_shares_a_child() {
    for mode in both() {
        let folder = tempfile::tempdir().unwrap();
        let libraries = [bare(folder.path(), "raw"), library()];
        let plugins = PluginHost::new(options(mode)).load_group(&libraries).unwrap();
        let names: Vec<&str> = plugins.iter().map(|p| p.description().name.as_str()).collect();
        assert_eq!(names, ["raw", "nasty"]);
        assert_eq!(plugins[1].path(), libraries[1]);
        assert_well(&plugins[1]);
        assert_eq!(call(&plugins[0], "in_parts"), Ok(serde_json::json!([1, 2])));
        assert!(plugins[1].description().executors.iter().any(|e| e.step_type.as_str() == "panic"));
    }
    assert!(PluginHost::new(options(child())).load_group(&[]).unwrap().is_empty());
}

#[test]
fn a_missing_or_wrong_child_program_is_an_error() {
    let with = |program: &str, args: &[&str]| {
        let isolation = Isolation::Child {
            program: program.into(),
            args: args.iter().map(|a| (*a).to_owned()).collect(),
        };
        load_with(HostOptions::new(isolation), &library()).unwrap_err()
    };
    assert_eq!(
        with("/nowhere/aksara-plugin-host", &[]).to_string(),
        "the program that runs plugins, `/nowhere/aksara-plugin-host`, is not there: install Aksara again, or set its path"
    );
    assert!(matches!(with("/bin", &[]), LoadError::ProgramMissing { .. }));
    assert_eq!(
        with("/bin/sh", &["-c", "echo no >&2; exit 3"]).to_string(),
        "the program that runs plugins, `/bin/sh`, does not work: it ended at once: it exited with code 3\nno"
    );
    assert!(with("/bin/sh", &["-c", "echo I am a shell; read x"]).to_string().contains("a message of"));
}
