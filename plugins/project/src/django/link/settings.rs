//! The settings that matter to generated code, `from .base import *` and `include("base.py")` followed.

use std::collections::BTreeSet;
use std::ops::Range;

use aksara_python::read::{Assign, Call};
use aksara_sdk::RelPath;
use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::facts::{Expr, Parts, SettingsFacts};
use serde_json::Value;

use super::modules::{Definition, LinkedModule, Modules};

/// Settings that have a field of their own, or that are too long or too secret to hand around.
const LEFT_OUT: [&str; 7] = [
    "INSTALLED_APPS",
    "REST_FRAMEWORK",
    "DEFAULT_AUTO_FIELD",
    "AUTH_USER_MODEL",
    "ROOT_URLCONF",
    "DATABASES",
    "CACHES",
];

/// Words of settings whose values are nobody's business.
const SECRETS: [&str; 6] = ["SECRET", "PASSWORD", "TOKEN", "KEY", "DSN", "CREDENTIAL"];
/// What passwords must be like is none.
const PASSWORD_RULES: &str = "AUTH_PASSWORD_VALIDATORS";

/// The settings of a project, and whether its INSTALLED_APPS was found at all.
pub(super) struct Settings {
    pub(super) facts: SettingsFacts,
    pub(super) apps_known: bool,
}

/// Reads the settings of the module `named` by `manage.py`; without one, of the only module that installs apps.
pub(super) fn read(named: Option<&str>, modules: &Modules) -> Settings {
    let start = named.and_then(|name| modules.get(name)).or_else(|| only_settings(modules));
    let mut facts = SettingsFacts {
        module: named.map(str::to_owned).or_else(|| Some(start?.module.name.clone())),
        auth_user_model: "auth.User".to_owned(),
        ..SettingsFacts::default()
    };
    let Some(start) = start else {
        facts.apps_unknown = Some(match named {
            Some(module) => format!("the settings module `{module}` that manage.py names was not found"),
            None => "manage.py names no settings module, and there is not just one module that sets INSTALLED_APPS"
                .to_owned(),
        });
        return Settings { facts, apps_known: false };
    };
    let reader = Reader { modules, chain: chain(start, modules) };

    let apps = reader.installed_apps();
    let file = apps.as_ref().map_or(&start.path, |(file, _)| file);
    facts.file = Some(file.clone());
    // Each where the last of it counts.
    let ends = reader.chain.iter().filter(|part| part.lines.end == u32::MAX);
    let files: Vec<RelPath> = ends.map(|part| part.linked.path.clone()).collect();
    if files.len() > 1 {
        facts.files = files;
    }
    let is_set = apps.is_some();
    facts.installed_apps = apps.map(|(_, names)| names).unwrap_or_default();
    facts.apps_computed = reader.computed_apps();
    let nothing_read = facts.installed_apps.is_empty() && facts.apps_computed.is_some();
    let apps_known = is_set && !nothing_read;
    if let Some(place) = facts.apps_computed.as_ref().filter(|_| nothing_read) {
        facts.apps_unknown = Some(format!("INSTALLED_APPS is computed at {place}, so it could not be read"));
    } else if !is_set {
        facts.apps_unknown = Some(format!(
            "INSTALLED_APPS is set neither in `{}` nor in what that takes over by `import *` or `include`",
            start.path
        ));
    }
    if let Some(value) = reader.string("DEFAULT_AUTO_FIELD") {
        facts.default_auto_field = value;
    }
    if let Some(value) = reader.string("AUTH_USER_MODEL") {
        facts.auth_user_model = value;
    }
    facts.root_urlconf = reader.string("ROOT_URLCONF");
    facts.root_urls_file =
        facts.root_urlconf.as_deref().and_then(|name| modules.get(name)).map(|m| m.path.clone());
    if let Some(expr) = reader.last("REST_FRAMEWORK") {
        (facts.rest_framework, facts.rest_framework_computed) = reader.entries(expr);
    }
    facts.database_engines = reader.database_engines();
    facts.literals = reader.literals();
    Settings { facts, apps_known }
}

fn only_settings(modules: &Modules) -> Option<&LinkedModule> {
    let mut found =
        modules.iter().filter(|m| m.module.assigns.iter().any(|a| a.name == "INSTALLED_APPS" && !a.adds));
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The lines of a module between two that include others: what stands above such a line counts before what is included,
/// what stands below after it.
struct Part<'p> {
    linked: &'p LinkedModule,
    lines: Range<u32>,
}

impl<'p> Part<'p> {
    fn assigns(&self) -> impl DoubleEndedIterator<Item = &'p Assign> + use<'p> {
        let lines = self.lines.clone();
        self.linked.module.assigns.iter().filter(move |assign| lines.contains(&assign.line))
    }

    fn calls(&self) -> impl Iterator<Item = &'p Call> + use<'p> {
        let lines = self.lines.clone();
        self.linked.module.calls.iter().filter(move |call| lines.contains(&call.line))
    }
}

/// The settings module and those that it takes over by `*` or `include`, in the order in which they count: base first.
fn chain<'p>(start: &'p LinkedModule, modules: &'p Modules) -> Vec<Part<'p>> {
    fn visit<'p>(
        linked: &'p LinkedModule,
        modules: &'p Modules,
        seen: &mut BTreeSet<&'p RelPath>,
        chain: &mut Vec<Part<'p>>,
    ) {
        if !seen.insert(&linked.path) {
            return;
        }
        let is_included = |star: &String| linked.includes.iter().any(|(name, _)| name == star);
        let stars = linked.module.stars.iter().filter(|star| !is_included(star));
        for next in stars.filter_map(|star| modules.get(star)) {
            visit(next, modules, seen, chain);
        }
        let mut from = 0;
        for (name, line) in &linked.includes {
            let Some(next) = modules.get(name) else { continue };
            if from < *line {
                chain.push(Part { linked, lines: from..*line });
                from = *line;
            }
            visit(next, modules, seen, chain);
        }
        chain.push(Part { linked, lines: from..u32::MAX });
    }
    let mut chain = Vec::new();
    visit(start, modules, &mut BTreeSet::new(), &mut chain);
    chain
}

struct Reader<'p> {
    modules: &'p Modules,
    chain: Vec<Part<'p>>,
}

impl<'p> Reader<'p> {
    /// The last plain assignment. One inside `if` or `try` counts only where there is no other: which branch
    /// runs is not known.
    fn last(&self, name: &str) -> Option<&'p Expr> {
        let assigns = || {
            self.chain
                .iter()
                .rev()
                .flat_map(|part| part.assigns().rev())
                .filter(|a| a.name == name && !a.adds)
        };
        assigns().find(|a| !a.conditional).or_else(|| assigns().next()).map(|a| &a.value)
    }

    fn string(&self, name: &str) -> Option<String> {
        match self.modules.value(self.last(name)?)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The apps, and the file of the assignment that new ones belong to. What is added under a condition
    /// counts: an app that is sometimes installed is one.
    fn installed_apps(&self) -> Option<(RelPath, Vec<String>)> {
        let mut found: Option<(RelPath, Vec<String>)> = None;
        for part in &self.chain {
            for assign in part.assigns().filter(|a| a.name == "INSTALLED_APPS") {
                let mut names = Vec::new();
                self.strings(&assign.value, &mut names, 8);
                match &mut found {
                    Some((_, known)) if assign.adds || refers_to_itself(&assign.value) => {
                        known.extend(names);
                    }
                    _ => {
                        let written_here = parts_of(&assign.value).is_some();
                        let file = match (&found, written_here) {
                            (Some((file, _)), false) => file.clone(),
                            _ => part.linked.path.clone(),
                        };
                        found = Some((file, names));
                    }
                }
            }
            for call in part.calls() {
                let Some(method) = call.function.rsplit_once("INSTALLED_APPS.").map(|(_, method)| method)
                else {
                    continue;
                };
                if matches!(method, "append" | "extend" | "insert")
                    && let (Some((_, known)), Some(value)) = (&mut found, call.args.positional.last())
                {
                    self.strings(value, known, 8);
                }
            }
        }
        if let Some((_, names)) = &mut found {
            let mut seen = BTreeSet::new();
            names.retain(|name| seen.insert(name.clone()));
        }
        found
    }

    /// The file and line of the first assignment of INSTALLED_APPS with something that [`Reader::strings`] passes over.
    fn computed_apps(&self) -> Option<String> {
        let assigns =
            self.chain.iter().flat_map(|part| part.assigns().map(move |assign| (part.linked, assign)));
        let mut apps = assigns.filter(|(_, assign)| assign.name == "INSTALLED_APPS");
        let (module, assign) = apps.find(|(_, assign)| self.is_computed(&assign.value, 8))?;
        Some(format!("{}:{}", module.path, assign.line))
    }

    /// Whether an expression is, or holds, what is no text and does not stand for any.
    fn is_computed(&self, expr: &Expr, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        match (&expr.literal, parts_of(expr)) {
            (_, Some(parts)) => parts.iter().any(|part| self.is_computed(part, depth)),
            (Some(_), None) => false,
            (None, None) => match expr.path.as_deref().and_then(|path| self.modules.resolve(path)) {
                Some(Definition::Variable(module, assign)) => {
                    let mut parts = module.module.assigns.iter().filter(|a| a.name == assign.name);
                    assign.name != "INSTALLED_APPS" && parts.any(|part| self.is_computed(&part.value, depth))
                }
                _ => !refers_to_itself(expr),
            },
        }
    }

    /// The literal strings of a list, of lists that are added up, and of lists that names stand for. What is
    /// not literal is passed over.
    fn strings(&self, expr: &Expr, found: &mut Vec<String>, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match (&expr.literal, parts_of(expr)) {
            (Some(Value::String(text)), _) => found.push(text.clone()),
            (_, Some(parts)) => parts.iter().for_each(|part| self.strings(part, found, depth)),
            _ => {
                if let Some(Definition::Variable(module, assign)) =
                    expr.path.as_deref().and_then(|path| self.modules.resolve(path))
                    && assign.name != "INSTALLED_APPS"
                {
                    for part in module.module.assigns.iter().filter(|a| a.name == assign.name) {
                        self.strings(&part.value, found, depth);
                    }
                }
            }
        }
    }

    /// The entries of a dict that can be told, and the keys of those that cannot: `*` for keys that are computed too.
    fn entries(&self, expr: &Expr) -> (JsonMap, Vec<String>) {
        let all = || "*".to_owned();
        let Some(Parts::Dict(entries)) = expr.parts.as_deref() else {
            return match self.modules.value(expr) {
                Some(Value::Object(map)) => (map, Vec::new()),
                _ => (JsonMap::new(), vec![all()]),
            };
        };
        let mut map = JsonMap::new();
        let mut computed = Vec::new();
        for (key, value) in entries {
            match (self.modules.value(key), self.modules.value(value)) {
                (Some(Value::String(key)), Some(value)) => {
                    map.insert(key, value);
                }
                (Some(Value::String(key)), None) => computed.push(key),
                _ => computed.push(all()),
            }
        }
        (map, computed)
    }

    /// The engines of the databases. Nothing else of them is anybody's business.
    fn database_engines(&self) -> Vec<String> {
        let entries = |expr: &'p Expr| match expr.parts.as_deref() {
            Some(Parts::Dict(entries)) => entries.as_slice(),
            _ => &[],
        };
        let databases = self.last("DATABASES").map(entries).unwrap_or_default();
        let mut engines: Vec<String> = Vec::new();
        for (key, value) in databases.iter().flat_map(|(_, database)| entries(database)) {
            if self.modules.value(key) == Some(Value::from("ENGINE"))
                && let Some(Value::String(engine)) = self.modules.value(value)
                && !engines.contains(&engine)
            {
                engines.push(engine);
            }
        }
        engines
    }

    fn literals(&self) -> JsonMap {
        let mut map = JsonMap::new();
        for assign in self.chain.iter().flat_map(Part::assigns) {
            let name = assign.name.as_str();
            let is_setting = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            let is_secret = name != PASSWORD_RULES && SECRETS.iter().any(|word| name.contains(word));
            if !is_setting || LEFT_OUT.contains(&name) || is_secret {
                continue;
            }
            match self.last(name).filter(|_| !assign.adds).and_then(|expr| self.modules.value(expr)) {
                Some(value) => {
                    map.insert(name.to_owned(), value);
                }
                // Put together in steps: no value is better than the first of them.
                None => {
                    map.shift_remove(name);
                }
            }
        }
        map
    }
}

/// The items of a list or of a copy of one, and what an operation is on.
fn parts_of(expr: &Expr) -> Option<&[Expr]> {
    match expr.parts.as_deref()? {
        Parts::List(items) | Parts::Tuple(items) | Parts::Set(items) => Some(items),
        Parts::Operation { operator, operands } => (operator != "each").then_some(operands),
        Parts::Call { function, args } if !args.star => {
            let name = function.strip_prefix("builtins.").unwrap_or(function);
            let is_copy = matches!(name, "list" | "tuple" | "sorted" | "set" | "dict.fromkeys");
            is_copy.then_some(args.positional.as_slice())
        }
        _ => None,
    }
}

/// `INSTALLED_APPS = INSTALLED_APPS + […]`, or `base.INSTALLED_APPS + […]`.
fn refers_to_itself(expr: &Expr) -> bool {
    match parts_of(expr) {
        Some(parts) => parts.iter().any(refers_to_itself),
        None => expr.source == "INSTALLED_APPS" || expr.source.ends_with(".INSTALLED_APPS"),
    }
}
