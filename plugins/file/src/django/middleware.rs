//! `create_middleware`: a middleware and its entry in MIDDLEWARE, in one step.

use aksara_python::edit::{ClassPlace, ItemPlace, ListTarget, OpenFile, StatementPlace};
use aksara_python::example::on_blog;
use aksara_python::habits::{has_word, in_habits};
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{ProjectFacts, Style};
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, SourceFile, StepInput,
    params,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::settings::{sets, settings_files};
use super::{of_tests, open};

/// The setting that lists what is in use.
const SETTING: &str = "MIDDLEWARE";

/// Writes a middleware and lists it in the settings.
pub struct CreateMiddleware;

/// The params of `create_middleware`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    app: Option<String>,
    path: Option<String>,
    name: String,
    body: String,
    #[serde(default)]
    imports: Vec<Import>,
    after: Option<String>,
    before: Option<String>,
    #[serde(default)]
    follow_habits: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Import {
    module: String,
    name: Option<String>,
}

impl Executor for CreateMiddleware {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_middleware".into(),
            summary: "Writes a middleware and lists it in MIDDLEWARE.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "A middleware that notes the time",
                json!({
                    "app": "blog",
                    "name": "Stamp",
                    "body": "class Stamp:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        request.seen_at = timezone.now()\n        return self.get_response(request)\n",
                    "imports": [{ "module": "django.utils", "name": "timezone" }],
                }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let middleware = read(step)?;
        let facts = cx.facts(&middleware.app.as_deref().map_or_else(Vec::new, |app| vec![app]))?;
        let (path, module) = place(&middleware, &facts)?;
        let mut edits = Vec::new();
        edits.extend(write(&middleware, &path, cx.read(&path)?, &facts.style)?);
        let mut notes = Vec::new();
        let listed = list(&middleware, &module, &facts, &mut notes, cx)?;
        if let Some(facts) = of_tests(&facts)
            && sets(&facts, SETTING, cx)?
        {
            let of_tests = list(&middleware, &module, &facts, &mut notes, cx)?;
            // Both may have it from one file.
            let is_same = |edit: &Edit| listed.as_ref().is_some_and(|listed| listed.path() == edit.path());
            edits.extend(of_tests.filter(|edit| !is_same(edit)));
        }
        edits.extend(listed);
        if edits.is_empty() {
            notes.push(Note::info(format!("`{}` is already there and listed", middleware.name)));
        }
        Ok(Outcome { edits, file: Some(path), notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let middleware: Params = params(&step.params)?;
    let bad = |message: &str, help: &str| Err(Diagnostic::new(codes::BAD_PARAMS, message).with_help(help));
    if middleware.app.is_some() == middleware.path.is_some() {
        return bad(
            "a middleware goes either to an app or to a path",
            "give `app` or `path`, one of the two",
        );
    }
    if middleware.after.is_some() && middleware.before.is_some() {
        return bad("a middleware goes `after` or `before` another, not both", "leave one of them out");
    }
    Ok(middleware)
}

/// The file, and the module that Python knows it by.
fn place(middleware: &Params, facts: &ProjectFacts) -> Result<(RelPath, String), Diagnostic> {
    let bad = |e: &dyn std::fmt::Display| Diagnostic::new(codes::BAD_PARAMS, e.to_string());
    if let Some(label) = &middleware.app {
        let app = facts.require_app(label)?;
        let path = RelPath::new(format!("{}/middleware.py", app.dir)).map_err(|e| bad(&e))?;
        return Ok((path, format!("{}.middleware", app.module)));
    }
    let inside = RelPath::new(middleware.path.clone().unwrap_or_default()).map_err(|e| bad(&e))?;
    let module = inside.as_str().strip_suffix(".py").map(|stem| stem.replace('/', "."));
    let module = module
        .ok_or_else(|| bad(&format!("`{inside}` is not a Python file")).with_help("end it in `.py`"))?;
    let path = match facts.root.as_str() {
        "" => inside,
        root => RelPath::new(format!("{root}/{inside}")).map_err(|e| bad(&e))?,
    };
    Ok((path, module))
}

fn write(
    middleware: &Params,
    path: &RelPath,
    there: Option<SourceFile>,
    style: &Style,
) -> Result<Option<Edit>, Diagnostic> {
    let mut file = OpenFile::new(path, there, style)?;
    let edits = &mut file.edits;
    let body = match middleware.follow_habits {
        true => in_habits(&middleware.body, style),
        false => middleware.body.clone(),
    };
    let is_class =
        body.trim_start().starts_with(['c', '@']) && body.lines().any(|line| line.starts_with("class "));
    edits.code();
    let _ = match is_class {
        true => edits.add_class(&body, ClassPlace::End)?,
        false => edits.append_statement(&body, StatementPlace::End)?,
    };
    if edits.meaning_of(&middleware.name).is_none() {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("the body does not define `{}`", middleware.name),
        )
        .with_help("give the class's or function's own name in `name`"));
    }
    // What only annotations use is not imported without them.
    let is_needed = |import: &&Import| {
        let name = import.name.as_ref().unwrap_or(&import.module);
        has_word(&body, name) || !has_word(&middleware.body, name)
    };
    for import in middleware.imports.iter().filter(is_needed) {
        let _ = match &import.name {
            Some(name) => edits.import_from(&import.module, name)?,
            None => edits.import_module(&import.module)?,
        };
    }
    Ok(file.finish())
}

fn list(
    middleware: &Params,
    module: &str,
    facts: &ProjectFacts,
    notes: &mut Vec<Note>,
    cx: &Context<'_>,
) -> Result<Option<Edit>, Diagnostic> {
    let files = settings_files(facts, vec![SETTING], |name| Some((*name).to_owned()), notes, cx)?;
    let Some((file, _)) = files.first() else { return Ok(None) };
    let mut edits = open(cx, file, facts)?;
    if !edits.sets(SETTING) && middleware.after.is_none() && middleware.before.is_none() {
        // The default is a list without items, so that there is nothing to stand beside.
        let _ = edits.append_statement(&format!("{SETTING} = []"), StatementPlace::End)?;
    }
    let quoted = |name: &String| edits.layout().string(name);
    let item = quoted(&format!("{module}.{}", middleware.name));
    let after = middleware.after.as_ref().map(quoted);
    let before = middleware.before.as_ref().map(quoted);
    let place = match (&after, &before) {
        (Some(other), _) => ItemPlace::After(other),
        (None, Some(other)) => ItemPlace::Before(other),
        (None, None) => ItemPlace::End,
    };
    let _ = edits.list_append(ListTarget::Variable(SETTING), &item, place)?;
    Ok(edits.finish())
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["name", "body"],
        "properties": {
            "app": {"type": "string", "description": "The app whose `middleware.py` it goes to. Give this or `path`."},
            "path": {"type": "string", "description": "The Python file it goes to, relative to the project's folder."},
            "name": {"type": "string", "description": "The class or function, as the body defines it."},
            "body": {"type": "string", "minLength": 1, "description": "The source of that class or function, without imports."},
            "imports": {
                "type": "array",
                "description": "What the body needs.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["module"],
                    "properties": {
                        "module": {"type": "string", "description": "The module."},
                        "name": {"type": "string", "description": "The name to import from it; without it the module is imported."}
                    }
                }
            },
            "after": {"type": "string", "description": "The entry of MIDDLEWARE after which it goes; else it goes to the end."},
            "before": {"type": "string", "description": "The entry of MIDDLEWARE before which it goes."},
            "follow_habits": {"type": "boolean", "description": "Whether annotations of functions are left out in a project that has none."}
        }
    })
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;

    const BODY: &str = "class Stamp:\n    def __init__(self, get_response):\n        self.get_response = get_response\n\n    def __call__(self, request):\n        request.seen_at = timezone.now()\n        return self.get_response(request)\n";

    fn project() -> TestProject<'static> {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file(
                "config/settings.py",
                "INSTALLED_APPS = ['blog']\n\nMIDDLEWARE = [\n    'a.A',\n    'b.B',\n]\n",
            )
            .file("blog/__init__.py", "")
            .file(
                "blog/apps.py",
                "from django.apps import AppConfig\n\n\nclass BlogConfig(AppConfig):\n    name = 'blog'\n",
            )
    }

    #[test]
    fn it_is_listed_where_the_setting_is_put_together_set_or_not_set() {
        let head = "INSTALLED_APPS = ['blog']\n";
        let own = "\nMIDDLEWARE = [\n    'a.A',\n] + OTHER + [\n    'b.B',\n]\n";
        let new = "    'blog.middleware.Stamp',\n]\n";
        for (settings, expected) in [
            (own.to_owned(), format!("{}{new}", own.strip_suffix("]\n").unwrap_or_default())),
            (String::new(), "MIDDLEWARE = ['blog.middleware.Stamp']\n".to_owned()),
        ] {
            let mut project = TestProject::new(Some(&Django))
                .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
                .file("config/settings.py", format!("{head}{settings}"))
                .file("blog/__init__.py", "")
                .file("blog/models.py", "");
            let params = json!({"app": "blog", "name": "Stamp", "body": BODY});
            project.apply(&CreateMiddleware, "create_middleware", params).unwrap();
            assert_eq!(project.text("config/settings.py"), Some(format!("{head}{expected}").as_str()));
        }
        // Of several files, the one that sets it.
        let mut project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings.dev')\n")
            .file("config/settings/__init__.py", "")
            .file("config/settings/base.py", "INSTALLED_APPS = ['blog']\n")
            .file("config/settings/dev.py", "from .base import *\n\nMIDDLEWARE = ['a.A']\n")
            .file("blog/__init__.py", "")
            .file("blog/models.py", "");
        let params = json!({"app": "blog", "name": "Stamp", "body": BODY});
        project.apply(&CreateMiddleware, "create_middleware", params).unwrap();
        let text = project.text("config/settings/dev.py").unwrap();
        assert!(text.ends_with("MIDDLEWARE = ['a.A', 'blog.middleware.Stamp']\n"), "{text}");
    }

    #[test]
    fn a_middleware_is_written_and_listed() {
        let mut project = project();
        let outcome = project
            .apply(
                &CreateMiddleware,
                "create_middleware",
                json!({
                    "app": "blog", "name": "Stamp", "body": BODY, "after": "a.A",
                    "imports": [{"module": "django.utils", "name": "timezone"}]
                }),
            )
            .unwrap();
        assert_eq!(outcome.edits.len(), 2);
        assert_eq!(
            project.text("blog/middleware.py").unwrap(),
            format!("from django.utils import timezone\n\n\n{BODY}")
        );
        assert!(
            project
                .text("config/settings.py")
                .unwrap()
                .contains("    'a.A',\n    'blog.middleware.Stamp',\n    'b.B',\n")
        );
    }

    #[test]
    fn steps_that_contradict_themselves_are_refused() {
        let mut project = project();
        for params in [
            json!({"name": "Stamp", "body": BODY}),
            json!({"app": "blog", "path": "x.py", "name": "Stamp", "body": BODY}),
            json!({"app": "blog", "name": "Other", "body": BODY}),
            json!({"path": "x.txt", "name": "Stamp", "body": BODY}),
        ] {
            let error = project.apply(&CreateMiddleware, "create_middleware", params).unwrap_err();
            assert_eq!(error.code, codes::BAD_PARAMS);
        }
        let unknown = json!({"app": "shop", "name": "Stamp", "body": BODY});
        let error = project.apply(&CreateMiddleware, "create_middleware", unknown).unwrap_err();
        assert_eq!(error.code, codes::NOT_FOUND);
        assert_eq!(error.help.as_deref(), Some("its apps are: blog"));
    }
}
