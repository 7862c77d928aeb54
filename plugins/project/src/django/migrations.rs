//! Migration files: what one says, and the order and state of an app's files together.

use std::collections::{BTreeMap, BTreeSet};

use aksara_python::read::{Assign, Class, Module};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::facts::{Expr, MigrationFacts, MigrationFile, Parts};

use super::replay::{FindClass, replay};
use super::scanned::{ScannedMigration, ScannedOperation};

/// Reads a migration file. `None` if there is no class `Migration` in it.
pub(super) fn read(path: &RelPath, module: &Module) -> Option<ScannedMigration> {
    let class = module.classes.iter().rev().find(|c| c.name == "Migration")?;
    let mut migration = ScannedMigration {
        name: path.file_name().strip_suffix(".py")?.to_owned(),
        file: path.clone(),
        initial: false,
        dependencies: Vec::new(),
        run_before: Vec::new(),
        replaces: Vec::new(),
        operations: Vec::new(),
        classes: module.classes.iter().filter(|class| class.name != "Migration").cloned().collect(),
        problem: None,
    };
    if let Err(problem) = fill(&mut migration, class) {
        migration.problem = Some(problem);
    }
    Some(migration)
}

fn fill(migration: &mut ScannedMigration, class: &Class) -> Result<(), String> {
    if let Some(assign) = class.assign("initial") {
        migration.initial = assign.value.literal == Some(true.into());
    }
    // What cannot be read of these is another app's: settings may say on which one a model depends.
    for (name, keys) in
        [("dependencies", &mut migration.dependencies), ("run_before", &mut migration.run_before)]
    {
        for assign in class.assigns.iter().filter(|assign| assign.name == name) {
            let items = listed(&assign.value).into_iter();
            keys.extend(items.filter_map(|item| key(name, item).ok()));
        }
    }
    if let Some(assign) = whole(class, "replaces")? {
        let items = items(assign)?.iter();
        migration.replaces = items.map(|item| key("replaces", item)).collect::<Result<_, _>>()?;
    }
    let assigns = class.assigns.iter().filter(|assign| assign.name == "operations");
    for assign in assigns {
        let is_new = !assign.adds && !assign.conditional;
        if is_new {
            migration.operations.clear();
        }
        add_operations(&assign.value, assign, assign.conditional, &mut migration.operations)?;
    }
    Ok(())
}

/// Adds the operations of a list, of lists that are added up, and of those that are made for each of others or chosen
/// by a condition.
fn add_operations(
    expr: &Expr,
    assign: &Assign,
    varies: bool,
    found: &mut Vec<ScannedOperation>,
) -> Result<(), String> {
    let unread = || format!("`{}` in `operations` is not an operation's call", shortened(&expr.source));
    match expr.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items)) => {
            for (index, item) in items.iter().enumerate() {
                let is_own = std::ptr::eq(expr, &assign.value);
                let line = assign.item_lines.get(index).filter(|_| is_own).copied();
                match item.parts.as_deref() {
                    Some(Parts::Call { function, args }) => found.push(ScannedOperation {
                        class: function.clone(),
                        args: args.clone(),
                        line: line.unwrap_or(assign.line),
                        varies,
                    }),
                    _ => add_operations(item, assign, varies, found)?,
                }
            }
            Ok(())
        }
        Some(Parts::Operation { operator, operands }) => match (operator.as_str(), operands.as_slice()) {
            ("+", _) => {
                operands.iter().try_for_each(|operand| add_operations(operand, assign, varies, found))
            }
            ("*", [list]) => add_operations(list, assign, varies, found),
            ("if", _) => operands.iter().try_for_each(|arm| add_operations(arm, assign, true, found)),
            ("each", [made]) => match made.parts.as_deref() {
                Some(Parts::Call { function, args }) => {
                    let (class, args) = (function.clone(), args.clone());
                    found.push(ScannedOperation { class, args, line: assign.line, varies: true });
                    Ok(())
                }
                _ => Err(unread()),
            },
            _ => Err(unread()),
        },
        // One of the arms of a choice inside of the list.
        Some(Parts::Call { function, args }) if varies => {
            let (class, args) = (function.clone(), args.clone());
            found.push(ScannedOperation { class, args, line: assign.line, varies });
            Ok(())
        }
        _ if std::ptr::eq(expr, &assign.value) => Err("`operations` is not a literal list".to_owned()),
        _ => Err(unread()),
    }
}

/// A text that may be long.
fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The only assignment to `name`.
fn whole<'c>(class: &'c Class, name: &str) -> Result<Option<&'c Assign>, String> {
    let mut assigns = class.assigns.iter().filter(|a| a.name == name);
    let Some(first) = assigns.next() else { return Ok(None) };
    if first.adds || first.conditional || assigns.next().is_some() {
        return Err(format!("`{name}` is put together by code"));
    }
    Ok(Some(first))
}

fn items(assign: &Assign) -> Result<&[Expr], String> {
    match assign.value.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items)) => Ok(items),
        _ => Err(format!("`{}` is not a literal list", assign.name)),
    }
}

/// The items of a list, and of lists that are put together.
fn listed(expr: &Expr) -> Vec<&Expr> {
    match expr.parts.as_deref() {
        Some(Parts::List(items) | Parts::Tuple(items)) => items.iter().collect(),
        Some(Parts::Operation { operands, .. }) => operands.iter().flat_map(listed).collect(),
        _ => Vec::new(),
    }
}

/// `("app", "name")`, or what `migrations.swappable_dependency(settings.NAME)` stands for.
fn key(list: &str, item: &Expr) -> Result<(String, String), String> {
    let unread = || format!("`{}` in `{list}` cannot be read", item.source);
    if let Some(Parts::Call { function, args }) = item.parts.as_deref()
        && function.ends_with("swappable_dependency")
    {
        let setting = args.positional.first().and_then(|e| e.path.as_deref()?.rsplit('.').next());
        return Ok(("__setting__".to_owned(), setting.ok_or_else(unread)?.to_owned()));
    }
    match item.literal.as_ref().and_then(|l| l.as_array()).map(Vec::as_slice) {
        Some([app, name]) => match (app.as_str(), name.as_str()) {
            (Some(app), Some(name)) => Ok((app.to_owned(), name.to_owned())),
            _ => Err(unread()),
        },
        _ => Err(unread()),
    }
}

/// The facts of the app `label`, whose migration files are `files` (in any order). `unread` are files of the
/// folder that could not be read, with the reason; `class` finds a class of the project.
pub(super) fn facts(
    label: &str,
    dir: Option<String>,
    mut files: Vec<&ScannedMigration>,
    unread: &[String],
    class: &FindClass<'_>,
) -> MigrationFacts {
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let graph = Graph::new(label, &files);
    let mut facts = MigrationFacts {
        dir,
        files: files
            .iter()
            .map(|m| MigrationFile {
                name: m.name.clone(),
                file: m.file.clone(),
                dependencies: m.dependencies.clone(),
            })
            .collect(),
        leaves: graph.leaves(),
        ..MigrationFacts::default()
    };
    match unread.first().cloned().map_or_else(|| graph.order(), Err) {
        Ok(order) => (facts.state, facts.inexact) = replay(&order, class),
        Err(problem) => facts.problem = Some(problem),
    }
    facts
}

/// The migrations of one app and what they depend on in it. A squashed migration stands for those it replaces.
struct Graph<'m> {
    nodes: BTreeMap<&'m str, &'m ScannedMigration>,
    parents: BTreeMap<&'m str, BTreeSet<&'m str>>,
}

impl<'m> Graph<'m> {
    fn new(label: &str, files: &[&'m ScannedMigration]) -> Self {
        let mut replaced: BTreeMap<&str, &str> = BTreeMap::new();
        for squash in files {
            for (app, name) in &squash.replaces {
                if app == label {
                    replaced.insert(name, &squash.name);
                }
            }
        }
        // A squash may be squashed again.
        let standing = |name: &'m str| {
            let mut name = name;
            for _ in 0..replaced.len() {
                match replaced.get(name) {
                    Some(next) if *next != name => name = *next,
                    _ => break,
                }
            }
            name
        };
        let nodes: BTreeMap<&str, &ScannedMigration> = files
            .iter()
            .filter(|m| !replaced.contains_key(m.name.as_str()))
            .map(|m| (m.name.as_str(), *m))
            .collect();
        let mut parents: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (&name, migration) in &nodes {
            let own = migration
                .dependencies
                .iter()
                .filter(|(app, _)| app == label)
                .map(|(_, dependency)| standing(dependency))
                .filter(|dependency| *dependency != name && nodes.contains_key(dependency));
            parents.entry(name).or_default().extend(own);
        }
        for (&name, migration) in &nodes {
            for (_, later) in migration.run_before.iter().filter(|(app, _)| app == label) {
                if let Some(entry) = parents.get_mut(standing(later)) {
                    entry.insert(name);
                }
            }
        }
        Self { nodes, parents }
    }

    fn leaves(&self) -> Vec<String> {
        let inner: BTreeSet<&str> = self.parents.values().flatten().copied().collect();
        self.nodes.keys().filter(|name| !inner.contains(*name)).map(|name| (*name).to_owned()).collect()
    }

    /// Every migration after those it depends on; by name where that leaves a choice.
    fn order(&self) -> Result<Vec<&'m ScannedMigration>, String> {
        let mut order = Vec::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        while order.len() < self.nodes.len() {
            let next = self.nodes.iter().find(|(name, _)| {
                !done.contains(*name)
                    && self.parents.get(*name).is_none_or(|parents| parents.is_subset(&done))
            });
            let Some((name, migration)) = next else {
                return Err("its migrations depend on each other in a circle".to_owned());
            };
            done.insert(name);
            order.push(*migration);
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use aksara_python::Source;
    use aksara_python::read::{self as python, ModuleName};

    use super::*;

    #[test]
    fn dependencies_that_only_the_settings_tell_are_passed_over() {
        let cases = [
            ("[('blog', '0001_initial')] + settings.MORE", 1),
            ("[('blog', '0001_initial'), *settings.MORE, settings.ONE]", 1),
            ("list(settings.ALL)", 0),
        ];
        for (dependencies, count) in cases {
            let path = RelPath::new("blog/migrations/0002_team.py").unwrap();
            let text = format!(
                "from django.db import migrations\nfrom blog import settings\n\n\nclass Migration(migrations.Migration):\n    \
                 dependencies = {dependencies}\n    operations = [migrations.RunSQL('')]\n"
            );
            let source = Source::parse(&path, &text).unwrap();
            let module = python::read(&source, &ModuleName::of_path(path.as_str(), "").unwrap());
            let read = read(&path, &module).unwrap();
            assert_eq!((read.problem, read.dependencies.len()), (None, count), "{dependencies}");
            assert_eq!(read.operations.len(), 1);
        }
    }

    fn migration(name: &str, dependencies: &[&str], replaces: &[&str]) -> ScannedMigration {
        let keys = |names: &[&str]| names.iter().map(|n| ("blog".to_owned(), (*n).to_owned())).collect();
        ScannedMigration {
            name: name.to_owned(),
            file: RelPath::new(format!("blog/migrations/{name}.py")).unwrap(),
            initial: false,
            dependencies: keys(dependencies),
            run_before: Vec::new(),
            replaces: keys(replaces),
            operations: Vec::new(),
            classes: Vec::new(),
            problem: None,
        }
    }

    fn facts_of(files: &[ScannedMigration]) -> MigrationFacts {
        facts("blog", None, files.iter().collect(), &[], &|_| None)
    }

    #[test]
    fn order_follows_dependencies_not_names() {
        let files = [migration("0001_a", &["0002_b"], &[]), migration("0002_b", &[], &[])];
        let refs: Vec<&ScannedMigration> = files.iter().collect();
        let order = Graph::new("blog", &refs).order().unwrap();
        assert_eq!(order.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["0002_b", "0001_a"]);
    }

    #[test]
    fn two_leaves_are_both_named() {
        let files = [
            migration("0001_a", &[], &[]),
            migration("0002_b", &["0001_a"], &[]),
            migration("0002_c", &["0001_a"], &[]),
        ];
        assert_eq!(facts_of(&files).leaves, ["0002_b", "0002_c"]);
    }

    #[test]
    fn a_squash_stands_for_what_it_replaces() {
        let files = [
            migration("0001_a", &[], &[]),
            migration("0001_squashed_0002_b", &[], &["0001_a", "0002_b"]),
            migration("0002_b", &["0001_a"], &[]),
            migration("0003_c", &["0002_b"], &[]),
        ];
        let facts = facts_of(&files);
        assert_eq!(facts.leaves, ["0003_c"]);
        assert_eq!(facts.problem, None);
    }

    #[test]
    fn a_circle_is_a_problem_and_not_an_endless_loop() {
        let files = [migration("0001_a", &["0002_b"], &[]), migration("0002_b", &["0001_a"], &[])];
        assert!(facts_of(&files).problem.unwrap().contains("circle"));
    }
}
