//! The promises that no other theme holds.

use aksara_testkit::Project;

use crate::{AKSARA, TAGGING};

/// Other dirty files do not matter, and are not touched.
#[test]
fn uncommitted_work_elsewhere_is_left_alone() {
    let project = Project::of("django-blog");
    project.write("README.md", "# mine, not committed\n");
    project.write("notes.txt", "untracked\n");
    project.write("config/asgi.py", project.read("config/asgi.py") + "# staged\n");
    project.git(&["add", "config/asgi.py"]);
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert_eq!(project.git(&["status", "--porcelain"]), " M README.md\nM  config/asgi.py\n?? notes.txt\n");
    assert!(!project.git(&["show", "--stat", "HEAD"]).contains("README.md"));
}

/// An edit changes only the bytes it must.
#[test]
fn line_endings_and_everything_else_stay() {
    let project = Project::of("django-blog");
    for path in ["blog/models.py", "blog/views.py"] {
        let text = project.read(path).replace('\n', "\r\n");
        project.write(path, format!("\u{feff}{text}# no newline at the end"));
    }
    project.git(&["config", "core.autocrlf", "false"]);
    project.commit("another editor");
    let before = project.read("blog/models.py");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let after = project.read("blog/models.py");
    assert!(after.starts_with('\u{feff}') && after.ends_with("# no newline at the end"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
    let mut rest = after.as_str();
    for line in before.split_inclusive('\n') {
        let at = rest.find(line).unwrap_or_else(|| panic!("{line:?} is gone"));
        rest = &rest[at + line.len()..];
    }
}

/// A second application changes nothing.
#[test]
fn the_same_request_again_is_a_no_op() {
    let project = Project::of("django-blog");
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    let head = project.head();
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("everything was there already"), "{}", run.stderr);
    assert_eq!(project.head(), head);
}

/// Hooks of the repository run at the final commit, in the run's own worktree, and can refuse it.
#[test]
fn a_hook_that_refuses_leaves_everything_as_it_was() {
    let project = Project::of("django-blog");
    hook(&project, "pre-commit", "#!/bin/sh\necho 'no commits on Sundays' >&2\nexit 1\n");
    let before = project.everything();
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(1);
    assert!(run.stderr.contains("no commits on Sundays"), "{}", run.stderr);
    assert_eq!(before, project.everything());
}

/// A hook that changes the result is said, and what it made is what lands.
#[test]
fn a_hook_that_formats_lands_what_it_made() {
    let project = Project::of("django-blog");
    hook(&project, "pre-commit", "#!/bin/sh\necho '# formatted' >> blog/admin.py\ngit add blog/admin.py\n");
    let run = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert!(run.stderr.contains("hooks changed the result in blog/admin.py"), "{}", run.stderr);
    assert!(project.read("blog/admin.py").ends_with("# formatted\n"));
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

fn hook(project: &Project, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = project.path().join(".git/hooks").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// The result can go to a branch to review, or nowhere, and nothing else moves.
#[test]
fn the_result_can_be_put_aside() {
    let project = Project::of("django-blog");
    let head = project.head();
    let result = project
        .aksara(
            AKSARA,
            &[
                "ai",
                "plan",
                TAGGING,
                "--execute",
                "--yes",
                "--land",
                "branch",
                "--commits",
                "per-step",
                "--json",
            ],
        )
        .expect(0)
        .json();
    let branch = result["landed"]["branch"].as_str().unwrap();
    assert_eq!(project.head(), head);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let commits: usize =
        project.git(&["rev-list", "--count", &format!("{head}..{branch}")]).trim().parse().unwrap();
    assert_eq!(commits as u64, result["completed_steps"].as_u64().unwrap());

    let patch = project
        .aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes", "--land", "patch"])
        .expect(0)
        .stdout;
    assert_eq!(project.head(), head);
    project.write("../x.patch", patch);
    project.git(&["apply", "--check", "../x.patch"]);
}

/// No worktree, lock or temporary file is left behind.
#[test]
fn nothing_is_left_behind() {
    let Some(project) = Project::django_blog("nothing_is_left_behind") else { return };
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    assert_eq!(project.git(&["worktree", "list"]).lines().count(), 1);
    let worktrees = project.home().join(".cache/aksara/worktrees");
    let left: Vec<_> = std::fs::read_dir(&worktrees)
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|repo| std::fs::read_dir(repo.path()).into_iter().flatten().flatten())
        .map(|e| e.path())
        .filter(|p| p.is_dir() && p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("20")))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!project.path().join("db.sqlite3").exists());
}

/// What Django says no to does not land.
#[test]
fn what_django_refuses_does_not_land() {
    let Some(project) = Project::django_blog("what_django_refuses_does_not_land") else { return };
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--save", "../plan.json"]).expect(0);
    let mut plan: serde_json::Value = serde_json::from_str(&project.read("../plan.json")).unwrap();
    let step =
        plan["steps"].as_array_mut().unwrap().iter_mut().find(|s| s["type"] == "create_viewset").unwrap();
    let code = step["code"]
        .as_str()
        .unwrap()
        .replace("serializer_class = TagSerializer", "serializer_class = NoSuchSerializer");
    step["code"] = code.into();
    project.write("../plan.json", plan.to_string());
    let before = project.everything();
    let run =
        project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes"]).expect(1);
    assert!(run.stderr.contains("NoSuchSerializer"), "{}", run.stderr);
    assert_eq!(before, project.everything());
}

/// Django's runner does not look for tests below a folder that is no package.
#[test]
fn tests_that_the_runner_does_not_find_by_itself_are_run_too() {
    let test = "tests_that_the_runner_does_not_find_by_itself_are_run_too";
    let Some(project) = Project::django_blog(test) else { return };
    std::fs::create_dir(project.path().join("parts")).unwrap();
    project.git(&["mv", "blog", "parts/blog"]);
    for (path, old, new) in [
        ("config/settings.py", "'blog'", "'parts.blog'"),
        ("config/urls.py", "\"blog.urls\"", "\"parts.blog.urls\""),
        ("parts/blog/apps.py", "'blog'", "'parts.blog'"),
        ("parts/blog/tests/test_posts.py", "from blog.", "from parts.blog."),
    ] {
        let text = project.read(path);
        assert!(text.contains(old), "{path}: {text}");
        project.write(path, text.replace(old, new));
    }
    project.write(
        "parts/blog/tests/test_bad.py",
        "from django.test import SimpleTestCase\n\n\nclass BadTests(SimpleTestCase):\n    def test_nothing(self):\n        self.fail(\"found\")\n",
    );
    project.commit("parts");
    let args = ["ai", "plan", "Add a subtitle field to posts", "--execute", "--yes"];
    let head = project.head();
    let run = project.aksara(AKSARA, &[&args[..], &["--run-tests"]].concat()).expect(1);
    assert!(run.stderr.contains("AssertionError: found"), "{}", run.stderr);
    assert_eq!(project.head(), head);
}

/// A project that has no test yet but the module that `startapp` makes is as healthy with a plan as before. One whose
/// tests are not found is told.
#[test]
fn a_project_without_tests_passes_them() {
    let Some(project) = Project::django_blog("a_project_without_tests_passes_them") else { return };
    std::fs::remove_dir_all(project.path().join("blog/tests")).unwrap();
    project.write(
        "blog/tests.py",
        "from django.test import TestCase\n\n\ndef make_post():\n    pass\n\n\n# Create your tests here.\n",
    );
    project.commit("no tests");
    let execute = |name: &str| {
        let step = serde_json::json!({
            "order": 1, "id": "s1", "type": "modify_file", "name": "Write", "description": "Write",
            "params": { "path": format!("blog/{name}.txt"), "operations": [{ "op": "create", "text": "Onward\n" }] },
        });
        let plan = serde_json::json!({
            "format_version": 1, "id": name, "title": "Write", "description": "Write", "summary": "1. Write",
            "source": { "kind": "manual" }, "created_at": "2026-11-22T00:00:00Z", "runtime_version": "0.1.0",
            "steps": [step],
        });
        project.write("../plan.json", plan.to_string());
        project.aksara(AKSARA, &["ai", "plan", "--load", "../plan.json", "--execute", "--yes", "--run-tests"])
    };
    let _ = execute("one").expect(0);
    project.write("blog/parts/test_posts.py", "async def test_it():\n    pass\n");
    project.commit("a test in a folder that is no package");
    let run = execute("two").expect(1);
    assert!(run.stderr.contains("no test ran, and there is blog/parts/test_posts.py"), "{}", run.stderr);
}

/// A second model gets the same tags, and its tests stand beside the first one's.
#[test]
fn a_second_model_is_tagged_too() {
    let Some(project) = Project::django_blog("a_second_model_is_tagged_too") else { return };
    let models = project.read("blog/models.py");
    project.write(
        "blog/models.py",
        models
            + "\n\nclass Page(models.Model):\n    title = models.CharField(max_length=200)\n\n    class Meta:\n        ordering = [\"title\"]\n",
    );
    project.manage(&["makemigrations", "blog", "--name", "page"]);
    project.commit("pages");
    for request in ["Add tags to posts", "Add tags to pages", "Add tags to pages", "Add tags to posts"] {
        let _ =
            project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes", "--run-tests"]).expect(0);
    }
    assert!(project.path().join("blog/tests/test_tagging.py").is_file());
    assert!(project.path().join("blog/tests/test_page_tagging.py").is_file());
    assert_eq!(
        project.git(&["rev-list", "--count", "HEAD"]).trim(),
        "4",
        "the second time nothing is left to do"
    );
}
