//! What the module imports: what the new code needs, and no more what only the old one did.

use std::collections::BTreeSet;

use ruff_python_ast::Stmt;
use ruff_text_size::Ranged;

use super::assertions::OF_DJANGO;
use super::cases::{Cases, Database};
use super::text::{Changes, each_expr, lines_of};
use super::{NoRule, PytestStyle};
use crate::Source;

/// Modules of which nothing is imported that is not used.
const OF_CASES: [&str; 4] = ["django.test", "django.test.utils", "rest_framework.test", "unittest"];

/// The names that the rules write, and where they come from; a module of its own name has no module.
const NAMES: [(&str, &str); 9] = [
    ("pytest", ""),
    ("re", ""),
    ("logging", ""),
    ("APIClient", "rest_framework.test"),
    ("Client", "django.test"),
    ("Counter", "collections"),
    ("connection", "django.db"),
    ("modify_settings", "django.test"),
    ("override_settings", "django.test"),
];

/// The module with the imports that it needs, and the mark for all of its tests.
pub(super) fn adapted(source: &Source, cases: &Cases, style: &PytestStyle) -> Result<String, NoRule> {
    let body = &source.module().body;
    let mut used = BTreeSet::new();
    each_expr(body, &mut |expr| used.extend(expr.as_name_expr().map(|name| name.id.as_str())));
    let mut bound = BTreeSet::new();
    let mut changes = Changes::default();
    for statement in body {
        match statement {
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                let name = |alias: &ruff_python_ast::Alias| {
                    alias.asname.as_ref().unwrap_or(&alias.name).as_str().to_owned()
                };
                bound.extend(import.names.iter().map(name));
                let is_needed = |alias: &&ruff_python_ast::Alias| used.contains(name(alias).as_str());
                let kept: Vec<&str> =
                    import.names.iter().filter(is_needed).map(|alias| source.slice(alias.range())).collect();
                if !OF_CASES.contains(&module) || kept.len() == import.names.len() {
                    continue;
                }
                if kept.is_empty() {
                    changes.replace(lines_of(source, statement), "");
                } else {
                    let text = format!("from {module} import {}", kept.join(", "));
                    changes.replace(statement.range().to_std_range(), text);
                }
            }
            Stmt::Import(import) => {
                bound.extend(
                    import
                        .names
                        .iter()
                        .map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str().to_owned()),
                );
            }
            Stmt::Assign(assign) => bound.extend(
                assign.targets.iter().filter_map(|target| Some(target.as_name_expr()?.id.to_string())),
            ),
            Stmt::FunctionDef(function) => {
                bound.insert(function.name.to_string());
            }
            Stmt::ClassDef(class) => {
                bound.insert(class.name.to_string());
            }
            _ => {}
        }
    }
    let of_django = OF_DJANGO.iter().map(|name| (*name, "pytest_django.asserts"));
    let mark = style.marks_modules
        && cases
            .iter()
            .any(|case| cases.kind(&case.name).is_some_and(|kind| kind.database == Database::RolledBack));
    let wanted = NAMES
        .into_iter()
        .chain(of_django)
        .filter(|(name, _)| (used.contains(name) || (mark && *name == "pytest")) && !bound.contains(*name));
    let lines: String = wanted
        .map(|(name, module)| match module {
            "" => format!("import {name}\n"),
            module => format!("from {module} import {name}\n"),
        })
        .collect();
    let is_import = |statement: &&Stmt| statement.is_import_stmt() || statement.is_import_from_stmt();
    let top = body.iter().take_while(|s| is_import(s) || s.is_expr_stmt());
    let imports: Vec<&Stmt> = top.filter(is_import).collect();
    let (Some(first), Some(last)) = (imports.first(), imports.last()) else {
        return Err(NoRule::at_all());
    };
    changes.insert(lines_of(source, *first).start, lines);
    if mark {
        changes.insert(lines_of(source, *last).end, "\npytestmark = pytest.mark.django_db\n");
    }
    Ok(changes.apply(source.text())?.trim_start_matches('\n').to_owned())
}
