//! The abstract models of the project that its models are made from, such as one that gives each row its times.

use aksara_python::edit::Edits;
use aksara_sdk::protocol::facts::{FieldFacts, ModelFacts, ProjectFacts};
use aksara_sdk::protocol::params::{CreateModel, FieldSpec};
use aksara_sdk::{Diagnostic, Note};

use super::is_set_by_framework;

/// The bases of a new model, and the fields that it has from them.
#[derive(Debug, Default)]
pub(super) struct Bases<'f> {
    /// Full dotted names, in the order in which the project's models have them. Empty: Django's own.
    pub(super) paths: Vec<&'f str>,
    /// The fields of those.
    pub(super) fields: Vec<&'f FieldFacts>,
    /// Fields of the new model that a base has by another name: that of the new model, and that of the base.
    pub(super) renamed: Vec<(String, String)>,
}

/// The abstract bases that three of four models of the app have or, where it has fewer than two models, of the project,
/// as far as the new one can have them: a base that asks for a value, or that says what the new model's fields say by
/// another name, is left, with a note. `same` says whether a field of the new model is the one of a base.
pub(super) fn of_project<'f>(
    facts: &'f ProjectFacts,
    params: &CreateModel,
    same: impl Fn(&FieldSpec, &FieldFacts) -> bool,
    notes: &mut Vec<Note>,
) -> Bases<'f> {
    let app = params.model.split('.').next().unwrap_or_default();
    let is_own = |m: &&ModelFacts| {
        !m.is_abstract && !m.is_proxy && m.label != facts.settings.auth_user_model && m.label != params.model
    };
    let all: Vec<&ModelFacts> = facts.apps.iter().flat_map(|a| &a.models).filter(is_own).collect();
    let all: Vec<&ModelFacts> = all.iter().copied().filter(|model| !is_apart(model, &all)).collect();
    let here: Vec<&ModelFacts> = all.iter().copied().filter(|m| m.app() == app).collect();
    let teachers = if here.len() >= 2 { here } else { all };
    let mut bases = Bases::default();
    if teachers.len() < 2 {
        return bases;
    }
    let habit = |path: &str| {
        teachers.iter().filter(|model| stands_on(facts, model, path, MAX_BASES)).count() * 4
            >= teachers.len() * 3
    };
    // Django's own class gives no fields, and is what all others stand on.
    let gives = |model: &ModelFacts, path: &str| {
        abstract_one(facts, path).is_some() || !given_fields(facts, model, path).is_empty()
    };
    let habits =
        |model: &ModelFacts| model.bases.iter().filter(|base| gives(model, base) && habit(base)).count();
    let Some(example) = teachers.iter().max_by_key(|model| habits(model)) else { return bases };
    // What a base has by the very name is that base's.
    let known: Vec<&str> = example
        .fields
        .iter()
        .filter(|field| field.inherited_from.as_deref().is_some_and(&habit))
        .map(|field| field.name.as_str())
        .collect();
    let given =
        |field: &FieldFacts| given_by(params, field).filter(|own| !known.contains(&own.name.as_str()));
    for path in example.bases.iter().filter(|path| gives(example, path) && habit(path)) {
        let fields = given_fields(facts, example, path);
        match obstacle(params, &fields, &same, given).or_else(|| foreign_manager(facts, path)) {
            None => {
                bases.paths.push(path);
                let renamed = |field: &&FieldFacts| Some((given(field)?.name.clone(), field.name.clone()));
                bases.renamed.extend(fields.iter().filter_map(renamed));
                bases.fields.extend(fields);
            }
            Some(why) => notes.push(Note::info(format!(
                "`{}` is not based on `{path}` as the project's other models: {why}",
                params.model
            ))),
        }
    }
    bases
}

/// Why a base with a manager that nobody can read is left: it may go by fields that the new model does not have.
fn foreign_manager(facts: &ProjectFacts, path: &str) -> Option<String> {
    let base = abstract_one(facts, path)?;
    let manager = base.managers.iter().find(|manager| manager.name == "objects" && manager.foreign)?;
    Some(format!("what its `objects`, a `{}`, asks of a model is not known", manager.class))
}

/// How many abstract models may stand on each other.
const MAX_BASES: usize = 8;

/// Whether a model has the base `path`, or an abstract one of the project that has it.
fn stands_on(facts: &ProjectFacts, model: &ModelFacts, path: &str, depth: usize) -> bool {
    model.bases.iter().any(|base| {
        is_same_class(facts, base, path)
            || (depth > 0
                && abstract_one(facts, base).is_some_and(|parent| stands_on(facts, parent, path, depth - 1)))
    })
}

/// The abstract model that is meant by a full dotted name, if an app of the project has it.
fn abstract_one<'f>(facts: &'f ProjectFacts, path: &str) -> Option<&'f ModelFacts> {
    let all = abstract_ones(facts, path);
    let own = all.iter().find(|(_, module)| path.rsplit_once('.').is_some_and(|(of, _)| of == module));
    own.or(all.first()).map(|(model, _)| *model)
}

/// The abstract models that a full dotted name may mean, each with the module that it is in: a package hands on what its
/// modules define.
fn abstract_ones<'f>(facts: &'f ProjectFacts, path: &str) -> Vec<(&'f ModelFacts, String)> {
    let Some((module, class)) = path.rsplit_once('.') else { return Vec::new() };
    let apps = facts.apps.iter().filter(|app| is_within(module, &app.module));
    apps.flat_map(|app| app.models.iter().map(move |model| (app, model)))
        .filter(|(_, model)| model.is_abstract && model.name == class)
        .map(|(app, model)| (model, app.module_of(&model.place.file).unwrap_or_default()))
        .collect()
}

/// Whether a module is `package`, or one in it.
fn is_within(module: &str, package: &str) -> bool {
    module.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether two full names mean one class: a package hands on what its modules define, where it has no class of that name
/// itself, and no second module has one.
fn is_same_class(facts: &ProjectFacts, one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (Some((module, class)), Some((other_module, other_class))) =
        (one.rsplit_once('.'), other.rsplit_once('.'))
    else {
        return false;
    };
    let package = if is_within(module, other_module) { other_module } else { module };
    let is_handed_on = is_within(module, package) && is_within(other_module, package);
    let in_package = abstract_ones(facts, one).into_iter().filter(|(_, of)| is_within(of, package)).count();
    class == other_class && is_handed_on && in_package < 2
}

/// The fields that a model has from one of its bases, which may have them from a base of its own.
fn given_fields<'f>(facts: &ProjectFacts, model: &'f ModelFacts, base: &str) -> Vec<&'f FieldFacts> {
    let parent = abstract_one(facts, base);
    let is_only = matches!(model.bases.as_slice(), [only] if only == base);
    let given = |field: &&FieldFacts| {
        field.inherited_from.as_deref().is_some_and(|from| {
            is_only
                || is_same_class(facts, from, base)
                || parent.and_then(|parent| parent.field(&field.name)).is_some_and(|of_parent| {
                    of_parent.inherited_from.as_deref().is_some_and(|first| is_same_class(facts, first, from))
                })
        })
    };
    model.fields.iter().filter(given).collect()
}

/// Whether a model could not have the bases of the others, whose fields say by other names what its own say, as
/// `created_at` beside `created`. It is no example of what models do without them.
fn is_apart(model: &ModelFacts, others: &[&ModelFacts]) -> bool {
    let times = |model: &'_ ModelFacts, inherited: bool| -> Vec<String> {
        let fields = model.fields.iter().filter(|f| f.inherited_from.is_some() == inherited);
        fields.filter(|f| is_set_by_framework(f)).map(|f| f.name.clone()).collect()
    };
    let given: Vec<String> = others.iter().flat_map(|other| times(other, true)).collect();
    let own = times(model, false);
    !given.is_empty()
        && times(model, true).is_empty()
        && !own.is_empty()
        && own.iter().all(|name| !given.contains(name))
}

/// What keeps a new model from having a base with these fields.
fn obstacle<'p>(
    params: &'p CreateModel,
    fields: &[&FieldFacts],
    same: &impl Fn(&FieldSpec, &FieldFacts) -> bool,
    given: impl Fn(&FieldFacts) -> Option<&'p FieldSpec>,
) -> Option<String> {
    for field in fields {
        let name = &field.name;
        if let Some(wanted) = params.fields.iter().find(|f| f.name == *name) {
            if !same(wanted, field) {
                return Some(format!("its own `{name}` is another field"));
            }
            continue;
        }
        if given(field).is_some() {
            continue;
        }
        let says_the_same = |f: &FieldSpec| {
            (f.set_on_create && field.is_true("auto_now_add")) || (f.set_on_save && field.is_true("auto_now"))
        };
        if let Some(wanted) = params.fields.iter().find(|f| says_the_same(f)) {
            return Some(format!("what `{}` says would be said by `{name}` as well", wanted.name));
        }
        if is_required(field) {
            return Some(format!("nothing says what its `{name}` would be"));
        }
    }
    None
}

/// The field of the new model that a base's field keeps by another name: the moment a row was made, or last saved.
fn given_by<'p>(params: &'p CreateModel, field: &FieldFacts) -> Option<&'p FieldSpec> {
    let is_own = |name: &str| params.fields.iter().any(|f| f.name == name);
    params.fields.iter().find(|f| field.is_moment(&f.name) && !is_own(&field.name))
}

/// Whether a row cannot be made without a value for the field.
fn is_required(field: &FieldFacts) -> bool {
    let is_text =
        matches!(field.class_name(), "CharField" | "TextField" | "SlugField" | "URLField" | "EmailField");
    let optional = ["null", "auto_now", "auto_now_add"].iter().any(|name| field.is_true(name))
        || field.args.keyword("default").is_some()
        || field.args.keyword("db_default").is_some()
        || (is_text && field.is_true("blank"));
    !optional && !field.class_name().ends_with("AutoField") && field.class_name() != "ManyToManyField"
}

impl Bases<'_> {
    /// The bases as the module of the new class writes them, with the imports that they need.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub(super) fn written(&self, edits: &mut Edits, facts: &ProjectFacts) -> Result<Vec<String>, Diagnostic> {
        self.paths
            .iter()
            .map(|path| {
                let Some((module, class)) = path.rsplit_once('.') else { return Ok((*path).to_owned()) };
                let within = |app: &&aksara_sdk::protocol::facts::AppFacts| {
                    module
                        .strip_prefix(app.module.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                let home = facts.apps.iter().filter(within).max_by_key(|app| app.module.len());
                let there = home.and_then(|app| {
                    let model = app.models.iter().find(|m| m.is_abstract && m.name == class)?;
                    edits.source().path().is_below(&app.dir).then(|| (app, model.place.file.clone()))
                });
                match there {
                    Some((app, file)) => edits.name_of_app(app, &file, class),
                    None => edits.name_from(module, class),
                }
            })
            .collect()
    }
}
