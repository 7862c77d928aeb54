//! `modify_file`: typed operations on one file, together one edit.

use aksara_python::edit::ItemPlace;
use aksara_python::example::on_blog;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::Style;
use aksara_sdk::protocol::params::{FileOperation, FileRole, ModifyFile as Params};
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Example, Executor, ExecutorInfo, Note, Outcome, RelPath, Splice,
    StepInput, params,
};
use serde_json::{Map, Value, json};

use crate::operation::{Subject, patch, python, requirement, text, toml};
use crate::role::{self, Found, Project};
use crate::{django, splices};

/// Carries out operations on one file, in order, each on what the ones before it made.
pub struct ModifyFile;

impl Executor for ModifyFile {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "*".to_owned(),
            step_type: "modify_file".into(),
            summary: "Changes or makes one file by typed operations.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![
                Example {
                    title: "A requirement".to_owned(),
                    params: object(json!({
                        "path": "requirements.txt",
                        "operations": [{"op": "requirement_add", "requirement": "django-filter>=25"}]
                    })),
                    files: object(json!({"requirements.txt": "django\n"})),
                    ..Example::default()
                },
                on_blog(
                    "An app and an entry of a setting, wherever the settings are",
                    json!({
                        "file": "settings",
                        "operations": [
                            {"op": "installed_app_add", "app": "rest_framework.authtoken"},
                            {"op": "dict_add", "name": "REST_FRAMEWORK", "keys": ["PAGE_SIZE"], "value": "50"}
                        ]
                    }),
                ),
            ],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let mut project = Project::new();
        let mut notes = Vec::new();
        let mut of_tests = Vec::new();
        let mut parts = match wanted.target {
            Target::Path(path) => vec![(path, wanted.operations)],
            Target::Role(FileRole::Settings) => {
                let set = |o: &FileOperation| setting_of(o).map(str::to_owned);
                let facts = project.facts(cx)?;
                of_tests = django::tests_settings_files(facts, &wanted.operations, set, cx)?;
                django::settings_files(facts, wanted.operations, set, &mut notes, cx)?
            }
            Target::Role(role) => {
                let needed = requirements(&wanted.operations);
                let found = role::find(role, wanted.app.as_deref(), &needed, step, &mut project, cx)?;
                match found {
                    Found::File(path) => vec![(path, wanted.operations)],
                    Found::Nothing(note) => return Ok(Outcome { notes: vec![note], ..Outcome::default() }),
                }
            }
        };
        let app = wanted.app.as_deref();
        // An app need not have a configuration.
        let may_be_new = wanted.role == Some(FileRole::AppConfig);
        let file = parts.first().map(|(path, _)| path.clone());
        let mut edits = Vec::new();
        let facts_of_tests = project.of_tests();
        of_tests.retain_mut(|(path, operations)| {
            operations.retain(|operation| !is_taken(path, operation, cx));
            // Both may have a setting from one file, which is changed once.
            let Some((_, own)) = parts.iter_mut().find(|(other, _)| other == path) else { return true };
            operations.retain(|operation| !own.contains(operation));
            own.append(operations);
            false
        });
        for (path, operations) in parts {
            edits.extend(change(path, &operations, app, may_be_new, &mut project, &mut notes, cx)?);
        }
        if let Some(facts) = facts_of_tests {
            let mut project = Project::with(facts);
            for (path, operations) in of_tests {
                edits.extend(change(path, &operations, app, false, &mut project, &mut Vec::new(), cx)?);
            }
        }
        if let (true, true, Some(path)) = (edits.is_empty(), notes.is_empty(), &file) {
            notes.push(Note::info(format!("`{path}` has all of it already")));
        }
        Ok(Outcome { edits, file, notes, ..Outcome::default() })
    }
}

/// Whether a file of the tests' settings has the entry of a dict already, with a value of its own.
fn is_taken(path: &RelPath, operation: &FileOperation, cx: &Context<'_>) -> bool {
    let FileOperation::DictAdd { .. } = operation else { return false };
    let Ok(Some(file)) = cx.read(path) else { return false };
    let subject = Subject { path, text: &file.text };
    apply(&subject, operation, &Style::default(), &mut Vec::new())
        .is_err_and(|error| error.code == codes::NAME_TAKEN)
}

/// The edit that the operations on one file make together, if there is anything to do.
fn change(
    path: RelPath,
    operations: &[FileOperation],
    app: Option<&str>,
    may_be_new: bool,
    project: &mut Project,
    notes: &mut Vec<Note>,
    cx: &Context<'_>,
) -> Result<Option<Edit>, Diagnostic> {
    let there = cx.read(&path)?;
    let (begin, rest) = match (&there, operations.split_first()) {
        (_, Some((FileOperation::Create { text }, rest))) => (text.clone(), rest),
        (Some(file), _) => (file.text.clone(), operations),
        (None, _) if may_be_new => (String::new(), operations),
        (None, _) => {
            return Err(Diagnostic::new(codes::NOT_FOUND, format!("there is no file `{path}` to change"))
                .with_help("correct the path, or begin with a `create` operation"));
        }
    };
    let creates = rest.len() < operations.len();
    let style = style(rest, cx);
    let mut text = begin;
    for operation in rest {
        let subject = Subject { path: &path, text: &text };
        text = match about_project(operation) {
            true => apply_with_facts(&subject, operation, app, project.facts(cx)?)?,
            false => apply(&subject, operation, &style, notes)?,
        };
    }
    Ok(match there {
        None => Some(Edit::Create { path, text, executable: false }),
        Some(file) if file.text == text => None,
        // A new file gets the line endings of those beside it.
        Some(file) if creates && file.text.replace("\r\n", "\n") == text => None,
        Some(_) if creates => {
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{path}` is already there, with another content"),
            )
            .with_help("choose another path, or change the file with the other operations"));
        }
        Some(file) => {
            let splices = declared(splices::between(&file.text, &text));
            Some(Edit::Update { path, base: file.blob, splices })
        }
    })
}

/// The setting that an operation is about.
fn setting_of(operation: &FileOperation) -> Option<&str> {
    match operation {
        FileOperation::ListAdd { name, .. }
        | FileOperation::DictAdd { name, .. }
        | FileOperation::SettingAdd { name, .. } => Some(name),
        _ => None,
    }
}

/// What a step asks for.
struct Wanted {
    target: Target,
    role: Option<FileRole>,
    app: Option<String>,
    operations: Vec<FileOperation>,
}

/// Which file.
enum Target {
    Path(RelPath),
    Role(FileRole),
}

fn read(step: &StepInput) -> Result<Wanted, Diagnostic> {
    let Params { path, file, app, operations } = params(&step.params)?;
    let bad = |message: String| Diagnostic::new(codes::BAD_PARAMS, message);
    let (target, name) = match (path, file) {
        (Some(path), None) => {
            // Checked before the project's folder is put before it: that folder must not be left either.
            let inside = RelPath::new(path).map_err(|e| bad(e.to_string()))?;
            let path = match step.root.as_str() {
                "" => inside,
                root => RelPath::new(format!("{root}/{inside}")).map_err(|e| bad(e.to_string()))?,
            };
            (Target::Path(path.clone()), format!("`{path}`"))
        }
        (None, Some(role)) => (Target::Role(role), role.words().to_owned()),
        _ => {
            return Err(bad("a step changes a file by its `path`, or by what the `file` is".to_owned())
                .with_help(
                    "give one of the two: a path, or `settings`, `urls`, `requirements`, `app_config`",
                ));
        }
    };
    if operations.is_empty() {
        return Err(bad(format!("there is no operation on {name}")).with_help("say what to change"));
    }
    let create = |o: &FileOperation| matches!(o, FileOperation::Create { .. });
    if operations.iter().skip(1).any(create) {
        return Err(bad(format!("`create` comes after another operation on {name}"))
            .with_help("make it the first operation"));
    }
    let ready = |o: &FileOperation| matches!(o, FileOperation::ReadyAdd { .. });
    if app.is_none() && operations.iter().any(ready) {
        return Err(bad("`ready_add` does not say of which app".to_owned())
            .with_help("name the `app` by its label, beside `file`"));
    }
    Ok(Wanted { target, role: file, app, operations })
}

/// The requirements that a step adds.
fn requirements(operations: &[FileOperation]) -> Vec<&str> {
    operations
        .iter()
        .filter_map(|operation| match operation {
            FileOperation::RequirementAdd { requirement } => Some(requirement.as_str()),
            _ => None,
        })
        .collect()
}

/// Whether an operation must know the project.
fn about_project(operation: &FileOperation) -> bool {
    matches!(
        operation,
        FileOperation::InstalledAppAdd { .. }
            | FileOperation::UrlInclude { .. }
            | FileOperation::ReadyAdd { .. }
    )
}

fn apply_with_facts(
    subject: &Subject<'_>,
    operation: &FileOperation,
    app: Option<&str>,
    facts: &ProjectFacts,
) -> Result<String, Diagnostic> {
    python::edited(subject, &facts.style, |edits| match operation {
        FileOperation::InstalledAppAdd { app } => django::installed_app_add(edits, facts, app).map(drop),
        FileOperation::UrlInclude { prefix, module } => {
            django::url_include(edits, prefix, module, None).map(drop)
        }
        FileOperation::ReadyAdd { source } => {
            let app = facts.require_app(app.unwrap_or_default())?;
            let source = python::written(edits, source);
            django::ready_add(edits, facts, app, &source).map(drop)
        }
        _ => Ok(()),
    })
}

fn apply(
    subject: &Subject<'_>,
    operation: &FileOperation,
    style: &Style,
    notes: &mut Vec<Note>,
) -> Result<String, Diagnostic> {
    match operation {
        FileOperation::Create { text } => Ok(text.clone()),
        FileOperation::ListAdd { name, item, after, before } => {
            let place = match (after, before) {
                (None, None) => ItemPlace::End,
                (Some(item), None) => ItemPlace::After(item),
                (None, Some(item)) => ItemPlace::Before(item),
                (Some(_), Some(_)) => {
                    return Err(Diagnostic::new(
                        codes::BAD_PARAMS,
                        format!("the item `{item}` goes `after` or `before` another, not both"),
                    )
                    .with_help("leave one of them out"));
                }
            };
            python::add_to_list(subject, style, name, item, place)
        }
        FileOperation::DictAdd { name, keys, value, item } => {
            python::add_to_dict(subject, style, name, keys, value.as_deref(), item.as_deref())
        }
        FileOperation::InstalledAppAdd { .. }
        | FileOperation::UrlInclude { .. }
        | FileOperation::ReadyAdd { .. } => Ok(subject.text.to_owned()),
        FileOperation::ImportAdd { module, name } => {
            python::add_import(subject, style, module, name.as_deref())
        }
        FileOperation::ClassMemberAdd { class, name, source } => {
            python::add_member(subject, style, class, name, source)
        }
        FileOperation::SettingAdd { name, value, environment } => {
            python::add_setting(subject, style, name, value, *environment)
        }
        FileOperation::BlockInsert { text, after, before } => {
            text::insert_block(subject, text, after.as_deref(), before.as_deref())
        }
        FileOperation::RequirementAdd { requirement } => {
            let added = requirement::add(subject, requirement)?;
            notes.extend(added.warning.map(Note::warning));
            Ok(added.text)
        }
        FileOperation::TomlSet { key, value } => toml::set(subject, key, value),
        FileOperation::ReplaceExact { old, new } => text::replace_exact(subject, old, new),
        FileOperation::Patch { diff } => patch::apply(subject, diff),
    }
}

/// The project's habits, where an operation writes Python. A stack that has no facts has none to tell.
fn style(operations: &[FileOperation], cx: &Context<'_>) -> Style {
    let python = operations.iter().any(|operation| {
        matches!(
            operation,
            FileOperation::ListAdd { .. }
                | FileOperation::DictAdd { .. }
                | FileOperation::ImportAdd { .. }
                | FileOperation::ClassMemberAdd { .. }
                | FileOperation::SettingAdd { .. }
        )
    });
    match python {
        true => cx.facts(&[]).map(|facts| facts.style).unwrap_or_default(),
        false => Style::default(),
    }
}

/// Declares the step's code where it is one stretch of whole new lines.
fn declared(mut splices: Vec<Splice>) -> Vec<Splice> {
    if let [only] = &mut splices[..]
        && only.len == 0
        && only.text.ends_with('\n')
    {
        let start = only.text.len() - only.text.trim_start_matches(['\r', '\n']).len();
        let end = only.text.trim_end_matches(['\r', '\n']).len();
        if start < end {
            *only = only.clone().with_fragment(start, end);
        }
    }
    splices
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn schema() -> Value {
    let operation = |name: &str, about: &str, required: &[&str], mut properties: Value| {
        properties["op"] = json!({"const": name});
        let mut required: Vec<&str> = required.to_vec();
        required.insert(0, "op");
        json!({
            "type": "object",
            "description": about,
            "additionalProperties": false,
            "required": required,
            "properties": properties
        })
    };
    let text = |about: &str| json!({"type": "string", "description": about});
    let optional = |about: &str| json!({"type": ["string", "null"], "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["operations"],
        "oneOf": [{"required": ["path"]}, {"required": ["file"]}],
        "properties": {
            "path": {
                "type": "string",
                "minLength": 1,
                "description": "The file, relative to the project's folder, with `/`."
            },
            "file": {
                "enum": ["settings", "urls", "requirements", "app_config"],
                "description": "What the file is, wherever the project keeps it: the settings, the project's or an app's URLs, the list of required packages, an app's configuration."
            },
            "app": {"type": "string", "description": "The app whose file it is, by its label."},
            "operations": {
                "type": "array",
                "minItems": 1,
                "description": "What to do, in order. Each does nothing if what it asks for is there already.",
                "items": {"oneOf": [
                    operation("create", "Makes the file; refused if another content is there. Only as the first.", &["text"], json!({
                        "text": text("The content.")
                    })),
                    operation("list_add", "Adds an item to a literal Python list or tuple, at the end or beside another.", &["name", "item"], json!({
                        "name": text("The variable, such as `MIDDLEWARE`; `Class.attribute` for one in a class."),
                        "item": text("The item's source, such as `\"django_filters\"` with its quotes."),
                        "after": optional("The item's source after which it goes."),
                        "before": optional("The item's source before which it goes.")
                    })),
                    operation("dict_add", "Sets an entry of a literal Python dict that has no such entry, or adds to the list that the entry is.", &["name", "keys"], json!({
                        "name": text("The variable, such as `REST_FRAMEWORK`; it is made if it is not there."),
                        "keys": {
                            "type": "array", "minItems": 1, "items": {"type": "string"},
                            "description": "The keys that lead to the entry, from the outermost dict inwards."
                        },
                        "value": optional("The entry's source, where there is none yet."),
                        "item": optional("The source of an item, for the list that the entry is where there is one.")
                    })),
                    operation("installed_app_add", "Lists an app in INSTALLED_APPS, beside the others of its kind.", &["app"], json!({
                        "app": text("The app, such as `rest_framework.authtoken`.")
                    })),
                    operation("url_include", "Includes a module's URLs, unless they are included.", &["prefix", "module"], json!({
                        "prefix": text("The prefix, such as `api/accounts/`."),
                        "module": text("The module, such as `accounts.urls`.")
                    })),
                    operation("ready_add", "Puts a statement into `ready` of the app's configuration.", &["source"], json!({
                        "source": text("The statement, such as `from . import signals  # noqa: F401`.")
                    })),
                    operation("import_add", "Adds an import to a Python file.", &["module"], json!({
                        "module": text("The module, such as `rest_framework` or `.models`."),
                        "name": optional("The name to import from it; without it the module is imported.")
                    })),
                    operation("class_member_add", "Adds a member to a Python class.", &["class", "name", "source"], json!({
                        "class": text("The class; `A.B` for one inside another."),
                        "name": text("The member's name, by which it is found again."),
                        "source": text("Its source, not indented, four spaces a level inside.")
                    })),
                    operation("block_insert", "Inserts whole lines beside a line that occurs once; give `after` or `before`.", &["text"], json!({
                        "text": text("The lines."),
                        "after": optional("The line after which they go, without the white space around it."),
                        "before": optional("The line before which they go.")
                    })),
                    operation("setting_add", "Assigns a Python setting that is not assigned yet.", &["name", "value"], json!({
                        "name": text("Its name."),
                        "value": text("Its value's source."),
                        "environment": {
                            "type": "boolean",
                            "description": "Whether it differs where the project runs: it is read from the environment, with the value as the default, where the file reads other settings so."
                        }
                    })),
                    operation("requirement_add", "Adds a package to a requirements file or to a pyproject.toml's dependencies.", &["requirement"], json!({
                        "requirement": text("The requirement, such as `django-filter>=25`.")
                    })),
                    operation("toml_set", "Sets a key of a TOML file; formatting and comments stay.", &["key", "value"], json!({
                        "key": {
                            "type": "array", "minItems": 1, "items": {"type": "string"},
                            "description": "The key's path, such as [\"tool\", \"ruff\", \"line-length\"]."
                        },
                        "value": {"description": "Its value: text, number, true or false, list or table."}
                    })),
                    operation("replace_exact", "Replaces a text that occurs exactly once.", &["old", "new"], json!({
                        "old": {"type": "string", "minLength": 1, "description": "The text, white space and all."},
                        "new": text("What it becomes.")
                    })),
                    operation("patch", "Applies a unified diff of this file; every hunk must fit at exactly one place.", &["diff"], json!({
                        "diff": {"type": "string", "minLength": 1, "description": "The diff, as `git diff` prints it."}
                    }))
                ]}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use aksara_sdk::testing::TestProject;

    use super::*;

    fn modify(project: &mut TestProject<'_>, path: &str, operations: Value) -> Result<Outcome, Diagnostic> {
        project.apply(&ModifyFile, "modify_file", json!({"path": path, "operations": operations}))
    }

    #[test]
    fn operations_compose_to_one_edit() {
        let mut project = TestProject::new(None).file("a.txt", "one\ntwo\nthree\n");
        let outcome = modify(
            &mut project,
            "a.txt",
            json!([
                {"op": "block_insert", "text": "1.5", "after": "one"},
                {"op": "replace_exact", "old": "three", "new": "3"},
                {"op": "block_insert", "text": "1.6", "after": "1.5"}
            ]),
        )
        .unwrap();
        assert_eq!(outcome.edits.len(), 1);
        assert_eq!(project.text("a.txt").unwrap(), "one\n1.5\n1.6\ntwo\n3\n");
    }

    #[test]
    fn a_file_is_made_once() {
        let mut project = TestProject::new(None).file("b.txt", "other\n");
        project.root = "backend".to_owned();
        let create =
            json!([{"op": "create", "text": "x = [1]\n"}, {"op": "list_add", "name": "x", "item": "2"}]);
        modify(&mut project, "a.py", create.clone()).unwrap();
        assert_eq!(project.text("backend/a.py").unwrap(), "x = [1, 2]\n");
        assert!(modify(&mut project, "a.py", create).unwrap().edits.is_empty());
        let error = modify(&mut project, "a.py", json!([{"op": "create", "text": "y\n"}])).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);
    }

    #[test]
    fn new_lines_are_the_steps_code() {
        let mut project = TestProject::new(None).file("a.txt", "one\ntwo\n");
        let insert = json!([{"op": "block_insert", "text": "x\ny", "after": "one"}]);
        let outcome = modify(&mut project, "a.txt", insert).unwrap();
        let Edit::Update { splices, .. } = &outcome.edits[0] else { panic!("an update") };
        assert_eq!(splices[0].code(), Some("x\ny"));
    }

    #[test]
    fn a_version_that_is_listed_is_kept_with_a_warning() {
        let mut project = TestProject::new(None).file("requirements.txt", "django==5.1\n");
        let add = json!([{"op": "requirement_add", "requirement": "django>=5.2"}]);
        let outcome = modify(&mut project, "requirements.txt", add).unwrap();
        assert!(outcome.edits.is_empty());
        assert!(outcome.notes[0].text.contains("left as it is"));
    }

    #[test]
    fn bad_steps_are_refused() {
        let mut project = TestProject::new(None).file("a.txt", "one\n");
        for (path, operations, code) in [
            ("../x", json!([{"op": "create", "text": ""}]), codes::BAD_PARAMS),
            (".git/config", json!([{"op": "create", "text": ""}]), codes::BAD_PARAMS),
            ("a.txt", json!([]), codes::BAD_PARAMS),
            ("a.txt", json!([{"op": "shred"}]), codes::BAD_PARAMS),
            (
                "a.txt",
                json!([{"op": "replace_exact", "old": "one", "new": "1"}, {"op": "create", "text": ""}]),
                codes::BAD_PARAMS,
            ),
            ("b.txt", json!([{"op": "replace_exact", "old": "one", "new": "1"}]), codes::NOT_FOUND),
        ] {
            assert_eq!(modify(&mut project, path, operations).unwrap_err().code, code, "{path}");
        }
        assert_eq!(project.text("a.txt").unwrap(), "one\n");
    }
}
