//! `create_module`: a module of an app from a body and the project's facts.

use aksara_python::edit::{Change, Edits, ItemPlace, ListTarget, OpenFile, definitions};
use aksara_python::example::on_blog;
use aksara_python::habits::in_habits;
use aksara_python::{Layout, tidy};
use aksara_sdk::protocol::BlobId;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ProjectFacts, Style, TestData, split_label};
use aksara_sdk::protocol::params::CreateModule as Params;
use aksara_sdk::protocol::wire::SourceFile;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, StepInput, params,
};
use serde_json::{Value, json};

use super::place::{self, Package, Place};
use super::scope::{self, Rendered, Subject};

/// Renders a body at the step's snapshot, and puts what the app's module lacks of it there.
pub struct CreateModule;

impl Executor for CreateModule {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_module".into(),
            summary: "Writes a module of an app from a template's body and the project's facts.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "A function that other code calls",
                json!({
                    "app": "blog",
                    "name": "services",
                    "model": "blog.Post",
                    "doc": "What is done with posts.",
                    "body": "{{ imports(model) }}\n\n\ndef newest(count):\n    return {{ model.name }}.objects.order_by(\"-pk\")[:count]\n",
                }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let subject = Subject {
            name: &wanted.name,
            app: &wanted.app,
            model: wanted.model.as_deref(),
            context: &wanted.context,
        };
        let mut facts = scope::facts_for(subject, cx)?;
        // The factories of the tests mean nothing outside of them.
        facts.test_data = TestData::default();
        let Rendered { text: mut body, facts } = scope::rendered(facts, subject, &wanted.body)?;
        let app = facts.require_app(&wanted.app)?;
        if wanted.follow_habits {
            body = in_habits(&body, &facts.style);
        }
        let names = definitions(&body)?;
        let place = place::place(cx, app, &facts.style, &wanted.name, wanted.part.as_deref(), &body)?;
        let code = place::fitted(body, &place)?;
        let code = place::with_own_imports(&code, &place, app);
        let code = with_messages(code, &place, &facts)?;

        let mut edits: Vec<Edit> = Vec::new();
        for package in &place.missing {
            edits.push(Edit::Create { path: package.clone(), text: String::new(), executable: false });
        }
        edits.extend(module(&place, &code, wanted.doc.as_deref(), &facts)?);
        let mut notes = Vec::new();
        if let Some(package) = &place.package {
            edits.extend(export(package, &names, &facts)?);
            notes.push(Note::info(format!(
                "`{}` is a package: the code is in `{}`, and the package knows its names",
                package.file.path.parent().map_or_else(String::new, String::from),
                place.file
            )));
        }
        if edits.is_empty() {
            notes.insert(0, Note::info(format!("`{}` has all of it already", place.file)));
        }
        Ok(Outcome { edits, file: Some(place.file), notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    wanted.model.as_deref().map(split_label).transpose()?;
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && word != "__init__"
    };
    let named = wanted.name.split('.').all(is_word).then_some(()).ok_or(&wanted.name);
    let part = wanted.part.as_ref().filter(|part| !is_word(part)).map_or(Ok(()), Err);
    if let Err(wrong) = named.and(part) {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}` cannot name a module of an app", wrong.chars().take(80).collect::<String>()),
        )
        .with_help("use lower case letters, digits and `_`, with `.` between packages, such as `services`"));
    }
    Ok(wanted)
}

/// The module's code with the messages of its validation errors translated, where the project translates its texts.
fn with_messages(code: String, place: &Place, facts: &ProjectFacts) -> Result<String, Diagnostic> {
    let mut module = OpenFile::in_project(&place.file, place.there.clone(), facts)?.edits;
    let Some(text) = module.translated(&code) else { return Ok(code) };
    if module.import_translator()? == Change::AlreadyThere {
        return Ok(text);
    }
    let file = SourceFile { path: place.file.clone(), blob: BlobId::new(""), text };
    let mut file = OpenFile::in_project(&place.file, Some(file), facts)?.edits;
    let _ = file.import_translator()?;
    Ok(file.source().text().to_owned())
}

/// The edit of the module itself.
fn module(
    place: &Place,
    code: &str,
    doc: Option<&str>,
    facts: &ProjectFacts,
) -> Result<Option<Edit>, Diagnostic> {
    let Some(there) = place.there.as_ref().filter(|file| !file.text.trim().is_empty()) else {
        let layout = Layout::of_project(&facts.style);
        let code = match doc {
            Some(doc) if !has_docstring(code) => {
                format!("{}\n\n{}", docstring(doc, &layout), code.trim_start())
            }
            _ => code.to_owned(),
        };
        let text = tidy(&code, &facts.style);
        let Some(empty) = &place.there else {
            return Ok(Some(Edit::Create { path: place.file.clone(), text, executable: false }));
        };
        let module = facts.apps.iter().find_map(|app| app.module_of(&place.file));
        let mut edits = Edits::open(empty, &facts.style)?.imported_as(module);
        return match edits.merge(&text)? {
            Change::Made => Ok(edits.finish()),
            Change::AlreadyThere => Ok(None),
        };
    };
    let mut file = OpenFile::in_project(&place.file, Some(there.clone()), facts)?;
    // As the file is written; its indent is given by what puts the code in.
    let layout = file.edits.layout();
    let style = Style { quote: layout.quote, indent: Style::default().indent, ..facts.style.clone() };
    let _ = file.edits.merge(&tidy(code, &style))?;
    Ok(file.finish())
}

fn has_docstring(code: &str) -> bool {
    let begin = code.trim_start();
    ["\"\"\"", "'''", "\"", "'", "r\"\"\""].iter().any(|quotes| begin.starts_with(quotes))
}

/// A docstring: one sentence on a line, or more of them on lines of their own.
fn docstring(doc: &str, layout: &Layout) -> String {
    let doc = doc.trim().replace('\\', "\\\\").replace("\"\"\"", "'''");
    let line = format!("\"\"\"{doc}\"\"\"");
    let ends_in_quote = doc.ends_with('"');
    match doc.contains('\n') || ends_in_quote || line.chars().count() > layout.line_length {
        true => format!("\"\"\"\n{doc}\n\"\"\""),
        false => line,
    }
}

/// Makes the package know the names of a module in it, in the way it knows others.
fn export(package: &Package, names: &[String], facts: &ProjectFacts) -> Result<Option<Edit>, Diagnostic> {
    let module = format!(".{}", package.part);
    let mut edits = Edits::open(&package.file, &facts.style)?;
    let text = edits.source().text();
    let takes_all = text.lines().any(|line| line.starts_with("from .") && line.contains(" import *"));
    if takes_all {
        let _ = edits.import_all(&module)?;
    }
    let public = names.iter().filter(|name| !name.starts_with('_'));
    for name in public {
        if !takes_all {
            let _ = edits.import_from(&module, name)?;
        }
        if edits.meaning_of("__all__").is_some() {
            let item = edits.layout().string(name);
            let _ = edits.list_append(ListTarget::Variable("__all__"), &item, ItemPlace::End)?;
        }
    }
    Ok(edits.finish())
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["app", "name", "body"],
        "properties": {
            "app": {"type": "string", "description": "The app's label."},
            "name": {
                "type": "string",
                "description": "The module inside the app, such as `services` or `api.tokens`. If it is there, what it lacks is put in; another definition of the same name refuses the step."
            },
            "body": {
                "type": "string",
                "minLength": 1,
                "description": "The module as minijinja source, imports and all. It sees what the body of a test does."
            },
            "context": {
                "type": "object",
                "description": "What the template adds; labels of models in it (`app.Model`) make those models' apps known to the body."
            },
            "model": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The model that the code is about, as `app.Model`: the body's `model`, which is `none` otherwise."
            },
            "doc": {"type": "string", "description": "The docstring of the module, if it is new."},
            "part": {
                "type": "string",
                "description": "The module for the code where the app has a package of this name; after its first class or function if absent."
            },
            "follow_habits": {
                "type": "boolean",
                "description": "Whether annotations of functions, and docstrings of classes that are one sentence, are left out in a project that has none."
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use aksara_sdk::testing::TestProject;

    use super::super::scope::tests::project;
    use super::*;

    const MODELS: &str = "from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n";

    const BODY: &str = "from .models import {{ model.name }}\n\nLIMIT = {{ context.limit }}\n\n\ndef find(title):\n    return {{ model.name }}.objects.filter(title=title or \"none\")[:LIMIT]\n\n\nclass Shelf:\n    pass\n";

    fn write(project: &mut TestProject<'_>, more: Value) -> Result<Outcome, Diagnostic> {
        let mut params = json!({
            "app": "shop", "name": "services", "model": "shop.Book", "body": BODY, "context": {"limit": 3}
        });
        if let (Some(params), Value::Object(more)) = (params.as_object_mut(), more) {
            params.extend(more);
        }
        project.apply(&CreateModule, "create_module", params)
    }

    fn shop() -> TestProject<'static> {
        project().file("shop/models.py", MODELS)
    }

    #[test]
    fn a_module_is_written_in_the_projects_style() {
        let mut project = shop();
        write(&mut project, json!({"doc": "Finds books."})).unwrap();
        assert_eq!(
            project.text("shop/services.py").unwrap(),
            "\"\"\"Finds books.\"\"\"\n\nfrom .models import Book\n\nLIMIT = 3\n\n\ndef find(title):\n    return Book.objects.filter(title=title or 'none')[:LIMIT]\n\n\nclass Shelf:\n    pass\n"
        );
        assert!(write(&mut project, json!({"doc": "Finds books."})).unwrap().is_noop());
        let mut project = shop();
        write(&mut project, json!({"name": "api.v1.tools"})).unwrap();
        assert_eq!(project.text("shop/api/__init__.py"), Some(""));
        assert_eq!(project.text("shop/api/v1/__init__.py"), Some(""));
        assert!(project.text("shop/api/v1/tools.py").is_some());
    }

    #[test]
    fn the_apps_own_modules_are_imported_as_its_files_do_it() {
        let body = "from {{ app.module }} import services\nfrom {{ module(\"models\") }} import Book\n\n\ndef find():\n    return services.find(Book)\n";
        let begins = |name: &str, there: &str| {
            let file = format!("shop/{}.py", name.replace('.', "/"));
            let mut project = shop();
            if !there.is_empty() {
                project = project.file(&file, there);
            }
            write(&mut project, json!({"name": name, "body": body})).unwrap();
            project.text(&file).unwrap().split("\n\n\ndef ").next().unwrap().to_owned()
        };
        assert_eq!(begins("tools", ""), "from . import services\nfrom .models import Book");
        assert_eq!(begins("api.tools", ""), "from .. import services\nfrom ..models import Book");
        assert_eq!(
            begins("tools", "from shop.models import Book\n\n\ndef other():\n    return Book\n"),
            "from shop import services\nfrom shop.models import Book"
        );
    }

    #[test]
    fn a_module_that_is_there_gets_what_it_lacks() {
        let text = "import os\n\nfrom .models import Book\n\n\nclass Shelf:\n\tpass\n\n\ndef other():\n\treturn \"x\", Book, os\n";
        let mut project = shop().file("shop/services.py", text);
        write(&mut project, json!({"doc": "Not put in."})).unwrap();
        assert_eq!(
            project.text("shop/services.py").unwrap(),
            format!(
                "{text}\n\nLIMIT = 3\n\n\ndef find(title):\n\treturn Book.objects.filter(title=title or \"none\")[:LIMIT]\n"
            )
        );
        assert!(write(&mut project, json!({})).unwrap().is_noop());
        let error = write(&mut project, json!({"context": {"limit": 4}})).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);
        assert!(error.message.contains("`LIMIT` already means the variable `LIMIT` in `shop/services.py`"));
        let mut empty = shop().file("shop/services.py", "");
        write(&mut empty, json!({})).unwrap();
        assert!(
            empty.text("shop/services.py").unwrap().starts_with("from .models import Book\n\nLIMIT = 3\n")
        );
    }

    #[test]
    fn a_package_in_the_place_of_the_module_gets_a_module() {
        let mut project = shop()
            .file("shop/services/__init__.py", "from .mail import send\n\n__all__ = [\"send\"]\n")
            .file("shop/services/mail.py", "def send():\n    pass\n");
        let outcome = write(&mut project, json!({})).unwrap();
        assert!(project.text("shop/services/find.py").unwrap().starts_with("from ..models import Book\n"));
        assert_eq!(
            project.text("shop/services/__init__.py").unwrap(),
            "from .find import Shelf, find\nfrom .mail import send\n\n__all__ = [\"send\", \"find\", \"Shelf\"]\n"
        );
        assert!(outcome.notes[0].text.contains("`shop/services` is a package"));
        let mut stars = shop()
            .file("shop/services/__init__.py", "from .mail import *\n")
            .file("shop/services/mail.py", "def send():\n    pass\n");
        write(&mut stars, json!({"part": "books"})).unwrap();
        assert_eq!(
            stars.text("shop/services/__init__.py").unwrap(),
            "from .books import *\nfrom .mail import *\n"
        );
        assert!(stars.text("shop/services/books.py").is_some());
        let mut itself = shop().file("shop/services/__init__.py", "def send():\n    pass\n");
        write(&mut itself, json!({})).unwrap();
        assert!(itself.text("shop/services/__init__.py").unwrap().contains("def find"));
    }

    #[test]
    fn what_an_app_keeps_elsewhere_is_found() {
        let views = "from rest_framework import viewsets\n\n\nclass Books(viewsets.ViewSet):\n    pass\n";
        let mut project = shop().file("shop/api/views.py", views).file("shop/api/__init__.py", "");
        let params =
            json!({"name": "views", "body": "# {{ module(\"views\") }} {{ module(\"mail\") }}\nx = 1\n"});
        write(&mut project, params).unwrap();
        assert_eq!(
            project.text("shop/api/views.py").unwrap(),
            format!("{views}\n\n# shop.api.views shop.mail\nx = 1\n")
        );
        assert_eq!(project.text("shop/views.py"), None);
    }

    #[test]
    fn bad_steps_are_refused() {
        let mut project = shop();
        for (params, code) in [
            (json!({"name": "../x"}), codes::BAD_PARAMS),
            (json!({"name": "Services"}), codes::BAD_PARAMS),
            (json!({"name": "a..b"}), codes::BAD_PARAMS),
            (json!({"part": "a/b"}), codes::BAD_PARAMS),
            (json!({"model": "shop"}), codes::BAD_PARAMS),
            (json!({"model": "shop.Nothing"}), codes::NOT_FOUND),
            (json!({"app": "nothing"}), codes::NOT_FOUND),
            (json!({"body": "{{ nothing }}"}), codes::BAD_PARAMS),
            (json!({"body": "def (:\n"}), codes::REFUSED),
        ] {
            assert_eq!(write(&mut project, params.clone()).unwrap_err().code, code, "{params}");
        }
        assert_eq!(project.text("shop/services.py"), None);
    }

    #[test]
    fn a_module_of_the_api_goes_where_the_app_keeps_its_api() {
        let views = "from rest_framework.viewsets import ModelViewSet\n\nfrom ..models import Book\n\n\nclass BookViewSet(ModelViewSet):\n    queryset = Book.objects.all()\n";
        let mut project = shop().file("shop/api/__init__.py", "").file("shop/api/views.py", views);
        let step = |name: &str| json!({ "app": "shop", "name": name, "body": "X = \"{{ module(\"permissions\") }} {{ module(\"services\") }}\"\n" });
        project.apply(&CreateModule, "create_module", step("permissions")).unwrap();
        project.apply(&CreateModule, "create_module", step("services")).unwrap();
        let text = project.text("shop/api/permissions.py").unwrap();
        assert_eq!(text, "X = 'shop.api.permissions shop.services'\n");
        assert!(project.text("shop/services.py").is_some());
    }
}
