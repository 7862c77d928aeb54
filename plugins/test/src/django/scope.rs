//! What a body sees. The README of this crate says it to authors of templates.

use std::collections::BTreeSet;
use std::sync::Arc;

use aksara_python::edit::OpenFile;
use aksara_python::read::renamed;
use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{FactsQuery, FieldFacts, ModelFacts, ProjectFacts};
use aksara_sdk::{Context, Diagnostic, RelPath};
use minijinja::value::{Kwargs, Rest, Serde};
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::Serialize;

use super::api::{Api, Login, api_of, list_queries, written};
use super::detail::{Detail, details};
use super::kinds;
use super::names::{self, Asked};
use super::sample::{self, Purpose, Wish};
use super::{pages, place, rows, taken, visible};
use crate::render::{environment, refusal, render};

/// A model, as a body sees it.
#[derive(Serialize)]
struct ModelView<'f> {
    label: &'f str,
    name: &'f str,
    app: &'f str,
    /// The module that it is imported from.
    module: String,
    variable: String,
    fields: Vec<&'f str>,
    details: Vec<Detail>,
    key: Option<&'f str>,
    title: Option<&'f str>,
    unique: Vec<&'f str>,
    /// The manager that sees all rows, and takes away those that it deletes.
    all_rows: &'f str,
    api: Option<Api>,
}

/// Pairs of field and source, in order.
type Pairs = Vec<(String, String)>;

/// What a body is about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The step's name.
    pub name: &'a str,
    /// The label of the app.
    pub app: &'a str,
    /// The label of the model, if it is about one.
    pub model: Option<&'a str>,
    /// What the template gave.
    pub context: &'a JsonMap,
}

/// The facts of every app that a body may speak of: its own, the model's, those of models that the context names, the
/// user model's, those that relations lead to, and those that their APIs are in.
///
/// # Errors
/// As [`Context::facts`].
pub fn facts_for(subject: Subject<'_>, cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    let mut wanted: BTreeSet<String> = BTreeSet::from([subject.app.to_owned()]);
    wanted.extend(subject.model.and_then(app_of));
    for value in subject.context.values() {
        collect_apps(value, &mut wanted);
    }
    let all = cx.query(FactsQuery { all: true, ..FactsQuery::default() })?;
    loop {
        let labels: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let facts = cx.facts(&labels)?;
        let models = facts.apps.iter().flat_map(|app| &app.models);
        let related = facts
            .apps
            .iter()
            .flat_map(|a| &a.models)
            .flat_map(|m| &m.fields)
            .filter_map(|f| f.relation.as_ref());
        let more: BTreeSet<String> = related
            .map(|r| r.to.as_str())
            .chain([facts.settings.auth_user_model.as_str()])
            .filter_map(app_of)
            .chain(rows::apps_of_bases(&facts))
            .chain(models.filter_map(|model| all.api_app(model)).map(|app| app.label.clone()))
            .filter(|app| facts.app_labels.contains(app) && !wanted.contains(app))
            .collect();
        if more.is_empty() {
            return Ok(rows::with_inherited_fields(facts));
        }
        wanted.extend(more);
    }
}

fn collect_apps(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => into.extend(app_of(text)),
        serde_json::Value::Array(items) => items.iter().for_each(|v| collect_apps(v, into)),
        serde_json::Value::Object(map) => map.values().for_each(|v| collect_apps(v, into)),
        _ => {}
    }
}

/// The app of a text that looks like `app.Model`.
fn app_of(text: &str) -> Option<String> {
    let (app, model) = text.split_once('.')?;
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (word(app) && word(model)).then(|| app.to_owned())
}

/// A rendered body.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The module.
    pub text: String,
    /// The facts, with what models and factories are called in it.
    pub facts: Arc<ProjectFacts>,
}

/// A body, rendered with all that it sees. Where two of what it imports have one name, it is rendered once more with
/// another one for the second.
///
/// # Errors
/// A model that is not there; as [`render::render`](crate::render::render).
pub fn rendered(facts: ProjectFacts, subject: Subject<'_>, body: &str) -> Result<Rendered, Diagnostic> {
    let mut facts = Arc::new(facts);
    let (text, asked) = render_once(&facts, subject, body)?;
    match names::give(Arc::make_mut(&mut facts), subject, &asked, &text)? {
        true => render_once(&facts, subject, body).map(|(text, _)| Rendered { text, facts }),
        false => Ok(Rendered { text, facts }),
    }
}

/// The text of a body, and the labels of the models that it asked for.
fn render_once(
    facts: &Arc<ProjectFacts>,
    subject: Subject<'_>,
    body: &str,
) -> Result<(String, Vec<String>), Diagnostic> {
    let asked = Arc::new(Asked::default());
    let mut env = environment()?;
    install(&mut env, facts, subject.app, &asked);
    let text = render(&env, body, values(facts, subject)?)?;
    Ok((text, asked.labels()))
}

/// The values that a body sees.
fn values(facts: &ProjectFacts, subject: Subject<'_>) -> Result<Value, Diagnostic> {
    let model = subject.model.map(|label| facts.require_model(label)).transpose()?;
    let app = facts.app(subject.app);
    let json_by_default =
        facts.settings.rest_framework.get("TEST_REQUEST_DEFAULT_FORMAT").and_then(|v| v.as_str())
            == Some("json");
    Ok(context! {
        name => subject.name,
        context => serialized(subject.context),
        model => model.map(|model| view(facts, model)),
        app => context! {
            label => subject.app,
            module => app.map(|a| a.module.as_str()).unwrap_or_default(),
        },
        project => context! {
            stack => facts.stack.as_str(),
            user_model => facts.settings.auth_user_model.as_str(),
            as_json => if json_by_default { "" } else { ", format=\"json\"" },
            atomic_requests => pages::requests_are_atomic(facts),
            plain_queries => pages::queries_are_plain(facts),
            plain_errors => errors_are_plain(facts),
        },
        facts => serialized(facts),
    })
}

/// Whether the body of an error is as REST framework makes it.
fn errors_are_plain(facts: &ProjectFacts) -> bool {
    let settings = &facts.settings;
    let own = settings.rest_framework.get("EXCEPTION_HANDLER").and_then(|handler| handler.as_str());
    !settings.computes_rest_framework("EXCEPTION_HANDLER")
        && own.is_none_or(|handler| handler == "rest_framework.views.exception_handler")
}

/// Adds the functions and filters that a body sees. `app` is the label of its own app; models of which one asks for rows
/// or imports are noted in `asked`.
fn install(env: &mut Environment<'static>, facts: &Arc<ProjectFacts>, app: &str, asked: &Arc<Asked>) {
    let project = Arc::clone(facts);
    let own = app.to_owned();
    env.add_function("module", move |name: String, options: Kwargs| -> Result<String, Error> {
        let app: Option<String> = options.get("app")?;
        options.assert_all_used()?;
        let app = project.require_app(app.as_deref().unwrap_or(&own)).map_err(refusal)?;
        let known = place::known(app, &name).and_then(|file| app.module_of(file));
        let usual = || {
            let file = format!("{}/{}.py", place::home(app, &name), name.replace('.', "/"));
            aksara_sdk::RelPath::new(file).ok().and_then(|file| app.module_of(&file))
        };
        Ok(known.or_else(usual).unwrap_or_else(|| format!("{}.{name}", app.module)))
    });
    let project = Arc::clone(facts);
    env.add_function("get_model", move |label: String| -> Result<Value, Error> {
        Ok(view(&project, project.require_model(&label).map_err(refusal)?))
    });
    for (name, purpose) in [("sample", Purpose::Row), ("request", Purpose::Request)] {
        let project = Arc::clone(facts);
        let asked = Arc::clone(asked);
        env.add_function(name, move |model: Value, wishes: Kwargs| -> Result<Value, Error> {
            asked.note(one(&project, &model)?);
            sampled(&project, &model, &wishes, purpose)
        });
    }
    let project = Arc::clone(facts);
    let of_rows = Arc::clone(asked);
    env.add_function(
        "new_row",
        move |model: Value, more: Option<String>, wishes: Kwargs| -> Result<String, Error> {
            of_rows.note(one(&project, &model)?);
            new_row(&project, &model, more.as_deref(), &wishes)
        },
    );
    let project = Arc::clone(facts);
    let of_parents = Arc::clone(asked);
    env.add_function("parents", move |models: Rest<Value>| -> Result<Value, Error> {
        let rows = parents(&project, &models, &of_parents)?;
        Ok(serialized(rows))
    });
    let project = Arc::clone(facts);
    env.add_function(
        "request_value",
        move |model: Value, field: String, row: String| -> Result<String, Error> {
            let model = one(&project, &model)?;
            let written = model.field(&field).and_then(|field| written(&project, model, field));
            Ok(written.map_or_else(|| format!("{row}.pk"), |written| written.key_of(&row)))
        },
    );
    let project = Arc::clone(facts);
    env.add_function("needs_user", move |models: Rest<Value>| -> Result<bool, Error> {
        let models = all(&project, &models)?;
        Ok(login(&project, &models) != Login::None || models.iter().any(|m| sample::needs_user(&project, m)))
    });
    let project = Arc::clone(facts);
    env.add_function("needs_login", move |models: Rest<Value>| -> Result<bool, Error> {
        Ok(login(&project, &all(&project, &models)?) != Login::None)
    });
    let project = Arc::clone(facts);
    env.add_function("new_user", move |models: Rest<Value>| -> Result<String, Error> {
        let models = all(&project, &models)?;
        new_user(&project, login(&project, &models), "author").map_err(refusal)
    });
    let project = Arc::clone(facts);
    let of_imports = Arc::clone(asked);
    env.add_function("imports", move |models: Rest<Value>| -> Result<String, Error> {
        let models = all(&project, &models)?;
        imports(&project, &models, &of_imports).map_err(refusal)
    });
    let project = Arc::clone(facts);
    env.add_function("standard_imports", move |models: Rest<Value>| -> Result<&str, Error> {
        let models = all(&project, &models)?;
        let parents = parent_models(&project, &models).map_err(refusal)?;
        let is_span = |f: &FieldFacts| {
            kinds::django_class(f) == Some("DurationField") && sample::is_required(f, Purpose::Row)
        };
        let needed = models.iter().chain(&parents).any(|m| m.fields.iter().any(is_span));
        Ok(if needed { "from datetime import timedelta\n\n" } else { "" })
    });
    let project = Arc::clone(facts);
    env.add_function("can_differ", move |model: Value| -> Result<bool, Error> {
        let model = one(&project, &model)?;
        // A line of its own makes the user one of many.
        if !visible::seen(&project, model).unwrap_or_default().members.is_empty() {
            return Ok(false);
        }
        if rows::has_factory(&project, &model.label) {
            return Ok(true);
        }
        let wish = Wish { purpose: Purpose::Row, unique: Some("value"), given: &[], allowed: None };
        Ok(sample::sample(&project, model, &wish).is_ok())
    });
    let project = Arc::clone(facts);
    env.add_function("shown_id", move |model: Value, row: String| -> Result<String, Error> {
        let key = one(&project, &model)?.field("id");
        Ok(match key.is_some_and(|key| kinds::django_class(key) == Some("UUIDField")) {
            true => format!("str({row}.pk)"),
            false => format!("{row}.pk"),
        })
    });
    let project = Arc::clone(facts);
    env.add_function("other_user", move |name: Option<String>| -> Result<Option<String>, Error> {
        // Of a user model of the project's own a second row may not be possible.
        Ok(new_user(&project, Login::User, name.as_deref().unwrap_or("reader")).ok())
    });
    let project = Arc::clone(facts);
    env.add_function("superuser", move || -> Result<Option<String>, Error> {
        Ok(new_user(&project, Login::Superuser, "superuser").ok())
    });
    let project = Arc::clone(facts);
    env.add_function("called", move |model: Value, name: String| -> Result<String, Error> {
        Ok(one(&project, &model)?.called(&name).to_owned())
    });
    let project = Arc::clone(facts);
    env.add_function("staff_user", move || -> Result<Option<String>, Error> { Ok(staff_user(&project)) });
    let project = Arc::clone(facts);
    env.add_function("queries", move |model: Value, options: Kwargs| -> Result<Value, Error> {
        let free: Option<Vec<String>> = options.get("free")?;
        options.assert_all_used()?;
        let model = one(&project, &model)?;
        Ok(serialized(list_queries(&project, model, &free.unwrap_or_default())))
    });
    env.add_filter("kwargs", |pairs: Value| -> Result<String, Error> {
        Ok(pairs_of(&pairs)?.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(", "))
    });
    env.add_filter("entries", |pairs: Value| -> Result<String, Error> {
        Ok(pairs_of(&pairs)?.iter().map(|(k, v)| format!("\"{k}\": {v}")).collect::<Vec<_>>().join(", "))
    });
    env.add_filter("value", |pairs: Value, field: String| -> Result<Option<String>, Error> {
        Ok(pairs_of(&pairs)?.into_iter().find(|(k, _)| *k == field).map(|(_, v)| v))
    });
    env.add_filter("pascal", |name: String| names::pascal(&name));
}

fn serialized<T: Serialize>(value: T) -> Value {
    Value::from(Serde(value))
}

fn view(facts: &ProjectFacts, model: &ModelFacts) -> Value {
    serialized(ModelView {
        label: &model.label,
        name: names::of_model(facts, model),
        app: model.app(),
        module: module_of(facts, model),
        variable: sample::variable(names::of_model(facts, model)),
        fields: model.fields.iter().map(|f| f.name.as_str()).collect(),
        details: details(facts, model),
        key: sample::key(model).map(|f| f.name.as_str()),
        title: sample::title(model).map(|f| f.name.as_str()),
        unique: sample::unique_texts(model).map(|f| f.name.as_str()).collect(),
        // What another manager hides, or does instead of deleting, is not known, nor what it will do one day.
        all_rows: "_base_manager",
        api: api_of(facts, model),
    })
}

/// A model given as itself or by its label.
fn one<'f>(facts: &'f ProjectFacts, value: &Value) -> Result<&'f ModelFacts, Error> {
    let label = match value.as_str() {
        Some(label) => label.to_owned(),
        None => value.get_attr("label")?.to_string(),
    };
    facts.require_model(&label).map_err(refusal)
}

fn all<'f>(facts: &'f ProjectFacts, values: &[Value]) -> Result<Vec<&'f ModelFacts>, Error> {
    values.iter().map(|value| one(facts, value)).collect()
}

fn sampled(facts: &ProjectFacts, model: &Value, wishes: &Kwargs, purpose: Purpose) -> Result<Value, Error> {
    let model = one(facts, model)?;
    let (unique, given) = wished(wishes)?;
    let allowed = match purpose {
        Purpose::Row => None,
        Purpose::Request => api_of(facts, model).and_then(|api| api.input),
    };
    let wish = Wish { purpose, unique: unique.as_deref(), given: &given, allowed: allowed.as_deref() };
    Ok(serialized(sample::sample(facts, model, &wish).map_err(refusal)?))
}

/// The source of a row as the project's tests make rows. `more` is a dict of values that go before the others.
fn new_row(
    facts: &ProjectFacts,
    model: &Value,
    more: Option<&str>,
    wishes: &Kwargs,
) -> Result<String, Error> {
    let model = one(facts, model)?;
    let (unique, mut given) = wished(wishes)?;
    let differ = unique.is_some();
    if !rows::has_factory(facts, &model.label) {
        let wish = Wish { purpose: Purpose::Row, unique: unique.as_deref(), given: &given, allowed: None };
        let pairs = sample::sample(facts, model, &wish).map_err(refusal)?;
        return Ok(rows::by_model(facts, model, &arguments(&pairs, more)));
    }
    // It makes what must differ by itself, but tests know rows by their key.
    if let (Some(key), Some(unique)) = (sample::key(model), unique)
        && given.iter().all(|(name, _)| *name != key.name)
    {
        given.push((key.name.clone(), unique));
    }
    for (name, source) in sample::belongings(facts, model, differ) {
        if given.iter().all(|(given, _)| *given != name) {
            given.push((name, source));
        }
    }
    Ok(rows::by_factory(facts, model, &arguments(&given, more)).unwrap_or_default())
}

/// The arguments of a call: `a=1`, or `**{"a": 1, **more}`.
fn arguments(pairs: &[(String, String)], more: Option<&str>) -> String {
    let joined = |between: &str, quote: &str| {
        let all: Vec<String> =
            pairs.iter().map(|(name, source)| format!("{quote}{name}{quote}{between}{source}")).collect();
        all.join(", ")
    };
    match more {
        None => joined("=", ""),
        Some(more) if pairs.is_empty() => format!("**{more}"),
        Some(more) => format!("**{{{}, **{more}}}", joined(": ", "\"")),
    }
}

/// The text that goes into what must differ, and values of fields.
fn wished(wishes: &Kwargs) -> Result<(Option<String>, Pairs), Error> {
    let unique: Option<String> = wishes.get("unique")?;
    let mut given = Pairs::new();
    let names: Vec<String> = wishes.args().filter(|name| *name != "unique").map(str::to_owned).collect();
    for name in names {
        let source: String = wishes.get(&name)?;
        given.push((name, source));
    }
    Ok((unique, given))
}

fn pairs_of(value: &Value) -> Result<Pairs, Error> {
    let wrong =
        || Error::new(ErrorKind::InvalidOperation, "this filter takes what `sample` or `request` gives");
    value
        .try_iter()?
        .map(|pair| {
            let part =
                |index: usize| pair.get_item_by_index(index).ok().and_then(|v| v.as_str().map(str::to_owned));
            Ok((part(0).ok_or_else(wrong)?, part(1).ok_or_else(wrong)?))
        })
        .collect()
}

/// Models that must be there before rows of `models`, without those themselves.
fn parent_models<'f>(
    facts: &'f ProjectFacts,
    models: &[&'f ModelFacts],
) -> Result<Vec<&'f ModelFacts>, Diagnostic> {
    let mut found: Vec<&ModelFacts> = Vec::new();
    for model in models {
        for parent in sample::parents(facts, model)? {
            if !found.iter().any(|m| m.label == parent.label) {
                found.push(parent);
            }
        }
    }
    Ok(found)
}

#[derive(Serialize)]
struct ParentRow {
    label: String,
    variable: String,
    source: String,
    /// Lines behind it, without which the tests' user would not see the row.
    then: Vec<String>,
}

fn parents(facts: &ProjectFacts, values: &[Value], asked: &Asked) -> Result<Vec<ParentRow>, Error> {
    let models = all(facts, values)?;
    let rows = parent_models(facts, &models).map_err(refusal)?;
    models.iter().chain(&rows).for_each(|model| asked.note(model));
    rows.into_iter()
        .map(|model| {
            let variable = sample::variable(names::of_model(facts, model));
            let members = visible::seen(facts, model).unwrap_or_default().members;
            let then = members.iter().map(|name| format!("cls.{variable}.{name}.add(cls.user)")).collect();
            let given = arguments(&sample::belongings(facts, model, false), None);
            if let Some(source) = rows::by_factory(facts, model, &given) {
                let source = renamed(&source, "self", "cls");
                return Ok(ParentRow { label: model.label.clone(), variable, source, then });
            }
            let wish = Wish { purpose: Purpose::Row, unique: None, given: &[], allowed: None };
            let pairs = sample::sample(facts, model, &wish).map_err(refusal)?;
            let source = rows::by_model(facts, model, &arguments(&pairs, None));
            let source = renamed(&source, "self", "cls");
            Ok(ParentRow { label: model.label.clone(), variable, source, then })
        })
        .collect()
}

/// Who must be logged in for the endpoints of all of `models`.
fn login(facts: &ProjectFacts, models: &[&ModelFacts]) -> Login {
    models.iter().filter_map(|m| api_of(facts, m)).map(|api| api.login).max().unwrap_or(Login::None)
}

/// The source that makes a user who differs from others by `name`, or another one where the project's data has that.
/// `create_user` is known only where the model's manager is Django's own.
fn new_user(facts: &ProjectFacts, login: Login, name: &str) -> Result<String, Diagnostic> {
    let own = facts.model(&facts.settings.auth_user_model);
    let mut flags = Pairs::new();
    if login == Login::Superuser {
        flags.extend(staff_flag(own).map(|name| (name, "True".to_owned())));
        let is_super = own.is_none_or(|model| {
            let bases = ["AbstractUser", "PermissionsMixin"];
            model.field("is_superuser").is_some()
                || bases.iter().any(|base| has_djangos(model, base, "is_superuser"))
        });
        flags.extend(is_super.then(|| ("is_superuser".to_owned(), "True".to_owned())));
    }
    let name = taken::free_name(facts, name);
    match user_maker(facts) {
        UserMaker::Factory(factory) => Ok(format!("{factory}({})", arguments(&flags, None))),
        UserMaker::Manager => {
            let method = if login == Login::Superuser { "create_superuser" } else { "create_user" };
            let extra = user_arguments(facts, &format!("\"{name}\""), true)?;
            let extra: String = extra.iter().map(|(name, source)| format!(", {name}={source}")).collect();
            Ok(format!("User.objects.{method}(\"{name}\", \"{name}@example.com\", \"s3cret-pass\"{extra})"))
        }
        UserMaker::Model => {
            let mut all = user_arguments(facts, &format!("\"{name}\""), false)?;
            all.extend(flags);
            Ok(format!("User.objects.create({})", arguments(&all, None)))
        }
    }
}

/// The source of a user who is there for one row alone, which `unique` tells apart from others.
pub fn user_of_its_own(facts: &ProjectFacts, unique: &str) -> Result<String, Diagnostic> {
    // A text may be that of several rows, or of a user of the tests.
    let is_variable = unique.chars().all(|c| c.is_alphanumeric() || c == '_');
    let count = "str(User.objects.count())";
    let unique = if is_variable { unique } else { count };
    match user_maker(facts) {
        UserMaker::Factory(factory) => Ok(format!("{factory}()")),
        UserMaker::Manager => {
            let name = if is_variable { unique } else { "f\"user{User.objects.count()}\"" };
            let extra = user_arguments(facts, unique, true)?;
            let extra: String = extra.iter().map(|(name, source)| format!(", {name}={source}")).collect();
            Ok(format!("User.objects.create_user({name}{extra})"))
        }
        UserMaker::Model => {
            Ok(format!("User.objects.create({})", arguments(&user_arguments(facts, unique, false)?, None)))
        }
    }
}

/// What makes users in tests.
enum UserMaker<'f> {
    /// A factory, by its name in the module.
    Factory(&'f str),
    /// The methods of Django's manager of users.
    Manager,
    /// The model itself.
    Model,
}

fn user_maker(facts: &ProjectFacts) -> UserMaker<'_> {
    let label = &facts.settings.auth_user_model;
    if let Some(factory) = facts.test_data.factory(label) {
        return UserMaker::Factory(names::of_factory(facts, factory));
    }
    let own = facts.model(label);
    let has = |name: &str| {
        own.is_some_and(|m| m.members.iter().any(|member| member == name) || m.field(name).is_some())
    };
    let django_like = own.is_none_or(|model| {
        has_djangos(model, "AbstractUser", "username") && !["USERNAME_FIELD", "objects"].into_iter().any(has)
    });
    if django_like { UserMaker::Manager } else { UserMaker::Model }
}

/// What a row of the project's own user model needs; without what `create_user` is given by place.
fn user_arguments(facts: &ProjectFacts, unique: &str, by_manager: bool) -> Result<Pairs, Diagnostic> {
    let Some(model) = facts.model(&facts.settings.auth_user_model) else { return Ok(Pairs::new()) };
    let wish = Wish { purpose: Purpose::Row, unique: Some(unique), given: &[], allowed: None };
    let mut arguments = sample::sample(facts, model, &wish)?;
    // Nobody logs in with it: tests are logged in by force.
    arguments.retain(|(field, _)| field != "password" || model.field(field).is_some());
    if by_manager {
        arguments.retain(|(field, _)| !["username", "email", "password"].contains(&field.as_str()));
    }
    // Tests know the user model as `User`.
    for (_, source) in &mut arguments {
        *source = renamed(source, names::of_model(facts, model), "User");
    }
    Ok(arguments)
}

/// Whether a model extends a class of Django's, itself or by an abstract base in the project.
pub fn extends(model: &ModelFacts, base: &str) -> bool {
    model.bases.iter().chain(&model.flat_bases).any(|name| name.rsplit('.').next() == Some(base))
}

/// Whether a model has a field from a base of Django's, and has neither cancelled nor replaced it.
pub fn has_djangos(model: &ModelFacts, base: &str, field: &str) -> bool {
    extends(model, base)
        && model.field(field).is_none()
        && !model.cancelled.iter().chain(&model.members).any(|name| name == field)
}

/// The flag by which a user is one of the staff: `is_staff`, or what a property of that name of the model's own tells it
/// by. `None` if nothing is known that could be set.
fn staff_flag(own: Option<&ModelFacts>) -> Option<String> {
    let Some(model) = own else { return Some("is_staff".to_owned()) };
    if model.field("is_staff").is_some() || has_djangos(model, "AbstractUser", "is_staff") {
        return Some("is_staff".to_owned());
    }
    let is_property = model.members.iter().any(|member| member == "is_staff");
    let by = model.field("is_admin").filter(|f| is_property && f.class_name() == "BooleanField");
    by.map(|field| field.name.clone())
}

/// The source that makes a user of the staff, who has no other permission; `None` if that cannot be told.
fn staff_user(facts: &ProjectFacts) -> Option<String> {
    let flag = staff_flag(facts.model(&facts.settings.auth_user_model))?;
    let user = new_user(facts, Login::User, "staff").ok()?;
    let (call, arguments) = user.strip_suffix(')')?.split_once('(')?;
    let comma = if arguments.is_empty() { "" } else { ", " };
    Some(format!("{call}({arguments}{comma}{flag}=True)"))
}

/// The module that a model is imported from.
pub fn module_of(facts: &ProjectFacts, model: &ModelFacts) -> String {
    // Django finds models through the app's `models`, so a package of that name exports them.
    let app = facts.app(model.app());
    app.and_then(|app| app.module_of(&app.models_file(model))).unwrap_or_default()
}

/// Import lines for `models` and what must be there before them, sorted.
fn imports(facts: &ProjectFacts, models: &[&ModelFacts], asked: &Asked) -> Result<String, Diagnostic> {
    let mut wanted: Vec<(String, &str, &str)> = Vec::new();
    for model in models.iter().copied().chain(parent_models(facts, models)?) {
        asked.note(model);
        // Those that have a factory are imported where the body uses them: see `rows::with_imports`.
        if facts.test_data.factory(&model.label).is_none() {
            wanted.push((module_of(facts, model), &model.name, names::of_model(facts, model)));
        }
    }
    wanted.sort();
    wanted.dedup();
    if wanted.iter().any(|(_, name, called)| name != called) {
        return renaming_imports(facts, &wanted);
    }
    let mut lines: Vec<String> = Vec::new();
    for group in wanted.chunk_by(|a, b| a.0 == b.0) {
        let list: Vec<&str> = group.iter().map(|(_, name, _)| *name).collect();
        if let Some((module, ..)) = group.first() {
            lines.push(import_line(facts, module, &list));
        }
    }
    Ok(lines.join("\n"))
}

/// The same where some have another name in the module than their own.
fn renaming_imports(facts: &ProjectFacts, wanted: &[(String, &str, &str)]) -> Result<String, Diagnostic> {
    let path = RelPath::new("imports.py").map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))?;
    let mut file = OpenFile::in_project(&path, None, facts)?;
    for (module, name, called) in wanted {
        let _ = match name == called {
            true => file.edits.import_from(module, name)?,
            false => file.edits.import_as(module, Some(name), called)?,
        };
    }
    Ok(file.edits.source().text().trim_end().to_owned())
}

fn import_line(facts: &ProjectFacts, module: &str, names: &[&str]) -> String {
    let line = format!("from {module} import {}", names.join(", "));
    if line.chars().count() <= facts.style.line_length as usize {
        return line;
    }
    let list: String = names.iter().map(|name| format!("{}{name},\n", facts.style.indent)).collect();
    format!("from {module} import (\n{list})")
}

#[cfg(test)]
pub mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use super::*;

    /// A project with the app `shop` and no models yet.
    pub fn project() -> TestProject<'static> {
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n")
            .file("site1/__init__.py", "")
            .file(
                "site1/settings.py",
                "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework', 'shop']\nROOT_URLCONF = 'site1.urls'\n",
            )
            .file("shop/__init__.py", "")
            .file("shop/apps.py", "from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = \"shop\"\n")
    }

    pub fn facts_of(project: TestProject<'_>) -> ProjectFacts {
        project.facts().unwrap()
    }

    fn rendered(facts: ProjectFacts, body: &str) -> Result<String, Diagnostic> {
        let context = serde_json::from_value(json!({"a": "b"})).unwrap();
        let subject = Subject { name: "two_words", app: "shop", model: Some("shop.Book"), context: &context };
        super::rendered(facts, subject, body).map(|rendered| rendered.text)
    }

    const BOOK: &str = "from django.db import models\n\n\nclass Shelf(models.Model):\n    code = models.CharField(max_length=5)\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n    slug = models.SlugField(unique=True)\n    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)\n";

    #[test]
    fn keys_are_compared_as_the_api_shows_them() {
        for (field, expected) in [
            ("id = models.UUIDField(primary_key=True, default=uuid.uuid4)", "str(book.pk)"),
            ("id = models.BigAutoField(primary_key=True)", "book.pk"),
            ("title = models.TextField()", "book.pk"),
        ] {
            let models = format!(
                "import uuid\n\nfrom django.db import models\n\n\nclass Book(models.Model):\n    {field}\n"
            );
            let facts = facts_of(project().file("shop/models.py", models));
            assert_eq!(rendered(facts, "{{ shown_id(model, \"book\") }}").unwrap().trim(), expected);
        }
    }

    #[test]
    fn a_body_sees_the_model() {
        let facts = facts_of(project().file("shop/models.py", BOOK));
        let body = "{{ name | pascal }} {{ context.a }} {{ model.key }} {{ model.title }} {{ model.variable }} {{ app.module }} {{ model.api }}{{ project.as_json }}";
        assert_eq!(
            rendered(facts, body).unwrap(),
            "TwoWords b slug title book shop None, format=\"json\"\n".trim_end()
        );
    }

    #[test]
    fn samples_are_written_as_arguments_or_entries() {
        let facts = facts_of(project().file("shop/models.py", BOOK));
        let body = "{{ sample(model, unique='\"x\"') | kwargs }}\n{{ request(model, title='name') | entries }}\n{{ sample(model) | value('slug') }}";
        assert_eq!(
            rendered(facts, body).unwrap(),
            "title=\"T\", slug=\"x\", shelf=self.shelf\n\"title\": name, \"slug\": \"t\", \"shelf\": self.shelf.pk\n\"t\""
        );
    }

    #[test]
    fn parents_are_made_and_imported() {
        let facts = facts_of(project().file("shop/models.py", BOOK));
        let body = "{{ imports(model) }}\n{% for row in parents(model) %}\ncls.{{ row.variable }} = {{ row.source }}\n{% endfor %}\n{{ needs_user(model) }}";
        assert_eq!(
            rendered(facts, body).unwrap(),
            "from shop.models import Book, Shelf\ncls.shelf = Shelf.objects.create(code=\"C\")\nFalse"
        );
    }

    /// A module with a body's rows in it, with the imports that they need.
    fn module(project: TestProject<'_>, body: &str) -> String {
        let facts = rows::with_inherited_fields(facts_of(project));
        let context = JsonMap::new();
        let subject = Subject { name: "books", app: "shop", model: Some("shop.Book"), context: &context };
        let Rendered { text, facts } = super::rendered(facts, subject, body).unwrap();
        let path = RelPath::new("shop/tests/test_books.py").unwrap();
        rows::with_imports(&facts, &path, &rows::without_unused_rows(&facts, &text)).unwrap()
    }

    const ROWS: &str = "from django.contrib.auth import get_user_model\nfrom django.test import TestCase\n\n{{ imports(model) }}\n\nUser = get_user_model()\n\n\nclass A(TestCase):\n    def test_a(self):\n        self.user = {{ new_user(model) }}\n        {% for row in parents(model) %}\n        self.{{ row.variable }} = {{ row.source }}\n        {% endfor %}\n        {{ new_row(model, unique='\"x\"', title='\"T\"') }}\n";

    #[test]
    fn rows_are_made_as_the_projects_tests_make_them() {
        let plain = module(project().file("shop/models.py", BOOK), ROWS);
        assert!(plain.contains("User = get_user_model()"), "{plain}");
        assert!(plain.contains("self.shelf = Shelf.objects.create(code=\"C\")"), "{plain}");
        assert!(plain.contains("Book.objects.create(title=\"T\", slug=\"x\", shelf=self.shelf)"), "{plain}");

        let factories = "import factory\nfrom django.contrib.auth.models import User\nfrom shop.models import Book, Shelf\n\nclass ShelfFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Shelf\n\nclass BookFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Book\n\nclass UserFactory(ShelfFactory):\n    class Meta:\n        model = User\n";
        let made = project()
            .file("shop/models.py", BOOK)
            .file("shop/tests/__init__.py", "")
            .file("shop/tests/factories.py", factories)
            .file("shop/tests/test_x.py", "from . import factories\n");
        assert_eq!(
            module(made, ROWS),
            "from django.test import TestCase\n\nfrom shop.tests.factories import BookFactory, ShelfFactory, UserFactory\n\n\nclass A(TestCase):\n    def test_a(self):\n        self.user = UserFactory()\n        self.shelf = ShelfFactory()\n        BookFactory(title=\"T\", slug=\"x\")\n"
        );

        // Of rows that differ none takes the user of another one.
        let owned = |relation: &str| {
            let user =
                format!("    user = models.{relation}('auth.User', on_delete=models.CASCADE)\n    title =");
            let made = project()
                .file("shop/models.py", BOOK.replace("    title =", &user))
                .file("shop/tests/__init__.py", "")
                .file("shop/tests/factories.py", factories)
                .file("shop/tests/test_x.py", "from . import factories\n");
            module(made, ROWS)
        };
        assert!(owned("ForeignKey").contains("BookFactory(title=\"T\", slug=\"x\", user=self.user)"));
        assert!(owned("OneToOneField").contains("BookFactory(title=\"T\", slug=\"x\")"));

        // The user model keeps the name that `get_user_model()` gives it.
        let made = project()
            .file("shop/models.py", format!("{BOOK}\n\nclass User(models.Model):\n    pass\n"))
            .file("site1/settings.py", "INSTALLED_APPS = ['shop']\nAUTH_USER_MODEL = 'shop.User'\n")
            .file("shop/tests/__init__.py", "")
            .file("shop/tests/factories.py", factories.replace("django.contrib.auth", "shop"))
            .file("shop/tests/test_x.py", "from . import factories\n");
        let text = module(made, &format!("{ROWS}        self.assertTrue(User.objects.exists())\n"));
        assert!(text.contains("User = get_user_model()") && !text.contains("import User"), "{text}");
        assert!(text.contains("self.user = UserFactory()"), "{text}");

        let lasting = BOOK.replace("    title =", "    loan = models.DurationField()\n    title =");
        let body = format!("{{{{ standard_imports(model) -}}}}\n{ROWS}");
        let plain = module(project().file("shop/models.py", &lasting), &body);
        assert!(plain.starts_with("from datetime import timedelta\n\nfrom django.contrib"), "{plain}");
        let made = project()
            .file("shop/models.py", &lasting)
            .file("shop/tests/__init__.py", "")
            .file("shop/tests/factories.py", factories)
            .file("shop/tests/test_x.py", "from . import factories\n");
        let text = module(made, &body);
        assert!(text.starts_with("from django.test import TestCase\n\nfrom shop.tests.factories"), "{text}");

        let baked =
            project().file("shop/models.py", BOOK).file("shop/tests.py", "from model_bakery import baker\n");
        let text = module(baked, ROWS);
        assert!(text.contains("self.shelf = baker.make(Shelf)"), "{text}");
        assert!(text.contains("baker.make(Book, title=\"T\", slug=\"x\")"), "{text}");
        assert!(text.contains("from model_bakery import baker\n"), "{text}");
        assert!(text.contains("from shop.models import Book, Shelf\n"), "{text}");
    }

    /// Two apps with a `Book` each, of which one points to the other.
    fn of_one_name() -> TestProject<'static> {
        let models = "from django.db import models\n\n\nclass Book(models.Model):\n    title = models.CharField(max_length=9)\n    slug = models.SlugField(unique=True)\n    other = models.ForeignKey('store.Book', on_delete=models.CASCADE)\n\n\nclass Shelf(models.Model):\n    books = models.ManyToManyField('store.Book', through='Place')\n";
        let store = "from django.db import models\n\n\nclass Atlas(models.Model):\n    pass\n\n\nclass Book(models.Model):\n    number = models.IntegerField(unique=True)\n    atlas = models.ForeignKey(Atlas, on_delete=models.CASCADE)\n";
        project()
            .file("shop/models.py", models)
            .file("store/__init__.py", "")
            .file("store/models.py", store)
            .file("site1/settings.py", "INSTALLED_APPS = ['shop', 'store']\n")
    }

    #[test]
    fn the_second_of_two_models_of_one_name_says_its_app() {
        let text = module(of_one_name(), ROWS);
        for part in [
            "from shop.models import Book\nfrom store.models import Atlas\nfrom store.models import Book as StoreBook\n",
            "self.store_book = StoreBook.objects.create(number=1, atlas=cls.atlas)\n",
            "Book.objects.create(title=\"T\", slug=\"x\", other=self.store_book)\n",
        ] {
            assert!(text.contains(part), "{part}\nis not in\n{text}");
        }
        // What only one of them is needed for has its own name, whichever app it is of.
        let of = |label: &str| format!("{{{{ imports(get_model('{label}')) }}}}");
        let facts = facts_of(of_one_name());
        assert_eq!(rendered(facts.clone(), &of("shop.Shelf")).unwrap(), "from shop.models import Shelf");
        assert_eq!(
            rendered(facts.clone(), &of("store.Book")).unwrap(),
            "from store.models import Atlas, Book"
        );
        let names = "{% set book = get_model('store.Book') %}{{ imports(book, model) }}\n{{ book.name }} {{ book.variable }} {{ sample(book, unique='x') | kwargs }}";
        assert!(
            rendered(facts, names)
                .unwrap()
                .ends_with("\nStoreBook store_book number=StoreBook.objects.count() + 1, atlas=self.atlas")
        );
    }

    #[test]
    fn factories_of_models_of_one_name_are_told_apart() {
        let factory = |app: &str| {
            format!(
                "import factory\nfrom {app}.models import Book\n\nclass BookFactory(factory.django.DjangoModelFactory):\n    class Meta:\n        model = Book\n"
            )
        };
        let made = || {
            let mut project = of_one_name();
            for app in ["shop", "store"] {
                project = project
                    .file(&format!("{app}/tests/__init__.py"), "")
                    .file(&format!("{app}/tests/factories.py"), factory(app))
                    .file(&format!("{app}/tests/test_x.py"), "from . import factories\n");
            }
            project
        };
        // The factory of the other one is not asked for, and neither is that model.
        let alone = "from django.test import TestCase\n\n\nclass A(TestCase):\n    def test_a(self):\n        {{ new_row('store.Book') }}\n        Book.objects.get()\n";
        let alone = module(made(), alone);
        assert!(alone.contains("from store.models import Book\n"), "{alone}");
        assert!(alone.contains("from store.tests.factories import BookFactory\n"), "{alone}");
        assert!(!alone.contains("shop"), "{alone}");
        let both = "from django.test import TestCase\n\n{{ imports(model, 'store.Book') }}\n\n\nclass A(TestCase):\n    def test_a(self):\n        {{ new_row('store.Book') }}\n        {{ new_row(model) }}\n        self.assertEqual({{ get_model('store.Book').name }}.objects.count(), 2)\n";
        let both = module(made(), both);
        for part in [
            "from store.models import Book as StoreBook\nfrom store.tests.factories import BookFactory as StoreBookFactory\n",
            "        StoreBookFactory()\n        BookFactory(",
            "assertEqual(StoreBook.objects.count(), 2)",
        ] {
            assert!(both.contains(part), "{part}\nis not in\n{both}");
        }
    }

    #[test]
    fn a_model_that_is_called_as_something_the_body_imports_says_its_app() {
        let models = BOOK.replace("Shelf", "User");
        let text = module(project().file("shop/models.py", models), ROWS);
        assert!(
            text.contains("from shop.models import Book\nfrom shop.models import User as ShopUser\n"),
            "{text}"
        );
        assert!(text.contains("self.user = User.objects.create_user(\"author\""), "{text}");
        assert!(text.contains("self.shop_user = ShopUser.objects.create(code=\"C\")"), "{text}");
    }

    #[test]
    fn nodes_of_a_tree_are_made_at_its_top() {
        let models = "from django.db import models\nfrom treebeard.mp_tree import MP_Node\n\n\nclass Shelf(MP_Node):\n    code = models.CharField(max_length=5)\n\n\nclass Book(models.Model):\n    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)\n";
        let body = "{{ (parents(model) | first).source }} {{ new_row('shop.Shelf') }} {{ new_row(model) }}";
        assert_eq!(
            rendered(facts_of(project().file("shop/models.py", models)), body).unwrap(),
            "Shelf.add_root(code=\"C\") Shelf.add_root(code=\"C\") Book.objects.create(shelf=self.shelf)"
        );
    }

    #[test]
    fn users_of_an_own_model_differ() {
        let users = |fields: &str| {
            let models = format!(
                "from django.contrib.auth.models import AbstractBaseUser, AbstractUser\nfrom django.db import models\n\n\n{fields}\n\nclass Book(models.Model):\n    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"
            );
            let settings = "INSTALLED_APPS = ['django.contrib.auth', 'rest_framework', 'shop']\nAUTH_USER_MODEL = 'shop.User'\n";
            let facts =
                facts_of(project().file("shop/models.py", models).file("site1/settings.py", settings));
            let user = "{{ sample(get_model('shop.User'), unique='mark') | kwargs }}";
            let user = rendered(facts.clone(), user).unwrap();
            let name = if fields.contains("(AbstractUser") { "username=mark, " } else { "" };
            assert!(user.starts_with(&format!("{name}password=\"s3cret-pass\", ")), "{user}");
            rendered(facts, "{{ new_user(model) }}|{{ other_user() }}").unwrap()
        };
        assert_eq!(
            users(
                "class User(AbstractBaseUser):\n    email = models.EmailField(unique=True)\n    USERNAME_FIELD = 'email'\n"
            ),
            "User.objects.create(email=\"author@example.com\")|User.objects.create(email=\"reader@example.com\")"
        );
        assert_eq!(
            users(
                "class User(AbstractUser):\n    email = models.EmailField(unique=True)\n    USERNAME_FIELD = 'email'\n"
            ),
            "User.objects.create(username=\"author\", email=\"author@example.com\")|User.objects.create(username=\"reader\", email=\"reader@example.com\")"
        );
        assert_eq!(
            users("class User(AbstractUser):\n    badge = models.CharField(max_length=9, unique=True)\n"),
            "User.objects.create_user(\"author\", \"author@example.com\", \"s3cret-pass\", badge=\"author\")|User.objects.create_user(\"reader\", \"reader@example.com\", \"s3cret-pass\", badge=\"reader\")"
        );
    }

    #[test]
    fn users_and_staff_are_made_with_what_the_user_model_has() {
        let users = |models: &str| {
            let settings =
                "INSTALLED_APPS = ['django.contrib.auth', 'shop']\nAUTH_USER_MODEL = 'shop.User'\n";
            let models = format!(
                "from django.contrib.auth.models import AbstractBaseUser, AbstractUser, PermissionsMixin\nfrom django.db import models\n\n\n{models}\n\n\nclass Book(models.Model):\n    user = models.ForeignKey(User, on_delete=models.CASCADE)\n"
            );
            let facts =
                facts_of(project().file("shop/models.py", models).file("site1/settings.py", settings));
            rendered(facts, "{{ new_user(model) }}|{{ staff_user() }}").unwrap()
        };
        let by_mail = "    email = models.EmailField(unique=True)\n    USERNAME_FIELD = 'email'\n";
        let expected = "User.objects.create(email=\"author@example.com\")|User.objects.create(email=\"staff@example.com\", is_staff=True)";
        assert_eq!(users(&format!("class User(AbstractUser):\n    username = None\n{by_mail}")), expected);
        let base = "class Base(AbstractUser):\n    username = None\n\n    class Meta:\n        abstract = True\n\n\n";
        assert_eq!(users(&format!("{base}class User(Base):\n{by_mail}")), expected);
        let property = "    is_admin = models.BooleanField(default=False)\n\n    @property\n    def is_staff(self):\n        return self.is_admin\n";
        let own = format!("class User(AbstractBaseUser, PermissionsMixin):\n{by_mail}");
        assert_eq!(users(&format!("{own}{property}")), expected.replace("is_staff=", "is_admin="));
        assert_eq!(users(&own), "User.objects.create(email=\"author@example.com\")|None");
        let as_djangos = "User.objects.create_user(\"author\", \"author@example.com\", \"s3cret-pass\")|User.objects.create_user(\"staff\", \"staff@example.com\", \"s3cret-pass\", is_staff=True)";
        assert_eq!(users("class User(AbstractUser):\n    pass\n"), as_djangos);
        assert_eq!(
            users(&format!("{}class User(Base):\n    pass\n", base.replace("    username = None\n", ""))),
            as_djangos
        );
    }

    #[test]
    fn sources_are_rewritten_by_their_names_alone() {
        let models = "from django.contrib.auth.models import AbstractUser\nfrom django.db import models\n\n\nclass TeamMember(models.Model):\n    number = models.IntegerField(unique=True)\n\n\nclass Member(AbstractUser):\n    team = models.OneToOneField(TeamMember, on_delete=models.CASCADE)\n    number = models.IntegerField(unique=True)\n\n\nclass Shelf(models.Model):\n    kind = models.CharField(max_length=20, choices=[('self.service', 'Self service')])\n    owner = models.ForeignKey(Member, on_delete=models.CASCADE)\n\n\nclass Book(models.Model):\n    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)\n";
        let settings = "INSTALLED_APPS = ['django.contrib.auth', 'shop']\nAUTH_USER_MODEL = 'shop.Member'\n";
        let facts = facts_of(project().file("shop/models.py", models).file("site1/settings.py", settings));
        let row = "{% for row in parents(model) %}{{ row.source }}{% endfor %}";
        assert_eq!(
            rendered(facts.clone(), row).unwrap(),
            "Shelf.objects.create(kind=\"self.service\", owner=cls.user)"
        );
        assert_eq!(
            rendered(facts, "{{ new_user(model) }}").unwrap(),
            "User.objects.create_user(\"author\", \"author@example.com\", \"s3cret-pass\", team=TeamMember.objects.create(number=TeamMember.objects.count() + 1), number=User.objects.count() + 1)"
        );
    }

    #[test]
    fn errors_are_read_only_where_rest_framework_makes_them() {
        let plain = |handler: &str| {
            let settings =
                format!("INSTALLED_APPS = ['shop']\nREST_FRAMEWORK = {{'EXCEPTION_HANDLER': {handler}}}\n");
            let facts = facts_of(project().file("shop/models.py", BOOK).file("site1/settings.py", settings));
            rendered(facts, "{{ project.plain_errors }}").unwrap() == "True"
        };
        assert!(plain("'rest_framework.views.exception_handler'"));
        assert!(!plain("'shop.errors.handler'") && !plain("handler()"));
        let facts = facts_of(project().file("shop/models.py", BOOK));
        assert_eq!(rendered(facts, "{{ project.plain_errors }}").unwrap(), "True");
    }

    #[test]
    fn requests_send_what_the_serializers_fields_take() {
        let sent = |serializer: &str| {
            let serializers = format!(
                "from rest_framework import serializers\n\nfrom .models import Book, Shelf\n\n\nclass BookSerializer({serializer}\n    class Meta:\n        model = Book\n        fields = ['title', 'slug', 'shelf']\n"
            );
            let views = "from rest_framework import viewsets\n\nfrom .models import Book\nfrom .serializers import BookSerializer\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n";
            let urls = "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n";
            let facts = facts_of(
                project()
                    .file("shop/models.py", BOOK)
                    .file("shop/serializers.py", serializers)
                    .file("shop/views.py", views)
                    .file("shop/urls.py", urls),
            );
            let value = rendered(facts.clone(), "{{ request_value(model, 'shelf', 'self.shelf') }}").unwrap();
            let sent =
                rendered(facts, "{{ request(model) | value('shelf') }} {{ model.api.checks }}").unwrap();
            assert!(sent.starts_with(&value) || sent.starts_with("None"), "{sent} {value}");
            sent
        };
        let declared = |field: &str| sent(&format!("serializers.ModelSerializer):\n    shelf = {field}\n"));
        assert_eq!(sent("serializers.ModelSerializer):"), "self.shelf.pk []");
        let slug = declared("serializers.SlugRelatedField(slug_field='code', queryset=Shelf.objects.all())");
        assert_eq!(slug, "self.shelf.code []");
        let url = declared(
            "serializers.HyperlinkedRelatedField(view_name='shelf-detail', queryset=Shelf.objects.all())",
        );
        assert_eq!(url, "reverse(\"shelf-detail\", args=[self.shelf.pk]) []");
        assert_eq!(sent("serializers.HyperlinkedModelSerializer):"), url);
        let said = "serializers.HyperlinkedModelSerializer):\n    class Meta:\n        model = Book\n        fields = ['title', 'slug', 'shelf']\n        extra_kwargs = {'shelf': {'view_name': 'shop:shelf-detail', 'lookup_field': 'code'}}\n\n\nclass Other(serializers.Serializer):";
        assert_eq!(sent(said), "reverse(\"shop:shelf-detail\", args=[self.shelf.code]) []");
        assert_eq!(declared("serializers.StringRelatedField()"), "None []", "it is only shown");
        assert_eq!(declared("ShelfSerializer()"), "self.shelf.pk ['shelf']", "what it takes is not known");
    }

    /// What a body says of books that a viewset with these members serves by a serializer with these.
    fn served(models: &str, viewset: &str, serializer: &str, rest: &str, body: &str) -> String {
        let serializers = format!(
            "from rest_framework import serializers\n\nfrom .models import Book, Shelf\n\n\nclass BookSerializer(serializers.ModelSerializer):\n{serializer}\n    class Meta:\n        model = Book\n        fields = '__all__'\n        read_only_fields = ['label', 'summary']\n"
        );
        let views = format!(
            "from rest_framework import viewsets\n\nfrom .models import Book\nfrom .serializers import BookSerializer\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n{viewset}"
        );
        let urls = "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n";
        let facts = facts_of(
            project()
                .file("shop/models.py", models)
                .file("shop/serializers.py", serializers)
                .file("shop/views.py", views)
                .file("shop/urls.py", urls)
                .file("site1/settings.py", format!("PAGE_SIZE = size()\nINSTALLED_APPS = ['shop']\n{rest}")),
        );
        rendered(facts, body).unwrap()
    }

    #[test]
    fn a_page_size_that_is_computed_is_one() {
        let rows = |size: &str| {
            let rest = format!(
                "REST_FRAMEWORK = {{'DEFAULT_PAGINATION_CLASS': 'rest_framework.pagination.LimitOffsetPagination'{size}}}\n"
            );
            served(BOOK, "", "    pass\n", &rest, "{{ model.api.rows }}")
        };
        assert_eq!(rows(", 'PAGE_SIZE': PAGE_SIZE"), "response.data[\"results\"]");
        assert_eq!(rows(", 'PAGE_SIZE': 5"), "response.data[\"results\"]");
        assert_eq!(rows(""), "response.data");
    }

    #[test]
    fn requests_have_what_the_serializer_declares() {
        let sent = |models: &str, serializer: &str| {
            let body = "{{ request(model) | entries }} {{ 'create' in model.api.actions }}";
            served(models, "", serializer, "", body)
        };
        let with = |field: &str| format!("{BOOK}    {field}\n");
        let blank = with("summary = models.CharField(max_length=9, blank=True)");
        let plain = sent(&blank, "    pass\n");
        assert_eq!(plain, "\"title\": \"T\", \"slug\": \"t\", \"shelf\": self.shelf.pk True");
        // What is declared is not read-only, whatever `read_only_fields` says.
        let summary = sent(&blank, "    summary = serializers.CharField()\n");
        assert_eq!(summary, plain.replace(" True", ", \"summary\": \"S\" True"));
        for optional in ["required=False", "default=''", "read_only=True"] {
            assert_eq!(sent(&blank, &format!("    summary = serializers.CharField({optional})\n")), plain);
        }
        let scan = with("scan = models.FileField(blank=True)");
        assert_eq!(sent(&scan, "    scan = serializers.FileField()\n"), plain.replace("True", "False"));
        let creates = "{{ 'create' in model.api.actions }}";
        assert_eq!(served(&with("scan = models.FileField()"), "", "    pass\n", "", creates), "False");
        assert!(sent(BOOK, "    code = serializers.CharField(write_only=True)\n").ends_with("False"));
        assert!(sent(BOOK, "    code = serializers.SerializerMethodField()\n").ends_with("True"));
    }

    #[test]
    fn what_an_own_permission_class_asks_of_the_request_is_known() {
        let permissions = "from rest_framework.permissions import SAFE_METHODS, BasePermission\n\n\nclass IsStaffOrReadOnly(BasePermission):\n    def has_permission(self, request, view):\n        return request.method in SAFE_METHODS or request.user.is_staff\n\n\nclass IsKnown(BasePermission):\n    def has_permission(self, request, view):\n        return bool(request.user and request.user.is_authenticated)\n";
        let who = |classes: &str| {
            let views = format!(
                "from rest_framework import viewsets\n\nfrom .models import Book\nfrom .permissions import IsKnown, IsStaffOrReadOnly\n\n\nclass Base(viewsets.ModelViewSet):\n    permission_classes = [{classes}]\n\n\nclass BookViewSet(Base):\n    queryset = Book.objects.all()\n"
            );
            let urls = "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n";
            let facts = facts_of(
                project()
                    .file("shop/models.py", BOOK)
                    .file("shop/permissions.py", permissions)
                    .file("shop/views.py", views)
                    .file("shop/urls.py", urls),
            );
            rendered(facts, "{{ model.api.anonymous }} {{ model.api.user }} {{ model.api.login }}").unwrap()
        };
        assert_eq!(who("IsStaffOrReadOnly"), "read read superuser");
        assert_eq!(who("IsKnown"), "none all user");
        assert_eq!(who("IsKnown, IsStaffOrReadOnly"), "none read superuser");
    }

    #[test]
    fn what_another_serializer_takes_is_not_made_up() {
        let sent = |options: &str| {
            let nested = "class ShelfSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Shelf\n        fields = ['code']\n\n\n";
            let serializers = format!(
                "from rest_framework import serializers\n\nfrom .models import Book, Shelf\n\n\n{nested}class BookSerializer(serializers.ModelSerializer):\n    shelf = ShelfSerializer({options})\n\n    class Meta:\n        model = Book\n        fields = '__all__'\n"
            );
            let views = "from rest_framework import viewsets\n\nfrom .models import Book\nfrom .serializers import BookSerializer\n\n\nclass BookViewSet(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n";
            let urls = "from rest_framework.routers import DefaultRouter\n\nfrom .views import BookViewSet\n\nrouter = DefaultRouter()\nrouter.register('books', BookViewSet)\nurlpatterns = router.urls\n";
            let facts = facts_of(
                project()
                    .file("shop/models.py", BOOK)
                    .file("shop/serializers.py", serializers)
                    .file("shop/views.py", views)
                    .file("shop/urls.py", urls),
            );
            rendered(facts, "{{ request(model) | entries }} {{ 'create' in model.api.actions }}").unwrap()
        };
        assert_eq!(sent("required=False"), "\"title\": \"T\", \"slug\": \"t\" True");
        assert!(sent("").ends_with(" False"), "{}", sent(""));
    }

    #[test]
    fn rows_are_addressed_by_words_that_the_address_takes() {
        let has_api = |pattern: &str| {
            let viewset = format!("    lookup_field = 'slug'\n    lookup_value_regex = r'{pattern}'\n");
            served(BOOK, &viewset, "    pass\n", "", "{{ model.api is not none }}") == "True"
        };
        assert!(["[^/]+", r"[\w-]+", "[a-z0-9-]+", ".+"].into_iter().all(has_api));
        assert!(!["[a-z0-9]+(?:-[a-z0-9]+)", "[0-9]+", "[a-z]{3}-[a-z]+"].into_iter().any(has_api));
    }

    #[test]
    fn changes_in_part_are_tested_where_a_view_takes_them() {
        let actions = |bases: &str, body: &str| {
            let views = format!(
                "from rest_framework import generics, mixins, viewsets\n\nfrom .models import Book\n\n\nclass BookList(generics.ListCreateAPIView):\n    queryset = Book.objects.all()\n\n\nclass BookDetail({bases}):\n    queryset = Book.objects.all()\n{body}"
            );
            let urls = "from django.urls import path\n\nfrom . import views\n\nurlpatterns = [\n    path('books/', views.BookList.as_view(), name='books'),\n    path('books/<int:pk>/', views.BookDetail.as_view(), name='book'),\n]\n";
            let facts = facts_of(
                project()
                    .file("shop/models.py", BOOK)
                    .file("shop/views.py", views)
                    .file("shop/urls.py", urls)
                    .file("site1/urls.py", "from django.urls import include, path\n\nurlpatterns = [path('api/', include('shop.urls'))]\n"),
            );
            rendered(facts, "{{ model.api.actions | join(' ') }}").unwrap()
        };
        let method = |name: &str| {
            format!(
                "\n    def {name}(self, request, *args, **kwargs):\n        return self.update(request)\n"
            )
        };
        let mixed = "mixins.RetrieveModelMixin, mixins.UpdateModelMixin, generics.GenericAPIView";
        assert_eq!(actions(mixed, &format!("{}{}", method("get"), method("put"))), "create list retrieve");
        let both = format!("{}{}{}", method("get"), method("put"), method("patch"));
        assert_eq!(actions(mixed, &both), "create list retrieve update");
        assert_eq!(actions("generics.RetrieveUpdateAPIView", ""), "create list retrieve update");
    }

    #[test]
    fn another_user_is_made_where_users_can_differ() {
        let with_users = |fields: &str| {
            let settings =
                "INSTALLED_APPS = ['django.contrib.auth', 'shop']\nAUTH_USER_MODEL = 'shop.Member'\n";
            let models = format!(
                "{BOOK}\n\nfrom django.contrib.auth.base_user import AbstractBaseUser\n\n\nclass Member(AbstractBaseUser):\n{fields}"
            );
            facts_of(project().file("site1/settings.py", settings).file("shop/models.py", models))
        };
        let body = "{{ other_user() }}";
        let email = "    email = models.EmailField(unique=True)\n    USERNAME_FIELD = 'email'\n";
        assert_eq!(
            rendered(with_users(email), body).unwrap(),
            "User.objects.create(email=\"reader@example.com\")"
        );
        let number = "    number = models.IntegerField(unique=True)\n    USERNAME_FIELD = 'number'\n";
        assert_eq!(
            rendered(with_users(number), body).unwrap(),
            "User.objects.create(number=User.objects.count() + 1)"
        );
    }

    #[test]
    fn an_unknown_model_is_named_with_those_there_are() {
        let facts = facts_of(project().file("shop/models.py", BOOK));
        let error = rendered(facts, "{{ get_model('shop.Boook').name }}").unwrap_err();
        assert_eq!(error.code, codes::NOT_FOUND);
        assert!(
            error.help.unwrap().contains("shop.Book, shop.Shelf") || error.message.contains("shop.Boook")
        );
    }

    #[test]
    fn a_field_that_is_not_there_is_refused() {
        let facts = facts_of(project().file("shop/models.py", BOOK));
        let error = rendered(facts, "{{ sample(model, colour='1') | kwargs }}").unwrap_err();
        assert!(error.message.contains("`colour`"), "{}", error.message);
    }
}
