//! Configuration files of a project's tools: line length, quotes and imports, whether pytest runs the tests, which Django is required.

use aksara_sdk::{Context, Diagnostic, RelPath, SourceFile};
use toml::{Table, Value};

use super::isort;
use super::scanned::ConfigFile;

/// The line length of black and ruff, if they are told of none.
const BLACKS_LENGTH: u32 = 88;

/// The files that say something, the one that counts most for the line length first.
pub(super) const NAMES: [&str; 26] = [
    "pyproject.toml",
    "ruff.toml",
    ".ruff.toml",
    "setup.cfg",
    ".flake8",
    ".isort.cfg",
    "tox.ini",
    "pytest.ini",
    ".editorconfig",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "requirements-test.txt",
    "dev-requirements.txt",
    "Pipfile",
    "dev.txt",
    "local.txt",
    "requirements.in",
    "base.in",
    "base.txt",
    "common.in",
    "common.txt",
    "production.txt",
    "uv.lock",
    "poetry.lock",
    "Pipfile.lock",
];

/// How much a file's line length counts against another's in the same folder: less is more.
pub(super) fn rank(path: &RelPath) -> usize {
    NAMES.iter().position(|&name| name == path.file_name()).unwrap_or(NAMES.len())
}

/// What a configuration file says; `None` if it is none, or says nothing of interest.
pub(super) fn read(file: &SourceFile) -> Option<ConfigFile> {
    let name = file.path.file_name();
    if !NAMES.contains(&name) {
        return None;
    }
    if let Some(config) = locked(name, &file.text) {
        return config;
    }
    let mut config = match name {
        "pyproject.toml" => pyproject(&file.text),
        "ruff.toml" | ".ruff.toml" => ruff(&file.text),
        "setup.cfg" | ".flake8" | ".isort.cfg" | "tox.ini" | "pytest.ini" | ".editorconfig" => {
            ini(&file.text)
        }
        _ => ConfigFile {
            requires_pytest_django: file.text.lines().any(is_pytest_django),
            ..ConfigFile::default()
        },
    };
    config.django_below = file.text.lines().filter_map(django_below).min();
    config.django_from = file.text.lines().filter_map(django_from).max();
    // They are written as seen from the file.
    if let Some(folder) = file.path.parent() {
        config.testpaths.iter_mut().for_each(|path| *path = format!("{folder}/{path}"));
        for path in config.imports.iter_mut().flat_map(|imports| &mut imports.folders) {
            *path = format!("{folder}/{path}").trim_end_matches('/').to_owned();
        }
    }
    (config != ConfigFile::default()).then_some(config)
}

/// What the configuration files in the folders above `root` say, nearest first.
pub(super) fn above(root: &str, cx: &Context<'_>) -> Result<Vec<ConfigFile>, Diagnostic> {
    let mut paths = Vec::new();
    let mut folder = root;
    while !folder.is_empty() {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let separator = if folder.is_empty() { "" } else { "/" };
        paths.extend(NAMES.iter().filter_map(|name| RelPath::new(format!("{folder}{separator}{name}")).ok()));
    }
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cx.read_all(&paths)?.iter().flatten().filter_map(read).collect())
}

/// A file that is not TOML says nothing: the tools that it belongs to complain better than a code generator.
fn pyproject(text: &str) -> ConfigFile {
    let Ok(document) = text.parse::<Table>() else { return ConfigFile::default() };
    let tool = |names: &[&str]| {
        let mut value = document.get("tool")?;
        for name in names {
            value = value.get(name)?;
        }
        Some(value)
    };
    let length =
        |value: Option<&Value>| value.and_then(Value::as_integer).and_then(|n| u32::try_from(n).ok());
    let pytest = tool(&["pytest", "ini_options"]);
    let ruff = tool(&["ruff"]).and_then(Value::as_table);
    let isort = tool(&["isort"]).and_then(Value::as_table);
    let black = tool(&["black"]).and_then(Value::as_table);
    let keeps_quotes =
        |black: &Table| black.get("skip-string-normalization").and_then(Value::as_bool).unwrap_or_default();
    ConfigFile {
        line_length: length(tool(&["black", "line-length"]))
            .or_else(|| length(tool(&["ruff", "line-length"])))
            .or_else(|| ruff.or(black).map(|_| BLACKS_LENGTH))
            .or_else(|| length(tool(&["isort", "line_length"]))),
        quote: ruff.and_then(ruffs_quote).or_else(|| black.filter(|black| !keeps_quotes(black)).map(|_| '"')),
        ruff: ruff.is_some() && black.is_none(),
        parenthesized_with: match (ruff, black) {
            (Some(ruff), _) => !is_for_old_python(ruff, document.get("project")),
            (None, Some(black)) => black.contains_key("target-version") && !is_for_old_python(black, None),
            (None, None) => false,
        },
        old_python: {
            let project = document.get("project").and_then(|project| project.get("requires-python"));
            requires_before(project.or_else(|| tool(&["poetry", "dependencies", "python"])), [3, 10])
        },
        imports: ruff.and_then(isort::of_ruff).or_else(|| isort.map(isort::of_isort)),
        pytest: pytest.is_some_and(|options| {
            options.get("DJANGO_SETTINGS_MODULE").is_some()
                || options.get("addopts").is_some_and(|o| o.to_string().contains("--ds"))
        }),
        tests_settings: pytest.and_then(|options| {
            let text = |value: &Value| match value {
                Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
                value => value.as_str().unwrap_or_default().to_owned(),
            };
            let given = options.get("addopts").and_then(|options| given_settings(&text(options)));
            given.or_else(|| Some(options.get("DJANGO_SETTINGS_MODULE")?.as_str()?.to_owned()))
        }),
        requires_pytest_django: text.split(['"', '\'', '\n']).any(is_pytest_django),
        other_test_classes: match pytest.and_then(|options| options.get("python_classes")) {
            Some(Value::String(names)) => !names.split_whitespace().any(fits_test_classes),
            Some(Value::Array(names)) => !names.iter().filter_map(Value::as_str).any(fits_test_classes),
            _ => false,
        },
        testpaths: match pytest.and_then(|options| options.get("testpaths")) {
            Some(Value::String(paths)) => folders(paths).collect(),
            Some(Value::Array(paths)) => paths.iter().filter_map(Value::as_str).flat_map(folders).collect(),
            _ => Vec::new(),
        },
        ..ConfigFile::default()
    }
}

fn ruff(text: &str) -> ConfigFile {
    let Ok(ruff) = text.parse::<Table>() else { return ConfigFile::default() };
    let length = ruff.get("line-length").and_then(Value::as_integer).and_then(|n| u32::try_from(n).ok());
    ConfigFile {
        line_length: Some(length.unwrap_or(BLACKS_LENGTH)),
        quote: ruffs_quote(&ruff),
        ruff: true,
        parenthesized_with: !is_for_old_python(&ruff, None),
        imports: isort::of_ruff(&ruff),
        ..ConfigFile::default()
    }
}

/// Whether a formatter, or else the project, is for a Python older than 3.9. Black writes for all of its targets; ruff
/// looks at the project's `requires-python`, and without one writes for newer versions.
fn is_for_old_python(formatter: &Table, project: Option<&Value>) -> bool {
    if let Some(targets) = formatter.get("target-version").map(Value::to_string) {
        return (3..9).any(|old| targets.contains(&format!("py3{old}\"")));
    }
    requires_before(project.and_then(|project| project.get("requires-python")), [3, 9])
}

/// Whether a project that requires these versions of Python may run with one before `first`.
fn requires_before(required: Option<&Value>, first: [u32; 2]) -> bool {
    required
        .and_then(|required| required.as_str()?.split(',').filter_map(first_version).max())
        .is_some_and(|found| found < first)
}

/// The first version that one specifier allows, if it rules out those before.
fn first_version(specifier: &str) -> Option<[u32; 2]> {
    let (operator, version) = specifier.split_at(specifier.find(|c: char| c.is_ascii_digit())?);
    let mut numbers = version.split('.').map_while(|part| part.trim().parse().ok());
    let first = [numbers.next()?, numbers.next().unwrap_or(0)];
    matches!(operator.trim(), ">=" | ">" | "~=" | "=" | "==" | "===" | "^" | "~").then_some(first)
}

/// The quote that ruff writes, or else holds strings to.
fn ruffs_quote(ruff: &Table) -> Option<char> {
    let format = ruff.get("format").and_then(|format| format.get("quote-style"));
    let checked = || {
        let lint = ruff.get("lint").and_then(Value::as_table).unwrap_or(ruff);
        lint.get("flake8-quotes")?.get("inline-quotes")
    };
    format.or_else(checked).and_then(Value::as_str).and_then(quote)
}

/// A quote, by its name or itself.
fn quote(name: &str) -> Option<char> {
    match name {
        "single" | "'" => Some('\''),
        "double" | "\"" => Some('"'),
        _ => None,
    }
}

/// The sections of `setup.cfg`, `tox.ini`, `pytest.ini`, `.flake8` and `.editorconfig` that matter.
fn ini(text: &str) -> ConfigFile {
    let mut config = ConfigFile { imports: isort::of_ini(text), ..ConfigFile::default() };
    let mut section = "";
    let mut in_testpaths = false;
    for line in text.lines() {
        // A value may go on in lines that are indented.
        if in_testpaths && line.starts_with([' ', '\t']) {
            config.testpaths.extend(folders(line));
            continue;
        }
        in_testpaths = false;
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            section = name;
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let (key, value) = (key.trim(), value.trim());
        let number = || value.split_whitespace().next().and_then(|n| n.parse().ok());
        match (section, key) {
            ("flake8", "max-line-length" | "max_line_length") => config.line_length = number(),
            ("flake8", "inline-quotes" | "inline_quotes") => config.quote = quote(value),
            ("*.py" | "*.{py,pyi}" | "*", "max_line_length") => {
                config.line_length = number().or(config.line_length)
            }
            ("pytest" | "tool:pytest", "DJANGO_SETTINGS_MODULE") => {
                config.pytest = true;
                config.tests_settings.get_or_insert_with(|| value.to_owned());
            }
            ("pytest" | "tool:pytest", "testpaths") => {
                in_testpaths = true;
                config.testpaths = folders(value).collect();
            }
            ("pytest" | "tool:pytest", "python_classes") if !value.is_empty() => {
                config.other_test_classes = !value.split_whitespace().any(fits_test_classes);
            }
            ("pytest" | "tool:pytest", "addopts") if value.contains("--ds") => {
                config.pytest = true;
                config.tests_settings = given_settings(value).or(config.tests_settings);
            }
            _ => {}
        }
    }
    config
}

/// The settings module that pytest's options name, which counts more than `DJANGO_SETTINGS_MODULE` beside them.
fn given_settings(options: &str) -> Option<String> {
    let mut words = options.split_whitespace();
    words.by_ref().find_map(|word| word.strip_prefix("--ds")).and_then(|rest| match rest.strip_prefix('=') {
        Some(module) => Some(module.to_owned()),
        None => words.next().map(str::to_owned),
    })
}

/// Whether classes whose names begin with `Test` are among those that pytest is told to collect: a prefix, or a pattern.
fn fits_test_classes(name: &str) -> bool {
    let ends_open = !name.starts_with('*') || name.ends_with('*');
    ends_open && "Test".starts_with(name.trim_matches('*'))
}

/// The words of a list of folders, without what says the same: `./tests/` is `tests`.
fn folders(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace().map(|path| path.trim_start_matches("./").trim_end_matches('/').to_owned())
}

fn is_pytest_django(line: &str) -> bool {
    let line = line.trim_start();
    ["pytest-django", "pytest_django"].iter().any(|name| {
        line.strip_prefix(name).is_some_and(|rest| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
        })
    })
}

/// The first version that a line rules out, if it requires Django: `Django>=4.2,<5`, `"django~=4.2.7"`, or Poetry's
/// `django = "^4.2"`. <https://packaging.python.org/en/latest/specifications/version-specifiers/>
fn django_below(line: &str) -> Option<[u32; 2]> {
    django_versions(line)?.split(',').filter_map(|specifier| upper_bound(specifier.trim())).min()
}

/// The first version that a line allows, if it requires Django.
fn django_from(line: &str) -> Option<[u32; 2]> {
    django_versions(line)?.split(',').filter_map(|specifier| first_version(specifier.trim())).max()
}

/// What a line says of the versions, if it requires Django.
fn django_versions(line: &str) -> Option<String> {
    let line = line.trim_start_matches([' ', '\t', '"', '\'', '[']).to_ascii_lowercase();
    let rest = line.strip_prefix("django")?.trim_start_matches(['"', '\'', ' ']);
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.trim_start();
    let specifiers = match rest.strip_prefix('=') {
        // A key of TOML: its value, or the first text in it.
        Some(value) if !value.starts_with('=') => value.split(['"', '\'']).nth(1)?,
        _ => rest.split([';', '#', '"', '\'']).next()?,
    };
    Some(specifiers.to_owned())
}

/// What a lock file says: the version of Django alone. `None` for another file; one without it says nothing.
fn locked(name: &str, text: &str) -> Option<Option<ConfigFile>> {
    let below = |line: &str| text.split_once(line).map(|(_, below)| below.trim_start());
    let version = match name {
        "uv.lock" | "poetry.lock" => ["django", "Django"].iter().find_map(|name| {
            below(&format!("\nname = \"{name}\"\n"))?.strip_prefix("version = \"").map(str::to_owned)
        }),
        "Pipfile.lock" => below("\"django\": {").and_then(|entry| {
            let entry = entry.split_once('}')?.0;
            Some(entry.split_once("\"version\": \"==")?.1.to_owned())
        }),
        _ => return None,
    };
    let django = version.and_then(|version| first_version(&format!("=={version}")));
    Some(django.map(|django| ConfigFile { django: Some(django), ..ConfigFile::default() }))
}

/// The first version that one version specifier rules out.
fn upper_bound(specifier: &str) -> Option<[u32; 2]> {
    let at = specifier.find(|c: char| c.is_ascii_digit())?;
    let (operator, version) = specifier.split_at(at);
    let version = version.split_whitespace().next()?.trim_end_matches(".*");
    let numbers: Vec<u32> = version.split('.').map_while(|part| part.parse().ok()).collect();
    let major = *numbers.first()?;
    let minor = numbers.get(1).copied();
    let next = minor.map_or([major.saturating_add(1), 0], |minor| [major, minor.saturating_add(1)]);
    match operator.trim() {
        "" | "=" | "==" | "===" | "<=" | "~" => Some(next),
        "<" => Some([major, minor.unwrap_or(0)]),
        "^" => Some([major.saturating_add(1), 0]),
        // The last number but one stays.
        "~=" => Some(if numbers.len() > 2 { next } else { [major.saturating_add(1), 0] }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(path: &str, text: &str) -> ConfigFile {
        let file = SourceFile {
            path: RelPath::new(path).unwrap(),
            blob: aksara_sdk::BlobId::new("0"),
            text: text.to_owned(),
        };
        read(&file).unwrap_or_default()
    }

    #[test]
    fn black_counts_more_than_ruff() {
        let text = "[tool.ruff]\nline-length = 120\n[tool.black]\nline-length = 100\n";
        assert_eq!(read_text("pyproject.toml", text).line_length, Some(100));
        assert_eq!(read_text("pyproject.toml", "[tool.ruff]\nline-length = 120\n").line_length, Some(120));
    }

    #[test]
    fn quotes_and_lengths_are_those_of_the_tools() {
        let pyproject = |text: &str| {
            let config = read_text("pyproject.toml", text);
            (config.quote, config.line_length)
        };
        assert_eq!(pyproject("[tool.ruff.format]\nquote-style = \"single\"\n"), (Some('\''), Some(88)));
        let linter = "[tool.ruff.lint.flake8-quotes]\ninline-quotes = \"single\"\n";
        assert_eq!(pyproject(linter), (Some('\''), Some(88)));
        assert_eq!(pyproject("[tool.black]\ntarget-version = [\"py311\"]\n"), (Some('"'), Some(88)));
        assert_eq!(pyproject("[tool.black]\nskip-string-normalization = true\n"), (None, Some(88)));
        assert_eq!(pyproject("[tool.isort]\nline_length = 100\n"), (None, Some(100)));
        assert_eq!(read_text("ruff.toml", "format.quote-style = \"single\"\n").quote, Some('\''));
        assert_eq!(read_text(".flake8", "[flake8]\ninline-quotes = '\n").quote, Some('\''));
    }

    #[test]
    fn formatters_say_whether_with_may_have_parentheses() {
        let may = |text: &str| read_text("pyproject.toml", text).parenthesized_with;
        assert!(may("[tool.ruff]\nline-length = 88\n"));
        assert!(!may("[project]\nrequires-python = \">=3.8\"\n[tool.ruff]\nline-length = 88\n"));
        for (required, expected) in [
            (">= 3.8", false),
            ("~=3.8", false),
            (">=3", false),
            (">=3.10", true),
            (">=3.9,<4", true),
            ("~=3.8, >=3.11", true),
            ("<4", true),
        ] {
            let text =
                format!("[project]\nrequires-python = \"{required}\"\n[tool.ruff]\nline-length = 88\n");
            assert_eq!(may(&text), expected, "{required}");
        }
        assert!(!may("[tool.black]\nline-length = 88\n"), "it looks at each file");
        assert!(may("[tool.black]\ntarget-version = [\"py311\"]\n"));
        assert!(!may("[tool.black]\ntarget-version = [\"py38\", \"py311\"]\n"));
        assert!(!may("[tool.isort]\nprofile = \"black\"\n"));
    }

    #[test]
    fn folders_of_imports_are_seen_from_the_top() {
        let folders = |path: &str, text: &str| read_text(path, text).imports.map(|imports| imports.folders);
        let told = "[tool.ruff]\nsrc = [\"src\", \"tests\"]\nlint.select = [\"I\"]\n";
        let expected = ["backend/src", "backend/tests"].map(str::to_owned).to_vec();
        assert_eq!(folders("backend/pyproject.toml", told), Some(expected));
        let expected = ["backend", "backend/src"].map(str::to_owned).to_vec();
        assert_eq!(folders("backend/.isort.cfg", "[settings]\nprofile = black\n"), Some(expected));
        assert_eq!(folders("pyproject.toml", "[tool.ruff]\nline-length = 90\n"), None);
    }

    #[test]
    fn sections_of_ini_files_are_told_apart() {
        let text = "[other]\nmax-line-length = 40\n[flake8]\nmax-line-length = 99 \n";
        assert_eq!(read_text("setup.cfg", text).line_length, Some(99));
        assert!(read_text("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = config.settings\n").pytest);
        assert!(!read_text("pytest.ini", "[pytest]\npython_files = t.py\n").pytest);
    }

    #[test]
    fn the_settings_of_pytest_are_told() {
        let told = |path: &str, text: &str| read_text(path, text).tests_settings;
        let found = Some("tests.settings".to_owned());
        assert_eq!(told("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n"), found);
        assert_eq!(told("pytest.ini", "[pytest]\naddopts = -s --ds=tests.settings -q\n"), found);
        let both = "[tool:pytest]\nDJANGO_SETTINGS_MODULE = a.b\naddopts = --ds tests.settings\n";
        assert_eq!(told("setup.cfg", both), found);
        let table = "[tool.pytest.ini_options]\n";
        assert_eq!(
            told("pyproject.toml", &format!("{table}addopts = [\"-q\", \"--ds=tests.settings\"]\n")),
            found
        );
        assert_eq!(
            told("pyproject.toml", &format!("{table}DJANGO_SETTINGS_MODULE = \"tests.settings\"\n")),
            found
        );
        assert_eq!(told("pytest.ini", "[pytest]\naddopts = -q\n"), None);
    }

    #[test]
    fn the_folders_of_pytest_are_those_of_its_file() {
        let paths = |path: &str, text: &str| read_text(path, text).testpaths;
        assert_eq!(paths("pytest.ini", "[pytest]\ntestpaths = tests ./api/\n"), ["tests", "api"]);
        assert_eq!(
            paths("backend/setup.cfg", "[tool:pytest]\ntestpaths =\n    tests\n    api\n[other]\nx = 1\n"),
            ["backend/tests", "backend/api"]
        );
        let toml = "[tool.pytest.ini_options]\ntestpaths = [\"tests\", \"api\"]\n";
        assert_eq!(paths("pyproject.toml", toml), ["tests", "api"]);
        assert_eq!(paths("setup.cfg", "[other]\ntestpaths = tests\n"), [""; 0]);
    }

    #[test]
    fn pytest_django_is_found_as_a_requirement() {
        assert!(read_text("requirements.txt", "django\npytest-django>=4\n").requires_pytest_django);
        assert!(!read_text("requirements.txt", "pytest-django-queries\n").requires_pytest_django);
        let toml = "[dependency-groups]\ndev = [\n    \"pytest-django>=4.8\",\n]\n";
        assert!(read_text("pyproject.toml", toml).requires_pytest_django);
    }

    #[test]
    fn the_newest_django_that_requirements_allow() {
        for (line, below) in [
            ("django==4.2.*", Some([4, 3])),
            ("Django==4.2.16", Some([4, 3])),
            ("django>=4.2,<5.1  # the last one for our database", Some([5, 1])),
            ("django<5", Some([5, 0])),
            ("django[argon2] ~= 4.2", Some([5, 0])),
            ("django~=4.2.7; python_version < '3.12'", Some([4, 3])),
            ("django<=5.2", Some([5, 3])),
            ("    \"Django>=5.0,<5.3\",", Some([5, 3])),
            ("django = \"^4.2\"", Some([5, 0])),
            ("django = { version = \"~4.2\", extras = [\"bcrypt\"] }", Some([4, 3])),
            ("django==4294967295", Some([u32::MAX, 0])),
            ("django~=4294967295.1", Some([u32::MAX, 0])),
            ("django==4.4294967295", Some([4, u32::MAX])),
            ("django>=4.2", None),
            ("django", None),
            ("django-filter==24.3", None),
            ("django_filter==24.3", None),
            ("djangorestframework==3.15", None),
            ("django @ https://example.com/4.2.tar.gz", None),
        ] {
            assert_eq!(django_below(line), below, "{line}");
        }
        let text = "-r common.txt\npsycopg==3.2\nDjango~=4.2.7\n";
        assert_eq!(read_text("requirements/base.txt", text).django_below, Some([4, 3]));
    }

    #[test]
    fn the_oldest_django_that_requirements_allow() {
        for (line, from) in [
            ("django>=4.2", Some([4, 2])),
            ("Django>=4.2,>=5.1,<6", Some([5, 1])),
            ("django==5.2.1", Some([5, 2])),
            ("django = \"^4.2\"", Some([4, 2])),
            ("django~=4.2.7", Some([4, 2])),
            ("django<6", None),
            ("django", None),
            ("django-filter>=2", None),
        ] {
            assert_eq!(django_from(line), from, "{line}");
        }
    }

    #[test]
    fn lock_files_say_which_django_it_is() {
        let uv = "version = 1\n\n[[package]]\nname = \"django\"\nversion = \"5.2.1\"\ndependencies = [\n    { name = \"asgiref\" },\n]\n";
        assert_eq!(read_text("uv.lock", uv).django, Some([5, 2]));
        assert_eq!(read_text("poetry.lock", &uv.replace("django", "Django")).django, Some([5, 2]));
        let pipenv = "{\n \"default\": {\n  \"django\": {\n   \"hashes\": [],\n   \"version\": \"==4.2.16\"\n  }\n }\n}\n";
        assert_eq!(read_text("Pipfile.lock", pipenv).django, Some([4, 2]));
        assert_eq!(read_text("uv.lock", "[[package]]\nname = \"x\"\n"), ConfigFile::default());
    }

    #[test]
    fn a_broken_file_says_nothing() {
        assert_eq!(read_text("pyproject.toml", "[tool.black\n"), ConfigFile::default());
    }
}
