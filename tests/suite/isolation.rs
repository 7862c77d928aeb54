//! What a bad plugin can do: the table of docs/plugins.md, row by row, through the command, in both modes.
//!
//! The table is the expectation. A row without a way to carry it out fails, and so does a way without a row.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aksara_testkit::{Project, Run, workspace};
use serde_json::json;

// Cargo builds their libraries because the command's tests depend on them.
use aksara_test_bare as _;
use aksara_test_nasty as _;

use crate::AKSARA;

/// How each row of the table is carried out: the plugins at hand, and the steps.
const ROWS: [(&str, Plugins, &[&str]); 17] = [
    ("panics", Plugins::Usual, &["panic"]),
    ("aborts", Plugins::Usual, &["abort"]),
    ("writes through a null pointer", Plugins::Usual, &["null_write"]),
    ("loops for ever", Plugins::Usual, &["hang"]),
    ("overflows its stack", Plugins::Usual, &["overflow"]),
    ("leaks 4 GB", Plugins::Usual, &["leak"]),
    ("prints to standard output", Plugins::Usual, &["print"]),
    ("answers garbage", Plugins::Usual, &["garbage"]),
    ("writes half a frame into the host's pipe", Plugins::Usual, &["half_frame"]),
    ("answers 1 GB", Plugins::Usual, &["gigabyte"]),
    ("has another ABI", Plugins::Bare(&["wrong_abi"]), &["fine"]),
    ("exports nothing", Plugins::Bare(&["no_such_symbol"]), &["fine"]),
    ("has a wrong plugin.toml", Plugins::WrongManifest, &["fly"]),
    ("is not the accepted file", Plugins::WrongPin, &["fine"]),
    ("claims what another one has", Plugins::Bare(&["raw", "noisy_describe"]), &["fine"]),
    ("asks the host after its call", Plugins::Usual, &["ask_afterwards", "asked_afterwards"]),
    ("prints and starts a program when it describes itself", Plugins::Bare(&["noisy_describe"]), &["fine"]),
];

/// Which plugins are at hand.
enum Plugins {
    /// `nasty` and `raw`, in one folder.
    Usual,
    /// The library of hand-written tables under these names.
    Bare(&'static [&'static str]),
    /// `raw` with a plugin.toml that claims what it has not.
    WrongManifest,
    /// `raw` among the user's plugins, accepted with another hash.
    WrongPin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Child,
    InProcess,
}

#[test]
fn the_table_of_the_document_holds() {
    let document = std::fs::read_to_string(workspace().join("docs/plugins.md")).unwrap();
    let table = document.split("| what the plugin does |").nth(1).expect("the table");
    let rows: Vec<[&str; 3]> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            cells.try_into().unwrap_or_else(|_| panic!("three cells: {line}"))
        })
        .collect();
    let written: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let known: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
    assert_eq!(written, known, "the document and the test have the same rows");
    let mut wrong = Vec::new();
    for ([case, child, in_process], (_, plugins, steps)) in rows.iter().zip(&ROWS) {
        for (mode, expected) in [(Mode::Child, child), (Mode::InProcess, in_process)] {
            if let Err(what) = holds(case, plugins, steps, mode, expected) {
                wrong.push(format!("{case}, {mode:?}, should be: {expected}\n{what}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Carries a row out, and compares.
fn holds(case: &str, plugins: &Plugins, steps: &[&str], mode: Mode, expected: &str) -> Result<(), String> {
    let project = Project::of("django-blog");
    project.write("../plan.json", plan(steps));
    let folder = plugins.install(&project);
    let before = project.everything();
    let run = carry_out(&project, &folder, mode, case == "leaks 4 GB");
    let shown = || format!("exit code {}\nstdout: {}\nstderr: {}", run.code, run.stdout, run.stderr);
    let ensure = |holds: bool, what: &str| if holds { Ok(()) } else { Err(format!("{what}\n{}", shown())) };
    ensure(project.everything() == before, "the repository changed")?;
    let (gives, says) = match expected.split_once(": \"") {
        Some((gives, says)) => (gives, says.trim_end_matches('"')),
        None => (expected, ""),
    };
    match gives {
        "the step fails" => {
            ensure(run.code == 1 && run.stderr.contains("step 1 "), "no step failed")?;
            ensure(run.stderr.contains(says), "the error says something else")?;
        }
        "it is not used" => {
            ensure(matches!(run.code, 1..=3), "it was used")?;
            ensure(run.stderr.contains(says), "the error says something else")?;
        }
        "nothing happens" => {
            ensure(run.code == 0, "something happened")?;
            ensure(
                !run.stdout.contains("protocol") && !run.stdout.contains("describing"),
                "its text is in the output",
            )?;
        }
        "its text is in the output" => {
            ensure(run.code == 0 && run.stdout.contains(says), "its text is not in the output")?;
        }
        "the host ends" => ensure(run.code == -1, "the host lives")?,
        other => return Err(format!("the document says `{other}`, which this test does not know")),
    }
    if case == "asks the host after its call" {
        // The answer is in a note of the second step: status 5 is a bad request.
        ensure(run.stderr.contains("[5,{'code':'bad_request'"), "the question was answered")?;
    }
    if case.starts_with("prints and starts") {
        // A child works in `/`, the host in the project. A child's end may come a moment after its host's.
        let place = if mode == Mode::Child { PathBuf::from("/") } else { project.path() };
        let until = Instant::now() + Duration::from_secs(if mode == Mode::Child { 30 } else { 0 });
        while mode == Mode::Child && !sleepers(&place).is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        ensure(sleepers(&place).is_empty() == (mode == Mode::Child), "the program that it started")?;
        end_sleepers(&project);
    }
    // Whatever it was: the next command works.
    let usual = Plugins::Usual.install(&project);
    project.write("../plan.json", plan(&["fine"]));
    let next = carry_out(&project, &usual, Mode::Child, false);
    if next.code == 0 { Ok(()) } else { Err(format!("the next command fails: {}", next.stderr)) }
}

#[test]
fn what_was_shown_is_what_lands_even_of_a_fickle_plugin() {
    let project = Project::of("django-blog");
    project.write("../plan.json", plan(&["fickle", "fine"]));
    let folder = Plugins::Usual.install(&project);
    let run = project
        .command(AKSARA)
        .args(["ai", "plan", "--load", "../plan.json", "--execute", "--yes"])
        .env("AKSARA_PLUGIN_PATH", folder)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    // Asked for the preview; the second time, on its own result, it changes nothing; a third time is not needed.
    assert_eq!(project.read("fickle.txt"), "asked 1 times\n");
}

fn plan(steps: &[&str]) -> String {
    let steps: Vec<_> = steps
        .iter()
        .enumerate()
        .map(|(index, step_type)| {
            json!({ "order": index + 1, "id": format!("s{index}"), "type": step_type, "name": step_type,
                    "description": format!("Try {step_type}"), "params": {} })
        })
        .collect();
    json!({
        "format_version": 1, "id": "p1", "title": "A test", "description": "A test", "summary": "",
        "source": { "kind": "manual" }, "steps": steps, "created_at": "2026-01-01T00:00:00Z",
        "runtime_version": "0.1.0",
    })
    .to_string()
}

fn carry_out(project: &Project, plugins: &Path, mode: Mode, little_memory: bool) -> Run {
    let isolation = match mode {
        Mode::Child => "plugins.isolation=child",
        Mode::InProcess => "plugins.isolation=in-process",
    };
    let args = ["ai", "plan", "--load", "../plan.json", "--dry-run", "--config", isolation];
    let timeout = ["--config", "planner.step_timeout_seconds=2"];
    // The machine has to outlive a host that has no limit of its own; nobody needs core files.
    let limits = if little_memory { "ulimit -c 0; ulimit -v 3000000" } else { "ulimit -c 0" };
    let output = project
        .command("sh")
        .args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), AKSARA])
        .args(args)
        .args(timeout)
        .env("AKSARA_PLUGIN_PATH", plugins)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Plugins {
    /// Puts them somewhere; gives the folder for AKSARA_PLUGIN_PATH.
    fn install(&self, project: &Project) -> PathBuf {
        let folder = project.home().join("plugins");
        let data = project.home().join(".local/share/aksara");
        for old in [&folder, &data] {
            let _ = std::fs::remove_dir_all(old);
        }
        std::fs::create_dir_all(&folder).unwrap();
        match self {
            Plugins::Usual => {
                library("nasty", &folder, "nasty");
                library("bare", &folder, "raw");
            }
            Plugins::Bare(names) => {
                for name in *names {
                    library("bare", &folder, name);
                }
            }
            Plugins::WrongManifest => {
                let own = folder.join("raw");
                std::fs::create_dir(&own).unwrap();
                manifest(&own, &library("bare", &own, "raw"), "fly");
            }
            Plugins::WrongPin => {
                let own = data.join("plugins/raw");
                std::fs::create_dir_all(&own).unwrap();
                manifest(&own, &library("bare", &own, "raw"), "fine");
                let lock = format!(
                    "version = 1\n[[plugin]]\nfolder = {:?}\nsha256 = \"{}\"\n",
                    own.canonicalize().unwrap(),
                    "0".repeat(64)
                );
                std::fs::write(data.join("plugins.lock"), lock).unwrap();
            }
        }
        folder
    }
}

fn manifest(folder: &Path, library: &Path, step_type: &str) {
    let library = library.file_name().unwrap().to_str().unwrap();
    let text = format!(
        "name = \"raw\"\nversion = \"1.0.0\"\nprotocol = \"1.7.0\"\nlibrary = \"{library}\"\n\n[[executors]]\nstack = \"*\"\ntype = \"{step_type}\"\n"
    );
    std::fs::write(folder.join("plugin.toml"), text).unwrap();
}

/// Copies a test library into `folder` under the file name of the plugin `name`.
pub(crate) fn library(from: &str, folder: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    // Cargo puts the libraries of dependencies beside this test.
    let built = std::env::current_exe()
        .unwrap()
        .with_file_name(format!("{DLL_PREFIX}aksara_test_{from}{DLL_SUFFIX}"));
    let path = folder.join(format!("{DLL_PREFIX}aksara_plugin_{name}{DLL_SUFFIX}"));
    std::fs::copy(built, &path).unwrap();
    path
}

/// The processes that `noisy_describe` started in a folder: nobody else sleeps for just so long.
fn sleepers(folder: &Path) -> Vec<String> {
    let all = Command::new("ps").args(["-eo", "pid=,stat=,args="]).output().unwrap().stdout;
    String::from_utf8_lossy(&all)
        .lines()
        .filter(|line| line.contains("/bin/sleep 97.25") && !line.contains(" Z"))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|pid| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == folder))
        .collect()
}

/// Ends what `noisy_describe` started in process.
pub(crate) fn end_sleepers(project: &Project) {
    for pid in sleepers(&project.path()) {
        let _ = Command::new("kill").arg(pid).status();
    }
}
