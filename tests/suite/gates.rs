//! What is generated passes every gate of the real framework, and the gates bite.

use aksara_testkit::{Project, workspace};

use crate::{AKSARA, TAGGING};

/// The gates, in their order.
const GATES: [&str; 10] =
    ["import", "check", "drift", "migrate", "reverse", "rows", "again", "same", "tests", "http"];

/// The first gate that the project does not pass, and what was printed. Begins without a database.
pub(crate) fn gates(project: &Project) -> Result<(), (&'static str, String)> {
    let _ = std::fs::remove_file(project.path().join("db.sqlite3"));
    let script = workspace().join("tests/gates/django_gates.py").display().to_string();
    let output = project.python(&[&script, "config.settings"]);
    if output.status.success() {
        return Ok(());
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let named = printed.lines().last().and_then(|line| line.strip_prefix("gate: ")).unwrap_or_default();
    let gate = GATES.into_iter().find(|gate| *gate == named).unwrap_or("start");
    Err((gate, format!("{printed}{}", String::from_utf8_lossy(&output.stderr))))
}

/// The start project with tagging, carried out by the command.
pub(crate) fn tagged(test: &str) -> Option<Project> {
    let project = Project::django_blog(test)?;
    let _ = project.aksara(AKSARA, &["ai", "plan", TAGGING, "--execute", "--yes"]).expect(0);
    Some(project)
}

#[test]
fn tagging_passes_every_gate() {
    let Some(project) = tagged("tagging_passes_every_gate") else { return };
    assert_eq!(project.git(&["rev-list", "--count", "HEAD"]).trim(), "2");
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    assert_eq!(project.git(&["log", "-1", "--format=%an <%ae>"]).trim(), "Test Person <person@example.com>");
    for path in [
        "blog/models.py",
        "blog/serializers.py",
        "blog/views.py",
        "blog/urls.py",
        "blog/admin.py",
        "blog/filters.py",
    ] {
        assert!(project.read(path).contains("Tag") || path.ends_with("filters.py"), "{path}");
    }
    gates(&project).unwrap_or_else(|(gate, text)| panic!("the gate `{gate}` does not pass:\n{text}"));
}

#[test]
fn the_gates_bite() {
    let Some(project) = tagged("the_gates_bite") else { return };
    let defects: [(&str, &str, &str, &str, &[&str]); 8] = [
        ("syntax error", "blog/views.py", "class TagViewSet", "class class TagViewSet", &["import"]),
        (
            "missing import",
            "blog/serializers.py",
            "from .models import Post, Tag",
            "from .models import Post",
            &["import"],
        ),
        (
            "column missing in the migration",
            "blog/migrations/0002_tag_post_tags.py",
            "('slug', models.SlugField(max_length=60, unique=True)),",
            "",
            &["drift"],
        ),
        (
            "length differs in the migration",
            "blog/migrations/0002_tag_post_tags.py",
            "max_length=50",
            "max_length=40",
            &["drift"],
        ),
        (
            "serializer names a missing field",
            "blog/serializers.py",
            "\"name\", \"slug\"",
            "\"name\", \"nope\"",
            &["tests"],
        ),
        ("prefetch left out", "blog/views.py", ".prefetch_related(\"tags\")", "", &["tests"]),
        (
            "viewset not routed",
            "blog/urls.py",
            "router.register(\"tags\", TagViewSet, basename=\"tag\")\n",
            "",
            &["tests"],
        ),
        ("filter on a missing field", "blog/filters.py", "tags__slug", "tags__nope", &["tests"]),
    ];
    for (name, path, old, new, caught_by) in defects {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let caught = gates(&project).expect_err(name).0;
        assert!(caught_by.contains(&caught), "{name} was caught by `{caught}`");
        project.write(path, good);
    }
}

#[test]
fn a_project_in_a_folder_is_found_from_anywhere() {
    let Some(project) = Project::django_blog("a_project_in_a_folder_is_found_from_anywhere") else { return };
    std::fs::create_dir(project.path().join("backend")).unwrap();
    for name in ["blog", "config", "manage.py", "requirements.txt"] {
        project.git(&["mv", name, "backend/"]);
    }
    project.write("web/index.html", "<p>hello</p>\n");
    project.commit("a folder for each half");
    let output = project
        .command(AKSARA)
        .env("AKSARA_PLUGIN_PATH", plugin_path(&project))
        .current_dir(project.path().join("web"))
        .args(["ai", "plan", TAGGING, "--execute", "--yes"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(project.read("backend/blog/models.py").contains("class Tag"));
    let check = project
        .command(&project.python.as_ref().unwrap().program)
        .current_dir(project.path().join("backend"))
        .args(["manage.py", "test", "--no-input"])
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

fn plugin_path(project: &Project) -> std::ffi::OsString {
    aksara_testkit::aksara(AKSARA, project, &[])
        .get_envs()
        .find(|(k, _)| *k == "AKSARA_PLUGIN_PATH")
        .and_then(|(_, v)| v.map(std::ffi::OsStr::to_owned))
        .expect("the kit sets it")
}
