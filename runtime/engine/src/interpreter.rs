//! Which Python a project runs on.
//!
//! Finds the interpreter that has Django, without changing anything: `uv run` and `poetry run` make an environment
//! where there is none, so those programs are asked where theirs is instead. A program that git tracks is the
//! repository's content and is never run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use aksara_protocol::command::shell_quoted;

use crate::process::{self, ProcessSpec};
use crate::settings::Settings;

/// How long an interpreter may take to say whether it has Django.
const PROBE_TIMEOUT: Duration = Duration::from_secs(20);
/// How much of its answer is kept, in bytes.
const PROBE_OUTPUT: usize = 16 * 1024;
/// The largest file of an environment that is read, in bytes.
const MAX_FILE: u64 = 1024 * 1024;
/// A folder without any Python module, so that a probe sees installed packages only.
const NEUTRAL_FOLDER: &str = "/";
/// What an interpreter is asked.
const PROBE: &str = "import django; print(django.get_version())";

/// What the search gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// An interpreter.
    Found(Found),
    /// None.
    NotFound {
        /// What was tried, each with why not.
        tried: Vec<String>,
    },
}

/// An interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Program (absolute) and arguments that go before those of Python.
    pub argv: Vec<String>,
    /// Why this one, for people.
    pub why: String,
    /// Django's version, if the interpreter was asked: a configured one is not.
    pub django: Option<String>,
    /// Variables to set for it and for programs that belong to it.
    pub env: BTreeMap<String, String>,
}

/// Looks for the interpreter of the project in the folder `project` (where `manage.py` is) of the checkout
/// `workdir`. `environment` is the user's; `is_tracked` says whether git tracks what is at an absolute path in the
/// checkout. A configured interpreter is taken or refused, never replaced by another.
#[must_use]
pub fn find(
    project: &Path,
    workdir: &Path,
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    is_tracked: &dyn Fn(&Path) -> bool,
    cancel: &AtomicBool,
) -> Search {
    let mut finder = Finder { project, workdir, environment, is_tracked, cancel, tried: Vec::new() };
    match finder.find(&settings.python.command) {
        Some(found) => Search::Found(found),
        None => Search::NotFound { tried: finder.tried },
    }
}

/// The version of Django, as major and minor, of the virtual environment that [`find`] would look into first. Nothing is
/// run for it: the environment's folder says it, and where there is no such folder, or git tracks it, it is not known.
#[must_use]
pub(crate) fn installed_django(
    project: &Path,
    workdir: &Path,
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    is_tracked: &dyn Fn(&Path) -> bool,
) -> Option<[u32; 2]> {
    environment_with_django(project, workdir, settings, environment, is_tracked).map(|(_, version)| version)
}

/// The folder of that environment, and the version.
fn environment_with_django(
    project: &Path,
    workdir: &Path,
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    is_tracked: &dyn Fn(&Path) -> bool,
) -> Option<(PathBuf, [u32; 2])> {
    let with_version = |folder: PathBuf| {
        // What the repository brings along says nothing of the user's machine.
        if is_tracked_environment(&folder, workdir, is_tracked) {
            return None;
        }
        let version = django_in(&folder)?;
        Some((folder, version))
    };
    if let Some(program) = settings.python.command.first() {
        let inside = [project, workdir].into_iter().map(|folder| folder.join(program));
        return inside.filter_map(|path| with_version(path.parent()?.parent()?.to_owned())).next();
    }
    let active = environment.get("VIRTUAL_ENV").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let above = project.ancestors().take_while(|folder| folder.starts_with(workdir));
    let usual = above.flat_map(|folder| [".venv", "venv"].map(|name| folder.join(name)));
    active.into_iter().chain(usual).find_map(with_version)
}

/// The version of Django in a virtual environment.
fn django_in(environment: &Path) -> Option<[u32; 2]> {
    packages_in(environment).find_map(|path| {
        let name = path.file_name()?.to_str()?.to_lowercase();
        let version = name.strip_prefix("django-")?.strip_suffix(".dist-info")?;
        let mut numbers = version.split('.').map_while(|part| part.parse().ok());
        Some([numbers.next()?, numbers.next()?])
    })
}

/// What lies in the folders for packages of a virtual environment.
fn packages_in(environment: &Path) -> impl Iterator<Item = PathBuf> + '_ {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let pythons = ["lib", "lib64"].into_iter().flat_map(move |name| entries(&environment.join(name)));
    pythons.flat_map(move |python| entries(&python.join("site-packages")))
}

/// The text of a small regular file; links are not followed.
fn read_small(path: &Path) -> Option<String> {
    let meta = path.symlink_metadata().ok()?;
    (meta.is_file() && meta.len() <= MAX_FILE).then(|| std::fs::read_to_string(path).ok())?
}

/// Whether git tracks a virtual environment, or a part of it that says what it is.
fn is_tracked_environment(folder: &Path, workdir: &Path, is_tracked: &dyn Fn(&Path) -> bool) -> bool {
    let parts = [folder.to_owned(), folder.join("pyvenv.cfg"), folder.join("bin/python")];
    parts.iter().any(|path| is_tracked_there(path, workdir, is_tracked))
}

/// Whether git tracks what is at a path, under its own name or the one that links lead to.
fn is_tracked_there(path: &Path, workdir: &Path, is_tracked: &dyn Fn(&Path) -> bool) -> bool {
    let tracked = |path: &Path| path.starts_with(workdir) && is_tracked(path);
    let behind_links = || {
        let (real, top) = (path.canonicalize().ok()?, workdir.canonicalize().ok()?);
        Some(workdir.join(real.strip_prefix(top).ok()?))
    };
    tracked(path) || behind_links().is_some_and(|path| tracked(&path))
}

/// What a project's virtual environment does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lacking {
    /// The environment's folder.
    pub(crate) environment: PathBuf,
    /// The packages, as they were asked for.
    pub(crate) packages: Vec<String>,
    /// The command that installs them.
    pub(crate) install: String,
}

/// Those of `wanted`, such as `pyotp>=2.9`, that the virtual environment does not have of which [`installed_django`] speaks.
/// `None` if it has all of them, or if that cannot be told without running something: of a folder that is no virtual
/// environment, such as `/usr`, or one that sees the system's packages.
#[must_use]
pub(crate) fn lacking(
    project: &Path,
    workdir: &Path,
    settings: &Settings,
    environment: &BTreeMap<String, String>,
    is_tracked: &dyn Fn(&Path) -> bool,
    wanted: &[String],
) -> Option<Lacking> {
    if wanted.is_empty() {
        return None;
    }
    let (folder, _) = environment_with_django(project, workdir, settings, environment, is_tracked)?;
    let configuration = read_small(&folder.join("pyvenv.cfg"))?;
    let of_the_system = configuration.lines().any(|line| {
        line.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "include-system-site-packages" && value.trim().eq_ignore_ascii_case("true")
        })
    });
    if of_the_system {
        return None;
    }
    let installed: BTreeMap<String, PathBuf> = packages_in(&folder)
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?;
            let name =
                [".dist-info", ".egg-info", ".egg-link"].iter().find_map(|end| name.strip_suffix(end))?;
            Some((distribution(name.split_once('-').map_or(name, |(name, _)| name)), path))
        })
        .collect();
    let packages: Vec<String> =
        wanted.iter().filter(|wanted| !is_there(wanted, &installed)).cloned().collect();
    if packages.is_empty() {
        return None;
    }
    let python = folder.join("bin/python").to_string_lossy().into_owned();
    let python = shell_quoted(&python);
    let quoted: Vec<_> = packages.iter().map(|package| shell_quoted(package)).collect();
    let program = match installed.contains_key("pip") {
        true => format!("{python} -m pip install"),
        false => format!("uv pip install --python {python}"),
    };
    let install = format!("{program} {}", quoted.join(" "));
    Some(Lacking { environment: folder, packages, install })
}

/// Whether a package is there, and what its extras add: of `django-allauth[socialaccount]` both.
fn is_there(wanted: &str, installed: &BTreeMap<String, PathBuf>) -> bool {
    let Some(path) = installed.get(&distribution(wanted)) else { return false };
    let extras =
        wanted.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(extras, _)| extras);
    let metadata = read_small(&path.join("METADATA")).unwrap_or_default();
    extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).all(|extra| {
        let is_of_it = |marker: &str| {
            let marker = marker.trim().replace('\'', "\"");
            marker == format!("extra == \"{extra}\"")
        };
        let needed = metadata
            .lines()
            .filter_map(|line| line.strip_prefix("Requires-Dist:")?.split_once(';'))
            .filter(|(_, marker)| is_of_it(marker));
        needed.into_iter().all(|(name, _)| installed.contains_key(&distribution(name)))
    })
}

/// The name of a package as it is compared: `Django_OTP` and `django-otp>=1.5` are one.
fn distribution(requirement: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = requirement.trim();
    let name = &name[..name.find(|c| !is_name(c)).unwrap_or(name.len())];
    name.to_lowercase().split(['-', '_', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

struct Finder<'s> {
    project: &'s Path,
    workdir: &'s Path,
    environment: &'s BTreeMap<String, String>,
    is_tracked: &'s dyn Fn(&Path) -> bool,
    cancel: &'s AtomicBool,
    tried: Vec<String>,
}

impl Finder<'_> {
    fn find(&mut self, command: &[String]) -> Option<Found> {
        if let Some((program, arguments)) = command.split_first() {
            return self.configured(program, arguments);
        }
        if let Some(folder) = self.environment.get("VIRTUAL_ENV").filter(|folder| !folder.is_empty())
            && let Some(found) = self.environment_in(Path::new(folder), "VIRTUAL_ENV is set")
        {
            return Some(found);
        }
        for folder in self.folders() {
            for name in [".venv", "venv"] {
                let why = format!("{name} in {}", folder.display());
                if let Some(found) = self.environment_in(&folder.join(name), &why) {
                    return Some(found);
                }
            }
        }
        self.of_program("uv", "uv.lock", &["python", "find"])
            .or_else(|| self.of_program("poetry", "poetry.lock", &["env", "info", "--executable"]))
            .or_else(|| self.on_path())
    }

    /// The project's folder and those above it in the checkout.
    fn folders(&self) -> Vec<PathBuf> {
        self.project
            .ancestors()
            .take_while(|folder| folder.starts_with(self.workdir))
            .map(Path::to_owned)
            .collect()
    }

    fn configured(&mut self, program: &str, arguments: &[String]) -> Option<Found> {
        const WHY: &str = "python.command";
        let path = if program.contains('/') {
            [self.project, self.workdir]
                .map(|folder| folder.join(program))
                .into_iter()
                .find(|path| process::is_executable(path))
        } else {
            process::find_program(program, self.environment)
        };
        let Some(path) = path else {
            self.tried.push(format!("{WHY}: there is no program `{program}`"));
            return None;
        };
        if self.is_tracked(&path) {
            self.refuse(WHY, &path);
            return None;
        }
        let mut argv = vec![self.text(WHY, &path)?];
        argv.extend(arguments.iter().cloned());
        Some(Found { argv, why: format!("{WHY} is set"), django: None, env: self.activation(&path) })
    }

    /// The interpreter of a virtual environment.
    fn environment_in(&mut self, folder: &Path, why: &str) -> Option<Found> {
        let path = folder.join("bin/python");
        if !process::is_executable(&path) {
            self.tried.push(format!("{why}: there is no bin/python"));
            return None;
        }
        if is_tracked_environment(folder, self.workdir, self.is_tracked) {
            self.refuse(why, &path);
            return None;
        }
        self.probed(&path, why)
    }

    /// The interpreter that another program would use.
    fn of_program(&mut self, name: &str, lock: &str, arguments: &[&str]) -> Option<Found> {
        let folder = self.folders().into_iter().find(|folder| folder.join(lock).is_file())?;
        let why = format!("{name}, because of {}", folder.join(lock).display());
        let Some(program) = process::find_program(name, self.environment) else {
            self.tried.push(format!("{why}: there is no program `{name}` in PATH"));
            return None;
        };
        if self.is_tracked(&program) {
            self.refuse(&why, &program);
            return None;
        }
        let mut argv = vec![self.text(&why, &program)?];
        argv.extend(arguments.iter().map(|a| (*a).to_owned()));
        let path = match self.ask(argv, &folder) {
            Ok(answer) => PathBuf::from(answer),
            Err(reason) => {
                self.tried.push(format!("{why}: {reason}"));
                return None;
            }
        };
        if !path.is_absolute() || !process::is_executable(&path) {
            self.tried.push(format!("{why}: it has no environment for this project"));
            return None;
        }
        if self.is_tracked(&path) {
            self.refuse(&why, &path);
            return None;
        }
        self.probed(&path, &why)
    }

    /// The system's Python, if it has Django.
    fn on_path(&mut self) -> Option<Found> {
        const WHY: &str = "python3 in PATH";
        match process::find_program("python3", self.environment) {
            Some(path) if self.is_tracked(&path) => {
                self.refuse(WHY, &path);
                None
            }
            Some(path) => self.probed(&path, WHY),
            None => {
                self.tried.push(format!("{WHY}: there is none"));
                None
            }
        }
    }

    fn probed(&mut self, path: &Path, why: &str) -> Option<Found> {
        let program = self.text(why, path)?;
        let argv = vec![program.clone(), "-c".to_owned(), PROBE.to_owned()];
        match self.ask(argv, Path::new(NEUTRAL_FOLDER)) {
            Ok(version) => Some(Found {
                argv: vec![program],
                why: format!("{why}; it has Django {version}"),
                django: Some(version),
                env: self.activation(path),
            }),
            Err(reason) => {
                self.tried.push(format!("{why}: {reason}"));
                None
            }
        }
    }

    /// The last line that a program prints; else why there is none.
    fn ask(&self, argv: Vec<String>, folder: &Path) -> Result<String, String> {
        let own = |name: &&String| name.starts_with("UV_") || name.starts_with("POETRY_");
        let names: Vec<String> = self.environment.keys().filter(own).cloned().collect();
        let spec = ProcessSpec {
            argv,
            cwd: folder.to_owned(),
            env: process::environment(self.environment, &names, &BTreeMap::new()),
            timeout: PROBE_TIMEOUT,
            output_limit: PROBE_OUTPUT,
            on_line: None,
            record: None,
            name: None,
        };
        let output = process::run(&spec, self.cancel).map_err(|error| error.to_string())?;
        let last = |text: &str| text.lines().rev().map(str::trim).find(|l| !l.is_empty()).map(str::to_owned);
        if output.ended.success() {
            last(&output.stdout).ok_or_else(|| "it said nothing".to_owned())
        } else {
            Err(last(&output.stderr).unwrap_or_else(|| output.ended.to_string()))
        }
    }

    fn is_tracked(&self, path: &Path) -> bool {
        is_tracked_there(path, self.workdir, self.is_tracked)
    }

    fn refuse(&mut self, why: &str, path: &Path) {
        self.tried
            .push(format!("{why}: {} is tracked by git, and such programs are never run", path.display()));
    }

    fn text(&mut self, why: &str, path: &Path) -> Option<String> {
        let text = path.to_str().map(str::to_owned);
        if text.is_none() {
            self.tried.push(format!("{why}: the name {} is not UTF-8", path.display()));
        }
        text
    }

    /// What activating the interpreter's virtual environment would set.
    fn activation(&self, python: &Path) -> BTreeMap<String, String> {
        let mut env = BTreeMap::new();
        let Some(bin) = python.parent() else { return env };
        let Some(folder) = bin.parent().filter(|folder| folder.join("pyvenv.cfg").is_file()) else {
            return env;
        };
        let old = self.environment.get("PATH").map(String::as_str).unwrap_or_default();
        let paths = std::iter::once(bin.to_owned()).chain(std::env::split_paths(old));
        if let (Ok(path), Some(folder)) = (std::env::join_paths(paths), folder.to_str())
            && let Ok(path) = path.into_string()
        {
            env.insert("PATH".to_owned(), path);
            env.insert("VIRTUAL_ENV".to_owned(), folder.to_owned());
        }
        env
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A checkout with programs that play an interpreter.
    struct Place {
        folder: tempfile::TempDir,
        env: BTreeMap<String, String>,
        tracked: Vec<&'static str>,
        settings: Settings,
    }

    const HAS_DJANGO: &str = "#!/bin/sh\necho 5.2\n";
    const HAS_NONE: &str = "#!/bin/sh\necho \"ModuleNotFoundError: No module named 'django'\" >&2\nexit 1\n";

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(folder.path().join("repo/backend")).unwrap();
            let path = folder.path().join("bin").to_str().unwrap().to_owned();
            let env = BTreeMap::from([("PATH".to_owned(), format!("{path}:relative"))]);
            Self { folder, env, tracked: Vec::new(), settings: Settings::default() }
        }

        fn file(self, path: &str, text: &str) -> Self {
            let path = self.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        fn configure(&mut self, command: &[&str]) {
            self.settings.python.command = command.iter().map(|word| (*word).to_owned()).collect();
        }

        fn is_tracked(&self, path: &Path) -> bool {
            let path = path.strip_prefix(self.folder.path().join("repo")).unwrap().to_str().unwrap();
            self.tracked.contains(&path)
        }

        fn find(&self) -> Search {
            let workdir = self.folder.path().join("repo");
            let is_tracked = |path: &Path| self.is_tracked(path);
            let project = workdir.join("backend");
            find(&project, &workdir, &self.settings, &self.env, &is_tracked, &AtomicBool::new(false))
        }

        fn installed_django(&self) -> Option<[u32; 2]> {
            let repo = self.folder.path().join("repo");
            let is_tracked = |path: &Path| self.is_tracked(path);
            installed_django(&repo.join("backend"), &repo, &self.settings, &self.env, &is_tracked)
        }

        fn lacking(&self, wanted: &[&str]) -> Option<Lacking> {
            let repo = self.folder.path().join("repo");
            let is_tracked = |path: &Path| self.is_tracked(path);
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            lacking(&repo.join("backend"), &repo, &self.settings, &self.env, &is_tracked, &wanted)
        }

        fn found(&self) -> Found {
            match self.find() {
                Search::Found(found) => found,
                Search::NotFound { tried } => panic!("nothing found: {tried:?}"),
            }
        }

        /// The program that is found, inside the temporary folder.
        fn program(&self) -> String {
            self.found().argv[0].strip_prefix(self.folder.path().to_str().unwrap()).unwrap().to_owned()
        }

        fn tried(&self) -> Vec<String> {
            let top = self.folder.path().to_str().unwrap();
            match self.find() {
                Search::Found(found) => panic!("{found:?}"),
                Search::NotFound { tried } => tried.iter().map(|line| line.replace(top, "")).collect(),
            }
        }
    }

    #[test]
    fn the_django_of_an_environment_is_known_without_running_anything() {
        let mut place = Place::new()
            .file("repo/.venv/lib/python3.12/site-packages/django-5.2.1.dist-info/METADATA", "")
            .file("repo/.venv/lib/python3.12/site-packages/django_filter-25.1.dist-info/METADATA", "")
            .file("active/lib/python3.11/site-packages/Django-4.2.16.dist-info/METADATA", "");
        let version = Place::installed_django;
        assert_eq!(version(&place), Some([5, 2]));
        let active = place.folder.path().join("active").to_str().unwrap().to_owned();
        place.env.insert("VIRTUAL_ENV".into(), active.clone());
        assert_eq!(version(&place), Some([4, 2]));
        place.settings.python.command = vec!["../.venv/bin/python".into()];
        assert_eq!(version(&place), Some([5, 2]));
        place.settings.python.command = vec!["python3".into()];
        assert_eq!(version(&place), None);
        let mut place =
            Place::new().file("repo/.venv/lib64/python3.12/site-packages/django-5.2.1.dist-info/x", "");
        assert_eq!(version(&place), Some([5, 2]));
        place.tracked.push(".venv");
        assert_eq!(version(&place), None);
    }

    #[test]
    fn packages_that_an_environment_lacks_are_known_without_running_anything() {
        let packages = "repo/.venv/lib/python3.12/site-packages";
        let place = Place::new().file(&format!("{packages}/django-5.2.1.dist-info/METADATA"), "");
        let asked = ["django-otp>=1.5", "django-allauth[socialaccount]>=65.4"];
        let lacking = Place::lacking;
        // A folder that is no virtual environment may see packages that lie elsewhere.
        assert_eq!(lacking(&place, &asked), None);
        let place = place.file("repo/.venv/pyvenv.cfg", "home = /usr/bin\n");
        let found = lacking(&place, &asked).unwrap();
        assert_eq!(found.packages, asked);
        assert!(found.install.starts_with("uv pip install --python "), "{}", found.install);
        let place = place
            .file(&format!("{packages}/Django_OTP-1.7.0.dist-info/METADATA"), "")
            .file(&format!("{packages}/pip-25.0.dist-info/METADATA"), "")
            .file(
                &format!("{packages}/django_allauth-65.4.dist-info/METADATA"),
                "Requires-Dist: Django>=4.2\nRequires-Dist: fido2; extra == \"mfa\"\nRequires-Dist: requests>=2; extra == 'socialaccount'\n",
            );
        let mut place = place;
        let found = lacking(&place, &asked).unwrap();
        assert_eq!(found.packages, [asked[1]]);
        place.tracked = vec![".venv/pyvenv.cfg"];
        assert_eq!(lacking(&place, &asked), None);
        place.tracked.clear();
        assert!(found.install.contains(".venv/bin/python -m pip install"), "{}", found.install);
        let place = place.file(&format!("{packages}/requests-2.32.dist-info/METADATA"), "");
        assert_eq!(lacking(&place, &asked), None);
        assert_eq!(lacking(&place, &[]), None);
        // What the system has, nobody knows.
        let place = place.file("repo/.venv/pyvenv.cfg", "include-system-site-packages = true\n");
        assert_eq!(lacking(&place, &["pyotp"]), None);
        assert_eq!(lacking(&Place::new(), &asked), None);
    }

    #[test]
    fn only_small_regular_files_of_an_environment_are_read() {
        let place = Place::new().file("small", "text");
        let path = |name: &str| place.folder.path().join(name);
        assert_eq!(read_small(&path("small")).as_deref(), Some("text"));
        std::os::unix::fs::symlink(path("small"), path("link")).unwrap();
        std::fs::File::create(path("large")).unwrap().set_len(MAX_FILE + 1).unwrap();
        for name in ["link", "large", "missing", "repo"] {
            assert_eq!(read_small(&path(name)), None, "{name}");
        }
    }

    #[test]
    fn the_nearest_environment_with_django_wins() {
        let place = Place::new().file("bin/python3", HAS_DJANGO);
        assert_eq!(place.program(), "/bin/python3");
        let place = place.file("repo/venv/bin/python", HAS_DJANGO);
        assert_eq!(place.program(), "/repo/venv/bin/python");
        let place = place.file("repo/backend/.venv/bin/python", HAS_NONE);
        assert_eq!(place.program(), "/repo/venv/bin/python");
        let place = place.file("repo/backend/venv/bin/python", HAS_DJANGO);
        assert_eq!(place.program(), "/repo/backend/venv/bin/python");
        let mut place = place.file("active/bin/python", HAS_DJANGO).file("active/pyvenv.cfg", "");
        place.env.insert("VIRTUAL_ENV".into(), place.folder.path().join("active").to_str().unwrap().into());
        let found = place.found();
        assert_eq!(found.why, "VIRTUAL_ENV is set; it has Django 5.2");
        assert_eq!(found.django.as_deref(), Some("5.2"));
        assert!(found.env["PATH"].contains("/active/bin:") && found.env["VIRTUAL_ENV"].ends_with("/active"));
    }

    #[test]
    fn programs_of_the_repository_are_never_run() {
        let bomb = "#!/bin/sh\ntouch \"$(dirname \"$0\")/ran\"\necho 5.2\n";
        for tracked in ["venv", "venv/bin/python", "venv/pyvenv.cfg"] {
            let mut place = Place::new().file("repo/venv/bin/python", bomb);
            place.tracked.push(tracked);
            let tried = place.tried().join("\n");
            assert!(tried.contains("/repo/venv/bin/python is tracked by git"), "{tried}");
            assert!(!place.folder.path().join("repo/venv/bin/ran").exists());
        }
        let mut place = Place::new().file("repo/tools/python", bomb).file("repo/.venv/bin/x", "");
        place.tracked.push("tools/python");
        let link = place.folder.path().join("repo/.venv/bin/python");
        std::os::unix::fs::symlink("../../tools/python", link).unwrap();
        assert!(place.tried().iter().any(|line| line.contains("is tracked by git")));
        place.configure(&["tools/python"]);
        assert_eq!(
            place.tried(),
            ["python.command: /repo/tools/python is tracked by git, and such programs are never run"]
        );
        assert!(!place.folder.path().join("repo/tools/ran").exists());
    }

    #[test]
    fn a_configured_command_is_taken_or_refused() {
        let mut place = Place::new().file("bin/docker", "").file("repo/venv/bin/python", HAS_DJANGO);
        place.configure(&["docker", "compose", "exec", "web", "python"]);
        let found = place.found();
        assert!(found.argv[0].ends_with("/bin/docker"));
        assert_eq!(found.argv[1..], ["compose", "exec", "web", "python"]);
        place.configure(&["./venv/bin/python"]);
        assert!(place.program().ends_with("/venv/bin/python"));
        place.configure(&["missing"]);
        assert_eq!(place.tried(), ["python.command: there is no program `missing`"]);
    }

    #[test]
    fn uv_and_poetry_are_asked_where_their_environment_is() {
        let place = Place::new().file("else/bin/python", HAS_DJANGO).file("repo/uv.lock", "");
        assert!(place.tried().iter().any(|line| line.ends_with("there is no program `uv` in PATH")));
        let python = place.folder.path().join("else/bin/python");
        let uv = format!("#!/bin/sh\n[ \"$*\" = 'python find' ] && echo {}\n", python.display());
        let place = place.file("bin/uv", &uv);
        assert_eq!(place.program(), "/else/bin/python");
        let place =
            Place::new().file("repo/backend/poetry.lock", "").file("bin/poetry", "#!/bin/sh\nexit 1\n");
        let reason = "poetry, because of /repo/backend/poetry.lock: it ended with status 1";
        assert!(place.tried().iter().any(|line| line == reason), "{:?}", place.tried());
    }

    #[test]
    fn what_was_tried_is_listed() {
        let place = Place::new().file("bin/python3", HAS_NONE);
        insta::assert_snapshot!(place.tried().join("\n"), @"
        .venv in /repo/backend: there is no bin/python
        venv in /repo/backend: there is no bin/python
        .venv in /repo: there is no bin/python
        venv in /repo: there is no bin/python
        python3 in PATH: ModuleNotFoundError: No module named 'django'
        ");
    }
}
