//! Adds a requirement to where a project lists what it needs.
//!
//! A requirements file or the `[project]` table of a pyproject.toml. Files that a tool writes are refused, with
//! the command that changes them.

use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::{Diagnostic, SourceFile};
use toml_edit::{Array, DocumentMut, Item, TableLike};

use super::{Subject, shown};

/// What adding a requirement did.
#[derive(Debug, PartialEq, Eq)]
pub struct Added {
    /// The new content.
    pub text: String,
    /// What a reader should know: the package is listed already, with another version.
    pub warning: Option<String>,
}

/// Adds `requirement` unless its package is listed. A version that is listed is never changed.
///
/// # Errors
/// A requirement that is none; a file that a tool writes, or that pins hashes.
pub fn add(subject: &Subject<'_>, requirement: &str) -> Result<Added, Diagnostic> {
    let requirement = requirement.trim();
    let name =
        package(requirement).filter(|_| !requirement.contains(['\n', '\r', '#'])).ok_or_else(|| {
            Diagnostic::new(codes::BAD_PARAMS, format!("`{}` is not a requirement", shown(requirement)))
                .with_help("write a package's name and, if it matters, a version: `django-filter>=25`")
        })?;
    refuse_written_by_tools(subject, requirement, &name)?;
    if subject.path.file_name() == "pyproject.toml" {
        return add_to_pyproject(subject, requirement, &name);
    }
    if subject.text.contains("--hash=") {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{}` pins its packages by hash, and the hash of `{name}` is not known here", subject.path),
        )
        .with_help(format!("add it with the tool that made the file, for example `pip-compile` after adding `{requirement}` to its input")));
    }
    let lines: Vec<&str> = subject.text.split_inclusive('\n').collect();
    let listed: Vec<(usize, String, &str)> = lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| {
            let line = without_comment(line);
            Some((index, package(line)?, line))
        })
        .collect();
    if let Some((index, _, line)) = listed.iter().find(|(_, listed, _)| *listed == name) {
        return Ok(Added {
            text: subject.text.to_owned(),
            warning: differs(requirement, line).then(|| {
                format!(
                    "`{}` line {} has `{line}`, not `{requirement}`: it is left as it is",
                    subject.path,
                    index + 1
                )
            }),
        });
    }
    let newline = subject.newline();
    let sorted = listed.len() > 1 && listed.windows(2).all(|pair| pair[0].1 <= pair[1].1);
    // At the end, or where the alphabet says if the whole list follows it.
    let at = match listed.iter().find(|(_, listed, _)| sorted && *listed > name) {
        Some((index, ..)) => *index,
        None => listed.last().filter(|_| sorted).map_or(lines.len(), |(index, ..)| index + 1),
    };
    let mut text = lines[..at].concat();
    let unfinished = !text.is_empty() && !text.ends_with('\n');
    if unfinished {
        text.push_str(newline);
    }
    text.push_str(requirement);
    if !unfinished {
        text.push_str(newline);
    }
    text.push_str(&lines[at..].concat());
    Ok(Added { text, warning: None })
}

/// The package that a requirement names, normalised as package indexes do: lower case, runs of `-`, `_` and `.`
/// as one `-`. Options and addresses name none.
pub fn package(requirement: &str) -> Option<String> {
    let requirement = requirement.trim();
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    let (name, rest) = requirement.split_at(end);
    let name = name.trim_end_matches(['-', '_', '.']);
    let follows = rest.trim_start().chars().next();
    let valid = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && follows.is_none_or(|c| matches!(c, '[' | '=' | '<' | '>' | '!' | '~' | ';' | '@' | ',' | '('));
    if !valid {
        return None;
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            c => out.push(c.to_ascii_lowercase()),
        }
    }
    Some(out)
}

/// The packages that a requirements file or a pyproject.toml lists, by their normalised names; `None` for a
/// pyproject.toml without a list.
pub fn listed(file: &SourceFile) -> Option<Vec<String>> {
    if file.path.file_name() != "pyproject.toml" {
        return Some(file.text.lines().filter_map(|line| package(without_comment(line))).collect());
    }
    let document = file.text.parse::<DocumentMut>().ok()?;
    let array = document.get("project").and_then(|p| p.get("dependencies")).and_then(Item::as_array);
    if let Some(array) = array {
        return Some(array.iter().filter_map(|value| package(value.as_str()?)).collect());
    }
    Some(poetry(&document)?.iter().filter_map(|(key, _)| package(key)).collect())
}

/// Poetry's own table of dependencies.
fn poetry(document: &DocumentMut) -> Option<&dyn TableLike> {
    document.get("tool")?.get("poetry")?.get("dependencies")?.as_table_like()
}

fn without_comment(line: &str) -> &str {
    line.split(" #").next().unwrap_or(line).trim().trim_start_matches('\u{feff}')
}

/// Whether the wanted requirement says something that the listed one does not.
fn differs(wanted: &str, listed: &str) -> bool {
    let version = |text: &str| -> String {
        text.chars()
            .filter(|c| !c.is_whitespace())
            .skip_while(|c| !matches!(c, '[' | '=' | '<' | '>' | '!' | '~' | '@'))
            .collect()
    };
    let wanted = version(wanted);
    !wanted.is_empty() && wanted != version(listed)
}

fn refuse_written_by_tools(subject: &Subject<'_>, requirement: &str, name: &str) -> Result<(), Diagnostic> {
    let tool = match subject.path.file_name() {
        "poetry.lock" => Some(("poetry", format!("poetry add \"{requirement}\""))),
        "uv.lock" => Some(("uv", format!("uv add \"{requirement}\""))),
        "pdm.lock" => Some(("pdm", format!("pdm add \"{requirement}\""))),
        "Pipfile" | "Pipfile.lock" => Some(("pipenv", format!("pipenv install \"{requirement}\""))),
        _ => None,
    };
    let compiled = subject
        .text
        .lines()
        .take(6)
        .any(|l| l.starts_with('#') && l.to_lowercase().contains("autogenerated by"));
    let (tool, command) = match (tool, compiled) {
        (Some(found), _) => found,
        (None, true) => (
            "pip-compile or uv",
            format!("pip-compile` after adding `{requirement}` to its input file, or `uv pip compile"),
        ),
        (None, false) => return Ok(()),
    };
    Err(Diagnostic::new(
        codes::REFUSED,
        format!("`{}` is written by {tool}; `{name}` would be lost from it the next time", subject.path),
    )
    .with_help(format!("run `{command}`")))
}

fn add_to_pyproject(subject: &Subject<'_>, requirement: &str, name: &str) -> Result<Added, Diagnostic> {
    let mut document = super::toml::parse(subject)?;
    if let Some(table) = poetry(&document) {
        if table.iter().any(|(key, _)| package(key).as_deref() == Some(name)) {
            return Ok(Added { text: subject.text.to_owned(), warning: None });
        }
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{}` keeps its dependencies in Poetry's own table", subject.path),
        )
        .with_help(format!("run `poetry add \"{requirement}\"`")));
    }
    let dependencies =
        document.get_mut("project").and_then(|p| p.get_mut("dependencies")).and_then(Item::as_array_mut);
    let Some(list) = dependencies else {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!("`{}` has no `dependencies` list in its `[project]` table", subject.path),
        )
        .with_help(format!(
            "add `dependencies = [\"{requirement}\"]` below `[project]`, or name the file that lists them"
        )));
    };
    if let Some(listed) = list.iter().filter_map(|v| v.as_str()).find(|v| package(v).as_deref() == Some(name))
    {
        let warning = differs(requirement, listed)
            .then(|| format!("`{}` has `{listed}`, not `{requirement}`: it is left as it is", subject.path));
        return Ok(Added { text: subject.text.to_owned(), warning });
    }
    push(list, requirement);
    Ok(Added { text: super::toml::print(subject, &document), warning: None })
}

/// Appends an item as the others are written: on a line of its own if the last one is, below its comment.
fn push(list: &mut Array, item: &str) {
    let indent = list
        .iter()
        .last()
        .and_then(|last| last.decor().prefix())
        .and_then(|prefix| prefix.as_str())
        .and_then(|prefix| prefix.rsplit_once('\n').map(|(_, indent)| indent.to_owned()));
    let Some(indent) = indent else {
        list.push(item);
        return;
    };
    // What follows the last item, a comment on its line above all, stands behind its comma from now on.
    let last = list.len().saturating_sub(1);
    let mut after = list.trailing().as_str().unwrap_or_default().to_owned();
    let comma = list.trailing_comma();
    if let Some(value) = list.get_mut(last).filter(|_| !comma) {
        after = value.decor().suffix().and_then(|s| s.as_str()).unwrap_or_default().to_owned();
        value.decor_mut().set_suffix("");
    }
    let (comment, end) = after.rsplit_once('\n').unwrap_or((&after, ""));
    let (prefix, end) = (format!("{comment}\n{indent}"), format!("\n{end}"));
    list.push(item);
    if comma {
        list.set_trailing(&end);
    }
    if let Some(value) = list.get_mut(last + 1) {
        value.decor_mut().set_prefix(prefix);
        value.decor_mut().set_suffix(if comma { "" } else { end.as_str() });
    }
}

#[cfg(test)]
mod tests {
    use aksara_sdk::RelPath;

    use super::*;

    fn added(file: &str, text: &str, requirement: &str) -> Result<Added, Diagnostic> {
        let path = RelPath::new(file).unwrap();
        let first = add(&Subject { path: &path, text }, requirement)?;
        let second = add(&Subject { path: &path, text: &first.text }, requirement)?;
        assert_eq!(first.text, second.text);
        Ok(first)
    }

    fn text(file: &str, text: &str, requirement: &str) -> String {
        added(file, text, requirement).unwrap().text
    }

    #[test]
    fn names_are_normalised() {
        for (requirement, name) in [
            ("Django_Filter", Some("django-filter")),
            ("django.filter>=25", Some("django-filter")),
            ("uvicorn[standard] ~= 0.1 ; python_version > '3'", Some("uvicorn")),
            ("pkg @ https://example.com/x.whl", Some("pkg")),
            ("-r base.txt", None),
            ("--hash=sha256:00", None),
            ("git+https://example.com/x", None),
            ("# a comment", None),
            ("", None),
        ] {
            assert_eq!(package(requirement).as_deref(), name, "{requirement}");
        }
    }

    #[test]
    fn a_requirement_goes_to_the_end_or_into_the_order() {
        assert_eq!(text("requirements.txt", "django\nabc\n", "b>=1"), "django\nabc\nb>=1\n");
        assert_eq!(text("requirements.txt", "abc==1\ndjango==5\n", "b>=1"), "abc==1\nb>=1\ndjango==5\n");
        assert_eq!(
            text("requirements.txt", "abc\ndjango\n\n# dev\n-r x.txt\n", "z"),
            "abc\ndjango\nz\n\n# dev\n-r x.txt\n"
        );
        assert_eq!(text("requirements.txt", "django", "b"), "django\nb");
        assert_eq!(text("requirements.txt", "", "b"), "b\n");
        assert_eq!(text("requirements.txt", "x\r\na\r\n", "b"), "x\r\na\r\nb\r\n");
    }

    #[test]
    fn what_is_listed_is_left_and_a_difference_is_told() {
        let same =
            added("requirements.txt", "django_filter >= 25  # filters\n", "django-filter>=25").unwrap();
        assert_eq!((same.text.as_str(), same.warning), ("django_filter >= 25  # filters\n", None));
        let other = added("requirements.txt", "django-filter==24.1\n", "django-filter>=25").unwrap();
        assert_eq!(other.text, "django-filter==24.1\n");
        assert!(other.warning.unwrap().contains("line 1 has `django-filter==24.1`"));
        assert_eq!(
            added("requirements.txt", "django-filter==24.1\n", "django-filter").unwrap().warning,
            None
        );
    }

    #[test]
    fn a_pyproject_keeps_its_form() {
        let before = "[project]\nname = \"x\"\ndependencies = [\n    \"django>=5\", # web\n    \"abc\",\n]\n\n[tool.x]\na = 1\n";
        let after = "[project]\nname = \"x\"\ndependencies = [\n    \"django>=5\", # web\n    \"abc\",\n    \"b>=1\",\n]\n\n[tool.x]\na = 1\n";
        assert_eq!(text("pyproject.toml", before, "b>=1"), after);
        assert_eq!(
            text("pyproject.toml", "[project]\ndependencies = [\n  \"a\" # last\n]\n", "b"),
            "[project]\ndependencies = [\n  \"a\", # last\n  \"b\"\n]\n"
        );
        assert_eq!(
            text("pyproject.toml", "[project]\ndependencies = [\"a\"]\n", "b"),
            "[project]\ndependencies = [\"a\", \"b\"]\n"
        );
    }

    #[test]
    fn files_that_a_tool_writes_are_refused_with_the_command() {
        for (file, content, part) in [
            ("poetry.lock", "", "poetry add \"b>=1\""),
            ("uv.lock", "", "uv add \"b>=1\""),
            ("Pipfile", "", "pipenv install"),
            ("requirements.txt", "# This file is autogenerated by pip-compile\na==1\n", "pip-compile"),
            ("requirements.txt", "a==1 --hash=sha256:00\n", "pip-compile"),
            ("pyproject.toml", "[tool.poetry.dependencies]\na = \"1\"\n", "poetry add"),
            ("pyproject.toml", "[project]\nname = \"x\"\n", "dependencies = "),
        ] {
            let error = added(file, content, "b>=1").unwrap_err();
            assert_eq!(error.code, codes::REFUSED, "{file}");
            assert!(error.help.as_deref().unwrap_or_default().contains(part), "{file}: {error}");
        }
        assert_eq!(added("requirements.txt", "", "-r x.txt").unwrap_err().code, codes::BAD_PARAMS);
    }
}
