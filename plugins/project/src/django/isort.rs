//! What isort, or ruff in its place, is told of a project's imports.

use toml::{Table, Value};

use super::scanned::ImportConfig;

/// The folders that both look for modules in, if nothing else is said.
const FOLDERS: [&str; 2] = ["", "src"];

/// What `[tool.ruff]`, or the whole of a `ruff.toml`, says: `None` if it sorts no imports.
pub(super) fn of_ruff(ruff: &Table) -> Option<ImportConfig> {
    let lint = ruff.get("lint").and_then(Value::as_table);
    let tables = || lint.into_iter().chain([ruff]);
    let isort = tables().find_map(|table| table.get("isort")?.as_table());
    let is_sorting = |rule: &str| rule == "ALL" || rule == "I" || rule.starts_with("I0");
    let selects = tables().any(|table| {
        ["select", "extend-select"].iter().any(|key| texts(table.get(*key)).iter().any(|r| is_sorting(r)))
    });
    if isort.is_none() && !selects {
        return None;
    }
    let said = |key: &str| isort.and_then(|isort| isort.get(key));
    Some(ImportConfig {
        folders: folders(texts(ruff.get("src"))),
        first_party: texts(said("known-first-party")),
        single: is_true(said("force-single-line")),
        combined_aliases: is_true(said("combine-as-imports")),
        mixed: is_true(said("force-sort-within-sections")),
        lines_after: number(said("lines-after-imports")),
    })
}

/// What `[tool.isort]` says.
pub(super) fn of_isort(isort: &Table) -> ImportConfig {
    ImportConfig {
        folders: folders(texts(isort.get("src_paths"))),
        first_party: texts(isort.get("known_first_party")),
        single: is_true(isort.get("force_single_line")),
        combined_aliases: is_true(isort.get("combine_as_imports")),
        mixed: is_true(isort.get("force_sort_within_sections")),
        lines_after: number(isort.get("lines_after_imports")),
    }
}

/// What the section `[isort]` or `[settings]` of an ini file says; `None` if there is none.
pub(super) fn of_ini(text: &str) -> Option<ImportConfig> {
    let mut found: Option<Table> = None;
    let mut inside = false;
    let mut key = String::new();
    for line in text.lines() {
        let word = line.trim();
        if let Some(name) = word.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            inside = ["isort", "settings", "tool:isort"].contains(&name);
            if inside {
                found.get_or_insert_default();
            }
            continue;
        }
        let Some(table) = found.as_mut().filter(|_| inside && !word.starts_with(['#', ';'])) else {
            continue;
        };
        // A value may go on in lines that are indented.
        let value = match word.split_once('=') {
            Some((name, value)) => {
                name.trim().clone_into(&mut key);
                value.trim()
            }
            None => word,
        };
        let words = value.split([',', ' ']).filter(|word| !word.is_empty());
        match table.entry(key.as_str()).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(values) => values.extend(words.map(Value::from)),
            _ => continue,
        }
    }
    let table = found?;
    Some(of_isort(&table))
}

/// Whether a value is true, in TOML or as a word of an ini file.
fn is_true(value: Option<&Value>) -> bool {
    let is_word = |word: &String| ["true", "1", "yes", "on"].iter().any(|yes| word.eq_ignore_ascii_case(yes));
    value.and_then(Value::as_bool).unwrap_or_else(|| texts(value).iter().any(is_word))
}

/// A count, in TOML or as a word of an ini file; less than nothing means that the tool decides.
fn number(value: Option<&Value>) -> Option<u32> {
    match value?.as_integer() {
        Some(number) => u32::try_from(number).ok(),
        None => texts(value).first()?.parse().ok(),
    }
}

/// The texts of a list, or the only one.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => text.split(',').map(|word| word.trim().to_owned()).collect(),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn folders(said: Vec<String>) -> Vec<String> {
    if said.is_empty() {
        return FOLDERS.map(str::to_owned).to_vec();
    }
    let plain = |path: &String| path.trim_start_matches("./").trim_matches('/').to_owned();
    said.iter().map(plain).map(|path| if path == "." { String::new() } else { path }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruff(text: &str) -> Option<ImportConfig> {
        of_ruff(&text.parse().unwrap())
    }

    #[test]
    fn ruff_says_how_imports_are_sorted() {
        assert_eq!(ruff("line-length = 88\nlint.select = [\"E\", \"INP\"]\n"), None);
        let plain = ImportConfig { folders: vec![String::new(), "src".to_owned()], ..Default::default() };
        assert_eq!(ruff("lint.select = [\"E\", \"I\"]\n").as_ref(), Some(&plain));
        assert_eq!(ruff("extend-select = [\"I001\"]\n").as_ref(), Some(&plain));
        let told = ruff(
            "src = [\"./backend\", \".\"]\n[lint.isort]\nforce-single-line = true\nknown-first-party = [\"a\"]\n",
        );
        let folders = vec!["backend".to_owned(), String::new()];
        assert_eq!(
            told,
            Some(ImportConfig {
                folders,
                first_party: vec!["a".to_owned()],
                single: true,
                ..Default::default()
            })
        );
    }

    #[test]
    fn isort_is_told_in_ini_files_too() {
        assert_eq!(of_ini("[flake8]\nforce_single_line = true\n"), None);
        let text = "[isort]\nprofile = black\nknown_first_party =\n    apps,\n    config\nsrc_paths = backend, lib\n\
                    force_single_line = True\n[flake8]\nknown_first_party = other\n";
        let told = of_ini(text).unwrap();
        assert_eq!(told.first_party, ["apps", "config"]);
        assert_eq!(told.folders, ["backend", "lib"]);
        assert!(told.single);
        assert!(!of_ini("[settings]\nprofile = black\n").unwrap().single);
        let text = "[settings]\ncombine_as_imports = true\nforce_sort_within_sections = 1\nlines_after_imports = 2\n";
        let told = of_ini(text).unwrap();
        assert_eq!((told.combined_aliases, told.mixed, told.lines_after), (true, true, Some(2)));
        let same = "lint.isort = { combine-as-imports = true, force-sort-within-sections = true, lines-after-imports = 2 }\n";
        let told = ruff(same).unwrap();
        assert_eq!((told.combined_aliases, told.mixed, told.lines_after), (true, true, Some(2)));
        assert_eq!(ruff("lint.isort.lines-after-imports = -1\n").unwrap().lines_after, None);
    }
}
