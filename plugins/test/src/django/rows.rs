//! How a project's tests make rows: with a factory of theirs, with model_bakery, or with the model itself.

use aksara_python::edit::OpenFile;
use aksara_sdk::protocol::facts::{ModelFacts, ProjectFacts};
use aksara_sdk::{BlobId, Diagnostic, RelPath, SourceFile};

use super::{names, scope};

/// Names that a value may need, the text by which a module shows that it uses them, and where they come from.
const NAMES: [(&str, &str, &str); 5] = [
    ("ContentType", "ContentType.objects", "django.contrib.contenttypes.models"),
    ("uuid4", "uuid4()", "uuid"),
    ("baker", "baker.make(", "model_bakery"),
    ("date", "date(2026", "datetime"),
    ("timedelta", "timedelta(", "datetime"),
];

/// The source of a row, where tests do not use the model itself: `PostFactory(title=title)`. Required fields that are not
/// among the arguments are its own business.
pub fn by_factory(facts: &ProjectFacts, model: &ModelFacts, arguments: &str) -> Option<String> {
    if let Some(factory) = facts.test_data.factory(&model.label) {
        return Some(format!("{}({arguments})", names::of_factory(facts, factory)));
    }
    let comma = if arguments.is_empty() { "" } else { ", " };
    facts.test_data.bakery.then(|| format!("baker.make({}{comma}{arguments})", names::of_model(facts, model)))
}

/// The source of a row that the model itself makes. A node of a tree of django-treebeard that is kept in order is made at
/// the top: it needs more than its fields.
pub fn by_model(facts: &ProjectFacts, model: &ModelFacts, arguments: &str) -> String {
    let is_node = ["MP_Node", "NS_Node"].into_iter().any(|base| scope::extends(model, base));
    let make = if is_node { "add_root" } else { "objects.create" };
    format!("{}.{make}({arguments})", names::of_model(facts, model))
}

/// Whether rows of a model need nothing to be there before.
pub fn has_factory(facts: &ProjectFacts, label: &str) -> bool {
    facts.test_data.bakery || facts.test_data.factory(label).is_some()
}

/// The facts with the fields that a model has from a model that it extends, as if they were its own. They are inherited
/// from that by its label.
pub fn with_inherited_fields(mut facts: ProjectFacts) -> ProjectFacts {
    let own: Vec<(String, ModelFacts)> = facts
        .apps
        .iter()
        .flat_map(|app| app.models.iter().map(move |model| (app, model)))
        .filter(|(_, model)| !model.is_abstract)
        .filter_map(|(app, model)| {
            Some((format!("{}.{}", app.module_of(&model.place.file)?, model.name), model.clone()))
        })
        .collect();
    for model in facts.apps.iter_mut().flat_map(|app| &mut app.models) {
        let mut bases = model.bases.clone();
        // A model may extend one that extends another; a circle is no Python.
        for _ in 0..8 {
            let parents: Vec<&ModelFacts> =
                own.iter().filter(|(name, _)| bases.contains(name)).map(|(_, parent)| parent).collect();
            bases = parents.iter().flat_map(|parent| parent.bases.clone()).collect();
            for parent in parents.into_iter().rev() {
                for field in parent.fields.iter().rev() {
                    if model.field(&field.name).is_none() {
                        let mut field = field.clone();
                        field.inherited_from = Some(parent.label.clone());
                        model.fields.insert(0, field);
                    }
                }
            }
        }
    }
    facts
}

/// The apps that may hold what the models of `facts` extend.
pub fn apps_of_bases(facts: &ProjectFacts) -> Vec<String> {
    let bases = facts.apps.iter().flat_map(|app| &app.models).flat_map(|model| &model.bases);
    let words = bases.flat_map(|base| base.split('.'));
    words.filter(|word| facts.app_labels.iter().any(|label| label == word)).map(str::to_owned).collect()
}

/// Imports what rows are made with, and leaves out the user model where nothing is made with it.
///
/// # Errors
/// A module that is no Python.
pub fn with_imports(facts: &ProjectFacts, path: &RelPath, text: &str) -> Result<String, Diagnostic> {
    let mut text = text.to_owned();
    if !facts.test_data.is_empty() && !uses_class(&text, "User") {
        text = text.replace("from django.contrib.auth import get_user_model\n", "");
        text = text.replace("\nUser = get_user_model()\n", "");
    }
    if !facts.test_data.is_empty() && !uses(&text, "timedelta(") {
        // A factory knows how long things last.
        for line in ["from datetime import timedelta\n\n", "from datetime import timedelta\n"] {
            text = text.replacen(line, "", 1);
        }
    }
    // Where all models have factories, nothing stands between the imports and what follows.
    for (gap, less) in [("\n\n\nUser = ", "\n\nUser = "), ("\n\n\n\n", "\n\n\n")] {
        while !facts.test_data.factories.is_empty() && text.contains(gap) {
            text = text.replace(gap, less);
        }
    }
    let factories = facts.test_data.factories.iter().filter(|f| names::is_wanted(facts, &f.module, &f.name));
    let mut wanted: Vec<(String, String, String)> = factories
        .map(|f| (f.module.clone(), f.name.clone(), names::of_factory(facts, f).to_owned()))
        .filter(|(.., called)| uses(&text, &format!("{called}(")))
        .collect();
    wanted.extend(names_in(&text).map(|(module, name)| (module, name.clone(), name)));
    // `imports` leaves out models that have a factory.
    for model in facts.apps.iter().flat_map(|app| &app.models) {
        let has_factory = facts.test_data.factory(&model.label).is_some();
        let module = scope::module_of(facts, model);
        let called = names::of_model(facts, model);
        // The user model has its name from `get_user_model()`.
        let is_bound = text.contains(&format!("\n{called} = "));
        // Rows of models that extend another one are counted by that.
        let counts = uses(&text, &format!("{called}.objects.count()"));
        let is_wanted = counts || (has_factory && names::is_wanted(facts, &module, &model.name));
        if is_wanted && !is_bound && uses_class(&text, called) {
            wanted.push((module, model.name.clone(), called.to_owned()));
        }
    }
    if wanted.is_empty() {
        return Ok(text);
    }
    let first_party: Vec<&str> = facts.apps.iter().filter_map(|app| app.module.split('.').next()).collect();
    let file = SourceFile { path: path.clone(), blob: BlobId::new(""), text };
    let open = OpenFile::new(path, Some(file), &facts.style)?;
    let mut edits = open.edits.with_first_party(first_party);
    for (module, name, called) in wanted {
        match name == called {
            true => drop(edits.name_from(&module, &name)?),
            false => drop(edits.import_as(&module, Some(&name), &called)?),
        }
    }
    Ok(edits.source().text().to_owned())
}

/// The modules and names of what values use that are no models and factories.
pub fn names_in(text: &str) -> impl Iterator<Item = (String, String)> {
    let names = NAMES.iter().filter(move |(_, sign, _)| uses(text, sign));
    names.map(|(name, _, module)| ((*module).to_owned(), (*name).to_owned()))
}

/// Leaves out the import of the user model where the module has it from `get_user_model()` by the same name.
pub fn with_one_user_model(facts: &ProjectFacts, text: String) -> String {
    const BOUND: &str = "\nUser = get_user_model()\n";
    let model = facts.model(&facts.settings.auth_user_model).filter(|model| model.name == "User");
    let Some(model) = model.filter(|_| text.contains(BOUND)) else { return text };
    let module = format!("from {} import ", scope::module_of(facts, model));
    let others = |line: &str| {
        let Some(names) = line.strip_prefix(&module) else { return Some(line.to_owned()) };
        let others: Vec<&str> = names.split(", ").filter(|name| *name != "User").collect();
        (!others.is_empty()).then(|| format!("{module}{}", others.join(", ")))
    };
    let mut text = text.split('\n').filter_map(others).collect::<Vec<_>>().join("\n");
    let gap = format!("\n\n{BOUND}");
    while text.contains(&gap) {
        text = text.replace(&gap, &gap[1..]);
    }
    text
}

/// Leaves out rows of factories that no test asks for: a factory makes what its own rows need.
pub fn without_unused_rows(facts: &ProjectFacts, text: &str) -> String {
    const SET_UP: [&str; 2] = ["    @classmethod", "    def setUpTestData(cls):"];
    let is_factory = |call: &str| {
        facts
            .test_data
            .factories
            .iter()
            .any(|f| call.starts_with(&format!("{}(", names::of_factory(facts, f))))
    };
    let mut lines: Vec<&str> = text.split('\n').collect();
    loop {
        let is_unused = |line: &str| {
            let made = line.strip_prefix("        cls.").and_then(|rest| rest.split_once(" = "));
            made.is_some_and(|(name, call)| {
                let named = [format!("cls.{name}"), format!("self.{name}")];
                let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                let uses = lines.iter().filter(|other| {
                    named.iter().any(|name| {
                        other.match_indices(name.as_str()).any(|(at, _)| ends(&other[at + name.len()..]))
                    })
                });
                call.ends_with(')') && is_factory(call) && uses.count() == 1
            })
        };
        let Some(at) = lines.iter().position(|line| is_unused(line)) else { return lines.join("\n") };
        lines.remove(at);
        let is_empty = at > 1
            && lines.get(at - 2..at).is_some_and(|before| before == SET_UP)
            && lines.get(at).is_none_or(|next| !next.starts_with("        "));
        if is_empty {
            let after = if lines.get(at).is_some_and(|line| line.is_empty()) { at + 1 } else { at };
            lines.drain(at - 2..after);
        }
    }
}

/// Whether the class is called, named, or asked for something.
fn uses_class(text: &str, class: &str) -> bool {
    text.match_indices(class).any(|(at, _)| {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let after = text.get(at + class.len()..).unwrap_or_default();
        text[..at].ends_with(|c: char| !is_name(c) && c != '.' && c != '"')
            && after.starts_with(['.', '(', ')', ','])
    })
}

/// Whether `sign` is in the text, not as the end of a longer name.
fn uses(text: &str, sign: &str) -> bool {
    text.match_indices(sign)
        .any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::django::scope::tests::{facts_of, project};

    #[test]
    fn the_user_model_has_one_import() {
        let models = "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n\n\nclass User(AbstractUser):\n    pass\n";
        let settings = "INSTALLED_APPS = ['django.contrib.auth', 'shop']\nAUTH_USER_MODEL = 'shop.User'\n";
        let facts = facts_of(project().file("shop/models.py", models).file("site1/settings.py", settings));
        let get = "from django.contrib.auth import get_user_model\n\n";
        let bound = "\nUser = get_user_model()\n";
        for (imports, left) in [
            ("from shop.models import User\n", ""),
            ("from shop.models import Book, User\n", "from shop.models import Book\n"),
            ("from a import b\nfrom shop.models import User\n", "from a import b\n"),
        ] {
            let text = with_one_user_model(&facts, format!("{get}{imports}{bound}"));
            assert_eq!(text, format!("{get}{left}{}", if left.is_empty() { &bound[1..] } else { bound }));
            let unbound = format!("{get}{imports}");
            assert_eq!(with_one_user_model(&facts, unbound.clone()), unbound);
        }
    }

    #[test]
    fn rows_of_factories_that_nothing_uses_are_left_out() {
        let factories = "import factory\nfrom shop.models import Book\n\nclass BookFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Book\n";
        let models = "from django.db import models\n\n\nclass Book(models.Model):\n    pass\n";
        let facts = facts_of(
            project()
                .file("shop/models.py", models)
                .file("shop/tests/__init__.py", "")
                .file("shop/tests/factories.py", factories)
                .file("shop/tests/test_x.py", "from . import factories\n"),
        );
        let body = |set_up: &str, test: &str| {
            let head = if set_up.is_empty() {
                String::new()
            } else {
                format!("    @classmethod\n    def setUpTestData(cls):\n{set_up}\n")
            };
            format!("class A(TestCase):\n{head}    def test_a(self):\n{test}")
        };
        let book = "        cls.book = BookFactory()\n";
        let other = "        cls.book_list = [1]\n";
        let used = body(book, "        self.book.delete()\n");
        assert_eq!(without_unused_rows(&facts, &used), used);
        let unused = body(&format!("{book}{other}"), "        self.book_list.pop()\n");
        assert_eq!(without_unused_rows(&facts, &unused), body(other, "        self.book_list.pop()\n"));
        let nothing = "        pass\n";
        assert_eq!(without_unused_rows(&facts, &body(book, nothing)), body("", nothing));
    }
}
