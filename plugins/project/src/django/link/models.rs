//! Model classes: which classes are models, their fields and those of abstract bases, what relations point to.

use aksara_python::read::{Assign, Class};
use aksara_sdk::protocol::facts::{Args, Expr, FieldFacts, ModelFacts, Parts, Place, Relation, RelationKind};
use serde_json::Value;

use super::apps::{OwnApp, owner};
use super::modules::{Ancestor, Definition, LinkedModule, Modules};
use super::{bases, managers};

/// Bases outside the project that make a class a model and add nothing to its table.
const PLAIN_BASES: [&str; 3] =
    ["django.db.models.Model", "django.db.models.base.Model", "django.contrib.gis.db.models.Model"];

/// Bases outside the project that are models with fields of their own.
const MODEL_BASES: [&str; 9] = [
    "django.contrib.auth.models.",
    "django.contrib.auth.base_user.",
    "django.contrib.sessions.base_session.",
    "model_utils.models.",
    "mptt.models.",
    "polymorphic.models.",
    "treebeard.al_tree.",
    "treebeard.mp_tree.",
    "treebeard.ns_tree.",
];

/// Builds the facts of models.
pub(super) struct Models<'p> {
    pub(super) modules: &'p Modules,
    pub(super) apps: &'p [OwnApp],
    pub(super) auth_user_model: &'p str,
}

impl<'p> Models<'p> {
    /// The app and the facts of a class, if it is a model of an own app.
    pub(super) fn model(&self, module: &'p LinkedModule, class: &'p Class) -> Option<(usize, ModelFacts)> {
        let (app, label) = self.label(module, class)?;
        let mut model = ModelFacts {
            label,
            name: class.name.clone(),
            place: Place { file: module.path.clone(), line: class.line },
            bases: class.bases.clone(),
            flat_bases: bases::flat(self.modules, class),
            is_abstract: is_true(class, "abstract"),
            is_proxy: is_true(class, "proxy"),
            fields: Vec::new(),
            meta: self.meta(class),
            members: Vec::new(),
            cancelled: self.cancelled(class),
            managers: managers::managers(self.modules, module, class),
            texts: self.texts(class),
            not_static: Vec::new(),
        };
        self.inherit(class, &mut model);
        self.own_members(class, &mut model);
        if class.conditional {
            model.not_static.push(format!("`{}` is defined under a condition", class.name));
        }
        for unread in &class.unread {
            model.not_static.push(format!("{unread} in the body of `{}`", class.name));
        }
        Some((app, model))
    }

    /// The app's index and `app.Name` of a class, if it is a model of an own app.
    pub(super) fn label(&self, module: &LinkedModule, class: &Class) -> Option<(usize, String)> {
        if !self.is_model(class) {
            return None;
        }
        let named = class.class("Meta").and_then(|meta| meta.assign("app_label")).map(|a| &a.value);
        let named = named.and_then(|value| match self.modules.value(value) {
            Some(Value::String(label)) => self.apps.iter().position(|app| app.label == label),
            _ => None,
        });
        let app = named.or_else(|| owner(&module.path, self.apps))?;
        Some((app, format!("{}.{}", self.apps.get(app)?.label, class.name)))
    }

    /// Attributes of a class and its bases in the project that are literal texts.
    fn texts(&self, class: &Class) -> Vec<(String, String)> {
        let bases = self.modules.ancestors(class);
        let bases = bases.iter().filter_map(|ancestor| match ancestor {
            Ancestor::Own(_, base) => Some(*base),
            Ancestor::Foreign(_) => None,
        });
        let assigns = class.assigns.iter().chain(bases.flat_map(|base| &base.assigns));
        assigns
            .filter_map(|assign| match &assign.value.literal {
                Some(Value::String(text)) => Some((assign.name.clone(), text.clone())),
                _ => None,
            })
            .collect()
    }

    fn is_model(&self, class: &Class) -> bool {
        self.modules.ancestors(class).iter().any(|ancestor| match ancestor {
            Ancestor::Foreign(name) if name.ends_with("Manager") => false,
            Ancestor::Foreign(name) => {
                PLAIN_BASES.contains(name)
                    || MODEL_BASES.iter().any(|package| name.starts_with(package))
                    || (name.ends_with("Model") && name.contains(".models."))
            }
            Ancestor::Own(..) => false,
        })
    }

    /// Entries of `Meta`: the class's own, on top of the one it extends or, without one, inherits.
    fn meta(&self, class: &Class) -> Vec<(String, Expr)> {
        let mut entries = Vec::new();
        self.collect_meta(class, 8, &mut entries);
        entries
    }

    fn collect_meta(&self, class: &Class, depth: usize, entries: &mut Vec<(String, Expr)>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match class.class("Meta") {
            Some(meta) => self.meta_entries(meta, depth, entries),
            None => {
                let parent = class.bases.iter().find_map(|base| {
                    let (_, parent) = self.modules.class(base)?;
                    (is_true(parent, "abstract") && !std::ptr::eq(parent, class)).then_some(parent)
                });
                if let Some(parent) = parent {
                    self.collect_meta(parent, depth, entries);
                    inherit_abstract(entries);
                }
            }
        }
    }

    fn meta_entries(&self, meta: &Class, depth: usize, entries: &mut Vec<(String, Expr)>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        for base in meta.bases.iter().rev() {
            if let Some((_, base)) = self.modules.class(base).filter(|(_, b)| !std::ptr::eq(*b, meta)) {
                self.meta_entries(base, depth, entries);
                inherit_abstract(entries);
            }
        }
        for assign in &meta.assigns {
            entries.retain(|(name, _)| *name != assign.name);
            entries.push((assign.name.clone(), self.modules.settle(assign.value.clone())));
        }
    }

    /// Takes over the fields of abstract bases, and says what bases hide.
    fn inherit(&self, class: &'p Class, model: &mut ModelFacts) {
        let mut fields = self.abstract_fields(class, model, 8);
        let mut files = fields.iter().map(|(module, _)| *module);
        let first = files.next();
        // Django orders fields by when they are made. Within a file that is the order of lines; across files it
        // is the order of imports, for which the order of the bases stands.
        if files.all(|file| Some(file) == first) {
            fields.sort_by_key(|(_, field)| field.line);
        }
        model.fields = fields.into_iter().map(|(_, field)| field).collect();

        for ancestor in self.modules.ancestors(class) {
            let hidden = match ancestor {
                Ancestor::Foreign(name) => {
                    let is_plain = PLAIN_BASES.contains(&name)
                        || matches!(name, "builtins.object" | "abc.ABC" | "typing.Generic")
                        || (name.ends_with("Mixin") && !name.contains(".models."))
                        // It has no fields, unlike other mixins that stand beside models.
                        || name == "rules.contrib.models.RulesModelMixin";
                    (!is_plain).then(|| format!("its base `{name}` is not in the project"))
                }
                Ancestor::Own(_, parent) if is_true(parent, "abstract") => {
                    parent.unread.first().map(|unread| format!("{unread} in the body of `{}`", parent.name))
                }
                Ancestor::Own(module, parent) => {
                    self.label(module, parent).filter(|_| !model.is_proxy).map(|(_, label)| {
                        format!("it extends the model `{label}`, which has a table of its own")
                    })
                }
            };
            if let Some(hidden) = hidden.filter(|text| !model.not_static.contains(text)) {
                model.not_static.push(hidden);
            }
        }
    }

    /// The fields that a class gets from its abstract bases, with the module that defines each. Of two bases
    /// with the same field the first one counts.
    fn abstract_fields(
        &self,
        class: &'p Class,
        model: &ModelFacts,
        depth: usize,
    ) -> Vec<(&'p str, FieldFacts)> {
        let mut fields: Vec<(&str, FieldFacts)> = Vec::new();
        let Some(depth) = depth.checked_sub(1) else { return fields };
        for base in &class.bases {
            let Some((module, parent)) = self.modules.class(base).filter(|(_, p)| !std::ptr::eq(*p, class))
            else {
                continue;
            };
            if !is_true(parent, "abstract") {
                continue;
            }
            let mut of_base = self.abstract_fields(parent, model, depth);
            for assign in &parent.assigns {
                of_base.retain(|(_, field)| field.name != assign.name);
                if let Some(mut field) = self.field(assign, model) {
                    field.inherited_from = Some(format!("{}.{}", module.module.name, parent.name));
                    of_base.push((&module.module.name, field));
                }
            }
            of_base.retain(|(_, new)| fields.iter().all(|(_, known)| known.name != new.name));
            fields.extend(of_base);
        }
        fields
    }

    /// Names that a class or its abstract bases set to `None` in the place of what a base farther off has.
    fn cancelled(&self, class: &Class) -> Vec<String> {
        let ancestors = self.modules.ancestors(class);
        let bases = ancestors.iter().filter_map(|ancestor| match *ancestor {
            Ancestor::Own(_, base) if is_true(base, "abstract") => Some(base),
            _ => None,
        });
        let mut said: Vec<(&str, bool)> = Vec::new();
        for assign in std::iter::once(class).chain(bases).flat_map(|class| &class.assigns) {
            // What is nearest counts.
            if said.iter().all(|(name, _)| *name != assign.name) {
                said.push((&assign.name, assign.value.literal == Some(Value::Null)));
            }
        }
        let none = said.into_iter().filter(|(_, is_none)| *is_none);
        none.map(|(name, _)| name.to_owned()).collect()
    }

    fn own_members(&self, class: &Class, model: &mut ModelFacts) {
        for assign in &class.assigns {
            let field = self.field(assign, model);
            // A class attribute of the same name hides the inherited field.
            model.fields.retain(|f| f.name != assign.name);
            match field {
                Some(_) if assign.conditional => {
                    model
                        .not_static
                        .push(format!("the field `{}` is defined under a condition", assign.name));
                }
                Some(field) => model.fields.push(field),
                None => model.members.push(assign.name.clone()),
            }
        }
        model.members.extend(class.methods.iter().map(|m| m.name.clone()));
        model.members.extend(class.classes.iter().filter(|c| c.name != "Meta").map(|c| c.name.clone()));
    }

    /// The field that an assignment defines, seen from `model`.
    fn field(&self, assign: &Assign, model: &ModelFacts) -> Option<FieldFacts> {
        let Some(Parts::Call { function, args }) = assign.value.parts.as_deref() else { return None };
        let class = self.field_class(function)?;
        let args = self.modules.settle_args(args);
        let relation = relation_kind(&class).and_then(|kind| self.relation(kind, &args, model));
        Some(FieldFacts {
            name: assign.name.clone(),
            base: self.base_of_field(function),
            class,
            args,
            relation,
            inherited_from: None,
            line: assign.line,
        })
    }

    /// The full name of a field's class, if `function` is one. Django's own are named as they are imported.
    fn field_class(&self, function: &str) -> Option<String> {
        if let Some(inner) = function.strip_prefix("django.db.models.fields.") {
            let name = inner.rsplit('.').next().unwrap_or(inner);
            return Some(format!("django.db.models.{name}"));
        }
        let name = function.rsplit('.').next().unwrap_or(function);
        let looks_like_one =
            (name.ends_with("Field") || name.ends_with("ForeignKey")) && name.starts_with(char::is_uppercase);
        // These make no column, and migrations do not know them.
        if !looks_like_one || name == "GenericForeignKey" || function.starts_with("django.forms.") {
            return None;
        }
        match self.modules.resolve(function) {
            Some(Definition::Class(module, class)) => Some(format!("{}.{}", module.module.name, class.name)),
            _ => Some(function.to_owned()),
        }
    }

    /// What a field's class extends outside of the project, if it is one of the project's.
    fn base_of_field(&self, function: &str) -> Option<String> {
        let (_, class) = self.modules.class(function)?;
        let foreign = |ancestor: &Ancestor<'_>| match *ancestor {
            Ancestor::Foreign(name) => self.field_class(name),
            Ancestor::Own(..) => None,
        };
        self.modules.ancestors(class).iter().find_map(foreign)
    }

    fn relation(&self, kind: RelationKind, args: &Args, model: &ModelFacts) -> Option<Relation> {
        let to = args.keyword("to").or_else(|| args.positional.first())?;
        let related_name =
            args.keyword("related_name").and_then(|e| e.literal.as_ref()?.as_str()).map(|name| {
                let app = model.app().to_lowercase();
                name.replace("%(class)s", &model.name.to_lowercase()).replace("%(app_label)s", &app)
            });
        Some(Relation { kind, to: self.target(to, Some(model)), related_name })
    }

    /// The label of the model that an expression names; as it is written if that cannot be told.
    pub(super) fn target(&self, expr: &Expr, within: Option<&ModelFacts>) -> String {
        if let Some(Value::String(name)) = &expr.literal {
            return self.target_of_text(name, within);
        }
        if let Some(Parts::Call { function, .. }) = expr.parts.as_deref()
            && is_get_user_model(function)
        {
            return self.auth_user_model.to_owned();
        }
        expr.path.as_deref().and_then(|path| self.target_of_path(path)).unwrap_or_else(|| expr.source.clone())
    }

    fn target_of_text(&self, name: &str, within: Option<&ModelFacts>) -> String {
        let label = match (name, within) {
            ("self", Some(model)) => return model.label.clone(),
            (name, Some(model)) if !name.contains('.') => format!("{}.{name}", model.app()),
            (name, _) => name.to_owned(),
        };
        // Labels are compared without case, as Django does; the class's own spelling is the one to use.
        let Some((app, name)) = label.split_once('.') else { return label };
        let known = self.modules.iter().find_map(|module| {
            let class = module.module.classes.iter().find(|c| c.name.eq_ignore_ascii_case(name))?;
            let (_, found) = self.label(module, class)?;
            found.split_once('.').is_some_and(|(a, _)| a == app).then_some(found)
        });
        known.unwrap_or(label)
    }

    /// The label of the model that a full dotted name stands for.
    pub(super) fn target_of_path(&self, path: &str) -> Option<String> {
        if path == "django.conf.settings.AUTH_USER_MODEL" {
            return Some(self.auth_user_model.to_owned());
        }
        match self.modules.resolve(path) {
            Some(Definition::Class(module, class)) => self.label(module, class).map(|(_, label)| label),
            Some(Definition::Variable(_, assign)) => match assign.value.parts.as_deref() {
                Some(Parts::Call { function, .. }) if is_get_user_model(function) => {
                    Some(self.auth_user_model.to_owned())
                }
                _ => None,
            },
            Some(_) => None,
            // A model of an installed package: the app's label is its last name, unless the package says
            // otherwise, which only running it would tell.
            None => {
                let (module, name) = path.rsplit_once('.')?;
                let package =
                    module.strip_suffix(".models").or_else(|| Some(module.rsplit_once(".models.")?.0))?;
                let app = package.rsplit('.').next()?;
                name.starts_with(char::is_uppercase).then(|| format!("{app}.{name}"))
            }
        }
    }

    /// The label of the model that a queryset's source starts from: `blog.models.Post.objects.filter()`.
    pub(super) fn queryset_model(&self, expr: &Expr) -> Option<String> {
        let written = match expr.parts.as_deref() {
            Some(Parts::Call { function, .. }) => function.as_str(),
            _ => expr.path.as_deref()?,
        };
        let mut path = written.split("()").next()?;
        loop {
            // Only a class is a model: `blog.models.Post.objects` is not one of an installed package.
            if let Some((module, class)) = self.modules.class(path) {
                return self.label(module, class).map(|(_, label)| label);
            }
            if path.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase)) {
                return self.target_of_path(path);
            }
            path = path.rsplit_once('.')?.0;
        }
    }
}

/// What is left of `abstract` in a `Meta` that has it from another: Django sets it to false there.
fn inherit_abstract(entries: &mut [(String, Expr)]) {
    for (_, value) in entries.iter_mut().filter(|(name, _)| name == "abstract") {
        *value =
            Expr { source: "False".to_owned(), literal: Some(Value::Bool(false)), path: None, parts: None };
    }
}

pub(super) fn is_get_user_model(function: &str) -> bool {
    function == "django.contrib.auth.get_user_model" || function == "get_user_model"
}

pub(super) fn is_true(class: &Class, name: &str) -> bool {
    class
        .class("Meta")
        .and_then(|meta| meta.assign(name))
        .is_some_and(|assign| assign.value.literal == Some(Value::Bool(true)))
}

fn relation_kind(class: &str) -> Option<RelationKind> {
    let name = class.rsplit('.').next().unwrap_or(class);
    Some(match name {
        "OneToOneField" => RelationKind::OneToOne,
        "ManyToManyField" => RelationKind::ManyToMany,
        _ if name.ends_with("ForeignKey") => RelationKind::ForeignKey,
        _ => return None,
    })
}
