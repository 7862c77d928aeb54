//! On the real framework. The interpreter is AKSARA_TEST_PYTHON, or `.local/django-venv` at the top of the workspace;
//! without one the tests say so and pass, except where CI is set.

use std::path::PathBuf;

use super::*;

/// Variables of the test's own process: the tests stand where an embedder does.
fn environment() -> BTreeMap<String, String> {
    std::env::vars().filter(|(name, _)| !name.starts_with("DJANGO_")).collect()
}

fn workspace() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn interpreter() -> Option<Found> {
    let python = std::env::var_os("AKSARA_TEST_PYTHON")
        .map_or_else(|| workspace().join(".local/django-venv/bin/python"), PathBuf::from);
    if python.is_file() {
        let argv = vec![python.to_str().unwrap().to_owned()];
        return Some(Found { argv, why: "a test".into(), django: None, env: BTreeMap::new() });
    }
    assert!(std::env::var_os("CI").is_none(), "no Python with Django for the tests: set AKSARA_TEST_PYTHON");
    eprintln!("SKIPPED: no Python with Django; set AKSARA_TEST_PYTHON to one");
    None
}

/// Two copies of the blog project: a worktree and a checkout.
struct Project {
    folder: tempfile::TempDir,
    python: Found,
    root: &'static str,
    environment: BTreeMap<String, String>,
    changed: Vec<RelPath>,
    timeout: Duration,
}

impl Project {
    fn new(root: &'static str) -> Option<Self> {
        let python = interpreter()?;
        let folder = tempfile::tempdir().unwrap();
        for side in ["worktree", "checkout"] {
            copy(&workspace().join("tests/projects/django-blog"), &folder.path().join(side).join(root));
        }
        let models =
            if root.is_empty() { "blog/models.py".to_owned() } else { format!("{root}/blog/models.py") };
        let models = RelPath::new(models).unwrap();
        Some(Self {
            folder,
            python,
            root,
            environment: environment(),
            changed: vec![models],
            timeout: Duration::from_secs(60),
        })
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("worktree").join(self.root).join(path)
    }

    fn edit(&mut self, path: &str, from: &str, to: &str) {
        let old = std::fs::read_to_string(self.path(path)).unwrap_or_default();
        assert!(old.contains(from), "{path} has no {from}");
        self.write(path, &old.replacen(from, to, 1));
    }

    fn write(&mut self, path: &str, text: &str) {
        std::fs::write(self.path(path), text).unwrap();
        let path = if self.root.is_empty() { path.to_owned() } else { format!("{}/{path}", self.root) };
        self.changed.push(RelPath::new(path).unwrap());
    }

    fn with_spec<T>(&self, work: impl FnOnce(&ValidationSpec<'_>) -> T) -> T {
        let app = AppFacts {
            label: "blog".into(),
            module: "blog".into(),
            dir: if self.root.is_empty() { "blog".into() } else { format!("{}/blog", self.root) },
            ..AppFacts::default()
        };
        let mut facts = ProjectFacts { root: self.root.into(), apps: vec![app], ..ProjectFacts::default() };
        facts.settings.module = Some("config.settings".into());
        work(&ValidationSpec {
            python: &self.python,
            worktree: &self.folder.path().join("worktree"),
            checkout: &self.folder.path().join("checkout"),
            facts: &facts,
            changed: &self.changed,
            environment: &self.environment,
            extra_environment: &["PYTHONPATH".to_owned()],
            settings_module: None,
            timeout: self.timeout,
            tests_timeout: self.timeout,
            record: None,
        })
    }

    fn check(&self) -> Result<Validation, ValidationError> {
        let before = files(self.folder.path());
        let validation = self.with_spec(|spec| django(spec, &AtomicBool::new(false)));
        assert_eq!(before, files(self.folder.path()), "the check wrote something");
        validation
    }

    /// The check that fails, and why.
    fn failure(&self) -> (String, String) {
        let validation = self.check().unwrap();
        let failed = validation
            .checks
            .iter()
            .find(|check| !check.ok)
            .unwrap_or_else(|| panic!("nothing failed: {validation:?}"));
        (failed.name.clone(), failed.output.clone())
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == "__pycache__" => {}
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_good_project_passes_wherever_it_lies() {
    for root in ["", "backend/site"] {
        let Some(project) = Project::new(root) else { return };
        let validation = project.check().unwrap();
        assert!(validation.passed(), "{validation:?}");
        let names: Vec<&str> = validation.checks.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["settings", "imports", "system checks", "migrations", "worktree"]);
        assert!(validation.framework.unwrap().starts_with("Django "));
    }
}

#[test]
fn planted_defects_are_found() {
    let Some(mut project) = Project::new("") else { return };
    project.edit(
        "blog/models.py",
        "class Post(models.Model):\n",
        "class Post(models.Model):\n    color = models.CharField(max_length=9, default=\"\")\n",
    );
    let (name, output) = project.failure();
    assert_eq!(name, "migrations");
    assert_eq!(output, "blog: the models have a change without a migration: Add field color to post");

    let Some(mut project) = Project::new("") else { return };
    project.edit("blog/views.py", "PostSerializer", "NoSuchSerializer");
    let (name, output) = project.failure();
    assert_eq!(name, "imports");
    assert!(
        output.starts_with("blog/views.py:")
            && output.contains("ImportError: cannot import name 'NoSuchSerializer'"),
        "{output}"
    );

    let Some(mut project) = Project::new("") else { return };
    project.write("blog/broken.py", "x = (\n");
    assert_eq!(
        project.failure(),
        ("imports".into(), "blog/broken.py:1: SyntaxError: '(' was never closed".into())
    );

    // Too deep for Python's compiler, which gives no place.
    for (file, check) in [("blog/deep.py", "imports"), ("blog/models.py", "settings")] {
        let Some(mut project) = Project::new("") else { return };
        let text = std::fs::read_to_string(project.path(file)).unwrap_or_default();
        project.write(file, &format!("{text}\nx = int{}\n", ".b".repeat(50_000)));
        let (name, output) = project.failure();
        assert_eq!(name, check);
        assert!(output.starts_with(&format!("{file}: ")), "{output}");
    }

    let Some(mut project) = Project::new("") else { return };
    project.edit("blog/admin.py", "list_display = [", "list_display = [\"no_such_field\", ");
    let (name, output) = project.failure();
    assert_eq!(name, "system checks");
    assert!(output.contains("admin.E108"), "{output}");

    let Some(mut project) = Project::new("") else { return };
    project.edit("config/settings.py", "'blog',", "'blog', 'no_such_app',");
    let validation = project.check().unwrap();
    assert_eq!(validation.checks[0].output, "ModuleNotFoundError: No module named 'no_such_app'");
    assert_eq!(validation.not_run.len(), 4);
    assert!(!validation.passed());
}

#[test]
fn what_was_wrong_before_is_forgiven_and_nothing_else() {
    let Some(mut project) = Project::new("") else { return };
    let field = |name: &str| {
        format!("class Post(models.Model):\n    {name} = models.CharField(max_length=9, default=\"\")\n")
    };
    project.edit("blog/models.py", "class Post(models.Model):\n", &field("color"));
    let before = project.check().unwrap();

    let mut same = project.check().unwrap();
    let told = same.forgive(&before);
    assert!(same.passed() && told.len() == 1, "{same:?}");
    let said = same.checks.iter().find(|check| check.name == MIGRATIONS).unwrap();
    let drift = "blog: the models have a change without a migration: Add field color to post";
    assert_eq!(said.output, format!("as before this plan: {drift}"));

    project.edit("blog/models.py", "class Post(models.Model):\n", &field("weight"));
    let mut worse = project.check().unwrap();
    let _ = worse.forgive(&before);
    let failed: Vec<&str> = worse.checks.iter().filter(|c| !c.ok).map(|c| c.output.as_str()).collect();
    assert_eq!(failed, ["blog: the models have a change without a migration: Add field weight to post"]);

    // A module that could not be imported before, and moved meanwhile.
    let Some(mut project) = Project::new("") else { return };
    project.write("blog/old.py", "from blog.models import Gone\n");
    let before = project.check().unwrap();
    project.write("blog/old.py", "import os\n\nfrom blog.models import Gone\n");
    let mut changed = project.check().unwrap();
    let _ = changed.forgive(&before);
    assert!(!changed.passed(), "it was changed, and nobody knows whether what came is right");
    project.changed.truncate(1);
    let mut same = project.check().unwrap();
    assert!(!same.passed() && same.may_be_forgiven());
    let _ = same.forgive(&before);
    let said = same.checks.iter().find(|check| check.name == IMPORTS).unwrap();
    assert!(same.passed() && said.output.starts_with("as before this plan: blog/old.py:3: "), "{same:?}");
    project.write("blog/new.py", "from blog.models import Gone\n");
    let mut worse = project.check().unwrap();
    let _ = worse.forgive(&before);
    let failed: Vec<&str> = worse.checks.iter().filter(|c| !c.ok).map(|c| c.output.as_str()).collect();
    assert!(matches!(failed.as_slice(), [one] if one.starts_with("blog/new.py:1: ")), "{failed:?}");
    // It fails for what failed before, and fails nevertheless.
    project.write("blog/new.py", "from blog import old\n");
    for changed in [2, 1] {
        project.changed.truncate(changed);
        let mut worse = project.check().unwrap();
        let _ = worse.forgive(&before);
        let failed: Vec<&str> = worse.checks.iter().filter(|c| !c.ok).map(|c| c.output.as_str()).collect();
        let [one] = failed.as_slice() else { panic!("{failed:?}") };
        assert!(one.starts_with("blog/old.py:3: ") && one.ends_with("(imported by blog.new)"), "{one}");
    }

    // Where the project does not even start, nothing is forgiven: nothing was checked.
    let Some(mut project) = Project::new("") else { return };
    project.edit("config/settings.py", "'blog',", "'blog', 'no_such_app',");
    let before = project.check().unwrap();
    let mut same = before.clone();
    let _ = same.forgive(&before);
    assert!(!before.may_be_forgiven() && same == before);
}

#[test]
fn a_package_that_is_not_installed_counts_for_changed_files_only() {
    let Some(mut project) = Project::new("") else { return };
    project.write("blog/extra.py", "import no_such_package\n");
    assert_eq!(
        project.failure(),
        ("imports".into(), "blog/extra.py:1: ModuleNotFoundError: No module named 'no_such_package'".into())
    );
    project.changed.truncate(1);
    let validation = project.check().unwrap();
    assert!(validation.passed());
    assert_eq!(validation.checks[1].output, "blog.extra was not imported: no_such_package is not installed");
}

#[test]
fn the_worktree_is_imported_even_where_the_checkout_is_installed() {
    let Some(mut project) = Project::new("") else { return };
    let checkout = project.folder.path().join("checkout");
    std::fs::write(checkout.join("blog/models.py"), "raise SystemExit('the checkout was imported')\n")
        .unwrap();
    project.environment.insert("PYTHONPATH".into(), checkout.to_str().unwrap().into());
    let validation = project.check().unwrap();
    assert!(validation.passed(), "{validation:?}");
    // A module that the worktree does not have, reached in spite of it all.
    std::fs::write(checkout.join("stray.py"), "").unwrap();
    let code = format!("import sys\nsys.path.append({checkout:?})\nimport stray\n");
    project.write("blog/reaching.py", &code);
    let (name, output) = project.failure();
    assert_eq!(name, "worktree");
    assert!(output.starts_with("stray was imported from your checkout"), "{output}");
}

#[test]
fn apps_outside_of_the_projects_folder_are_those_of_the_worktree() {
    let Some(mut project) = Project::new("") else { return };
    let folder = project.folder.path().to_owned();
    for side in ["worktree", "checkout"] {
        let example = folder.join(side).join("example");
        std::fs::create_dir(&example).unwrap();
        for name in ["config", "manage.py"] {
            std::fs::rename(folder.join(side).join(name), example.join(name)).unwrap();
        }
    }
    project.environment.insert("PYTHONPATH".into(), folder.join("checkout").to_str().unwrap().into());
    let asked = |project: &Project| {
        project.with_spec(|spec| {
            let facts = ProjectFacts { root: "example".into(), ..spec.facts.clone() };
            let spec = ValidationSpec { facts: &facts, settings_module: None, ..*spec };
            let said = django(&spec, &AtomicBool::new(false)).unwrap();
            (said, run_tests(&spec, &AtomicBool::new(false)).unwrap())
        })
    };
    std::fs::write(folder.join("checkout/blog/models.py"), "raise SystemExit('the checkout')\n").unwrap();
    let (said, tests) = asked(&project);
    assert!(said.passed(), "{said:?}");
    assert!(tests.passed() && tests.checks[0].output.contains("\nOK"), "{tests:?}");
}

#[test]
fn no_database_is_opened() {
    let Some(mut project) = Project::new("") else { return };
    project.write("blog/eager.py", "from blog.models import Post\nPost.objects.count()\n");
    let (name, output) = project.failure();
    assert_eq!(name, "imports");
    assert_eq!(
        output,
        "blog/eager.py:2: OperationalError: databases are not opened while Aksara checks a project"
    );
}

#[test]
fn code_that_prints_exits_or_hangs_is_named() {
    let Some(mut project) = Project::new("") else { return };
    project.write("blog/loud.py", "print('{\"checks\": []}')\nimport os\nos.write(1, b'noise')\n");
    assert!(project.check().unwrap().passed());
    project.write("blog/loud.py", "import sys\nsys.exit(0)\n");
    assert_eq!(project.failure(), ("imports".into(), "blog/loud.py:2: SystemExit: 0".into()));
    project.write("blog/loud.py", "import os\nos._exit(0)\n");
    let error = project.check().unwrap_err();
    assert!(matches!(error, ValidationError::NoAnswer { .. }), "{error}");
    project.write("blog/loud.py", "while True: pass\n");
    project.timeout = Duration::from_secs(3);
    let error = project.check().unwrap_err();
    assert!(error.to_string().starts_with("the check by Django took longer than 3 s"), "{error}");
}

#[test]
fn variables_of_django_reach_the_project_and_secrets_do_not() {
    let Some(mut project) = Project::new("") else { return };
    project.environment.insert("DJANGO_MINE".into(), "1".into());
    project.environment.insert("SECRET_TOKEN".into(), "1".into());
    project.write(
        "blog/env.py",
        "import os\nassert 'DJANGO_MINE' in os.environ\nassert 'SECRET_TOKEN' not in os.environ\n",
    );
    let validation = project.check().unwrap();
    assert!(validation.passed(), "{validation:?}");
}

#[test]
fn the_projects_tests_are_run() {
    let Some(mut project) = Project::new("backend") else { return };
    let run = |project: &Project| project.with_spec(|spec| run_tests(spec, &AtomicBool::new(false))).unwrap();
    let validation = run(&project);
    assert!(validation.passed(), "{validation:?}");
    assert!(validation.checks[0].output.contains("\nOK"), "{validation:?}");
    project.write("blog/tests/test_bad.py", "from django.test import SimpleTestCase\n\n\nclass Bad(SimpleTestCase):\n    def test_it(self):\n        self.fail('on purpose')\n");
    let validation = run(&project);
    assert!(!validation.passed() && validation.checks[0].output.contains("AssertionError: on purpose"));
}

#[test]
fn settings_come_from_configuration_then_environment_then_project() {
    let empty = BTreeMap::new();
    let variable = BTreeMap::from([("DJANGO_SETTINGS_MODULE".to_owned(), "of_env".to_owned())]);
    let module =
        |configured: Option<&str>, environment: &BTreeMap<String, String>, of_project: Option<&str>| {
            let mut facts = ProjectFacts::default();
            facts.settings.module = of_project.map(str::to_owned);
            let python = Found { argv: Vec::new(), why: String::new(), django: None, env: BTreeMap::new() };
            let spec = ValidationSpec {
                python: &python,
                worktree: Path::new("/w"),
                checkout: Path::new("/c"),
                facts: &facts,
                changed: &[],
                environment,
                extra_environment: &[],
                settings_module: configured.map(str::to_owned),
                timeout: Duration::from_secs(1),
                tests_timeout: Duration::from_secs(1),
                record: None,
            };
            spec.settings().map(str::to_owned).ok()
        };
    assert_eq!(module(Some("mine"), &variable, Some("project")).as_deref(), Some("mine"));
    assert_eq!(module(Some(""), &variable, Some("project")).as_deref(), Some("of_env"));
    assert_eq!(module(None, &empty, Some("project")).as_deref(), Some("project"));
    assert_eq!(module(None, &empty, None), None);
}

#[test]
fn long_output_is_shortened() {
    let many: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    assert!(first_messages(&many).ends_with("19\n… and 30 more"));
    assert!(last_lines(&many.join("\n")).starts_with("… 10 lines above\n10\n"));
    assert_eq!(last_lines("a\nb\n"), "a\nb");
}
