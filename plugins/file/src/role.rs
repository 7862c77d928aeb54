//! Which file a role stands for in a project.

use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::params::FileRole;
use aksara_sdk::{Context, Diagnostic, Note, RelPath, SourceFile, StepInput};

use crate::django;
use crate::operation::requirement::{listed, package};

/// What operations need to know of the project, asked for once.
pub struct Project {
    facts: Option<ProjectFacts>,
}

impl Project {
    /// Nothing is asked for yet.
    pub fn new() -> Self {
        Self { facts: None }
    }

    /// With these facts.
    pub fn with(facts: ProjectFacts) -> Self {
        Self { facts: Some(facts) }
    }

    /// The facts with the settings of the tests, if facts were asked for and the tests have settings of their own.
    pub fn of_tests(&self) -> Option<ProjectFacts> {
        django::of_tests(self.facts.as_ref()?)
    }

    /// The facts of all apps.
    ///
    /// # Errors
    /// A project that has no facts.
    pub fn facts(&mut self, cx: &Context<'_>) -> Result<&ProjectFacts, Diagnostic> {
        if self.facts.is_none() {
            self.facts = Some(django::all_facts(cx)?);
        }
        self.facts.as_ref().ok_or_else(|| Diagnostic::new(codes::NOT_FOUND, "the project has no facts"))
    }
}

/// What was looked for.
pub enum Found {
    /// Here.
    File(RelPath),
    /// The project does without such a file; what its people should know.
    Nothing(Note),
}

/// The file with this role, for `needed` requirements where it is the one that lists them.
///
/// # Errors
/// A project that has no such file, or more than one that it could be; an app that is not there; requirements that
/// are written by a tool.
pub fn find(
    role: FileRole,
    app: Option<&str>,
    needed: &[&str],
    step: &StepInput,
    project: &mut Project,
    cx: &Context<'_>,
) -> Result<Found, Diagnostic> {
    let path = match (role, app) {
        (FileRole::Requirements, _) => return requirements(needed, &step.root, cx),
        (FileRole::Settings, _) => django::settings_file(project.facts(cx)?).cloned(),
        (FileRole::Urls, None) => django::root_urls_file(project.facts(cx)?).cloned(),
        (FileRole::Urls, Some(label)) => {
            let app = project.facts(cx)?.require_app(label)?;
            app.files.urls.clone().ok_or_else(|| {
                Diagnostic::new(codes::NOT_FOUND, format!("the app `{label}` has no URLs yet"))
                    .with_help("write them with a `create_module` step named `urls`, and include them with `url_include`")
            })
        }
        (FileRole::AppConfig, Some(label)) => django::config_file(project.facts(cx)?.require_app(label)?),
        (FileRole::AppConfig, None) => {
            Err(Diagnostic::new(codes::BAD_PARAMS, "whose configuration is not said")
                .with_help("name the `app` by its label"))
        }
    };
    path.map(Found::File)
}

/// Lock files, and how their tool adds a package.
const LOCKS: [(&str, &str); 5] = [
    ("uv.lock", "uv add"),
    ("poetry.lock", "poetry add"),
    ("pdm.lock", "pdm add"),
    ("Pipfile", "pipenv install"),
    ("Pipfile.lock", "pipenv install"),
];

/// Where requirements are listed, the usual one first. What another file is made from stands before that file.
const LISTS: [&str; 11] = [
    "requirements/base.in",
    "requirements.in",
    "pyproject.toml",
    "requirements/base.txt",
    "requirements/common.txt",
    "requirements/requirements.txt",
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/local.txt",
    "requirements/dev.txt",
];

/// The file that lists what the project needs: the one that lists everything that is needed already, else the one that
/// lists Django, in the project's folder or above it.
fn requirements(needed: &[&str], root: &str, cx: &Context<'_>) -> Result<Found, Diagnostic> {
    let names: Vec<String> = needed.iter().filter_map(|requirement| package(requirement)).collect();
    let mut folder = root;
    loop {
        let path = |name: &str| {
            RelPath::new(if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }).ok()
        };
        let read = |names: &[&str]| -> Result<Vec<SourceFile>, Diagnostic> {
            let paths: Vec<RelPath> = names.iter().filter_map(|name| path(name)).collect();
            Ok(cx.read_all(&paths)?.into_iter().flatten().collect())
        };
        let lists: Vec<(SourceFile, Vec<String>)> =
            read(&LISTS)?.into_iter().filter_map(|file| listed(&file).map(|names| (file, names))).collect();
        let has_all = |listed: &[String]| !names.is_empty() && names.iter().all(|name| listed.contains(name));
        if let Some((file, _)) = lists.iter().find(|(_, listed)| has_all(listed)) {
            return Ok(Found::File(file.path.clone()));
        }
        let locks: Vec<&str> = LOCKS.iter().map(|(name, _)| *name).collect();
        if let Some(lock) = present(&locks, folder, cx)? {
            let command = LOCKS.iter().find(|(name, _)| lock.file_name() == *name).map_or("", |(_, c)| *c);
            return Err(locked(&lock, command, needed));
        }
        if let Some((file, _)) = lists.iter().find(|(_, listed)| listed.iter().any(|name| name == "django")) {
            let compiled = lists.iter().find_map(|(other, _)| {
                let concerns = other.path == file.path || is_made_from(other, file);
                source_of(other).filter(|_| concerns).map(|input| (&other.path, input))
            });
            let Some((compiled, input)) = compiled else { return Ok(Found::File(file.path.clone())) };
            return Err(Diagnostic::new(
                codes::REFUSED,
                format!("`{}` is written by a tool, from `{input}`", compiled),
            )
            .with_help(format!(
                "add {} to `{input}`, run `pip-compile {input}` (or the tool that you use), and then this command again",
                quoted(needed)
            )));
        }
        match (lists.as_slice(), folder) {
            ([(only, _)], _) => return Ok(Found::File(only.path.clone())),
            ([(first, _), ..], _) => {
                let found: Vec<String> = lists.iter().map(|(file, _)| format!("`{}`", file.path)).collect();
                let message =
                    format!("which of {} lists what the project needs is not clear", found.join(", "));
                return Err(Diagnostic::new(codes::REFUSED, message).with_help(format!(
                    "list `django` in it, or add {} by hand, for example to `{}`",
                    quoted(needed),
                    first.path
                )));
            }
            ([], "") => break,
            ([], _) => folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent),
        }
    }
    // A feature need not wait for a list that the project does without.
    Ok(Found::Nothing(Note::warning(format!(
        "no file lists what the project needs: run `pip install {}` wherever it runs",
        in_shell(needed)
    ))))
}

/// The first of these files that is there, whatever is in it.
fn present(names: &[&str], folder: &str, cx: &Context<'_>) -> Result<Option<RelPath>, Diagnostic> {
    let there = cx.list(folder, false)?;
    let find = |name: &&str| there.iter().find(|path| path.file_name() == *name);
    Ok(names.iter().find_map(find).cloned())
}

fn locked(lock: &RelPath, command: &str, needed: &[&str]) -> Diagnostic {
    Diagnostic::new(
        codes::REFUSED,
        format!("the project's packages are locked by `{lock}`, which only its tool writes"),
    )
    .with_help(format!("run `{command} {}`, and then this command again", in_shell(needed)))
}

/// What a requirements file was compiled from, if a tool wrote it.
fn source_of(file: &SourceFile) -> Option<String> {
    let head = file.text.lines().take(8).filter(|line| line.starts_with('#'));
    let head: Vec<&str> = head.collect();
    let is_compiled = head.iter().any(|line| line.to_lowercase().contains("autogenerated by"));
    let named = head.iter().flat_map(|line| line.split_whitespace()).rfind(|word| {
        word.ends_with(".in") || word.ends_with("pyproject.toml") || word.ends_with("setup.py")
    });
    is_compiled.then(|| named.unwrap_or("its input file").to_owned())
}

/// Whether `requirements.txt` is the output beside the input `requirements.in`.
fn is_made_from(output: &SourceFile, input: &SourceFile) -> bool {
    input.path.as_str().strip_suffix(".in").is_some_and(|stem| output.path.as_str() == format!("{stem}.txt"))
}

fn in_shell(needed: &[&str]) -> String {
    needed.iter().map(|requirement| format!("\"{requirement}\"")).collect::<Vec<_>>().join(" ")
}

fn quoted(needed: &[&str]) -> String {
    needed.iter().map(|requirement| format!("`{requirement}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::{Value, json};

    use super::*;
    use crate::ModifyFile;

    fn project(files: &[(&str, &str)]) -> TestProject<'static> {
        let project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings/__init__.py", "from .base import *\n")
            .file("config/settings/base.py", "INSTALLED_APPS = ['blog']\nROOT_URLCONF = 'config.urls'\nREST_FRAMEWORK = {'A': ['x']}\nMIDDLEWARE = ['a.A', 'b.B']\n")
            .file("config/urls.py", "urlpatterns = []\n")
            .file("blog/__init__.py", "")
            .file("blog/urls.py", "urlpatterns = []\n")
            .file("blog/models.py", "");
        files.iter().fold(project, |project, (path, text)| project.file(path, *text))
    }

    fn modify(project: &mut TestProject<'_>, params: Value) -> Result<String, Diagnostic> {
        let outcome = project.apply(&ModifyFile, "modify_file", params)?;
        Ok(outcome.file.unwrap().to_string())
    }

    fn require(project: &mut TestProject<'_>) -> Result<String, Diagnostic> {
        let operations = json!([{"op": "requirement_add", "requirement": "pyotp>=2.9"}]);
        modify(project, json!({"file": "requirements", "operations": operations}))
    }

    #[test]
    fn files_are_found_by_what_they_are() {
        let mut project = project(&[]);
        let operations = json!([
            {"op": "setting_add", "name": "MAX", "value": "{\"a\": 1}"},
            {"op": "dict_add", "name": "REST_FRAMEWORK", "keys": ["A"], "value": "[\"x\", \"y\"]", "item": "\"y\""},
            {"op": "list_add", "name": "MIDDLEWARE", "item": "\"c.C\"", "after": "\"a.A\""}
        ]);
        let settings = json!({"file": "settings", "operations": operations});
        assert_eq!(modify(&mut project, settings).unwrap(), "config/settings/base.py");
        assert!(project.text("config/settings/base.py").unwrap().ends_with(
            "REST_FRAMEWORK = {'A': ['x', 'y']}\nMIDDLEWARE = ['a.A', 'c.C', 'b.B']\n\nMAX = {'a': 1}\n"
        ));
        let include = json!([{"op": "url_include", "prefix": "api/", "module": "blog.urls"}]);
        assert_eq!(
            modify(&mut project, json!({"file": "urls", "operations": include})).unwrap(),
            "config/urls.py"
        );
        assert!(
            project
                .text("config/urls.py")
                .unwrap()
                .ends_with("urlpatterns = [path('api/', include('blog.urls'))]\n")
        );
        let item = json!([{"op": "list_add", "name": "urlpatterns", "item": "path(\"\", x)"}]);
        let of_app = json!({"file": "urls", "app": "blog", "operations": item});
        assert_eq!(modify(&mut project, of_app).unwrap(), "blog/urls.py");
    }

    #[test]
    fn requirements_go_where_django_is_listed() {
        for (files, file) in [
            (&[("requirements.txt", "Django>=5\n")][..], "requirements.txt"),
            (
                &[("requirements/base.txt", "django\n"), ("requirements.txt", "-r requirements/base.txt\n")],
                "requirements/base.txt",
            ),
            (
                &[
                    ("pyproject.toml", "[tool.black]\nline-length = 100\n"),
                    ("requirements.txt", "gunicorn\n"),
                ],
                "requirements.txt",
            ),
            (
                &[
                    ("pyproject.toml", "[project]\ndependencies = [\"django\"]\n"),
                    ("requirements.txt", "gunicorn\n"),
                ],
                "pyproject.toml",
            ),
            (&[("requirements.in", "django\n")], "requirements.in"),
            // Listed already: nothing to do, whoever writes the file.
            (
                &[("pyproject.toml", "[project]\ndependencies = [\"django\", \"pyotp\"]\n"), ("uv.lock", "")],
                "pyproject.toml",
            ),
            (
                &[("pyproject.toml", "[tool.poetry.dependencies]\npyotp = \"^2\"\n"), ("poetry.lock", "")],
                "pyproject.toml",
            ),
        ] {
            assert_eq!(require(&mut project(files)).unwrap(), file);
        }
        let mut inner = TestProject::new(Some(&Django))
            .file("backend/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
            .file("backend/settings.py", "INSTALLED_APPS = []\n")
            .file("requirements.txt", "django\n");
        inner.root = "backend".to_owned();
        assert_eq!(require(&mut inner).unwrap(), "requirements.txt");
    }

    #[test]
    fn files_that_a_tool_writes_are_refused_with_what_to_run() {
        let project_toml = ("pyproject.toml", "[project]\ndependencies = [\"django\"]\n");
        let compiled = "#\n# This file is autogenerated by pip-compile with Python 3.12\n#    pip-compile requirements.in\n#\ndjango==5.2\n";
        for (files, help) in [
            (&[project_toml, ("uv.lock", "")][..], "run `uv add \"pyotp>=2.9\"`"),
            (&[("Pipfile", "[packages]\ndjango = \"*\"\n")], "run `pipenv install \"pyotp>=2.9\"`"),
            (
                &[("requirements.txt", compiled)],
                "add `pyotp>=2.9` to `requirements.in`, run `pip-compile requirements.in`",
            ),
            (
                &[("requirements.in", "django\n"), ("requirements.txt", compiled)],
                "add `pyotp>=2.9` to `requirements.in`, run",
            ),
            (&[("requirements/base.txt", "a\n"), ("requirements.txt", "b\n")], "list `django` in it"),
        ] {
            let error = require(&mut project(files)).unwrap_err();
            let found = error.help.unwrap_or_default();
            assert!(found.contains(help), "{}: {found}", error.message);
        }
    }

    #[test]
    fn a_project_without_a_list_is_told_what_to_install() {
        let operations = json!([{"op": "requirement_add", "requirement": "pyotp>=2.9"}]);
        let params = json!({"file": "requirements", "operations": operations});
        let outcome = project(&[]).apply(&ModifyFile, "modify_file", params).unwrap();
        assert!(outcome.edits.is_empty());
        assert!(outcome.notes[0].text.contains("run `pip install \"pyotp>=2.9\"`"), "{:?}", outcome.notes);
    }

    /// The settings of a package: `manage.py` names `config.settings.dev`.
    fn layered(base: &str, dev: &str) -> TestProject<'static> {
        project(&[
            ("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.dev')\n"),
            ("config/settings/__init__.py", ""),
            ("config/settings/base.py", base),
            ("config/settings/dev.py", dev),
        ])
    }

    #[test]
    fn a_setting_is_changed_in_the_file_that_sets_it() {
        let base = "INSTALLED_APPS = ['blog']\nROOT_URLCONF = 'config.urls'\n";
        let dev = "from .base import *\n\nMIDDLEWARE = ['a.A']\nREST_FRAMEWORK = {'A': 1}\nINSTALLED_APPS += ['debug_toolbar']\nLIMIT = 3\n";
        let mut project = layered(base, dev);
        let operations = json!([
            {"op": "installed_app_add", "app": "allauth"},
            {"op": "list_add", "name": "MIDDLEWARE", "item": "\"b.B\""},
            {"op": "dict_add", "name": "REST_FRAMEWORK", "keys": ["B"], "value": "2"},
            {"op": "setting_add", "name": "LIMIT", "value": "3"},
            {"op": "setting_add", "name": "NEW", "value": "1"}
        ]);
        let params = json!({"file": "settings", "operations": operations});
        modify(&mut project, params.clone()).unwrap();
        assert_eq!(
            project.text("config/settings/base.py").unwrap(),
            "INSTALLED_APPS = ['allauth', 'blog']\nROOT_URLCONF = 'config.urls'\n\nNEW = 1\n"
        );
        let changed = dev.replace("['a.A']", "['a.A', 'b.B']").replace("{'A': 1}", "{'A': 1, 'B': 2}");
        assert_eq!(project.text("config/settings/dev.py").unwrap(), changed);
        let again = project.apply(&ModifyFile, "modify_file", params).unwrap();
        assert!(again.edits.is_empty(), "{again:?}");
    }

    #[test]
    fn settings_of_the_tests_get_what_they_lack_and_keep_their_own() {
        let base = "INSTALLED_APPS = ['blog']\nROOT_URLCONF = 'config.urls'\nCACHES = {}\nJWT = {'A': 1}\n";
        let dev = "from .base import *\n\nCACHES = {}\n";
        let tests =
            "from .base import *\n\nINSTALLED_APPS = ['blog', 'probe']\nLIMIT = 1\nJWT = {'AGE': 5}\n";
        let mut project = layered(base, dev)
            .file("config/settings/test.py", tests)
            .file("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = config.settings.test\n");
        let operations = json!([
            {"op": "installed_app_add", "app": "allauth"},
            {"op": "import_add", "module": "datetime", "name": "timedelta"},
            {"op": "setting_add", "name": "LIMIT", "value": "timedelta(days=1)"},
            {"op": "dict_add", "name": "CACHES", "keys": ["B"], "value": "2"},
            {"op": "dict_add", "name": "JWT", "keys": ["AGE"], "value": "9"}
        ]);
        modify(&mut project, json!({"file": "settings", "operations": operations})).unwrap();
        assert_eq!(
            project.text("config/settings/test.py").unwrap(),
            tests.replace("'probe']", "'probe', 'allauth']"),
            "LIMIT and AGE are the tests' own, and only LIMIT needs the import"
        );
        let text = project.text("config/settings/base.py").unwrap();
        assert!(text.contains("CACHES = {'B': 2}\nJWT = {'A': 1, 'AGE': 9}\n"), "{text}");
        assert!(text.contains("LIMIT = timedelta(days=1)\n"), "{text}");
        assert!(project.text("config/settings/dev.py").unwrap().contains("CACHES = {'B': 2}\n"));
    }

    #[test]
    fn what_is_added_to_a_setting_does_not_set_it() {
        let base = "INSTALLED_APPS = ['blog']\nMIDDLEWARE = ['a.A']\nMIDDLEWARE += ['z.Z']\n";
        for dev in [
            "from .base import *\n\nMIDDLEWARE += ['debug.D']\n",
            "from .base import *\n\nMIDDLEWARE = MIDDLEWARE + ['debug.D']\n",
            "from .base import *\nfrom . import base\n\nMIDDLEWARE = [*base.MIDDLEWARE, 'debug.D']\n",
            "from .base import *\n\nMIDDLEWARE.insert(0, 'debug.D')\n",
        ] {
            let mut project = layered(base, dev);
            let item = json!([{"op": "list_add", "name": "MIDDLEWARE", "item": "\"b.B\""}]);
            modify(&mut project, json!({"file": "settings", "operations": item})).unwrap();
            let text = project.text("config/settings/base.py").unwrap();
            assert_eq!(text, base.replace("['a.A']", "['a.A', 'b.B']"), "{dev}");
            assert_eq!(project.text("config/settings/dev.py").unwrap(), dev);
        }
    }

    #[test]
    fn a_setting_that_two_files_set_is_told() {
        let mut project = layered(
            "INSTALLED_APPS = ['blog']\nREST_FRAMEWORK = {'A': 1}\n",
            "from .base import *\n\nREST_FRAMEWORK = {'A': 2}\n",
        );
        let add = json!([{"op": "dict_add", "name": "REST_FRAMEWORK", "keys": ["B"], "value": "2"}]);
        let params = json!({"file": "settings", "operations": add});
        let outcome = project.apply(&ModifyFile, "modify_file", params).unwrap();
        assert_eq!(outcome.file.unwrap().as_str(), "config/settings/dev.py");
        assert!(outcome.notes[0].text.contains("`config/settings/base.py` sets `REST_FRAMEWORK` too"));
    }

    #[test]
    fn a_step_says_which_file() {
        let operations = json!([{"op": "setting_add", "name": "A", "value": "1"}]);
        let ready = json!([{"op": "ready_add", "source": "f()"}]);
        for (params, code) in [
            (json!({"operations": operations}), codes::BAD_PARAMS),
            (json!({"path": "a.py", "file": "settings", "operations": operations}), codes::BAD_PARAMS),
            (json!({"file": "nothing", "operations": operations}), codes::BAD_PARAMS),
            (json!({"file": "app_config", "operations": operations}), codes::BAD_PARAMS),
            (json!({"file": "app_config", "operations": ready}), codes::BAD_PARAMS),
            (json!({"file": "app_config", "app": "nothing", "operations": ready}), codes::NOT_FOUND),
        ] {
            assert_eq!(modify(&mut project(&[]), params.clone()).unwrap_err().code, code, "{params}");
        }
    }
}
