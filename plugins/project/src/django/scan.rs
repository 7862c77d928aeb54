//! What one file says, without knowing any other.

use aksara_python::Source;
use aksara_python::pytest::{client_fixtures, test_habits};
use aksara_python::read::{Module, ModuleName, Outline, read};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::{Diagnostic, ScanReply, SourceFile};

use super::scanned::{Said, ScannedFile, StyleCount};
use super::{config, detect, migrations};

/// What a name starts with that is dotted from the top of the repository.
pub(super) const TOP: char = '~';

/// Reads one file. Of files without any word that matters, which are not parsed, there is only the outline.
pub(super) fn scan(file: &SourceFile) -> Result<ScanReply, Diagnostic> {
    if detect::is_vendored(&file.path) {
        return Ok(ScanReply::default());
    }
    let scanned = if file.path.as_str().ends_with(".py") {
        Some(python(file)?)
    } else {
        config::read(file).map(|config| ScannedFile { config: Some(config), ..ScannedFile::default() })
    };
    let facts = scanned
        .map(serde_json::to_value)
        .transpose()
        .map_err(|e| Diagnostic::new("bad_reply", format!("facts of `{}`: {e}", file.path)))?;
    Ok(ScanReply { facts })
}

/// What kinds of file there are, told by the path and some words of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Migration,
    Test,
    Module,
    Nothing,
}

fn kind(file: &SourceFile) -> Kind {
    let path = file.path.as_str();
    let name = file.path.file_name();
    let folders = || path.split('/').rev().skip(1);
    if folders().next() == Some("migrations") {
        let is_migration = name != "__init__.py" && file.text.contains("Migration");
        return if is_migration { Kind::Migration } else { Kind::Nothing };
    }
    if is_test_module(path) {
        return Kind::Test;
    }
    if name == detect::MARKER || file.text.trim().is_empty() {
        return Kind::Nothing;
    }
    let by_name = |part: &str| NAMES.contains(&part);
    if name.strip_suffix(".py").is_some_and(by_name)
        || folders().any(by_name)
        || (name == "__init__.py" && file.text.contains("import"))
        || WORDS.iter().any(|word| file.text.contains(word))
    {
        Kind::Module
    } else {
        Kind::Nothing
    }
}

/// Whether Django's or pytest's runner would look for tests here, or a test's own helpers stand here. Only the
/// nearest folder counts: a whole project may stand in a folder `tests`.
pub(super) fn is_test_module(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.strip_suffix(".py").unwrap_or(name);
    let nearest = folder.rsplit('/').next().unwrap_or(folder);
    nearest == "tests"
        || stem == "tests"
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem == "conftest"
}

/// Modules and folders whose names say that they matter.
const NAMES: [&str; 19] = [
    "admin",
    "api",
    "apps",
    "choices",
    "constants",
    "enums",
    "fields",
    "filters",
    "managers",
    "models",
    "querysets",
    "router",
    "routers",
    "serializers",
    "settings",
    "urls",
    "views",
    "viewsets",
    "conf",
];

/// Words without which a module elsewhere says nothing that is asked for.
const WORDS: [&str; 24] = [
    "models.Model",
    "(Model)",
    "(models.",
    "= models.",
    "abstract = True",
    "TextChoices",
    "IntegerChoices",
    "CHOICES",
    "Serializer",
    "ViewSet",
    "APIView",
    "has_permission",
    "has_object_permission",
    "Permissions)",
    "FilterSet",
    "ModelAdmin",
    "admin.site",
    "Router(",
    "urlpatterns",
    "AppConfig",
    "INSTALLED_APPS",
    "AUTH_USER_MODEL",
    "REST_FRAMEWORK",
    "split_settings",
];

/// The word without which no factory of test data is in a file.
pub(super) const FACTORY: &str = "DjangoModelFactory";

fn python(file: &SourceFile) -> Result<ScannedFile, Diagnostic> {
    let kind = kind(file);
    let mut scanned = ScannedFile::default();
    if matches!(kind, Kind::Migration | Kind::Module) {
        let source = Source::parse(&file.path, &file.text)?;
        if let Some(error) = source.syntax_error() {
            return Err(error);
        }
        let Some(name) = ModuleName::of_path(file.path.as_str(), &TOP.to_string()) else {
            return Err(Diagnostic::new(codes::REFUSED, format!("`{}` is no Python module", file.path)));
        };
        let module = read(&source, &name);
        if kind == Kind::Migration {
            scanned.migration = migrations::read(&file.path, &module);
            scanned.style.formatted_migration = Some(is_formatted(&source));
        } else {
            scanned.module = Some(module);
            if !has_others_habits(file) {
                scanned.style = style(&source);
            }
        }
    } else if kind == Kind::Test {
        // As `startapp` writes it, it has nothing but imports and comments. Whatever else is in it is somebody's work.
        let says_nothing = |line: &str| {
            let line = line.trim_end();
            line.is_empty() || ["#", "import ", "from "].iter().any(|word| line.starts_with(word))
        };
        scanned.has_tests = !file.text.trim_start_matches('\u{feff}').lines().all(says_nothing);
        if file.path.file_name() == "conftest.py" {
            scanned.clients =
                Source::parse(&file.path, &file.text).map(|s| client_fixtures(&s)).unwrap_or_default();
        } else {
            scanned.tests = test_habits(&file.text);
        }
        if file.text.contains("INSTALLED_APPS") {
            scanned.test_settings = module(file);
        }
    }
    if kind != Kind::Migration && file.text.contains(FACTORY) {
        scanned.factories = scanned.module.clone().or_else(|| module(file));
    }
    let (outline, lines) = Outline::read(&file.text);
    scanned.outline = Some(outline);
    if !has_others_habits(file) {
        scanned.style.lines = lines;
        match kind {
            Kind::Test => scanned.style.said_in_tests = said(&file.text),
            _ => scanned.style.said = said(&file.text),
        }
    }
    Ok(scanned)
}

/// A file as a module; `None` if it cannot be read.
fn module(file: &SourceFile) -> Option<Module> {
    let source = Source::parse(&file.path, &file.text).ok().filter(|s| s.syntax_error().is_none())?;
    Some(read(&source, &ModuleName::of_path(file.path.as_str(), &TOP.to_string())?))
}

/// Whether Django's own commands write such a file: it has Django's habits of style.
fn has_others_habits(file: &SourceFile) -> bool {
    matches!(file.path.file_name(), detect::MARKER | "apps.py" | "asgi.py" | "wsgi.py")
        || file.path.parent().is_some_and(|folder| folder.file_name() == "migrations")
        || file.text.contains("Generated by 'django-admin startproject'")
}

/// Habits of style of a parsed file; the length of its lines is counted with its outline.
fn style(source: &Source) -> StyleCount {
    let (double, single) = source.quote_counts();
    StyleCount { single, double, indent: source.indent().map(str::to_owned), ..StyleCount::default() }
}

/// What the functions and classes of a file say. Told by its lines: most files are not parsed.
fn said(text: &str) -> Said {
    let mut said = Said::default();
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).peekable();
    // Whether the signature of a function goes on, or that of a class at the top.
    let (mut in_function, mut in_class) = (false, false);
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        if code.starts_with("def ") || code.starts_with("async def ") {
            said.functions += 1;
            in_function = true;
        } else if line.starts_with("class ") {
            said.classes += 1;
            in_class = true;
        }
        if in_function && line.contains(") -> ") {
            said.annotated += 1;
            in_function = false;
        }
        if line.ends_with(':') {
            let is_text =
                |next: &&str| ["\"\"\"", "'''", "r\"\"\""].iter().any(|q| next.trim_start().starts_with(q));
            said.documented += usize::from(in_class && lines.peek().is_some_and(is_text));
            (in_function, in_class) = (false, false);
        }
    }
    said
}

/// Whether a migration is laid out by black or its like: Django writes single quotes, and every field on one line.
fn is_formatted(migration: &Source) -> bool {
    let (double, single) = migration.quote_counts();
    double > single || migration.text().lines().any(|line| line.trim() == "(")
}

#[cfg(test)]
mod tests {
    use aksara_sdk::{BlobId, RelPath};

    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: RelPath::new(path).unwrap(), blob: BlobId::new("0"), text: text.to_owned() }
    }

    fn scanned(path: &str, text: &str) -> ScannedFile {
        serde_json::from_value(scan(&file(path, text)).unwrap().facts.unwrap()).unwrap()
    }

    #[test]
    fn lines_that_django_wrote_are_nobodys_habit() {
        let text = "x = 1\n";
        for path in ["manage.py", "blog/apps.py", "config/wsgi.py", "blog/migrations/0001_initial.py"] {
            assert_eq!(scanned(path, text).style.lines.code, 0, "{path}");
        }
        assert_eq!(scanned("blog/tests/test_posts.py", text).style.lines.code, 1);
    }

    #[test]
    fn what_functions_and_classes_say_is_counted() {
        let text = "class A(\n    B,\n):\n    \"\"\"Doc.\"\"\"\n\n    class Meta:\n        \"\"\"No.\"\"\"\n\n\n\
                    class C: pass\n\n\ndef f(x: int) -> int:\n    pass\n\n\nasync def g(\n    x,\n) -> None:\n    \
                    def h(x: int):\n        pass\n";
        let expected = Said { functions: 3, annotated: 2, classes: 2, documented: 1 };
        assert_eq!(scanned("blog/tasks.py", text).style.said, expected);
        let style = scanned("blog/tests/test_tasks.py", text).style;
        assert_eq!((style.said, style.said_in_tests), (Said::default(), expected));
    }

    #[test]
    fn a_file_without_interesting_words_has_an_outline_only() {
        let scanned = scanned("blog/tasks.py", "from .models import Post\n\n\ndef run():\n    return 1\n");
        let outline = scanned.outline.clone().unwrap();
        assert_eq!((outline.names, outline.imports.len()), (vec!["Post".to_owned(), "run".to_owned()], 1));
        assert_eq!((scanned.module, scanned.migration, scanned.style.lines.code), (None, None, 3));
        let vendored = file("venv/lib/site-packages/x/models.py", "class A(B): pass\n");
        assert_eq!(scan(&vendored).unwrap().facts, None);
    }

    #[test]
    fn a_file_that_does_not_parse_is_refused_with_its_line() {
        let error = scan(&file("blog/models.py", "x = 1\nclass Post(:\n")).unwrap_err();
        assert_eq!((error.code.as_str(), error.labels[0].line), (codes::SYNTAX, 2));
        // A broken file that would say nothing is not parsed: it may define anything.
        assert!(scanned("blog/tasks.py", "def run(:\n").outline.unwrap().is_open);
    }

    #[test]
    fn a_test_module_is_only_asked_whether_it_has_tests() {
        let empty = "from django.test import TestCase\n\n# Create your tests here.\n";
        for (text, has_tests) in [
            (empty, false),
            ("", false),
            ("class PostTests(TestCase):\n    pass\n", true),
            ("from blog.models import Post\n\n\ndef make_post():\n    return Post()\n", true),
            ("from django.test import TestCase\n\n\nclass A(TestCase:\n", true),
        ] {
            let scanned = scanned("blog/tests.py", text);
            assert_eq!((scanned.has_tests, scanned.module), (has_tests, None));
        }
    }
}
