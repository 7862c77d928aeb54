//! What is generated passes every gate of the real framework, and the gates bite.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use aksara_testkit::{Project, workspace};

use crate::{AKSARA, TAGGING};

/// The first gate that the project does not pass, and what was printed.
pub(crate) fn gates(project: &Project) -> Result<(), (&'static str, String)> {
    let python = |gate: &'static str, args: &[&str]| {
        let output = project.python(args);
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(text) } else { Err((gate, text)) }
    };
    python("import", &["-c", STRICT_IMPORT])?;
    python("check", &["manage.py", "check", "--fail-level", "WARNING"])?;
    python("drift", &["manage.py", "makemigrations", "--check", "--dry-run"])?;
    python("migrate", &["manage.py", "migrate", "--no-input"])?;
    let schema = python("migrate", &["-c", SCHEMA])?;
    python("reverse", &["manage.py", "migrate", "--no-input", "blog", "0001"])?;
    python("rows", &["-c", ROWS])?;
    python("again", &["manage.py", "migrate", "--no-input"])?;
    let again = python("again", &["-c", SCHEMA])?;
    if schema != again {
        return Err(("same", format!("{schema}\n---\n{again}")));
    }
    python("tests", &["manage.py", "test", "--no-input"])?;
    http(project).map_err(|text| ("http", text))
}

const STRICT_IMPORT: &str = r#"
import importlib, os, pathlib, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()
for path in sorted(pathlib.Path(".").rglob("*.py")):
    if path.name != "manage.py":
        parts = path.with_suffix("").parts
        importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
"#;

const SCHEMA: &str = r#"
import sqlite3
rows = sqlite3.connect("db.sqlite3").execute("select type, name, tbl_name, sql from sqlite_master")
print("\n".join(sorted(map(str, rows))))
"#;

const ROWS: &str = r#"
import sqlite3
db = sqlite3.connect("db.sqlite3")
user = db.execute("insert into auth_user (password, is_superuser, username, last_name, email, is_staff, is_active,"
                  " date_joined, first_name) values ('x', 0, 'old', '', '', 0, 1, '2026-01-01', '')").lastrowid
db.execute("insert into blog_post (title, slug, content, is_published, author_id, created_at, updated_at)"
           " values ('Old', 'old', 'c', 0, ?, '2026-01-01', '2026-01-01')", (user,))
db.commit()
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn http(project: &Project) -> Result<(), String> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .map_err(|e| e.to_string())?
        .port();
    let address = format!("127.0.0.1:{port}");
    let python = &project.python.as_ref().expect("a project with Python").program;
    let mut server = Server(
        project
            .command(python)
            .args(["-u", "manage.py", "runserver", "--noreload", &address])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?,
    );
    let mut lines = BufReader::new(server.0.stdout.take().expect("its output")).lines();
    // Django says so when it listens; no waiting by the clock.
    if !lines.any(|line| line.is_ok_and(|l| l.contains("Starting development server"))) {
        return Err("the server did not start".to_owned());
    }
    for _ in 0..200 {
        if std::net::TcpStream::connect(&address).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let script = workspace().join("tests/gates/http_round_trip.py");
    let output = project.python(&[&script.display().to_string(), &format!("http://{address}"), "1"]);
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
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
        let _ = std::fs::remove_file(project.path().join("db.sqlite3"));
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
