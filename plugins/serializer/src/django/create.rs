//! `create_serializer`: a serializer of a model.

use aksara_python::edit::{ClassPlace, Edits, OpenFile};
use aksara_python::example::on_blog;
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, FieldFacts, ModelFacts, SerializerFacts, split_label};
use aksara_sdk::protocol::params::CreateSerializer as Params;
use aksara_sdk::{
    Context, Diagnostic, Edit, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

use super::links::{self, Links};
use super::{expected, lookup, project, tree, visible};

/// Writes a serializer where the app keeps them.
pub struct CreateSerializer;

impl Executor for CreateSerializer {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "create_serializer".into(),
            summary: "Writes a model's serializer, where the app keeps its serializers.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "A serializer for tags",
                json!({ "model": "blog.Tag", "before": "blog.Post" }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let mut wanted = read(step)?;
        let (label, _) = split_label(&wanted.model)?;
        let before_app = wanted.before.as_deref().map(split_label).transpose()?.map(|(app, _)| app);
        let facts = visible::facts(cx, [label].into_iter().chain(before_app))?;
        let model = facts.require_model(&wanted.model)?;
        let models = facts.require_app(label)?;
        let app = facts.api_app(model).unwrap_or(models);
        let name = wanted.name.clone().unwrap_or_else(|| format!("{}Serializer", model.name));
        for name in wanted.fields.iter_mut().chain(&mut wanted.read_only) {
            *name = model.called(name).to_owned();
        }
        let mut fields = fields(model, &wanted)?;
        let read_only = read_only(model, &wanted, &fields)?;

        let anchor = wanted.before.as_deref().and_then(|before| {
            let found = facts.apps.iter().flat_map(|a| &a.serializers);
            let found = found.filter(|s| project::serves(s, before) && s.name != name);
            found.map(|s| project::lists_fields(&facts, s)).min_by_key(|s| s.place.line)
        });
        // Who lists the fields says how rows are named.
        let links = match wanted.fields.is_empty() {
            true => links::find(cx, &facts, model, &name, anchor)?,
            false => None,
        };
        if let Some(links) = &links {
            links.name_rows(model, &mut fields);
        }
        let same_name = app.serializers.iter().find(|s| s.name == name);
        let in_app = anchor.filter(|s| s.place.file.is_below(&app.dir)).map(|s| s.place.file.clone());
        let path = match (same_name, in_app) {
            (Some(there), _) => there.place.file.clone(),
            (None, Some(file)) => file,
            (None, None) => home(app, model)?,
        };

        let mut file = project::open(cx, &path, &facts)?;
        let write = |file: &mut OpenFile| -> Result<Vec<Note>, Diagnostic> {
            let base = if links.is_some() { "HyperlinkedModelSerializer" } else { "ModelSerializer" };
            let base = file.edits.name_through("rest_framework", "serializers", base)?;
            let class_of_model = file.edits.name_of_app(models, &models.models_file(model), &model.name)?;
            // As the app's other serializers, else as the project.
            let mut sources = app.serializers.iter().filter_map(|s| s.fields_source.as_ref());
            let tuples = match sources.next() {
                Some(first) => std::iter::once(first).chain(sources).any(|e| e.source.starts_with('(')),
                None => facts.style.tuples,
            };
            let mut class = Class {
                name: &name,
                base,
                model: class_of_model,
                declared: Vec::new(),
                loads: Vec::new(),
                tuples,
                fields: &fields,
                read_only: &read_only,
                more_meta: Vec::new(),
                methods: String::new(),
            };
            visible::declare(&mut file.edits, &facts, model, &mut class)?;
            if let Some(links) = &links {
                links.declare(&mut file.edits, model, wanted.owner.as_deref(), &mut class)?;
            }
            let notes = lookup::declare(&mut file.edits, &facts, model, &wanted, links.as_ref(), &mut class)?;
            declare_shown(&mut file.edits, &wanted, model, links.as_ref(), &mut class)?;
            let fixed = fixed(&wanted, &fields, model)?;
            if !fixed.is_empty() {
                class.methods.push_str(&stays(file.edits.layout(), &fixed));
            }
            if let Some(spec) = &wanted.tree {
                let module = if is_described(&facts) { app.module_of(&path) } else { None };
                tree::add(&mut file.edits, spec, &wanted, model, module.as_deref(), &mut class)?;
            }
            let mut code = class.code(file.edits.layout());
            if let Some(component) = component(cx, &facts, app, &name)? {
                let decorator = file.edits.name_from("drf_spectacular.utils", "extend_schema_serializer")?;
                let component = file.edits.layout().string(&component);
                code = format!("@{decorator}(component_name={component})\n{code}");
            }
            let code = file.edits.in_habits(&code, &tree::ANNOTATIONS)?;
            let place = match anchor.filter(|s| s.place.file == path) {
                Some(serializer) => ClassPlace::Before(&serializer.name),
                None => ClassPlace::End,
            };
            let _ = file.edits.code().add_class(&code, place)?;
            Ok(notes)
        };
        let notes = match write(&mut file) {
            // What it would be made of today may be another than it was then: the relations and managers of its model.
            Err(error)
                if error.code == codes::NAME_TAKEN && same_name.is_some_and(|s| lists(s, model, &fields)) =>
            {
                return Ok(Outcome::noop(format!(
                    "`{name}` is already in `{path}`, with these fields, and left as it is: it was changed since"
                )));
            }
            written => written?,
        };
        let mut edits: Vec<Edit> = file.finish().into_iter().collect();
        edits.extend(export(cx, &facts, app, &path, &name)?);
        if edits.is_empty() {
            return Ok(Outcome::noop(format!("`{name}` is already in `{path}`, with these fields")));
        }
        let notes = notes.into_iter().chain(expected::notes(cx, &[])?).collect();
        Ok(Outcome { edits, file: Some(path), notes, ..Outcome::default() })
    }
}

/// Whether drf-spectacular describes the API.
fn is_described(facts: &ProjectFacts) -> bool {
    facts.settings.installed_apps.iter().any(|app| app.starts_with("drf_spectacular"))
}

/// What drf-spectacular is to call the serializer `name` of `app`, where it would take it for one of another app: both have
/// the name of their class.
fn component(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    name: &str,
) -> Result<Option<String>, Diagnostic> {
    if !is_described(facts) {
        return Ok(None);
    }
    let apps = project::all_facts(cx)?.apps;
    let is_taken = |name: &str| {
        let others = apps.iter().filter(|other| other.label != app.label);
        others.flat_map(|other| &other.serializers).any(|serializer| serializer.name == name)
    };
    if !is_taken(name) {
        return Ok(None);
    }
    let words = app.label.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    let own: String = words.chain([name.strip_suffix("Serializer").unwrap_or(name).to_owned()]).collect();
    Ok(Some(if is_taken(&format!("{own}Serializer")) { format!("{own}Row") } else { own }))
}

/// Whether a serializer is of the model and lists these fields. Those of a base of the model may have come later.
fn lists(there: &SerializerFacts, model: &ModelFacts, fields: &[String]) -> bool {
    let of_a_base = |name: &str| model.field(name).is_some_and(|field| field.inherited_from.is_some());
    project::serves(there, &model.label)
        && there.fields.as_ref().is_some_and(|listed| {
            let is_in = |names: &[String], name: &String| names.contains(name) || of_a_base(name);
            fields.iter().all(|name| is_in(listed, name)) && listed.iter().all(|name| is_in(fields, name))
        })
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    split_label(&wanted.model)?;
    if let Some(before) = &wanted.before {
        split_label(before)?;
    }
    Ok(wanted)
}

/// The file for a serializer that has no neighbour yet.
fn home(app: &AppFacts, model: &ModelFacts) -> Result<RelPath, Diagnostic> {
    let path = match &app.files.serializers {
        Some(package) if package.file_name() == "__init__.py" => {
            let in_package = app.serializers.iter().any(|s| s.place.file == *package);
            match package.parent() {
                // A package that keeps each in a module of its own gets another module.
                Some(dir) if !in_package => dir.join(&format!("{}.py", model.name.to_lowercase())),
                _ => Ok(package.clone()),
            }
        }
        Some(file) => Ok(file.clone()),
        None => RelPath::new(format!("{}/serializers.py", app.api_dir())),
    };
    path.map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))
}

/// A new module's class, made known by a package that makes its other modules' classes known.
fn export(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    path: &RelPath,
    name: &str,
) -> Result<Option<Edit>, Diagnostic> {
    let Some(package) = app.files.serializers.as_ref().filter(|p| p.file_name() == "__init__.py") else {
        return Ok(None);
    };
    let is_inside = package.parent().is_some_and(|dir| path.is_below(dir.as_str()));
    if package == path || !is_inside {
        return Ok(None);
    }
    let mut file = project::open(cx, package, facts)?;
    let exports = app
        .serializers
        .iter()
        .filter(|s| s.name != name && s.place.file != *package)
        .any(|s| file.edits.meaning_of(&s.name).is_some());
    if !exports {
        return Ok(None);
    }
    file.edits.name_of_app(app, path, name)?;
    if file.edits.meaning_of("__all__").is_some() {
        let item = file.edits.layout().string(name);
        let target = aksara_python::edit::ListTarget::Variable("__all__");
        let _ = file.edits.list_append(target, &item, aksara_python::edit::ItemPlace::End)?;
    }
    Ok(file.finish())
}

/// Whether a field is a relation that no form shows, such as the tenant of a row: which one it is, is no business of clients.
fn is_relation_nobody_edits(field: &FieldFacts) -> bool {
    let editable = field.args.keyword("editable").and_then(|value| value.literal.as_ref());
    field.relation.is_some() && editable == Some(&Value::Bool(false))
}

fn fields(model: &ModelFacts, wanted: &Params) -> Result<Vec<String>, Diagnostic> {
    if wanted.fields.is_empty() {
        let is_key = |name: &str| {
            model.field(name).and_then(|f| f.args.keyword("primary_key")).and_then(|e| e.literal.as_ref())
                == Some(&Value::Bool(true))
        };
        let key = model.fields.iter().find(|f| is_key(&f.name));
        let mut names: Vec<String> = Vec::new();
        match key {
            None => names.push("id".to_owned()),
            Some(key) if key.inherited_from.is_some() => names.push(key.name.clone()),
            Some(_) => {}
        }
        // What the model has from a base is not what it is about.
        let (own, inherited): (Vec<_>, Vec<_>) =
            model.fields.iter().partition(|field| field.inherited_from.is_none());
        let inherited = inherited.into_iter().filter(|field| !is_relation_nobody_edits(field));
        for field in own.into_iter().chain(inherited) {
            if !names.contains(&field.name) {
                names.push(field.name.clone());
            }
        }
        // What is shown beside the fields stands before the moments that the framework sets.
        let last = |name: &String| model.field(name).is_some_and(project::is_set_by_framework);
        let at = names.iter().rposition(|name| !last(name)).map_or(0, |at| at + 1);
        names.splice(at..at, wanted.tree.iter().map(|tree| tree.children.clone()));
        for shown in &wanted.show {
            let at = names.iter().position(|name| *name == shown.relation).map_or(names.len(), |at| at + 1);
            names.insert(at, shown.name.clone());
        }
        return Ok(names);
    }
    let known = |name: &str| {
        matches!(name, "id" | "pk")
            || model.field(name).is_some()
            || model.members.iter().any(|m| m == name)
            || wanted.show.iter().any(|shown| shown.name == name)
            || wanted.tree.as_ref().is_some_and(|tree| tree.children == name)
    };
    match wanted.fields.iter().find(|name| !known(name)) {
        None => Ok(wanted.fields.clone()),
        Some(unknown) => Err(Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{}` has no field `{unknown}` to list", model.label),
        )
        .with_help(format!("its fields are: {}", names_of(model)))),
    }
}

/// The fields that a row keeps from when it was made.
fn fixed(wanted: &Params, fields: &[String], model: &ModelFacts) -> Result<Vec<String>, Diagnostic> {
    let tree = wanted.tree.iter().flat_map(|tree| tree.within.iter().chain([&tree.parent]));
    let mut fixed: Vec<String> = Vec::new();
    for name in wanted.fixed.iter().chain(tree) {
        if !fields.contains(name) {
            return Err(Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{name}` is to be fixed, and is not listed"),
            )
            .with_help(format!("the fields of `{}` are: {}", model.label, fields.join(", "))));
        }
        if !fixed.contains(name) {
            fixed.push(name.clone());
        }
    }
    Ok(fixed)
}

/// The method by which fields cannot be changed once there is a row.
fn stays(layout: &Layout, fixed: &[String]) -> String {
    let fixed: String = fixed.iter().map(|n| format!("fields[{}].read_only = ", layout.string(n))).collect();
    format!(
        "\n    def get_fields(self) -> dict[str, Any]:\n        \
         fields = super().get_fields()\n        \
         if self.instance is not None:  # It stays where it was made.\n            \
         {fixed}True\n        \
         return fields\n"
    )
}

fn read_only(model: &ModelFacts, wanted: &Params, fields: &[String]) -> Result<Vec<String>, Diagnostic> {
    if wanted.read_only.is_empty() {
        let set = model.fields.iter().filter(|f| project::is_set_by_framework(f) && fields.contains(&f.name));
        return Ok(set.map(|f| f.name.clone()).collect());
    }
    match wanted.read_only.iter().find(|name| !fields.contains(name)) {
        None => Ok(wanted.read_only.clone()),
        Some(name) => Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{name}` is read-only, but not one of the serializer's fields"),
        )
        .with_help(format!("the fields are: {}", fields.join(", ")))),
    }
}

fn names_of(model: &ModelFacts) -> String {
    let names: Vec<&str> = model.fields.iter().map(|f| f.name.as_str()).collect();
    names.join(", ")
}

/// A serializer's class, in parts.
pub(super) struct Class<'a> {
    pub name: &'a str,
    pub base: String,
    pub model: String,
    /// Fields that it declares itself, as source.
    pub declared: Vec<String>,
    /// The relations whose rows these show more of than the key.
    pub loads: Vec<String>,
    /// Whether names are listed in tuples.
    pub tuples: bool,
    pub fields: &'a [String],
    pub read_only: &'a [String],
    /// More lines of `Meta`.
    pub more_meta: Vec<String>,
    /// Its methods, indented.
    pub methods: String,
}

impl Class<'_> {
    /// Whether it declares a field of this name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.declared.iter().any(|code| code.starts_with(&format!("{name} = ")))
    }

    fn code(&self, layout: &Layout) -> String {
        let list = |names: &[String]| match layout.strings(names) {
            Code::List(items) | Code::Tuple(items) if self.tuples => Code::Tuple(items),
            Code::List(items) | Code::Tuple(items) => Code::List(items),
            code => code,
        };
        // What is declared is as its declaration says.
        let read_only: Vec<String> =
            self.read_only.iter().filter(|name| !self.declares(name)).cloned().collect();
        let mut lines =
            vec![format!("model = {}", self.model), layout.assignment("fields", &list(self.fields), 2)];
        if !read_only.is_empty() {
            lines.push(layout.assignment("read_only_fields", &list(&read_only), 2));
        }
        lines.extend(self.more_meta.iter().cloned());
        let mut code = format!("class {}({}):\n", self.name, self.base);
        for line in self.declared.iter().flat_map(|line| line.lines()) {
            code.push_str(&format!("    {line}\n"));
        }
        if !self.declared.is_empty() {
            code.push('\n');
        }
        code.push_str("    class Meta:\n");
        for line in lines.iter().flat_map(|line| line.lines()) {
            code.push_str(&format!("        {line}\n"));
        }
        code.push_str(&self.methods);
        code
    }
}

/// Declares the fields that show values of related rows.
fn declare_shown(
    edits: &mut Edits,
    wanted: &Params,
    model: &ModelFacts,
    links: Option<&Links>,
    class: &mut Class<'_>,
) -> Result<(), Diagnostic> {
    for shown in &wanted.show {
        let field = edits.name_through("rest_framework", "serializers", "CharField")?;
        let source = edits.layout().string(&format!("{}.{}", shown.relation, shown.field));
        let arguments = [("source", source), ("read_only", "True".to_owned())];
        let arguments = arguments.map(|(key, value)| (Some(key.to_owned()), Code::raw(value)));
        let call = Code::Call(field, arguments.to_vec());
        class.declared.push(edits.layout().assignment(&shown.name, &call, 1));
    }
    if let Some(owner) = &wanted.owner {
        // A read-only field with a default takes part in the check of unique rows.
        let related = links.zip(model.field(owner)).map(|(links, field)| links.related(edits, field));
        let (field, mut arguments) = related.unwrap_or(("PrimaryKeyRelatedField", Vec::new()));
        let field = edits.name_through("rest_framework", "serializers", field)?;
        let current = edits.name_through("rest_framework", "serializers", "CurrentUserDefault")?;
        arguments.push((Some("read_only".to_owned()), Code::raw("True")));
        arguments.push((Some("default".to_owned()), Code::raw(format!("{current}()"))));
        class.declared.push(edits.layout().assignment(owner, &Code::Call(field, arguments), 1));
    }
    Ok(())
}

const NAME: &str = "^[a-z_][a-z0-9_]*$";

fn schema() -> Value {
    let label = "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$";
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["model"],
        "properties": {
            "model": {"type": "string", "pattern": label, "description": "The model, as `app.Model`."},
            "name": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The class; `<Model>Serializer` if absent."
            },
            "fields": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Its fields; the key and all fields of the model if absent."
            },
            "read_only": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Fields that clients cannot set; those that the framework sets if absent."
            },
            "before": {
                "type": "string",
                "pattern": label,
                "description": "The model (`app.Model`) above whose serializer the class is put, because that one will nest it."
            },
            "show": {
                "type": "array",
                "description": "Values of related rows, shown read only under names of their own.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "relation", "field"],
                    "properties": {
                        "name": {"type": "string", "pattern": NAME, "description": "The name, such as `author_name`."},
                        "relation": {"type": "string", "pattern": NAME, "description": "The relation to one, such as `author`."},
                        "field": {"type": "string", "pattern": NAME, "description": "The related row's text field, such as `username`."}
                    }
                }
            },
            "owner": {
                "type": "string", "pattern": NAME,
                "description": "The relation to the user who makes a row: shown, never taken from a request, and known when a row is checked for being the only one."
            },
            "shows_only": {
                "type": "boolean",
                "description": "It only shows rows, such as those of an API that clients only read: nothing is said of what requests would set."
            },
            "fixed": {
                "type": "array",
                "items": {"type": "string", "pattern": NAME},
                "description": "Fields that are set when a row is made, and stay so, such as the post of a rating."
            },
            "tree": {
                "type": "object",
                "additionalProperties": false,
                "required": ["parent", "children", "depth"],
                "description": "Shows rows below the row that they answer, to a depth, with one query a level.",
                "properties": {
                    "parent": {"type": "string", "pattern": NAME, "description": "The relation to the row above, such as `parent`."},
                    "children": {"type": "string", "pattern": NAME, "description": "Its way back, which shows the rows below, such as `replies`."},
                    "within": {"type": "string", "pattern": NAME, "description": "A relation that a row shares with the row above, such as `post`."},
                    "depth": {"type": "integer", "minimum": 2, "maximum": 20, "description": "Levels at most, the topmost one included."}
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;
    use crate::django::modify::tests::blog;

    const TAG: &str = "class TagSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Tag\n        fields = [\"id\", \"name\", \"slug\"]\n";

    fn create(project: &mut TestProject<'_>, params: Value) -> Result<Outcome, Diagnostic> {
        project.apply(&CreateSerializer, "create_serializer", params)
    }

    fn shop() -> TestProject<'static> {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'shop']\n")
            .file("shop/__init__.py", "")
            .file("shop/apps.py", "from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n")
            .file(
                "shop/models.py",
                "from django.db import models\n\n\nclass Item(models.Model):\n    code = models.CharField(primary_key=True, max_length=9)\n    description_of_the_item = models.TextField()\n    added_to_the_catalogue_at = models.DateTimeField(auto_now_add=True)\n",
            )
    }

    #[test]
    fn a_relation_of_a_base_that_nobody_edits_is_left_out() {
        let models = "from django.db import models\n\n\nclass Firm(models.Model):\n    pass\n\n\nclass FirmModel(models.Model):\n    firm = models.ForeignKey(Firm, models.PROTECT, editable=False)\n    place = models.ForeignKey(Firm, models.PROTECT)\n\n    class Meta:\n        abstract = True\n\n\nclass Item(FirmModel):\n    name = models.TextField()\n";
        let mut project = shop().file("shop/models.py", models);
        create(&mut project, json!({"model": "shop.Item"})).unwrap();
        let text = project.text("shop/serializers.py").unwrap();
        assert!(text.contains("fields = ['id', 'name', 'place']"), "{text}");
    }

    #[test]
    fn one_to_nest_stands_beside_the_serializer_that_lists_the_fields() {
        let mut project = blog().file("blog/v2/__init__.py", "").file(
            "blog/v2/serializers.py",
            "from blog.serializers import PostSerializer as V1\n\n\nclass PostSerializer(V1):\n    pass\n",
        );
        let outcome = create(&mut project, json!({"model": "blog.Tag", "before": "blog.Post"})).unwrap();
        assert_eq!(outcome.file.unwrap().as_str(), "blog/serializers.py");
    }

    #[test]
    fn it_stands_above_the_one_that_will_nest_it() {
        let mut project = blog();
        let outcome = create(&mut project, json!({"model": "blog.Tag", "before": "blog.Post"})).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert!(text.starts_with(&format!(
            "from rest_framework import serializers\n\nfrom .models import Post, Tag\n\n\n{TAG}\n\nclass PostSerializer("
        )));
        let Edit::Update { splices, .. } = &outcome.edits[0] else { panic!("an update") };
        assert_eq!(splices.iter().find_map(|s| s.code()), Some(TAG.trim_end()));
    }

    /// Two apps with an `Item` each, of which one has its serializer.
    fn with_store(apps: &str, more: &str) -> TestProject<'static> {
        let serializer = |name: &str| {
            format!(
                "class {name}(serializers.ModelSerializer):\n    class Meta:\n        model = Item\n        fields = ['id']\n"
            )
        };
        shop()
            .file(
                "config/settings.py",
                format!("INSTALLED_APPS = [{apps}'rest_framework', 'shop', 'store']\n"),
            )
            .file("store/__init__.py", "")
            .file(
                "store/models.py",
                "from django.db import models\n\n\nclass Item(models.Model):\n    pass\n",
            )
            .file(
                "store/serializers.py",
                format!(
                    "from rest_framework import serializers\n\nfrom .models import Item\n\n\n{}{more}",
                    serializer("ItemSerializer")
                ),
            )
    }

    #[test]
    fn a_component_of_a_schema_has_a_name_of_its_own() {
        let text = |mut project: TestProject<'static>| {
            create(&mut project, json!({"model": "shop.Item"})).unwrap();
            assert!(create(&mut project, json!({"model": "shop.Item"})).unwrap().is_noop());
            project.text("shop/serializers.py").unwrap().to_owned()
        };
        let named = text(with_store("'drf_spectacular', ", ""));
        assert!(
            named.starts_with(
                "from drf_spectacular.utils import extend_schema_serializer\nfrom rest_framework"
            ) && named
                .contains("\n\n@extend_schema_serializer(component_name='ShopItem')\nclass ItemSerializer("),
            "{named}"
        );
        let other = "\n\nclass ShopItemSerializer(ItemSerializer):\n    pass\n";
        let other = text(with_store("'drf_spectacular', ", other));
        assert!(other.contains("component_name='ShopItemRow'"), "{other}");
        assert!(!text(with_store("", "")).contains("spectacular"), "nobody describes the API");
        let alone = shop()
            .file("config/settings.py", "INSTALLED_APPS = ['drf_spectacular', 'rest_framework', 'shop']\n");
        assert!(!text(alone).contains("spectacular"), "nobody else has the name");
    }

    #[test]
    fn a_missing_file_is_made() {
        let mut project = shop();
        create(&mut project, json!({"model": "shop.Item"})).unwrap();
        assert_eq!(
            project.text("shop/serializers.py").unwrap(),
            "from rest_framework import serializers\n\nfrom .models import Item\n\n\nclass ItemSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Item\n        fields = ['code', 'description_of_the_item', 'added_to_the_catalogue_at']\n        read_only_fields = ['added_to_the_catalogue_at']\n"
        );
    }

    #[test]
    fn a_package_gets_a_module_and_an_export() {
        let mut project = shop()
            .file("shop/serializers/__init__.py", "from .other import OtherSerializer\n\n__all__ = ['OtherSerializer']\n")
            .file(
                "shop/serializers/other.py",
                "from rest_framework.serializers import ModelSerializer\n\nfrom shop.models import Item\n\n\nclass OtherSerializer(ModelSerializer):\n    class Meta:\n        model = Item\n        fields = ('code',)\n",
            );
        create(&mut project, json!({"model": "shop.Item"})).unwrap();
        let text = project.text("shop/serializers/item.py").unwrap();
        // As the other module imports it.
        assert!(text.contains("from shop.models import Item\n"), "{text}");
        assert!(
            text.contains(
                "        fields = ('code', 'description_of_the_item', 'added_to_the_catalogue_at')\n"
            ),
            "{text}"
        );
        assert_eq!(
            project.text("shop/serializers/__init__.py").unwrap(),
            "from .item import ItemSerializer\nfrom .other import OtherSerializer\n\n__all__ = ['OtherSerializer', 'ItemSerializer']\n"
        );
    }

    #[test]
    fn the_same_class_is_left_and_another_is_refused() {
        let mut project = blog();
        create(&mut project, json!({"model": "blog.Tag"})).unwrap();
        assert!(create(&mut project, json!({"model": "blog.Tag"})).unwrap().is_noop());
        let error = create(&mut project, json!({"model": "blog.Tag", "fields": ["name"]})).unwrap_err();
        assert_eq!(error.code, codes::NAME_TAKEN);

        // What was added to the class since is no other class.
        let text = project
            .text("blog/serializers.py")
            .unwrap()
            .replace("        model = Tag\n", "        model = Tag\n        validators = []\n");
        project = project.file("blog/serializers.py", &text);
        assert!(create(&mut project, json!({"model": "blog.Tag"})).unwrap().is_noop());
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let mut project = blog();
        for (params, code, part) in [
            (json!({"model": "blog.Tga"}), codes::NOT_FOUND, "blog.Tga"),
            (json!({"model": "shop.Item"}), codes::NOT_FOUND, "shop"),
            (json!({"model": "blog.Tag", "fields": ["colour"]}), codes::NOT_FOUND, "colour"),
            (
                json!({"model": "blog.Tag", "fields": ["name"], "read_only": ["slug"]}),
                codes::BAD_PARAMS,
                "slug",
            ),
            (json!({"model": "Tag"}), codes::BAD_PARAMS, "Tag"),
        ] {
            let error = create(&mut project, params).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
    }

    #[test]
    fn a_project_without_the_framework_is_refused() {
        let mut project = shop().file("config/settings.py", "INSTALLED_APPS = ['shop']\n");
        let error = create(&mut project, json!({"model": "shop.Item"})).unwrap_err();
        assert_eq!(error.code, codes::REFUSED);
        assert!(error.help.unwrap().contains("rest_framework"));
    }
}
