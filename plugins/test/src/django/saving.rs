//! What the project's own `save` demands of a row beside what its fields do: texts that may be empty for the database, and
//! without which it raises.

use std::collections::{BTreeMap, BTreeSet};

use aksara_sdk::protocol::facts::{AppFacts, FieldFacts, ModelFacts, ProjectFacts};
use aksara_sdk::{Context, Diagnostic, RelPath};
use serde_json::{Value, json};

use super::sample;

/// The key of [`ProjectFacts::extra`] for what [`learn`] found: an object of labels and names of fields.
const KEY: &str = "texts_that_save_demands";

/// Notes in the facts without which texts the models' own `save` refuses a row.
///
/// # Errors
/// A file that cannot be read.
pub fn learn(facts: &mut ProjectFacts, cx: &Context<'_>) -> Result<(), Diagnostic> {
    let mut found = serde_json::Map::new();
    for model in facts.apps.iter().flat_map(|app| &app.models).filter(|model| !model.is_abstract) {
        if !model.fields.iter().any(may_be_empty) {
            continue;
        }
        let mut methods = BTreeMap::new();
        let mut texts = Vec::new();
        for (file, class) in classes(facts, model) {
            texts.extend(cx.read(&file)?.map(|file| (in_lines(&file.text), class)));
        }
        for (name, method) in texts.iter().flat_map(|(text, class)| methods_of(text, class)) {
            methods.entry(name).or_insert(method);
        }
        let demanded = demanded(&methods);
        let names: Vec<&str> = model
            .fields
            .iter()
            .filter(|field| may_be_empty(field) && demanded.contains(&field.name))
            .map(|field| field.name.as_str())
            .collect();
        if !names.is_empty() {
            found.insert(model.label.clone(), json!(names));
        }
    }
    if !found.is_empty() {
        facts.extra.insert(KEY.to_owned(), Value::Object(found));
    }
    Ok(())
}

/// Whether `save` of the model refuses a row without the field.
pub fn demands(facts: &ProjectFacts, model: &ModelFacts, field: &FieldFacts) -> bool {
    let names = facts.extra.get(KEY).and_then(|found| found.get(&model.label)).and_then(Value::as_array);
    names.is_some_and(|names| names.iter().any(|name| *name == field.name))
}

fn may_be_empty(field: &FieldFacts) -> bool {
    sample::is_text_field(field)
        && !sample::is_required(field, sample::Purpose::Row)
        && field.args.keyword("choices").is_none()
}

/// Where the model's class and those of the project that it extends may be, and their names, nearest first.
fn classes(facts: &ProjectFacts, model: &ModelFacts) -> Vec<(RelPath, String)> {
    let own = (model.place.file.clone(), model.name.clone());
    let bases = model.bases.iter().filter(|base| !base.starts_with("django.")).flat_map(|base| {
        let (module, class) = base.rsplit_once('.').unwrap_or_default();
        files_of(facts, module, class).into_iter().map(|file| (file, class.to_owned()))
    });
    std::iter::once(own).chain(bases).collect()
}

/// Where a class of a module of the project may stand: a package hands on what its modules define.
fn files_of(facts: &ProjectFacts, module: &str, class: &str) -> Vec<RelPath> {
    let within = |app: &&AppFacts| {
        module.strip_prefix(app.module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let app = facts.apps.iter().filter(within).max_by_key(|app| app.module.len());
    let known = app.and_then(|app| app.models.iter().find(|model| model.name == class));
    let of_app = app.and_then(|app| {
        let rest = module.strip_prefix(app.module.as_str())?.strip_prefix('.')?;
        Some(format!("{}/{}", app.dir, rest.replace('.', "/")))
    });
    let of_root = || RelPath::new(&facts.root).map_or_else(|_| String::new(), |root| format!("{root}/"));
    let stem = of_app.unwrap_or_else(|| format!("{}{}", of_root(), module.replace('.', "/")));
    let named = [format!("{stem}.py"), format!("{stem}/__init__.py")];
    let named = named.into_iter().filter_map(|path| RelPath::new(path).ok());
    known.map(|model| model.place.file.clone()).into_iter().chain(named).collect()
}

/// The text with each statement in one line, and without comments.
pub fn in_lines(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '#' => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '\\' if rest.starts_with("\\\n") => {
                rest = &rest[2..];
                continue;
            }
            '"' | '\'' => string_at(rest),
            '\n' if depth > 0 => {
                out.push(' ');
                rest = rest[1..].trim_start_matches([' ', '\t']);
                continue;
            }
            _ => c.len_utf8(),
        };
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        // A text over lines is no statement of its own.
        out.extend(rest[..taken].chars().map(|c| if c == '\n' && taken > 1 { ' ' } else { c }));
        rest = &rest[taken..];
    }
    out
}

/// How long the string is that the text begins with.
fn string_at(text: &str) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let (end, is_long) = if text.starts_with(&triple) { (triple.as_str(), true) } else { (quote, false) };
    let mut at = end.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return at + end.len();
        }
        if c == '\n' && !is_long {
            return at;
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

/// A method as it is written.
pub struct Method<'t> {
    parameters: Vec<&'t str>,
    pub lines: Vec<&'t str>,
}

/// The methods of a class at the top of a module.
pub fn methods_of<'t>(text: &'t str, class: &str) -> Vec<(String, Method<'t>)> {
    let is_class = |line: &&str| {
        let rest = line.strip_prefix("class ").and_then(|rest| rest.strip_prefix(class));
        rest.is_some_and(|rest| rest.starts_with(['(', ':']))
    };
    let lines = text.lines().skip_while(|line| !is_class(line)).skip(1);
    let body = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '\t', '#', ')']));
    let mut methods: Vec<(String, Method<'t>)> = Vec::new();
    let mut width = None;
    for line in body {
        let indent = line.len() - line.trim_start().len();
        let code = line.trim_start();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        let is_member = indent <= *width.get_or_insert(indent);
        match code.strip_prefix("def ").filter(|_| is_member).and_then(|rest| rest.split_once('(')) {
            Some((name, rest)) => {
                let parameters = rest.split(')').next().unwrap_or_default().split(',');
                let names = parameters.filter_map(|it| it.split([':', '=']).next().map(str::trim));
                let parameters = names.filter(|name| !matches!(*name, "self" | "cls" | "")).collect();
                methods.push((name.to_owned(), Method { parameters, lines: Vec::new() }));
            }
            None if is_member => methods.push((String::new(), Method { parameters: vec![], lines: vec![] })),
            None => {
                if let Some((_, method)) = methods.last_mut() {
                    method.lines.push(line);
                }
            }
        }
    }
    methods.retain(|(name, _)| !name.is_empty());
    methods
}

/// The attributes without which `save`, or a method of the class that it calls, raises.
fn demanded(methods: &BTreeMap<String, Method<'_>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from(["save".to_owned()]);
    // A method, and what its parameters are called where it is called.
    let mut open: Vec<(String, BTreeMap<String, String>)> = vec![("save".to_owned(), BTreeMap::new())];
    while let Some((name, given)) = open.pop() {
        let Some(method) = methods.get(&name) else { continue };
        for name in refused_when_empty(&method.lines) {
            let attribute = name.strip_prefix("self.").or_else(|| given.get(name).map(String::as_str));
            found.extend(attribute.map(str::to_owned));
        }
        for (called, arguments) in method.lines.iter().flat_map(|line| calls(line)) {
            // Of Django's own, which calls it.
            let called =
                if called == "full_clean" && !methods.contains_key(called) { "clean" } else { called };
            let Some(target) = methods.get(called).filter(|_| seen.insert(called.to_owned())) else {
                continue;
            };
            let pairs = target.parameters.iter().zip(arguments.split(',').map(str::trim));
            let known = pairs.filter_map(|(parameter, argument)| {
                let argument = argument.rsplit('=').next()?.trim().strip_prefix("self.")?;
                Some(((*parameter).to_owned(), argument.to_owned()))
            });
            open.push((called.to_owned(), known.collect()));
        }
    }
    found
}

/// The methods of its own that a line calls, and their arguments.
fn calls(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = ["self.", "cls."].into_iter().flat_map(move |owner| {
        line.match_indices(owner).filter_map(move |(at, _)| line.get(at + owner.len()..))
    });
    starts.filter_map(|rest| {
        let (name, rest) = rest.split_once('(')?;
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        is_name.then(|| (name, rest.split(')').next().unwrap_or_default()))
    })
}

/// What `if not name:` asks for in front of a `raise`.
fn refused_when_empty<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim();
        let Some(condition) = code.strip_prefix("if ").or_else(|| code.strip_prefix("elif ")) else {
            continue;
        };
        let Some((condition, then)) = condition.rsplit_once(':') else { continue };
        let inner = lines[at + 1..].iter().take_while(|inner| indent(inner) > indent(line));
        let first =
            Some(then.trim()).filter(|then| !then.is_empty()).or_else(|| inner.map(|l| l.trim()).next());
        if !first.is_some_and(|first| first.starts_with("raise")) {
            continue;
        }
        for part in condition.split(" and ").flat_map(|part| part.split(" or ")) {
            let part = part.trim_start_matches(['(', ' ']).trim_end_matches([')', ' ']);
            let empty = [" is None", " == ''", " == \"\""].into_iter().find_map(|end| part.strip_suffix(end));
            found.extend(part.strip_prefix("not ").or(empty).map(|name| name.trim_matches(['(', ')', ' '])));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use aksara_sdk::Edit;

    use super::*;
    use crate::django::create::CreateTest;
    use crate::django::scope::tests::project;

    fn demanded_by(body: &str) -> Vec<String> {
        let text = format!(
            "import x\n\n\nclass Page(models.Model):\n    path = models.CharField(blank=True)\n\n{body}\n\nclass Other:\n    def save(self):\n        if not self.other:\n            raise ValueError\n"
        );
        let text = in_lines(&text);
        let methods: BTreeMap<String, Method<'_>> = methods_of(&text, "Page").into_iter().collect();
        demanded(&methods).into_iter().collect()
    }

    #[test]
    fn what_save_raises_without_is_demanded() {
        let raises = "        if not self.path:\n            raise ValueError('path')\n";
        assert_eq!(demanded_by(&format!("    def save(self, *args):\n{raises}")), ["path"]);
        assert_eq!(
            demanded_by(&format!("    def clean(self):\n{raises}")),
            Vec::<String>::new(),
            "nobody calls it"
        );
        let cleaned =
            format!("    def save(self):\n        self.full_clean()\n\n    def clean(self):\n{raises}");
        assert_eq!(demanded_by(&cleaned), ["path"]);
        let built = "    def save(self):\n        self.uri = self.build(self.prefix, self.path)\n\n    @classmethod\n    def build(cls, start, end):\n        if end is None or not start:\n            raise RuntimeError\n        return start + end\n";
        assert_eq!(demanded_by(built), ["path", "prefix"]);
        let filled = "    def save(self):\n        if not self.path:\n            self.path = 'x'\n        if self.path == 'y':\n            raise ValueError\n";
        assert_eq!(demanded_by(filled), Vec::<String>::new());
    }
    #[test]
    fn comments_and_lines_do_not_hide_what_is_demanded() {
        for condition in [
            "if not self.path:  # why: it is the key",
            "if (\n            not self.path  # (\n            or self.other == ')'\n        ):",
            "if not self.path \\\n                or not self.other:",
        ] {
            let body = format!(
                "    def save(self):\n        \"\"\"It's kept:\n        (always\n        \"\"\"\n        {condition}\n            raise ValueError('path')\n"
            );
            assert!(demanded_by(&body).contains(&"path".to_owned()), "{condition}");
        }
        assert_eq!(in_lines("a = 'x # y'  # z\n"), "a = 'x # y'  \n");
    }

    #[test]
    fn the_save_of_a_base_in_a_package_asks_what_the_own_class_says() {
        const HEAD: &str = "from django.db import models\n\n\n";
        let base = "class Checked(models.Model):\n    class Meta:\n        abstract = True\n\n    def save(self, *args, **kwargs):\n        self.full_clean()\n        super().save(*args, **kwargs)\n";
        let page = "from shop.base import Checked\n\n\nclass Page(Checked):\n    path = models.CharField(max_length=9, blank=True)\n\n    def clean(self):\n        if not self.path:\n            raise ValueError\n";
        let project = project()
            .file("shop/base/__init__.py", format!("{HEAD}{base}"))
            .file("shop/models.py", format!("from django.db import models\n{page}"));
        let body = "from shop.models import Page\n\n\ndef test_it(self):\n    Page.objects.create({{ sample(model) | kwargs }})\n";
        let params = json!({"model": "shop.Page", "name": "page", "body": body});
        let outcome = project.execute(&CreateTest, "create_test", params).unwrap();
        let Some(Edit::Create { text, .. }) = outcome.edits.first() else { panic!("no tests") };
        assert!(text.contains("Page.objects.create(path='P')"), "{text}");
    }
}
