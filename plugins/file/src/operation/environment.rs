//! Settings that differ where a project runs, read from the environment as the module of settings reads others.

use std::collections::BTreeMap;

use aksara_python::edit::Edits;
use aksara_python::read::{Assign, ModuleName, read};

/// How reads of the environment begin, each with what reads a text so, and whether a default is given by name:
/// django-environ and environs, python-decouple, and Python itself.
const BEGINNINGS: [(&str, &str, bool); 17] = [
    ("env(", "env", true),
    ("env.str(", "env", true),
    ("env.bool(", "env", true),
    ("env.int(", "env", true),
    ("env.float(", "env", true),
    ("env.list(", "env", true),
    ("env.dict(", "env", true),
    ("env.json(", "env", true),
    ("env.url(", "env", true),
    ("env.db(", "env", true),
    ("config(", "config", true),
    ("os.environ.get(", "os.environ.get", false),
    ("os.environ[", "os.environ.get", false),
    ("os.getenv(", "os.getenv", false),
    ("environ.get(", "environ.get", false),
    ("environ[", "environ.get", false),
    ("getenv(", "getenv", false),
];

/// The value of a setting that is read from the environment, with `value` if it is not there. `None` where a module reads
/// nothing from it.
pub fn from_environment(edits: &Edits, name: &str, value: &str) -> Option<String> {
    let source = edits.source();
    let module = read(source, &ModuleName::of_path(source.path().as_str(), "")?);
    let mut readers: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    let mut prefixes: BTreeMap<String, usize> = BTreeMap::new();
    for assign in &module.assigns {
        for (call, by_name, variable) in reads(&assign.value.source) {
            *readers.entry((call, by_name)).or_default() += 1;
            if let Some(prefix) = prefix(assign, variable) {
                *prefixes.entry(prefix).or_default() += 1;
            }
        }
    }
    let ((call, by_name), _) = readers.into_iter().max_by_key(|(_, count)| *count)?;
    let prefix = prefixes.into_iter().max_by_key(|(_, count)| *count);
    let variable = format!("{}{name}", prefix.map(|(prefix, _)| prefix).unwrap_or_default());
    let default = if by_name { "default=" } else { "" };
    Some(format!("{call}(\"{variable}\", {default}{value})"))
}

/// What stands before a setting's name in that of its variable: `DJANGO_` of `DJANGO_DEBUG`.
fn prefix(assign: &Assign, variable: &str) -> Option<String> {
    let prefix = variable.strip_suffix(assign.name.as_str())?;
    (prefix.is_empty() || prefix.ends_with('_')).then(|| prefix.to_owned())
}

/// The reads of the environment in the source of a value: what reads, whether a default is given by name, and the variable.
fn reads(source: &str) -> Vec<(&'static str, bool, &str)> {
    let mut found = Vec::new();
    for (beginning, call, by_name) in BEGINNINGS {
        for (at, _) in source.match_indices(beginning) {
            let is_inside = source[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
            let given = source[at + beginning.len()..].trim_start();
            if let Some(variable) = quoted(given).filter(|name| !is_inside && is_variable(name)) {
                found.push((call, by_name, variable));
            }
        }
    }
    found
}

/// The text in quotes that a source begins with.
fn quoted(source: &str) -> Option<&str> {
    let quote = source.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    source.get(1..)?.split_once(quote).map(|(text, _)| text)
}

fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use aksara_sdk::protocol::facts::Style;
    use aksara_sdk::{BlobId, RelPath, SourceFile};

    use super::*;

    fn value(text: &str) -> Option<String> {
        let path = RelPath::new("config/settings.py").unwrap();
        let file = SourceFile { path, blob: BlobId::new("0"), text: text.to_owned() };
        from_environment(&Edits::open(&file, &Style::default()).unwrap(), "PAGE_URL", "\"x\"")
    }

    #[test]
    fn the_environment_is_read_as_other_settings_read_it() {
        for (text, expected) in [
            (
                "import environ\nenv = environ.Env()\nDEBUG = env.bool(\"DEBUG\", default=False)\n",
                "env(\"PAGE_URL\", default=\"x\")",
            ),
            (
                "import environ\nenv = environ.Env()\nDEBUG = env.bool(\"DJANGO_DEBUG\", False)\nDATABASES = {\"default\": env.db(\"DATABASE_URL\")}\nKEY = env(\"DJANGO_KEY\")\n",
                "env(\"DJANGO_PAGE_URL\", default=\"x\")",
            ),
            ("from config.env import env\nHOSTS = env.list(\"HOSTS\")\n", "env(\"PAGE_URL\", default=\"x\")"),
            (
                "from decouple import config\nDEBUG = config('DEBUG', default=False, cast=bool)\n",
                "config(\"PAGE_URL\", default=\"x\")",
            ),
            (
                "from .components import config\nSECRET_KEY = config('DJANGO_SECRET_KEY')\n",
                "config(\"DJANGO_PAGE_URL\", default=\"x\")",
            ),
            (
                "import os\nDEBUG = os.environ.get(\n    'APP_DEBUG'\n) == '1'\n",
                "os.environ.get(\"APP_PAGE_URL\", \"x\")",
            ),
            ("import os\nSECRET_KEY = os.environ['SECRET_KEY']\n", "os.environ.get(\"PAGE_URL\", \"x\")"),
            ("from os import getenv\nHOSTS = [getenv('HOST', 'a')]\n", "getenv(\"PAGE_URL\", \"x\")"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["DEBUG = True\n", "from app import config\nDEBUG = config(1)\n", "X = cache.get('A', 1)\n"]
        {
            assert_eq!(value(text), None, "{text}");
        }
    }
}
