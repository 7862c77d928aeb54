//! `project::`: what is known of the project, for reading.
//!
//! Answers are small maps, so that a large project does not use up a script's limits.

use std::sync::Arc;

use aksara_protocol::ProjectFacts;
use aksara_protocol::facts::{
    AppFacts, Audience, Expr, FieldFacts, ModelFacts, Parts, RelationKind, UrlFacts, ViewStyle, ViewsetFacts,
};
use rhai::{Array, Dynamic, FuncRegistration, Map, Module, NativeCallContext};
use serde_json::Value;

use super::{Asked, Fallible};
use crate::nearest::{either, listed, nearest};
use crate::sandbox::Refusal;
use crate::template::can;

pub(crate) fn module(facts: &Arc<ProjectFacts>, asked: &Asked) -> Module {
    let mut module = Module::new();
    let view = || View { facts: facts.clone(), asked: asked.clone() };

    let v = view();
    FuncRegistration::new("stack").set_into_module(&mut module, move || v.facts.stack.clone());
    let v = view();
    FuncRegistration::new("apps").set_into_module(&mut module, move || {
        v.asked.note("apps".to_owned());
        strings(v.facts.apps.iter().map(|a| a.label.as_str()))
    });
    let v = view();
    FuncRegistration::new("has_app").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("app {label}"));
        v.facts.app(label).is_some()
    });
    let v = view();
    FuncRegistration::new("module_of_app").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("app {label}"));
        v.facts.place_of_app(label).1
    });
    let v = view();
    FuncRegistration::new("app").set_into_module(
        &mut module,
        move |cx: NativeCallContext, label: &str| -> Fallible<Map> {
            v.app(label).map_err(|refusal| refusal.at(&cx).into())
        },
    );
    let v = view();
    FuncRegistration::new("models").set_into_module(&mut module, move || {
        v.asked.note("models".to_owned());
        strings(v.facts.apps.iter().flat_map(|a| &a.models).map(|m| m.label.as_str()))
    });
    let v = view();
    FuncRegistration::new("has_model").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("model {label}"));
        v.facts.model(label).is_some()
    });
    let v = view();
    FuncRegistration::new("model").set_into_module(
        &mut module,
        move |cx: NativeCallContext, label: &str| -> Fallible<Map> {
            v.model(label).map_err(|refusal| refusal.at(&cx).into())
        },
    );
    let v = view();
    FuncRegistration::new("ways_back").set_into_module(&mut module, move |label: &str, but: &str| {
        strings(v.ways_back(label, but).into_iter())
    });
    let v = view();
    FuncRegistration::new("serializers").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("serializers of {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.serializers);
        strings(all.filter(|s| s.model.as_deref() == Some(label)).map(|s| s.name.as_str()))
    });
    let v = view();
    FuncRegistration::new("viewsets").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("viewsets of {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        strings(all.filter(|s| s.model.as_deref() == Some(label)).map(|s| s.name.as_str()))
    });
    let v = view();
    FuncRegistration::new("shares_serializer").set_into_module(
        &mut module,
        move |label: &str, other: &str| {
            v.asked.note(format!("viewsets of {label}"));
            v.facts.shares_serializer(label, other)
        },
    );
    let v = view();
    FuncRegistration::new("has_viewset").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("viewsets of {label}"));
        let mut all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        all.any(|s| s.model.as_deref() == Some(label) && s.bases.iter().any(|b| b.ends_with("ViewSet")))
    });
    let v = view();
    FuncRegistration::new("chooses_rows").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("viewsets of {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        let of_model = all.filter(|s| s.model.as_deref() == Some(label));
        let mut methods = of_model.flat_map(|view| view.methods.iter().chain(&view.inherited_methods));
        methods.any(|method| method == "get_queryset")
    });
    let v = view();
    FuncRegistration::new("has_admin").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("admin page of {label}"));
        let mut pages = v.facts.apps.iter().flat_map(|a| &a.admins);
        pages.any(|page| page.name.is_some() && page.model.as_deref() == Some(label))
    });
    let v = view();
    FuncRegistration::new("with_backends").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("viewsets of {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        let of_model = all.filter(|s| s.model.as_deref() == Some(label));
        strings(of_model.filter(|s| s.value("filter_backends").is_some()).map(|s| s.name.as_str()))
    });
    let v = view();
    FuncRegistration::new("is_found_by_key").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("viewsets of {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        let mut of_model = all.filter(|s| s.model.as_deref() == Some(label) && s.is_viewset());
        let is_key = |value: &Expr| value.literal.as_ref().and_then(Value::as_str) == Some("pk");
        of_model.all(|s| s.value("lookup_url_kwarg").is_none() && s.value("lookup_field").is_none_or(is_key))
    });
    let v = view();
    FuncRegistration::new("actions").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("actions on {label}"));
        let all = v.facts.apps.iter().flat_map(|a| &a.viewsets);
        let mut offered: Vec<&str> =
            all.filter(|s| s.model.as_deref() == Some(label)).flat_map(ViewsetFacts::offered).collect();
        offered.sort_unstable();
        offered.dedup();
        strings(offered.into_iter())
    });
    let v = view();
    FuncRegistration::new("views_by_hand").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("views of {label}"));
        let by_hand = v.facts.api_app_of(label).filter(|app| app.view_style() == ViewStyle::ByHand);
        let views = by_hand.into_iter().flat_map(|app| &app.patterns).map(|pattern| pattern.view.as_str());
        strings(views.take(3))
    });
    let v = view();
    FuncRegistration::new("is_api_free").set_into_module(
        &mut module,
        move |label: &str, parent: &str, route: &str| {
            v.asked.note(format!("API of {label}"));
            v.facts.is_api_free(label, Some(parent), route)
        },
    );
    let v = view();
    FuncRegistration::new("view_attributes").set_into_module(&mut module, move || {
        v.asked.note("view attributes".to_owned());
        let shared = v.facts.view_attributes(None, None);
        let attributes = shared.iter().map(|attribute| {
            Dynamic::from_map(map([
                ("name", text(attribute.name)),
                ("classes", Dynamic::from_array(strings(attribute.classes.iter().map(String::as_str)))),
                ("is_list", Dynamic::from_bool(attribute.is_list)),
            ]))
        });
        attributes.collect::<Array>()
    });
    let v = view();
    FuncRegistration::new("writers").set_into_module(&mut module, move |class: &str| {
        v.asked.note(format!("permission class {class}"));
        match v.facts.audience(class) {
            Some((_, Audience::Anyone)) => text("anyone"),
            Some((_, Audience::Users)) => text("users"),
            Some((_, Audience::Members)) => text("members"),
            Some((_, Audience::Staff)) => text("staff"),
            Some((_, Audience::Nobody)) => text("nobody"),
            None => Dynamic::UNIT,
        }
    });
    let v = view();
    FuncRegistration::new("shared_permissions").set_into_module(&mut module, move |label: &str| {
        v.asked.note(format!("permissions in {label}"));
        let home = v.facts.api_app_of(label);
        let shared = home.map(|app| v.facts.shared_permissions(&v.facts.sibling_views(app, "")));
        strings(shared.unwrap_or_default().iter().map(String::as_str))
    });
    let v = view();
    FuncRegistration::new("installed").set_into_module(
        &mut module,
        move |cx: NativeCallContext, app: &str| -> Fallible<bool> {
            v.asked.note(format!("installed {app}"));
            v.installed(app).map_err(|refusal| refusal.at(&cx).into())
        },
    );
    let v = view();
    FuncRegistration::new("api").set_into_module(
        &mut module,
        move |cx: NativeCallContext| -> Fallible<Dynamic> {
            v.asked.note("api".to_owned());
            let installed = v.installed("rest_framework").map_err(|refusal| refusal.at(&cx))?;
            Ok(match v.facts.extra.get("api").and_then(Value::as_str) {
                _ if installed => text("rest_framework"),
                other => other.map_or(Dynamic::UNIT, text),
            })
        },
    );
    let v = view();
    FuncRegistration::new("can").set_into_module(&mut module, move |step_type: &str| {
        v.asked.note(format!("can {step_type}"));
        can(&v.facts, step_type)
    });
    let v = view();
    FuncRegistration::new("api_root").set_into_module(&mut module, move || {
        v.asked.note("api root".to_owned());
        v.facts.api_root.clone().unwrap_or_else(|| "api/".to_owned())
    });
    let v = view();
    FuncRegistration::new("url_namespace").set_into_module(&mut module, move |prefix: &str| {
        v.asked.note("api root".to_owned());
        let api = v.facts.api_urls.as_ref();
        let api = api.filter(|api| prefix.trim_start_matches('/').starts_with(&api.prefix));
        api.and_then(|api| api.namespace.as_ref()).map_or_else(String::new, |name| format!("{name}:"))
    });
    let v = view();
    FuncRegistration::new("aggregates").set_into_module(&mut module, move |label: &str| -> Array {
        v.asked.note(format!("aggregates over {label}"));
        let found = v.aggregates(label).into_iter();
        found
            .map(|(model, field, relation)| {
                Dynamic::from_map(map([
                    ("model", text(&model.label)),
                    ("field", text(field)),
                    ("relation", text(&relation)),
                ]))
            })
            .collect()
    });
    let v = view();
    FuncRegistration::new("taken_url").set_into_module(
        &mut module,
        move |prefix: &str, below: Array, own: &str| -> Dynamic {
            v.asked.note("urls".to_owned());
            let below: Vec<String> = below.into_iter().map(|url| url.to_string()).collect();
            let below: Vec<&str> = below.iter().map(String::as_str).collect();
            let taken = v.facts.taken_url(prefix, &below, own);
            taken.map_or(Dynamic::UNIT, |(path, view)| {
                Dynamic::from_map(map([("path", text(&path)), ("view", text(view))]))
            })
        },
    );
    let v = view();
    FuncRegistration::new("urls").set_into_module(&mut module, move || -> Array {
        v.asked.note("urls".to_owned());
        let url = |url: &UrlFacts| {
            map([
                ("path", text(&url.path)),
                ("view", text(&url.view)),
                ("bases", Dynamic::from_array(strings(url.bases.iter().map(String::as_str)))),
                ("is_api", Dynamic::from_bool(url.is_api)),
            ])
        };
        v.facts.urls.iter().map(|facts| Dynamic::from_map(url(facts))).collect()
    });
    let v = view();
    FuncRegistration::new("setting").set_into_module(&mut module, move |name: &str| v.setting(name));
    module
}

struct View {
    facts: Arc<ProjectFacts>,
    asked: Asked,
}

impl View {
    fn installed(&self, app: &str) -> Result<bool, Refusal> {
        let settings = &self.facts.settings;
        match &settings.apps_unknown {
            Some(why) if !settings.has_app(app) => Err(Refusal::new(format!(
                "it is not known which apps the project installs: {why}"
            ))
            .with_help(Some(
                "set INSTALLED_APPS to a list of texts in the module that manage.py names, or in one that it takes over by \
                 `from … import *` or by split_settings' `include(\"…\")`"
                    .to_owned(),
            ))
            .of_project()),
            _ => Ok(settings.has_app(app)),
        }
    }

    fn app(&self, label: &str) -> Result<Map, Refusal> {
        self.asked.note(format!("app {label}"));
        if let Some(app) = self.facts.app(label) {
            return Ok(app_map(app));
        }
        let known: Vec<&str> = self.facts.apps.iter().map(|a| a.label.as_str()).collect();
        Err(absent("app", label, &known, nearest(label, known.iter().copied())))
    }

    fn model(&self, label: &str) -> Result<Map, Refusal> {
        self.asked.note(format!("model {label}"));
        if let Some(model) = self.facts.model(label) {
            let parents = self.facts.parents(model);
            let mut found = model_map(model);
            let inherited = parents.iter().rev().flat_map(|parent| field_maps(parent)).collect();
            found.insert("inherited".into(), Dynamic::from_array(inherited));
            let parent = parents.first().map_or(Dynamic::UNIT, |parent| text(&parent.label));
            found.insert("parent".into(), parent);
            return Ok(found);
        }
        let models = || self.facts.apps.iter().flat_map(|a| &a.models);
        let known: Vec<&str> = models().map(|m| m.label.as_str()).collect();
        let name = label.rsplit('.').next().unwrap_or(label);
        let same: Vec<&str> =
            models().filter(|m| m.name.eq_ignore_ascii_case(name)).map(|m| m.label.as_str()).collect();
        let near = match same.as_slice() {
            [] => nearest(label, known.iter().copied()).or_else(|| {
                let name = nearest(name, models().map(|m| m.name.as_str()))?;
                models().find(|m| m.name == name).map(|m| m.label.as_str())
            }),
            [one] => Some(*one),
            several => {
                let help = format!("did you mean {}?", either(several));
                let refusal = Refusal::new(format!("the project has no model `{label}`"));
                return Err(refusal.with_help(Some(help)).of_absent(label));
            }
        };
        Err(absent("model", label, &known, near))
    }

    /// The models whose viewsets compute values over rows of `label`, each with the field that points to it and the name of
    /// the way back.
    fn aggregates(&self, label: &str) -> Vec<(&ModelFacts, &str, String)> {
        let Some(model) = self.facts.model(label) else { return Vec::new() };
        let relations = model.fields.iter().filter_map(|field| {
            let relation = field.relation.as_ref()?;
            let named = field.args.keyword("related_query_name").and_then(|e| e.literal.as_ref()?.as_str());
            let way_back = named.or(relation.related_name.as_deref()).filter(|name| !name.ends_with('+'));
            let way_back = way_back.map_or_else(|| model.name.to_lowercase(), str::to_owned);
            Some((self.facts.model(&relation.to)?, field.name.as_str(), way_back))
        });
        relations
            .filter(|(target, _, way_back)| {
                let all = self.facts.apps.iter().flat_map(|app| &app.viewsets);
                let mut sources = all
                    .filter(|viewset| viewset.model.as_deref() == Some(target.label.as_str()))
                    .filter_map(|viewset| viewset.attribute("queryset"))
                    .map(|rows| rows.source.as_str());
                sources.any(|source| aggregates_over(source, way_back))
            })
            .collect()
    }

    /// Names on a model that the way back of another relation cannot have: fields, members, and the ways back of
    /// all models but `but`. `user` is the project's user model.
    fn ways_back(&self, label: &str, but: &str) -> Vec<&str> {
        self.asked.note(format!("names on {label}"));
        let label = if label == "user" { self.facts.settings.auth_user_model.as_str() } else { label };
        let models = || self.facts.apps.iter().flat_map(|a| &a.models);
        let own = models().filter(|m| m.label == label && m.label != but);
        let own = own.flat_map(|m| {
            m.fields.iter().map(|f| f.name.as_str()).chain(m.members.iter().map(String::as_str))
        });
        let relations =
            models().filter(|m| m.label != but).flat_map(|m| &m.fields).filter_map(|f| f.relation.as_ref());
        own.chain(relations.filter(|r| r.to == label).filter_map(|r| r.related_name.as_deref())).collect()
    }

    /// Where the project's API begins, such as `api/v1/`, by what its routers are mounted at; `api/` if that does not say.
    fn setting(&self, name: &str) -> Fallible<Dynamic> {
        self.asked.note(format!("setting {name}"));
        let settings = &self.facts.settings;
        let text = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
        let value = match name {
            "INSTALLED_APPS" => Value::from(settings.installed_apps.clone()),
            "DEFAULT_AUTO_FIELD" => text(settings.auto_field()),
            "AUTH_USER_MODEL" => text(&settings.auth_user_model),
            "ROOT_URLCONF" => text(settings.root_urlconf.as_deref().unwrap_or_default()),
            "REST_FRAMEWORK" => {
                let mut map = settings.rest_framework.clone();
                // A key that is there, though its value cannot be told.
                for key in settings.rest_framework_computed.iter().filter(|key| *key != "*") {
                    map.entry(key.clone()).or_insert(Value::Null);
                }
                Value::Object(map)
            }
            other => settings.literals.get(other).cloned().unwrap_or(Value::Null),
        };
        rhai::serde::to_dynamic(value)
    }
}

fn absent(what: &str, name: &str, known: &[&str], near: Option<&str>) -> Refusal {
    let help = match near {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.is_empty() => None,
        None if known.len() == 1 => Some(format!("there is only {}", listed(known))),
        None => Some(format!("there are {}", listed(known))),
    };
    Refusal::new(format!("the project has no {what} `{name}`")).with_help(help).of_absent(name)
}

fn strings<'a>(values: impl Iterator<Item = &'a str>) -> Array {
    values.map(|value| Dynamic::from(value.to_owned())).collect()
}

fn map<const N: usize>(entries: [(&str, Dynamic); N]) -> Map {
    entries.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

fn text(value: &str) -> Dynamic {
    Dynamic::from(value.to_owned())
}

fn app_map(app: &AppFacts) -> Map {
    map([
        ("label", text(&app.label)),
        ("module", text(&app.module)),
        ("dir", text(&app.dir)),
        ("models", Dynamic::from_array(strings(app.models.iter().map(|m| m.label.as_str())))),
        ("tests", Dynamic::from_array(strings(app.tests.files.iter().map(|f| f.file_name())))),
    ])
}

/// The fields that a model says itself or has from abstract bases.
fn field_maps(model: &ModelFacts) -> Vec<Dynamic> {
    let fields = model.fields.iter().map(|field| {
        let (kind, to) = match &field.relation {
            Some(relation) => (text(relation_name(relation.kind)), text(&relation.to)),
            None => (Dynamic::UNIT, Dynamic::UNIT),
        };
        let way_back = field.relation.as_ref().and_then(|relation| relation.related_name.as_deref());
        Dynamic::from_map(map([
            ("name", text(&field.name)),
            ("class", text(field.class_name())),
            ("relation", kind),
            ("to", to),
            ("on_delete", on_delete(field).map_or(Dynamic::UNIT, |rule| text(&rule))),
            ("related_name", way_back.map_or(Dynamic::UNIT, text)),
            ("required", Dynamic::from_bool(!field.is_true("null"))),
            ("unique", Dynamic::from_bool(field.is_true("unique"))),
            (
                "has_default",
                Dynamic::from_bool(
                    ["default", "db_default"].iter().any(|name| field.args.keyword(name).is_some()),
                ),
            ),
            ("options", Dynamic::from_map(options(field))),
        ]))
    });
    fields.collect()
}

/// What becomes of a row when the one that it points to is deleted, such as `cascade`, where that is one of Django's rules.
fn on_delete(field: &FieldFacts) -> Option<String> {
    let to_one = field.relation.as_ref().filter(|relation| relation.kind != RelationKind::ManyToMany);
    let rule =
        to_one.and_then(|_| field.args.keyword("on_delete").or_else(|| field.args.positional.get(1)))?;
    rule.path.as_ref()?.strip_prefix("django.db.models.")?.rsplit('.').next().map(str::to_lowercase)
}

fn model_map(model: &ModelFacts) -> Map {
    let managers =
        model.managers.iter().map(|manager| (manager.name.as_str().into(), text(&manager.class))).collect();
    let own = model.managers.iter().filter(|manager| manager.inherited_from.is_none());
    let own = own.map(|manager| (manager.name.as_str().into(), text(&manager.class))).collect();
    let made_of = model.managers.iter().flat_map(|manager| &manager.made_of).map(String::as_str);
    let mut texts = Map::new();
    for (name, value) in &model.texts {
        texts.entry(name.as_str().into()).or_insert_with(|| text(value));
    }
    map([
        ("label", text(&model.label)),
        ("name", text(&model.name)),
        ("app", text(model.app())),
        ("fields", Dynamic::from_array(field_maps(model))),
        ("members", Dynamic::from_array(strings(model.members.iter().map(String::as_str)))),
        ("unique", lists(&unique(model))),
        ("unique_if", lists(&constraints(model, true))),
        (
            "has_constraints",
            Dynamic::from_bool(
                model.meta("constraints").is_some() || model.meta("unique_together").is_some(),
            ),
        ),
        ("bases", Dynamic::from_array(strings(model.bases.iter().map(String::as_str)))),
        ("managers", Dynamic::from_map(managers)),
        ("own_managers", Dynamic::from_map(own)),
        ("managers_made_of", Dynamic::from_array(strings(made_of))),
        ("texts", Dynamic::from_map(texts)),
        ("is_abstract", Dynamic::from_bool(model.is_abstract)),
        ("is_proxy", Dynamic::from_bool(model.is_proxy)),
    ])
}

/// The lists of fields of which no two rows have the same values, whatever else they have. One-to-one relations are left
/// out.
fn unique(model: &ModelFacts) -> Vec<Vec<String>> {
    let own = model.fields.iter().filter(|f| f.is_true("unique") && !f.is_true("primary_key"));
    let mut lists: Vec<Vec<String>> =
        own.filter(|f| f.class_name() != "OneToOneField").map(|f| vec![f.name.clone()]).collect();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    if let Some(together) = model.meta("unique_together").and_then(|e| e.literal.as_ref()) {
        match texts(together) {
            one if !one.is_empty() => lists.push(one),
            _ => lists.extend(together.as_array().into_iter().flatten().map(texts)),
        }
    }
    lists.extend(constraints(model, false));
    lists.retain(|list| !list.is_empty());
    lists
}

/// The fields of the unique constraints that have a condition, or of those that have none.
fn constraints(model: &ModelFacts, conditional: bool) -> Vec<Vec<String>> {
    let written = model.meta("constraints").and_then(|written| written.parts.as_deref());
    let Some(Parts::List(items) | Parts::Tuple(items)) = written else { return Vec::new() };
    let fields = |item: &Expr| {
        let Some(Parts::Call { function, args }) = item.parts.as_deref() else { return None };
        let is_meant = function.rsplit('.').next() == Some("UniqueConstraint")
            && args.keyword("condition").is_some() == conditional;
        let names = args.keyword("fields")?.literal.as_ref()?.as_array()?.iter();
        is_meant.then(|| names.filter_map(Value::as_str).map(str::to_owned).collect())
    };
    items.iter().filter_map(fields).collect()
}

fn lists(all: &[Vec<String>]) -> Dynamic {
    Dynamic::from_array(
        all.iter().map(|names| Dynamic::from_array(strings(names.iter().map(String::as_str)))).collect(),
    )
}

/// Whether values are computed over a relation in the source of a query.
fn aggregates_over(source: &str, relation: &str) -> bool {
    ["Avg", "Count", "Max", "Min", "StdDev", "Sum", "Variance"].iter().any(|function| {
        let open = format!("{function}(");
        let mut calls = source.split(open.as_str()).skip(1);
        calls.any(|call| {
            let given = call.trim_start().trim_start_matches(['"', '\'']);
            given
                .strip_prefix(relation)
                .is_some_and(|rest| rest.starts_with(['"', '\'']) || rest.starts_with("__"))
        })
    })
}

/// The keyword arguments of a field that are written as plain values, such as `max_length`.
fn options(field: &FieldFacts) -> Map {
    let plain = |value: &Value| match value {
        Value::Bool(flag) => Some(Dynamic::from_bool(*flag)),
        Value::Number(number) => number.as_i64().map(Dynamic::from_int),
        Value::String(written) => Some(text(written)),
        _ => None,
    };
    let keywords = field.args.keywords.iter();
    keywords
        .filter_map(|(name, value)| Some((name.as_str().into(), plain(value.literal.as_ref()?)?)))
        .collect()
}

fn relation_name(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::ForeignKey => "foreign_key",
        RelationKind::OneToOne => "one_to_one",
        RelationKind::ManyToMany => "many_to_many",
    }
}
