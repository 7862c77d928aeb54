//! The state of a model, from its class or from the app's migrations, in one form that can be compared.

use std::collections::BTreeMap;

use aksara_sdk::protocol::facts::{AppFacts, Expr, FieldFacts, ModelFacts, ModelState};

use super::field::Field;
use super::index;
use super::read::{NotStatic, Project};
use super::value::Value;

/// The options of a model that migrations know, in the order in which Django writes them.
const OPTIONS: [&str; 24] = [
    "verbose_name",
    "verbose_name_plural",
    "db_table",
    "db_table_comment",
    "ordering",
    "unique_together",
    "permissions",
    "get_latest_by",
    "order_with_respect_to",
    "db_tablespace",
    "abstract",
    "managed",
    "proxy",
    "swappable",
    "auto_created",
    "default_permissions",
    "select_on_save",
    "default_related_name",
    "required_db_features",
    "required_db_vendor",
    "base_manager_name",
    "default_manager_name",
    "indexes",
    "constraints",
];

/// A part of a model: its value, or why that is not known and what the source says.
#[derive(Clone, Debug)]
pub(super) enum Part<T, S> {
    Known(T),
    Unknown { reason: NotStatic, source: S },
}

/// A model's fields by name, in order.
pub(super) type Fields = Vec<(String, Part<Field, FieldFacts>)>;

/// A model.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) name: String,
    pub(super) fields: Fields,
    /// `Meta`, without indexes and constraints, in the order of [`OPTIONS`].
    pub(super) options: Vec<(String, Part<Value, Expr>)>,
    pub(super) indexes: Part<Vec<Value>, Expr>,
    pub(super) constraints: Part<Vec<Value>, Expr>,
    pub(super) bases: Vec<Value>,
    /// What makes the class more than can be read; empty for a state.
    pub(super) not_static: Vec<String>,
    /// The class's own fields as they are written; empty for a state.
    pub(super) written: Vec<FieldFacts>,
}

/// The models of one app by lower-case name.
pub(super) type Models = BTreeMap<String, Model>;

impl Model {
    pub(super) fn field(&self, name: &str) -> Option<&Part<Field, FieldFacts>> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, field)| field)
    }

    pub(super) fn option(&self, name: &str) -> Option<&Part<Value, Expr>> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(super) fn known_option(&self, name: &str) -> Option<&Value> {
        match self.option(name) {
            Some(Part::Known(value)) => Some(value),
            _ => None,
        }
    }

    pub(super) fn is_managed(&self) -> bool {
        self.known_option("managed") != Some(&Value::Bool(false))
    }

    pub(super) fn is_proxy(&self) -> bool {
        self.known_option("proxy").is_some_and(Value::is_true)
    }

    /// The lists of field names of `unique_together`.
    pub(super) fn unique_together(&self) -> Vec<Vec<String>> {
        self.known_option("unique_together").map(together).unwrap_or_default()
    }
}

/// The lists of names in a value of `unique_together`.
pub(super) fn together(value: &Value) -> Vec<Vec<String>> {
    let names = |value: &Value| -> Vec<String> {
        value.items().unwrap_or_default().iter().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let items = value.items().unwrap_or_default();
    if items.first().is_some_and(|first| first.as_str().is_some()) {
        return vec![names(value)];
    }
    items.iter().map(names).collect()
}

/// The value of `unique_together` that these lists make.
pub(super) fn together_value(lists: &[Vec<String>]) -> Value {
    let tuple = |names: &Vec<String>| Value::Tuple(names.iter().map(Value::str).collect());
    Value::Set(lists.iter().map(tuple).collect())
}

fn known<T, S>(read: Result<T, NotStatic>, source: impl FnOnce() -> S) -> Part<T, S> {
    match read {
        Ok(value) => Part::Known(value),
        Err(reason) => Part::Unknown { reason, source: source() },
    }
}

/// The models of an app as its classes describe them, abstract ones left out.
pub(super) fn from_classes(project: &Project<'_>, app: &AppFacts) -> Models {
    app.models
        .iter()
        .filter(|model| !model.is_abstract)
        .map(|model| (model.name.to_lowercase(), from_class(project, app, model)))
        .collect()
}

fn from_class(project: &Project<'_>, app: &AppFacts, facts: &ModelFacts) -> Model {
    let mut fields: Fields = Vec::new();
    let mut many_to_many: Fields = Vec::new();
    for field in &facts.fields {
        let part = known(Field::of(project, field, &facts.name), || field.clone());
        // Django keeps relations to many behind all columns.
        match &part {
            Part::Known(known) if known.is_many_to_many() => many_to_many.push((field.name.clone(), part)),
            _ => fields.push((field.name.clone(), part)),
        }
    }
    fields.extend(many_to_many);

    let has_key = fields.iter().any(|(_, part)| match part {
        Part::Known(field) => field.is("primary_key"),
        Part::Unknown { source, .. } => source.args.keyword("primary_key").is_some(),
    });
    if !has_key && !facts.is_proxy {
        fields.insert(0, ("id".to_owned(), Part::Known(Field::auto_key(auto_key_class(project, app)))));
    }

    let mut options: Vec<(String, Part<Value, Expr>)> = Vec::new();
    for name in OPTIONS {
        if matches!(name, "indexes" | "constraints") {
            continue;
        }
        if let Some(written) = facts.meta(name) {
            let mut part = known(project.value(written), || written.clone());
            if let (Part::Known(value), "unique_together") = (&mut part, name) {
                *value = together_value(&together(value));
            }
            options.push((name.to_owned(), part));
        }
    }
    let table = match options.iter().find(|(key, _)| key == "db_table") {
        Some((_, Part::Known(Value::Str(table)))) => table.clone(),
        _ => format!("{}_{}", project.app, facts.name.to_lowercase()),
    };
    let column = |name: &str| match fields.iter().find(|(n, _)| n == name) {
        Some((_, Part::Known(field))) => field.column(name),
        _ => name.to_owned(),
    };
    let owner = index::Owner { app: project.app, model: &facts.name, table: &table, column: &column };
    let items = |name: &str| match facts.meta(name) {
        None => Part::Known(Vec::new()),
        Some(written) => known(index::items(project, written, Some(&owner)), || written.clone()),
    };
    let (indexes, constraints) = (items("indexes"), items("constraints"));
    Model {
        name: facts.name.clone(),
        fields,
        options,
        indexes,
        constraints,
        bases: bases(project, facts),
        not_static: facts.not_static.clone(),
        written: facts.fields.clone(),
    }
}

/// The class of the key that Django adds.
fn auto_key_class<'f>(project: &Project<'f>, app: &'f AppFacts) -> &'f str {
    app.default_auto_field.as_deref().unwrap_or_else(|| project.facts.settings.auto_field())
}

/// The bases as migrations know them: models by label, `models.Model` where nothing else is one.
fn bases(project: &Project<'_>, facts: &ModelFacts) -> Vec<Value> {
    let base = |path: &String| match project.model_by_path(path) {
        Some(parent) => Value::Str(format!("{}.{}", parent.app(), parent.name.to_lowercase())),
        None => Value::Name(super::read::canonical(path)),
    };
    let bases: Vec<Value> = facts.flat_bases.iter().map(base).collect();
    if bases.is_empty() { vec![Value::Name("django.db.models.Model".to_owned())] } else { bases }
}

/// The app at a plan's base.
#[derive(Clone, Copy)]
pub(super) struct Base<'a> {
    pub(super) project: Project<'a>,
    pub(super) app: &'a AppFacts,
}

/// The models of an app as its migrations leave them. Where these cannot be followed in all, the models of the plan's
/// base are what they led to, which Django is asked about in the end; and what the plan's own migrations did since is
/// told by how the state differs.
pub(super) fn migrated(project: &Project<'_>, app: &AppFacts, base: Option<Base<'_>>) -> Models {
    let now = from_migrations(project, &app.migrations.state);
    let Some(base) = base.filter(|_| app.migrations.inexact.is_some()) else { return now };
    let before = &base.app.migrations.state;
    let mut models = from_classes(&base.project, base.app);
    for model in models.values_mut() {
        (model.bases, model.not_static, model.written) = Default::default();
    }
    let named = |states: &[ModelState], key: &str| {
        states.iter().find(|state| state.name.eq_ignore_ascii_case(key)).cloned()
    };
    models.retain(|key, _| named(before, key).is_none() || now.contains_key(key));
    for state in &app.migrations.state {
        let key = state.name.to_lowercase();
        let Some(changed) = now.get(&key) else { continue };
        // A class of the base that the state did not have is made by what cannot be followed.
        match models.get_mut(&key) {
            Some(model) => model.follow(&named(before, &key).unwrap_or_default(), state, changed),
            None => _ = models.insert(key, changed.clone()),
        }
    }
    models
}

impl Model {
    /// Takes over how `state`, which `changed` is made of, differs from what it `was`.
    fn follow(&mut self, was: &ModelState, state: &ModelState, changed: &Model) {
        let field_of = |state: &ModelState, name: &str| state.fields.iter().find(|f| f.name == name).cloned();
        self.fields.retain(|(name, _)| field_of(was, name).is_none() || changed.field(name).is_some());
        for (name, part) in &changed.fields {
            if field_of(was, name) == field_of(state, name) {
                continue;
            }
            match self.fields.iter_mut().find(|(own, _)| own == name) {
                Some((_, own)) => *own = part.clone(),
                None => self.fields.push((name.clone(), part.clone())),
            }
        }
        let option_of = |state: &ModelState, name: &str| {
            state.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        let differs = |name: &str| option_of(was, name) != option_of(state, name);
        self.options.retain(|(name, _)| !differs(name));
        self.options.extend(changed.options.iter().filter(|(name, _)| differs(name)).cloned());
        if differs("indexes") {
            self.indexes = changed.indexes.clone();
        }
        if differs("constraints") {
            self.constraints = changed.constraints.clone();
        }
    }
}

/// The models of an app as its migrations leave them, as far as these are followed.
fn from_migrations(project: &Project<'_>, states: &[ModelState]) -> Models {
    states.iter().map(|state| (state.name.to_lowercase(), from_state(project, state))).collect()
}

fn from_state(project: &Project<'_>, state: &ModelState) -> Model {
    let fields = state
        .fields
        .iter()
        .map(|field| (field.name.clone(), known(Field::of(project, field, &state.name), || field.clone())))
        .collect();
    let mut options = Vec::new();
    let mut indexes = Part::Known(Vec::new());
    let mut constraints = Part::Known(Vec::new());
    for (name, written) in &state.options {
        match name.as_str() {
            "indexes" => indexes = known(index::items(project, written, None), || written.clone()),
            "constraints" => constraints = known(index::items(project, written, None), || written.clone()),
            _ => {
                let mut part = known(project.value(written), || written.clone());
                if let (Part::Known(value), "unique_together") = (&mut part, name.as_str()) {
                    *value = together_value(&together(value));
                }
                options.push((name.clone(), part));
            }
        }
    }
    Model {
        name: state.name.clone(),
        fields,
        options,
        indexes,
        constraints,
        bases: Vec::new(),
        not_static: Vec::new(),
        written: Vec::new(),
    }
}
