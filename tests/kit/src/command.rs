//! The real command, run as a user would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::Project;

/// The plugins that the command ships with.
const SHIPPED: [&str; 8] =
    ["project", "model", "serializer", "viewset", "migration", "test", "file", "command"];

/// What a run of the command gave.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Data.
    pub stdout: String,
    /// Talk.
    pub stderr: String,
}

impl Run {
    /// Checks the exit code.
    ///
    /// # Panics
    /// If it is another; with everything that was printed.
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e} in:\n{}\n{}", self.stdout, self.stderr))
    }
}

/// The command's path; `executable` is `env!("CARGO_BIN_EXE_aksara")` of the calling test.
#[must_use]
pub fn command_path(executable: &str) -> PathBuf {
    PathBuf::from(executable)
}

/// The command in a project, not started yet.
#[must_use]
pub fn aksara(executable: &str, project: &Project, args: &[&str]) -> Command {
    let mut command = project.command(executable);
    command.env("AKSARA_PLUGIN_PATH", plugin_folder(Path::new(executable))).args(args);
    command.stdin(std::process::Stdio::null());
    command
}

impl Project {
    /// Runs the command in the project.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn aksara(&self, executable: &str, args: &[&str]) -> Run {
        let output = aksara(executable, self, args).output().expect("the command starts");
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A folder with the shipped plugins and no others, for `AKSARA_PLUGIN_PATH`; `executable` is any program of
/// the same build. The libraries are links into that build's folder of dependencies: there they are never older
/// than the test that depends on them.
///
/// # Panics
/// If a library was not built.
#[must_use]
pub fn plugin_folder(executable: &Path) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let build = executable.parent().expect("the folder of the command");
        let folder = build.join("shipped-plugins");
        std::fs::create_dir_all(&folder).expect("a folder for plugins");
        for name in SHIPPED {
            let file = format!(
                "{}aksara_plugin_{name}{}",
                std::env::consts::DLL_PREFIX,
                std::env::consts::DLL_SUFFIX
            );
            let library = [build.join("deps").join(&file), build.join(&file)]
                .into_iter()
                .find(|p| p.is_file())
                .unwrap_or_else(|| panic!("{file} was not built beside {}", executable.display()));
            // Made beside and moved into place: another test process may use the folder now.
            let link = folder.join(format!(".{file}-{}", std::process::id()));
            std::os::unix::fs::symlink(library, &link).expect("a link to a library");
            std::fs::rename(link, folder.join(file)).expect("a link in its place");
        }
        folder
    };
    FOLDER.get_or_init(make).clone()
}
