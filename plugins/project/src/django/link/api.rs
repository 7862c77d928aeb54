//! Serializers, viewsets, filter sets and admin registrations.

use aksara_python::read::{Call, Class};
use aksara_sdk::protocol::facts::{
    AdminFacts, Expr, FilterSetFacts, Parts, Place, SerializerFacts, ViewsetFacts,
};
use serde_json::Value;

use super::access;
use super::models::Models;
use super::modules::{Ancestor, Definition, LinkedModule, MAX_BASES};

/// Builds the facts of what serves models.
pub(super) struct Api<'p> {
    pub(super) models: &'p Models<'p>,
}

/// What a class is to the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Serializer,
    Viewset,
    FilterSet,
}

/// One class's facts.
pub(super) enum Found {
    Serializer(SerializerFacts),
    Viewset(ViewsetFacts),
    FilterSet(FilterSetFacts),
}

impl<'p> Api<'p> {
    /// The facts of a class that has a role in the API.
    pub(super) fn class(&self, module: &'p LinkedModule, class: &'p Class) -> Option<Found> {
        let place = Place { file: module.path.clone(), line: class.line };
        Some(match self.role(class)? {
            Role::Serializer => Found::Serializer(self.serializer(module, class, place)),
            Role::Viewset => Found::Viewset(self.viewset(module, class, place)),
            Role::FilterSet => Found::FilterSet(self.filterset(class, place)),
        })
    }

    fn role(&self, class: &Class) -> Option<Role> {
        self.models.modules.ancestors(class).iter().find_map(|ancestor| {
            let Ancestor::Foreign(name) = ancestor else { return None };
            let last = name.rsplit('.').next().unwrap_or(name);
            if name.starts_with("rest_framework.serializers.") || last.ends_with("Serializer") {
                Some(Role::Serializer)
            } else if name.starts_with("rest_framework.viewsets.")
                || name.starts_with("rest_framework.generics.")
                || last.ends_with("ViewSet")
                || last == "APIView"
            {
                Some(Role::Viewset)
            } else if last == "FilterSet" {
                Some(Role::FilterSet)
            } else {
                None
            }
        })
    }

    /// A class attribute, the class's own or that of the nearest base in the project.
    fn attribute(&self, class: &'p Class, name: &str) -> Option<&'p Expr> {
        class.assign(name).map(|assign| &assign.value).or_else(|| self.inherited(class, name).map(|(_, e)| e))
    }

    /// An attribute of the nearest base in the project that has it, and the module of the base.
    fn inherited(&self, class: &'p Class, name: &str) -> Option<(&'p LinkedModule, &'p Expr)> {
        self.models.modules.ancestors(class).iter().find_map(|ancestor| match *ancestor {
            Ancestor::Own(module, parent) => Some((module, &parent.assign(name)?.value)),
            Ancestor::Foreign(_) => None,
        })
    }

    /// The attributes that a class has from bases in the project, of the nearest that has one.
    fn inherited_attributes(&self, class: &'p Class) -> Vec<(String, Expr)> {
        let mut found: Vec<(String, Expr)> = Vec::new();
        for ancestor in self.models.modules.ancestors(class) {
            let Ancestor::Own(_, parent) = ancestor else { continue };
            for assign in &parent.assigns {
                let is_known = found.iter().any(|(name, _)| *name == assign.name);
                if !is_known && class.assign(&assign.name).is_none() {
                    found.push((assign.name.clone(), self.models.modules.settle(assign.value.clone())));
                }
            }
        }
        found
    }

    /// Entries of `Meta`, those of the `Meta` it extends first; the class's own, or that of the nearest base.
    fn meta(&self, class: &'p Class) -> Vec<(&'p str, &'p Expr)> {
        let own = class.class("Meta").or_else(|| {
            self.models.modules.ancestors(class).iter().find_map(|ancestor| match *ancestor {
                Ancestor::Own(_, parent) => parent.class("Meta"),
                Ancestor::Foreign(_) => None,
            })
        });
        let mut entries: Vec<(&str, &Expr)> = Vec::new();
        let Some(meta) = own else { return entries };
        let extended = self.models.modules.ancestors(meta);
        let parents = extended.iter().rev().filter_map(|ancestor| match *ancestor {
            Ancestor::Own(_, parent) => Some(parent),
            Ancestor::Foreign(_) => None,
        });
        for assign in parents.chain([meta]).flat_map(|class| &class.assigns) {
            entries.retain(|(name, _)| *name != assign.name);
            entries.push((&assign.name, &assign.value));
        }
        entries
    }

    fn model_of(&self, meta: &[(&str, &Expr)]) -> Option<String> {
        let (_, model) = meta.iter().find(|(name, _)| *name == "model")?;
        Some(self.models.target(model, None))
    }

    /// The class that says which fields a serializer has: itself, or a base or another one that it has them from.
    fn lists_fields(
        &self,
        (module, class): (&'p LinkedModule, &'p Class),
        depth: usize,
    ) -> Option<(&'p LinkedModule, &'p Class)> {
        let depth = depth.checked_sub(1)?;
        let modules = self.models.modules;
        let Some(meta) = class.class("Meta") else {
            return modules.ancestors(class).iter().find_map(|ancestor| match *ancestor {
                Ancestor::Own(module, parent) if parent.class("Meta").is_some() => {
                    self.lists_fields((module, parent), depth)
                }
                _ => None,
            });
        };
        let of = |path: &str, member: &str| {
            let (module, class) = modules.class(path.strip_suffix(member)?)?;
            self.lists_fields((module, class), depth)
        };
        match (meta.assign("fields"), meta.assign("exclude")) {
            (Some(fields), _) => match fields.value.parts.as_deref() {
                Some(Parts::Operation { operands, .. }) => operands
                    .iter()
                    .find_map(|operand| of(operand.path.as_deref()?, ".Meta.fields"))
                    .or(Some((module, class))),
                _ => match fields.value.path.as_deref().filter(|path| path.ends_with(".Meta.fields")) {
                    Some(path) => of(path, ".Meta.fields"),
                    None => Some((module, class)),
                },
            },
            (None, Some(_)) => Some((module, class)),
            (None, None) => meta.bases.iter().find_map(|base| of(base, ".Meta")),
        }
    }

    fn serializer(&self, module: &'p LinkedModule, class: &'p Class, place: Place) -> SerializerFacts {
        let from =
            self.lists_fields((module, class), MAX_BASES).filter(|(_, other)| !std::ptr::eq(*other, class));
        let meta = self.meta(class);
        let fields = meta
            .iter()
            .find(|(name, _)| *name == "fields")
            .map(|(_, e)| self.models.modules.settle((*e).clone()));
        let is_call = |expr: &Expr| matches!(expr.parts.as_deref(), Some(Parts::Call { .. }));
        let declared = class.assigns.iter().filter(|a| is_call(&a.value));
        let declarations: Vec<(String, Expr)> =
            declared.map(|a| (a.name.clone(), self.models.modules.settle(a.value.clone()))).collect();
        SerializerFacts {
            name: class.name.clone(),
            place,
            bases: class.bases.clone(),
            model: self.model_of(&meta),
            fields: fields.as_ref().and_then(|e| strings(e.literal.as_ref()?)),
            fields_source: fields,
            declared: declarations.iter().map(|(name, _)| name.clone()).collect(),
            declarations,
            meta: meta
                .into_iter()
                .filter(|(name, _)| !matches!(*name, "model" | "fields"))
                .map(|(name, expr)| (name.to_owned(), self.models.modules.settle(expr.clone())))
                .collect(),
            methods: self.methods(class),
            fields_from: from.map(|(module, class)| Place { file: module.path.clone(), line: class.line }),
        }
    }

    /// The names of a class's methods, and of those that it has from bases in the project.
    fn methods(&self, class: &'p Class) -> Vec<String> {
        let ancestors = self.models.modules.ancestors(class);
        let bases = ancestors.iter().filter_map(|ancestor| match *ancestor {
            Ancestor::Own(_, parent) => Some(parent),
            Ancestor::Foreign(_) => None,
        });
        let mut names: Vec<String> = Vec::new();
        for method in std::iter::once(class).chain(bases).flat_map(|class| &class.methods) {
            if !names.contains(&method.name) {
                names.push(method.name.clone());
            }
        }
        names
    }

    fn viewset(&self, module: &'p LinkedModule, class: &'p Class, place: Place) -> ViewsetFacts {
        let serializer = self.serializer_class(class);
        let own = class.assign("queryset").map(|assign| (module, &assign.value));
        let queryset = own.or_else(|| self.inherited(class, "queryset"));
        let narrowing = access::narrowing(self.models.modules, (module, class), queryset);
        let returned = || class.methods.iter().filter(|m| m.name == "get_queryset").flat_map(|m| &m.returns);
        let model = self
            .attribute(class, "queryset")
            .and_then(|e| self.models.queryset_model(e))
            .or_else(|| returned().find_map(|e| self.models.queryset_model(e)))
            .or_else(|| {
                let (_, serializer) = serializer?;
                self.model_of(&self.meta(serializer))
            });
        let is_action = |decorator: &Expr| match decorator.parts.as_deref() {
            Some(Parts::Call { function, .. }) => {
                matches!(function.as_str(), "rest_framework.decorators.action" | "action")
            }
            _ => false,
        };
        let ancestors = self.models.modules.ancestors(class);
        let parents = || {
            ancestors.iter().filter_map(|ancestor| match *ancestor {
                Ancestor::Own(_, parent) => Some(parent),
                Ancestor::Foreign(_) => None,
            })
        };
        ViewsetFacts {
            name: class.name.clone(),
            place,
            bases: class.bases.clone(),
            model,
            serializer: serializer.map(|(_, class)| class.name.clone()).or_else(|| {
                let path = self.attribute(class, "serializer_class")?.path.as_deref()?;
                path.rsplit('.').next().map(str::to_owned)
            }),
            serializers: self.serializer_classes(class),
            narrowing,
            attributes: class
                .assigns
                .iter()
                .map(|a| (a.name.clone(), self.models.modules.settle(a.value.clone())))
                .collect(),
            inherited: self.inherited_attributes(class),
            inherited_bases: parents().flat_map(|parent| parent.bases.clone()).collect(),
            inherited_methods: parents().flat_map(|p| &p.methods).map(|method| method.name.clone()).collect(),
            methods: class.methods.iter().map(|m| m.name.clone()).collect(),
            actions: class
                .methods
                .iter()
                .filter(|m| m.decorators.iter().any(is_action))
                .map(|m| m.name.clone())
                .collect(),
            decorators: class.decorators.iter().map(|d| self.models.modules.settle(d.clone())).collect(),
        }
    }

    /// The class of `serializer_class`, else of the last return of `get_serializer_class`: what is left when no
    /// special case applies.
    fn serializer_class(&self, class: &'p Class) -> Option<(&'p LinkedModule, &'p Class)> {
        let named = self.attribute(class, "serializer_class");
        let returned = class
            .methods
            .iter()
            .filter(|m| m.name == "get_serializer_class")
            .flat_map(|m| m.returns.iter().rev());
        named.into_iter().chain(returned).find_map(|e| self.models.modules.class(e.path.as_deref()?))
    }

    /// The classes that `serializer_class` and `get_serializer_class` name: what is returned, one of two with `if`, the
    /// values of a dict, and what a variable stands for.
    fn serializer_classes(&self, class: &'p Class) -> Vec<String> {
        let method = class.methods.iter().find(|m| m.name == "get_serializer_class");
        let body = method.map_or("", |m| m.body.as_str());
        let mentions = |name: &str| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            body.match_indices(name).any(|(at, _)| {
                !body[..at].ends_with(is_word) && !body[at + name.len()..].starts_with(is_word)
            })
        };
        let mut found = Vec::new();
        if let Some(named) = self.attribute(class, "serializer_class") {
            self.classes_in(named, &mut found);
        }
        for returned in method.iter().flat_map(|m| &m.returns) {
            self.classes_in(returned, &mut found);
        }
        // `serializer_classes = {"list": …}` of the class, and tables of the module.
        for assign in class.assigns.iter().filter(|a| mentions(&a.name)) {
            self.classes_in(&assign.value, &mut found);
        }
        found
    }

    fn classes_in(&self, expr: &Expr, found: &mut Vec<String>) {
        match expr.parts.as_deref() {
            Some(Parts::Dict(entries)) => entries.iter().for_each(|(_, value)| self.classes_in(value, found)),
            Some(Parts::List(items) | Parts::Tuple(items) | Parts::Operation { operands: items, .. }) => {
                items.iter().for_each(|item| self.classes_in(item, found));
            }
            // `{…}.get(self.action, PostSerializer)`
            Some(Parts::Call { args, .. }) => {
                args.positional.iter().for_each(|item| self.classes_in(item, found));
            }
            _ => {
                let class = expr.path.as_deref().and_then(|path| self.models.modules.class(path));
                if let Some((_, class)) = class
                    && self.role(class) == Some(Role::Serializer)
                    && !found.contains(&class.name)
                {
                    found.push(class.name.clone());
                }
            }
        }
    }

    fn filterset(&self, class: &'p Class, place: Place) -> FilterSetFacts {
        let meta = self.meta(class);
        let is_filter = |expr: &Expr| match expr.parts.as_deref() {
            Some(Parts::Call { function, .. }) => {
                function.rsplit('.').next().is_some_and(|f| f.ends_with("Filter"))
            }
            _ => false,
        };
        FilterSetFacts {
            name: class.name.clone(),
            place,
            model: self.model_of(&meta),
            fields: meta
                .iter()
                .find(|(name, _)| *name == "fields")
                .map(|(_, e)| self.models.modules.settle((*e).clone())),
            declared: class.assigns.iter().filter(|a| is_filter(&a.value)).map(|a| a.name.clone()).collect(),
        }
    }

    /// `@admin.register(Post, Tag)` above an admin class.
    pub(super) fn registered_by_decorator(&self, module: &LinkedModule, class: &Class) -> Vec<AdminFacts> {
        let mut found = Vec::new();
        for decorator in &class.decorators {
            let Some(Parts::Call { function, args }) = decorator.parts.as_deref() else { continue };
            if !function.ends_with("admin.register") && !function.ends_with("admin.decorators.register") {
                continue;
            }
            for model in &args.positional {
                found.push(AdminFacts {
                    by_call: false,
                    name: Some(class.name.clone()),
                    model: Some(self.models.target(model, None)),
                    place: Place { file: module.path.clone(), line: class.line },
                });
            }
        }
        found
    }

    /// `admin.site.register(Post, PostAdmin)`, on Django's site or another.
    pub(super) fn registered_by_call(&self, module: &LinkedModule, call: &Call) -> Vec<AdminFacts> {
        if !call.function.ends_with(".register") {
            return Vec::new();
        }
        let Some(first) = call.args.positional.first() else { return Vec::new() };
        let models: Vec<&Expr> = match first.parts.as_deref() {
            Some(Parts::List(items) | Parts::Tuple(items)) => items.iter().collect(),
            _ => vec![first],
        };
        let is_site = call.function.contains("admin.site");
        let admin = call.args.keyword("admin_class").or_else(|| call.args.positional.get(1));
        models
            .into_iter()
            .filter_map(|model| {
                let label = model.path.as_deref().and_then(|path| self.models.target_of_path(path));
                // Routers register too, but never a model.
                if label.is_none() && !is_site {
                    return None;
                }
                Some(AdminFacts {
                    by_call: true,
                    name: admin.map(|e| self.class_name(e)),
                    model: Some(label.unwrap_or_else(|| model.source.clone())),
                    place: Place { file: module.path.clone(), line: call.line },
                })
            })
            .collect()
    }

    fn class_name(&self, expr: &Expr) -> String {
        let resolved = expr.path.as_deref().and_then(|path| self.models.modules.resolve(path));
        match resolved {
            Some(Definition::Class(_, class)) => class.name.clone(),
            _ => expr.source.rsplit('.').next().unwrap_or(&expr.source).to_owned(),
        }
    }
}

/// A literal list of strings.
fn strings(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}
