//! Processes that outlive the one that started them: after a `kill -9` of ours, a command goes on in its old
//! worktree. So a run's folder says which process group is at work, as long as it is, and whoever takes the run up
//! next ends it.
//!
//! A process's number may be another's by then. What is ended is what still has the number *and* the start time
//! that were written down, since the same start of the machine.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde::{Deserialize, Serialize};

use crate::process::{GRACE, ProcessSpec};
use crate::run::report::first_line;
use crate::run_id::RunId;
use crate::secrets::Secrets;

/// The file in a run's folder.
pub(crate) const FILE: &str = "process";
/// How often it is looked whether a group has ended.
const TICK: Duration = Duration::from_millis(20);

/// What the file says.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    group: i32,
    /// In the kernel's clock ticks since its start; `None` where the system does not say.
    started: Option<u64>,
    boot: Option<String>,
    name: String,
}

/// Where the process of a run is written down.
pub(crate) fn file(runs: &Path, id: &RunId) -> PathBuf {
    runs.join(id.as_str()).join(FILE)
}

/// A process group that is written down as long as this lives.
pub(crate) struct WrittenDown<'f>(&'f Path);

impl<'f> WrittenDown<'f> {
    pub(crate) fn new(file: &'f Path, leader: u32, spec: &ProcessSpec) -> Self {
        match spec.name {
            Some(name) => write_named(file, leader, name),
            None => write(file, leader, &Secrets::default().hide_in_command(&spec.argv)),
        }
        Self(file)
    }
}

impl Drop for WrittenDown<'_> {
    fn drop(&mut self) {
        forget(self.0);
    }
}

/// Writes down that the group of `leader` is at work for `command`; a script of many lines is known by its first.
pub(crate) fn write(file: &Path, leader: u32, command: &str) {
    write_named(file, leader, &format!("`{}`", first_line(command)));
}

/// Writes down that the group of `leader` is at work. It is no error if that fails: the work itself has not.
fn write_named(file: &Path, leader: u32, name: &str) {
    let Ok(group) = i32::try_from(leader) else { return };
    let started = stat_of(group).map(|stat| stat.started);
    let written = Written { group, started, boot: boot(), name: name.to_owned() };
    if let Ok(bytes) = serde_json::to_vec(&written) {
        let _ = std::fs::write(file, bytes);
    }
}

/// The group has ended.
pub(crate) fn forget(file: &Path) {
    let _ = std::fs::remove_file(file);
}

/// Ends what is still at work of the run, which the caller holds. Says what was done, or what the user should look
/// at.
pub(crate) fn end(runs: &Path, id: &RunId) -> Option<String> {
    let file = file(runs, id);
    let bytes = std::fs::read(&file).ok()?;
    // Half a file: the kill came before a process could have done much.
    let said = serde_json::from_slice::<Written>(&bytes).ok().and_then(|written| end_written(&written, id));
    forget(&file);
    said
}

fn end_written(written: &Written, id: &RunId) -> Option<String> {
    // Of 1 and less the system makes something else than a group.
    let group = Some(written.group).filter(|group| *group > 1).and_then(Pid::from_raw)?;
    if written.boot.is_some() && written.boot != boot() {
        return None;
    }
    let Written { name, group: number, .. } = written;
    let same = |stat: &Stat| Some(stat.started) == written.started && stat.group == written.group;
    match stat_of(written.group) {
        Some(stat) if same(&stat) => {}
        // The number is somebody else's now, and a group cannot have it then.
        Some(_) => return None,
        None if test_kill_process_group(group).is_err() => return None,
        None => {
            return Some(format!(
                "processes that {name} of run {id} left may still be at work, in the process group {number}\nhint: `ps -o pid,args -g {number}` shows them, `kill -- -{number}` ends them"
            ));
        }
    }
    let wait = || {
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline && stat_of(written.group).is_some_and(|s| same(&s) && !s.ended) {
            std::thread::sleep(TICK);
        }
    };
    let _ = kill_process_group(group, Signal::TERM);
    wait();
    // Whoever is left in it keeps the number the group's; an empty group is no error.
    let _ = kill_process_group(group, Signal::KILL);
    wait();
    Some(format!("{name} of run {id}, which was killed, was still at work and was stopped"))
}

/// What the system says of a process.
struct Stat {
    group: i32,
    started: u64,
    /// It has ended, and nobody has asked how.
    ended: bool,
}

fn stat_of(pid: i32) -> Option<Stat> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// `pid (name) state ppid pgrp …`: the name may hold anything, and the start is the 22nd field (proc(5)).
fn parse(stat: &str) -> Option<Stat> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Stat {
        ended: matches!(*fields.first()?, "Z" | "X"),
        group: fields.get(2)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

/// Which start of the machine this is.
fn boot() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    /// A group that ends with the test.
    struct Group(Child);

    impl std::ops::Deref for Group {
        type Target = Child;
        fn deref(&self) -> &Child {
            &self.0
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
            let _ = self.0.wait();
        }
    }

    fn shell(script: &str, folder: &Path) -> Group {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder).process_group(0).stdout(Stdio::null());
        Group(command.spawn().unwrap())
    }

    /// A group whose leader and whose other member ignore the request to stop.
    fn stubborn(folder: &Path) -> Group {
        let child = shell("trap '' TERM; (while :; do sleep 0.05; echo x >> ticks; done) & wait", folder);
        while !folder.join("ticks").exists() {
            std::thread::sleep(TICK);
        }
        child
    }

    fn run(folder: &Path) -> (RunId, PathBuf) {
        let id = RunId::new("20260101-000000-aaaaa").unwrap();
        std::fs::create_dir(folder.join(id.as_str())).unwrap();
        let file = file(folder, &id);
        (id, file)
    }

    fn alive(child: &Child) -> bool {
        test_kill_process_group(Pid::from_child(child)).is_ok()
            && stat_of(i32::try_from(child.id()).unwrap()).is_some_and(|s| !s.ended)
    }

    #[test]
    fn the_group_that_was_written_down_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let (id, file) = run(folder.path());
        let child = stubborn(folder.path());
        write(&file, child.id(), "sleep for ever");
        let said = end(folder.path(), &id).unwrap();
        assert!(said.contains("`sleep for ever` of run 20260101-000000-aaaaa"), "{said}");
        assert!(!alive(&child));
        let ticks = || std::fs::metadata(folder.path().join("ticks")).unwrap().len();
        // Nobody is left who could make it grow.
        let before = ticks();
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(ticks(), before);
        assert!(!file.exists() && end(folder.path(), &id).is_none());
    }

    /// What is told is what a person can make something of: not our own script, nor all lines of theirs.
    #[test]
    fn a_process_is_told_by_its_name_and_a_script_by_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let (id, file) = run(folder.path());
        let argv: Vec<String> =
            ["python", "-c", "import json\nprint(1)\nprint(2)"].map(str::to_owned).to_vec();
        for (name, said_as) in [
            (Some("the check by Django"), "the check by Django of run"),
            (None, "`python -c import json …` of run"),
        ] {
            let child = shell("while :; do sleep 0.05; done", folder.path());
            let spec = ProcessSpec {
                argv: argv.clone(),
                cwd: folder.path().to_owned(),
                env: std::collections::BTreeMap::new(),
                timeout: GRACE,
                output_limit: 0,
                on_line: None,
                record: Some(file.clone()),
                name,
            };
            let _written = WrittenDown::new(&file, child.id(), &spec);
            let said = end(folder.path(), &id).unwrap();
            assert!(
                said.starts_with(said_as) && !said.contains("print") && said.lines().count() == 1,
                "{said}"
            );
            assert!(!alive(&child));
        }
    }

    #[test]
    fn another_process_of_the_same_number_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (id, file) = run(folder.path());
        let child = stubborn(folder.path());
        for change in [
            |w: &mut Written| w.started = w.started.map(|s| s - 1),
            |w: &mut Written| w.boot = Some("another".to_owned()),
            |w: &mut Written| w.group = 1,
            |w: &mut Written| w.group = -1,
        ] {
            write(&file, child.id(), "x");
            let mut written: Written = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            change(&mut written);
            std::fs::write(&file, serde_json::to_vec(&written).unwrap()).unwrap();
            assert_eq!(end(folder.path(), &id), None);
            assert!(alive(&child) && !file.exists());
        }
        std::fs::write(&file, "{\"group\":").unwrap();
        assert_eq!(end(folder.path(), &id), None);
    }

    #[test]
    fn what_a_leader_left_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (id, file) = run(folder.path());
        let mut child = shell("sleep 60 & exit 0", folder.path());
        let group = Pid::from_child(&child);
        write(&file, child.id(), "x");
        child.0.wait().unwrap();
        let said = end(folder.path(), &id).unwrap();
        assert!(said.contains(&format!("kill -- -{}", group.as_raw_nonzero())), "{said}");
    }

    #[test]
    fn a_name_with_anything_in_it_is_read() {
        let line = "7 (a) b) c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987 0 0";
        let stat = parse(line).unwrap();
        assert_eq!((stat.group, stat.started, stat.ended), (42, 987, false));
        assert!(parse("7 (x) Z 1").is_none());
    }
}
