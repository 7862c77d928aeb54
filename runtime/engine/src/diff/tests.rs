use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// A repository of its own, with nobody's configuration.
struct Git(TempDir);

impl Git {
    fn new() -> Self {
        let git = Self(tempfile::tempdir().unwrap());
        git.run(&["init", "-q", "-b", "main"]);
        git
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "core.autocrlf=false", "-c", "core.safecrlf=false"])
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn write(&self, path: &str, side: Option<Version<'_>>) {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.path().join(path);
        let Some((text, mode)) = side else {
            let _ = std::fs::remove_file(&file);
            return;
        };
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode & 0o777)).unwrap();
    }

    fn blob(&self, text: &str) -> String {
        std::fs::write(self.path().join(".git/content"), text).unwrap();
        self.run(&["hash-object", ".git/content"]).trim().to_owned()
    }

    /// Our diff and git's of one change, after checking that git applies ours.
    fn compare(&self, path: &str, old: Option<Version<'_>>, new: Option<Version<'_>>) -> (String, String) {
        self.write(path, old);
        self.run(&["add", "-A", "."]);
        let ids = [old, new].map(|side| side.map(|(text, _)| self.blob(text)));
        let side = |side: Option<Version<'_>>, id: usize| {
            side.map(|(text, mode)| Side {
                text: Box::leak(text.to_owned().into_boxed_str()),
                blob: Box::leak(ids[id].clone().unwrap().into_boxed_str()),
                mode,
            })
        };
        let ours = unified(&RelPath::new(path).unwrap(), side(old, 0), side(new, 1));
        if !ours.is_empty() {
            std::fs::write(self.path().join(".git/patch"), &ours).unwrap();
            self.run(&["apply", "--whitespace=nowarn", ".git/patch"]);
        }
        let applied = std::fs::read(self.path().join(path)).ok();
        assert_eq!(
            applied.as_deref(),
            new.map(|(text, _)| text.as_bytes()),
            "the patch gave something else:\n{ours}"
        );
        self.write(path, new);
        if old.is_none() {
            self.run(&["add", "-N", path]);
        }
        let theirs = self.run(&["diff"]);
        (ours, theirs)
    }
}

/// Text and mode.
type Version<'a> = (&'a str, u32);

const FILE: u32 = 0o100_644;
const PROGRAM: u32 = 0o100_755;

const MODELS: &str = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=200)\n    body = models.TextField()\n\n    class Meta:\n        ordering = [\"-id\"]\n\n    def __str__(self):\n        return self.title\n\n\nclass Comment(models.Model):\n    post = models.ForeignKey(Post, on_delete=models.CASCADE)\n\n    def __str__(self):\n        return self.post.title\n";

fn assert_same(path: &str, old: Option<Version<'_>>, new: Option<Version<'_>>) {
    let (ours, theirs) = Git::new().compare(path, old, new);
    assert_eq!(ours, theirs);
}

#[test]
fn ordinary_changes_look_as_in_git() {
    let tag = "class Tag(models.Model):\n    name = models.CharField(max_length=50)\n\n    def __str__(self):\n        return self.name\n\n\n";
    let inserted = MODELS.replace("class Post", &format!("{tag}class Post"));
    let field =
        MODELS.replace("TextField()\n", "TextField()\n    tags = models.ManyToManyField(Tag, blank=True)\n");
    let both = field.replace("class Post", &format!("{tag}class Post"));
    let appended = format!("{MODELS}\n\n{tag}");
    let first = format!("import x\n{MODELS}");
    let method = MODELS.replace("    def __str__(self):\n        return self.post.title\n", "    def short(self):\n        return self.post.title\n\n    def __str__(self):\n        return self.post.title\n");
    let fewer = MODELS.replace("    class Meta:\n        ordering = [\"-id\"]\n\n", "");
    for new in [&inserted, &field, &both, &appended, &first, &method, &fewer] {
        assert_same("blog/models.py", Some((MODELS, FILE)), Some((new, FILE)));
        assert_same("blog/models.py", Some((new, FILE)), Some((MODELS, FILE)));
    }
}

#[test]
fn every_kind_of_change_looks_as_in_git() {
    for (path, old, new) in [
        ("a.py", None, Some(("x = 1\n", FILE))),
        ("a.py", None, Some(("", FILE))),
        ("a.sh", None, Some(("x\ny\n", PROGRAM))),
        ("a.py", Some(("x = 1\ny = 2\n", FILE)), None),
        ("a.py", Some(("", FILE)), None),
        ("a.py", Some(("", FILE)), Some(("x\n", FILE))),
        ("a.py", Some(("x\n", FILE)), Some(("", FILE))),
        ("a.py", Some(("x\n", FILE)), Some(("x\n", PROGRAM))),
        ("a.py", Some(("x\n", FILE)), Some(("y\n", PROGRAM))),
        ("a.py", Some(("x", FILE)), Some(("x\n", FILE))),
        ("a.py", Some(("x\ny", FILE)), Some(("x\nz", FILE))),
        ("a.py", Some(("x\n", FILE)), Some(("x\ny", FILE))),
        ("a.py", Some(("a\r\nb\r\n", FILE)), Some(("a\r\nc\r\n", FILE))),
        ("a.py", Some(("a\rb\nc\n", FILE)), Some(("a\rx\nc\n", FILE))),
        ("a.py", Some(("\rclass\n", FILE)), Some(("\r\rclass", FILE))),
        ("ünï/x y.py", Some(("a\n", FILE)), Some(("ä\n", FILE))),
        ("a b.py", Some(("a\n", FILE)), Some(("b\n", FILE))),
        ("a\"b.py", None, Some(("b\n", FILE))),
    ] {
        assert_same(path, old, new);
    }
}

#[test]
fn far_changes_are_hunks_of_their_own_with_the_line_above() {
    let old: String =
        (0..60).map(|i| if i % 20 == 0 { format!("def f{i}():\n") } else { format!("    x{i}\n") }).collect();
    let new = old
        .replace("x10\n", "y10\n")
        .replace("x17\n", "y17\n")
        .replace("x50\n", "y50\n")
        .replace("x59\n", "y59\n");
    assert_same("a.py", Some((&old, FILE)), Some((&new, FILE)));
    let long = format!("def {}():\n", "long ".repeat(40));
    let old = format!("{long}{}", (0..20).map(|i| format!("  {i}\n")).collect::<String>());
    assert_same("a.py", Some((&old, FILE)), Some((&old.replace("  15\n", "  x\n"), FILE)));
}

#[test]
fn a_rename_looks_as_in_git() {
    let git = Git::new();
    for (from, to) in [("a.py", "b.py"), ("ü.py", "a b.py")] {
        git.write(from, Some(("x\ny\n", FILE)));
        git.run(&["add", "-A", "."]);
        git.run(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"]);
        git.run(&["mv", from, to]);
        let path = |text| RelPath::new(text).unwrap();
        assert_eq!(renamed(&path(from), &path(to)), git.run(&["diff", "--cached"]));
    }
}

#[test]
fn texts_over_the_limit_are_still_patches() {
    let line = "x".repeat(1024 * 1024) + "\n";
    let old = format!("first\n{}last\n", line.repeat(9));
    let new = format!("first\nnew\n{}last\n", line.repeat(9).replace('x', "y"));
    let (ours, theirs) = Git::new().compare("big.txt", Some((&old, FILE)), Some((&new, FILE)));
    assert!(ours == theirs);
}

#[test]
fn the_change_hash_says_what_changes_and_not_where() {
    let base = change_hash("a\nb\nc\n", "a\nx\nc\n");
    assert_eq!(base, change_hash("0\n1\na\nb\nc\nd\n", "0\n1\na\nx\nc\nd\n"));
    for (old, new) in [
        ("a\nx\nc\n", "a\nb\nc\n"),
        ("a\nb\nc\n", "a\ny\nc\n"),
        ("a\nb\nc\n", "a\nc\n"),
        ("a\nb", "a\nx"),
        ("a\n", "a\n"),
    ] {
        assert_ne!(base, change_hash(old, new), "{old:?} {new:?}");
    }
    assert_eq!(base.as_str().len(), 64);
}

/// Texts of few different lines, with every kind of line end: the hard case for placing changes.
fn text() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "class A:",
        "    x = 1",
        "    y = 2",
        "",
        "    def f(self):",
        "        return 1",
        "}",
        "\r",
        "a\rb",
        "ü",
        "b\r",
        "\t",
        "  ",
    ]);
    (prop::collection::vec(line, 0..24), any::<bool>()).prop_map(|(lines, end)| {
        let mut text = lines.join("\n");
        if end && !text.is_empty() {
            text.push('\n');
        }
        text
    })
}

/// Source code as projects have it: definitions with names of their own, and the lines that all of them share.
fn source(name: &'static str) -> impl Strategy<Value = String> {
    let block = (0_u8..5, 1_usize..4).prop_map(|(kind, size)| (kind, size));
    prop::collection::vec(block, 0..6).prop_map(move |blocks| {
        let mut text = String::new();
        for (number, (kind, size)) in blocks.into_iter().enumerate() {
            let own = format!("{name}{number}");
            let lines: String = (0..size).map(|i| format!("    {own}_{i} = models.CharField(max_length=50)\n")).collect();
            text.push_str(&match kind {
                0 => format!("class {own}(models.Model):\n{lines}\n    class Meta:\n        ordering = [\"id\"]\n\n\n"),
                1 => format!("class {own}(models.Model):\n{lines}\n    def __str__(self):\n        return self.name\n\n\n"),
                2 => format!("def {own}():\n    if {own}:\n        return\n\n    return {own}\n\n\n"),
                3 => format!("{own} = [\n    \"{own}\",\n]\n\n"),
                _ => format!("    def {own}(self):\n{lines}        return self.name\n\n"),
            });
        }
        text
    })
}

/// Source code, and the same with lines put in at one place or a few removed.
fn edited() -> impl Strategy<Value = (String, String)> {
    let place = any::<prop::sample::Index>;
    (source("Old"), source("New"), place(), 0_usize..4, any::<bool>()).prop_map(
        |(old, added, at, len, end)| {
            let old = if end { old.trim_end().to_owned() } else { old };
            let lines: Vec<&str> = old.split_inclusive('\n').collect();
            let from = at.index(lines.len() + 1);
            let to = if added.is_empty() { (from + len).min(lines.len()) } else { from };
            let new = format!("{}{added}{}", lines[..from].concat(), lines[to..].concat());
            (old, new)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// `compare` asserts that git makes the new text of the old with our patch.
    #[test]
    fn git_applies_every_patch(old in text(), new in text()) {
        Git::new().compare("f.py", Some((&old, FILE)), Some((&new, FILE)));
    }

    #[test]
    fn an_edit_looks_as_in_git((old, new) in edited()) {
        let (ours, theirs) = Git::new().compare("f.py", Some((&old, FILE)), Some((&new, FILE)));
        prop_assert_eq!(ours, theirs);
    }
}
