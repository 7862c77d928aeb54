//! The test cases of a module, and the classes that they share.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};

use super::NoRule;
use super::text::{each_expr, own_attribute};
use crate::Source;

/// What a test case has of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Database {
    /// It may not be asked.
    None,
    /// What a test does is taken back.
    RolledBack,
    /// A test may end transactions.
    Emptied,
}

/// What a class is by a base that the module imports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) database: Database,
    /// Whether its client is that of REST framework; `None` if it has none.
    pub(super) api: Option<bool>,
}

/// A class that is a test case, or part of one.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    /// Its name among pytest's classes.
    pub(super) new_name: String,
    /// What it is by its own bases.
    pub(super) kind: Option<Kind>,
    /// The classes of the module that it extends.
    pub(super) parents: Vec<String>,
    /// Whether another one extends it.
    pub(super) is_extended: bool,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Cases {
    all: BTreeMap<String, Case>,
    /// The name that each base is imported by.
    pub(super) bases: BTreeSet<String>,
}

const DJANGO: &str = "django.test";
const DRF: &str = "rest_framework.test";

/// The base classes that are known: module, name, and what they are.
const KINDS: [(&str, &str, Kind); 7] = [
    ("unittest", "TestCase", Kind { database: Database::None, api: None }),
    (DJANGO, "SimpleTestCase", Kind { database: Database::None, api: Some(false) }),
    (DJANGO, "TestCase", Kind { database: Database::RolledBack, api: Some(false) }),
    (DJANGO, "TransactionTestCase", Kind { database: Database::Emptied, api: Some(false) }),
    (DRF, "APISimpleTestCase", Kind { database: Database::None, api: Some(true) }),
    (DRF, "APITestCase", Kind { database: Database::RolledBack, api: Some(true) }),
    (DRF, "APITransactionTestCase", Kind { database: Database::Emptied, api: Some(true) }),
];

/// What a test case takes from a class beside what the rules know: a class that says one of them stays a test case.
const SPECIAL: [&str; 18] = [
    "__init__",
    "asyncSetUp",
    "asyncTearDown",
    "available_apps",
    "client_class",
    "databases",
    "fixtures",
    "host",
    "longMessage",
    "maxDiff",
    "port",
    "reset_sequences",
    "run",
    "serialized_rollback",
    "setUpClass",
    "setup",
    "setup_data",
    "tearDownClass",
];

/// Methods with a meaning that the rules know.
pub(super) const DATA: &str = "setUpTestData";
pub(super) const SET_UP: &str = "setUp";
pub(super) const TEAR_DOWN: &str = "tearDown";

/// The classes at the top of a module.
pub(super) fn classes(source: &Source) -> impl Iterator<Item = &StmtClassDef> {
    source.module().body.iter().filter_map(Stmt::as_class_def_stmt)
}

/// The methods of a class.
pub(super) fn methods(class: &StmtClassDef) -> impl Iterator<Item = &StmtFunctionDef> {
    class.body.iter().filter_map(Stmt::as_function_def_stmt)
}

/// Whether pytest takes a method for a test.
pub(super) fn is_test(function: &StmtFunctionDef) -> bool {
    function.name.as_str().starts_with("test")
}

impl Cases {
    /// Those of a module, without the classes of `kept` and all that share a class with one of them.
    pub(super) fn of(source: &Source, kept: &BTreeSet<String>) -> Self {
        let known = bases_of(source);
        let of_module: BTreeSet<&str> = classes(source).map(|class| class.name.as_str()).collect();
        let mut all: BTreeMap<String, Case> = BTreeMap::new();
        for class in classes(source) {
            let bases = class.arguments.as_deref().map(|arguments| &*arguments.args).unwrap_or_default();
            let names: Vec<&str> =
                bases.iter().filter_map(Expr::as_name_expr).map(|n| n.id.as_str()).collect();
            let case = Case {
                name: class.name.to_string(),
                new_name: class.name.to_string(),
                kind: names.iter().find_map(|name| known.get(*name)).copied(),
                parents: names.iter().filter(|n| of_module.contains(*n)).map(|n| (*n).to_owned()).collect(),
                is_extended: false,
            };
            all.insert(case.name.clone(), case);
        }
        let mut cases = Self { all, bases: known.into_keys().collect() };
        let tests: BTreeSet<String> =
            cases.all.keys().filter(|name| cases.kind(name).is_some()).cloned().collect();
        let mut wanted = BTreeSet::new();
        for group in cases.groups() {
            // What a test case shares with another class that is none must stay what it is.
            let is_extended = |name: &String| tests.iter().any(|test| cases.line(test).contains(name));
            if group.is_disjoint(kept) && group.iter().all(is_extended) {
                wanted.extend(group);
            }
        }
        cases.all.retain(|name, _| wanted.contains(name));
        for name in &wanted {
            let is_test = cases.kind(name).is_some();
            let is_extended = cases.all.values().any(|case| case.parents.contains(name));
            if let Some(case) = cases.all.get_mut(name) {
                case.is_extended = is_extended;
                if is_test {
                    case.new_name = pytest_name(name);
                }
            }
        }
        cases
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Case> {
        self.all.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Case> {
        self.all.values()
    }

    /// The classes of a module that are among them, each with what is known of it.
    pub(super) fn in_source<'s>(
        &'s self,
        source: &'s Source,
    ) -> impl Iterator<Item = (&'s StmtClassDef, &'s Case)> {
        classes(source).filter_map(|class| Some((class, self.get(class.name.as_str())?)))
    }

    /// A class and all of the module that it extends, the class first.
    pub(super) fn line(&self, name: &str) -> Vec<String> {
        let mut line = vec![name.to_owned()];
        let mut at = 0;
        while let Some(next) = line.get(at).cloned() {
            for parent in self.all.get(&next).into_iter().flat_map(|case| &case.parents) {
                if !line.contains(parent) {
                    line.push(parent.clone());
                }
            }
            at += 1;
        }
        line
    }

    /// What a class is by itself or what it extends.
    pub(super) fn kind(&self, name: &str) -> Option<Kind> {
        self.line(name).iter().find_map(|name| self.all.get(name)?.kind)
    }

    /// What the test cases are that a class is part of.
    pub(super) fn kinds_of(&self, name: &str) -> Vec<Kind> {
        let tests = self.all.keys().filter(|test| self.line(test).iter().any(|part| part == name));
        tests.filter_map(|test| self.kind(test)).collect()
    }

    /// Classes that are connected by what they extend.
    fn groups(&self) -> Vec<BTreeSet<String>> {
        let mut groups: Vec<BTreeSet<String>> = Vec::new();
        for name in self.all.keys() {
            let mut group: BTreeSet<String> = self.line(name).into_iter().collect();
            let (joined, others) = groups.into_iter().partition::<Vec<_>, _>(|g| !g.is_disjoint(&group));
            groups = others;
            group.extend(joined.into_iter().flatten());
            groups.push(group);
        }
        groups
    }

    /// That the classes can be written otherwise at all, as far as what they are made of tells.
    pub(super) fn check(&self, source: &Source) -> Result<(), NoRule> {
        let mut asked = None;
        each_expr(&source.module().body, &mut |expr| {
            let of = expr.as_attribute_expr().and_then(|attribute| attribute.value.as_name_expr());
            asked = of.and_then(|name| self.get(name.id.as_str())).or(asked);
        });
        // A method of a class may be one of its instances afterwards.
        if let Some(case) = asked {
            return Err(NoRule::of(&case.name));
        }
        let mut taken: BTreeSet<&str> = classes(source).map(|class| class.name.as_str()).collect();
        for (class, case) in self.in_source(source) {
            let no_rule = || NoRule::of(&case.name);
            if case.new_name != case.name && !taken.insert(&case.new_name) {
                return Err(no_rule());
            }
            let arguments = class.arguments.as_deref();
            let bases = arguments.map(|arguments| &*arguments.args).unwrap_or_default();
            let is_known = |base: &Expr| {
                let name = base.as_name_expr().map(|name| name.id.as_str());
                name.is_some_and(|name| self.bases.contains(name) || case.parents.iter().any(|p| p == name))
            };
            let has_more = arguments.is_some_and(|arguments| !arguments.keywords.is_empty());
            // pytest would run the tests of such a part by themselves.
            let is_collected = case.new_name == case.name
                && self.kind(&case.name).is_none()
                && case.name.starts_with("Test");
            if has_more || class.type_params.is_some() || is_collected || !bases.iter().all(is_known) {
                return Err(no_rule());
            }
            let says = own_names(class);
            if SPECIAL.iter().any(|name| says.contains(*name)) || methods(class).any(|m| m.is_async) {
                return Err(no_rule());
            }
            let databases: BTreeSet<bool> =
                self.kinds_of(&case.name).iter().map(|kind| kind.database == Database::None).collect();
            if databases.len() > 1 {
                return Err(no_rule());
            }
        }
        Ok(())
    }

    /// That nothing in the classes still asks for what a test case has, and a plain class has not.
    pub(super) fn verify(&self, source: &Source) -> Result<(), NoRule> {
        let by_new_name = |name: &str| self.all.values().find(|case| case.new_name == name);
        let written: BTreeMap<&str, &StmtClassDef> = classes(source)
            .filter_map(|class| Some((by_new_name(class.name.as_str())?.name.as_str(), class)))
            .collect();
        for (name, class) in &written {
            // What any class that is connected to it defines may be there.
            let group = self.groups().into_iter().find(|group| group.contains(*name)).unwrap_or_default();
            let defined: BTreeSet<&str> = group
                .iter()
                .filter_map(|name| written.get(name.as_str()))
                .flat_map(|c| own_names(c))
                .collect();
            let mut leftover = false;
            let mut known = 0_usize;
            let mut all = 0_usize;
            each_expr(&class.body, &mut |expr| match expr {
                Expr::Attribute(_) if own_attribute(expr).is_some_and(|name| defined.contains(name)) => {
                    known += 1
                }
                Expr::Name(name) => match name.id.as_str() {
                    "self" => all += 1,
                    "super" => leftover = true,
                    _ => {}
                },
                _ => {}
            });
            // Each `self` stands before an attribute that is there.
            if leftover || known != all {
                return Err(NoRule::of(name));
            }
        }
        Ok(())
    }
}

/// What a class defines: methods, attributes, and what its methods set.
pub(super) fn own_names(class: &StmtClassDef) -> BTreeSet<&str> {
    let mut names: BTreeSet<&str> = methods(class).map(|method| method.name.as_str()).collect();
    for statement in &class.body {
        match statement {
            Stmt::Assign(assign) => {
                names.extend(assign.targets.iter().filter_map(Expr::as_name_expr).map(|n| n.id.as_str()));
            }
            Stmt::AnnAssign(assign) => names.extend(assign.target.as_name_expr().map(|n| n.id.as_str())),
            _ => {}
        }
    }
    each_expr(&class.body, &mut |expr| {
        let is_set = expr.as_attribute_expr().is_some_and(|attribute| attribute.ctx.is_store());
        names.extend(own_attribute(expr).filter(|_| is_set));
    });
    names
}

/// The bases that a module imports, by the names that they have there.
fn bases_of(source: &Source) -> BTreeMap<String, Kind> {
    let imports = source.module().body.iter().filter_map(Stmt::as_import_from_stmt);
    let names = imports.flat_map(|import| {
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        import.names.iter().map(move |alias| (module, alias))
    });
    let kind = |module: &str, name: &str| {
        KINDS.iter().find(|(from, known, _)| *from == module && *known == name).map(|(_, _, kind)| *kind)
    };
    let named = names.filter_map(|(module, alias)| {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        Some((name.to_string(), kind(module, alias.name.as_str())?))
    });
    named.collect()
}

/// What a class of tests is called among pytest's: `TestComment` for `CommentTests`. Those are called what they are.
#[must_use]
pub fn pytest_name(name: &str) -> String {
    let stem = ["Tests", "TestCase", "Test"].iter().find_map(|end| name.strip_suffix(end));
    let stem = stem.filter(|stem| !stem.is_empty()).unwrap_or(name);
    if stem.starts_with("Test") { stem.to_owned() } else { format!("Test{stem}") }
}
