//! The model whose views are made, and what they have in common: the file, what they serve, who may use them, how rows
//! are filtered.

use aksara_python::edit::Edits;
use aksara_python::{Code, Layout};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{
    self, AppFacts, Audience, Expr, ModelFacts, Parts, SerializerFacts, ViewAttribute, ViewStyle,
    ViewsetFacts,
};
use aksara_sdk::protocol::params::CreateViewset as Params;
use aksara_sdk::{Context, Diagnostic, Note, RelPath};
use serde_json::Value;

use super::access::Access;
use super::owner::{self, Permission};
use super::project;

/// A model that gets views.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub cx: &'a Context<'a>,
    pub facts: &'a ProjectFacts,
    /// The app that the views go to.
    pub app: &'a AppFacts,
    /// The app of the model.
    pub models: &'a AppFacts,
    pub model: &'a ModelFacts,
    pub serializer: &'a SerializerFacts,
    pub wanted: &'a Params,
}

/// What the classes are made of, one line or several an entry, without an indent.
pub(super) struct ViewParts {
    /// Decorators of each class.
    pub decorators: Vec<String>,
    /// `Post.objects`.
    objects: String,
    /// Calls on it that load relations.
    loading: String,
    /// What each view has besides the queryset.
    pub all: Vec<String>,
    /// What a view that lists rows has besides.
    pub list: Vec<String>,
    /// `get_queryset` of each view that needs one, of a viewset with the rows that its list has only.
    pub get_queryset: Option<String>,
}

/// Whether the model keeps two rows from having the same value in `field` and in others.
fn is_unique_with_others(model: &ModelFacts, field: &str) -> bool {
    let items = |option: &str| match model.meta(option).and_then(|written| written.parts.as_deref()) {
        Some(Parts::List(items) | Parts::Tuple(items)) => items.as_slice(),
        _ => &[],
    };
    let names = |list: &Expr| {
        let names = list.literal.as_ref().and_then(Value::as_array);
        names.is_some_and(|names| names.len() > 1 && names.iter().any(|name| name == field))
    };
    let by_constraint = items("constraints").iter().any(|constraint| match constraint.parts.as_deref() {
        Some(Parts::Call { function, args }) => {
            facts::last(function) == "UniqueConstraint" && args.keyword("fields").is_some_and(names)
        }
        _ => false,
    });
    by_constraint
        || items("unique_together").iter().any(names)
        || model.meta("unique_together").is_some_and(names)
}

impl ViewParts {
    /// The rows: all, or those that a call such as `.filter(parent=None)` leaves.
    pub(super) fn queryset(&self, call: Option<&str>) -> String {
        let call = call.unwrap_or_default();
        let all = if call.is_empty() && self.loading.is_empty() { ".all()" } else { "" };
        format!("{}{call}{}{all}", self.objects, self.loading)
    }
}

impl Subject<'_> {
    /// How views of the app are written. An app without any is as the others of the project.
    ///
    /// # Errors
    /// As [`Context::query`].
    pub(super) fn view_style(&self) -> Result<ViewStyle, Diagnostic> {
        if !self.app.viewsets.is_empty() || !self.app.patterns.is_empty() {
            return Ok(self.app.view_style_of(&self.model.label));
        }
        let all = project::all_facts(self.cx)?;
        let has_router = !all.routers.is_empty() || all.apps.iter().any(|a| !a.routers.is_empty());
        let generics = || all.apps.iter().any(|a| a.view_style() == ViewStyle::Generics);
        Ok(if !has_router && generics() { ViewStyle::Generics } else { ViewStyle::Viewsets })
    }

    /// The file for the class `name`: where it is, else where the app keeps its views.
    ///
    /// # Errors
    /// A folder that is no path inside the repository.
    pub(super) fn home(&self, name: &str) -> Result<RelPath, Diagnostic> {
        match self.app.viewsets.iter().find(|v| v.name == name) {
            Some(there) => Ok(there.place.file.clone()),
            None => home(self.app, self.model),
        }
    }

    /// The permission class of rows that belong to somebody, if that is asked for; `views` is the file of the views.
    ///
    /// # Errors
    /// As [`owner::permission`].
    pub(super) fn owner(&self, views: &RelPath) -> Result<Option<Permission>, Diagnostic> {
        let Self { cx, facts, app, model, wanted, .. } = *self;
        wanted
            .owner
            .as_deref()
            .map(|field| owner::permission(cx, facts, app, model, field, views))
            .transpose()
    }

    /// The method that sets the user who makes a row; imports are added. Of two requests at once for what a user has once,
    /// the database refuses the slower one: the serializer tells it as it would have a moment later.
    ///
    /// # Errors
    /// Imports that cannot be made.
    pub(super) fn perform_create(&self, edits: &mut Edits) -> Result<Option<String>, Diagnostic> {
        let Some(owner) = &self.wanted.owner else { return Ok(None) };
        let method = "def perform_create(self, serializer: BaseSerializer) -> None:";
        let save = format!("serializer.save({owner}=self.request.user)");
        if !is_unique_with_others(self.model, owner) {
            return Ok(Some(format!("{method}\n    {save}")));
        }
        let transaction = edits.name_from("django.db", "transaction")?;
        let error = edits.name_from("django.db", "IntegrityError")?;
        Ok(Some(format!(
            "{method}
    try:
        with {transaction}.atomic():
            {save}
    except {error}:
        # Another request was faster: the serializer knows its row now.
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        raise"
        )))
    }

    /// The parts of the model's views, the first of which is the class `name`; imports are added. `base` is the class of the project that they
    /// extend, if they do, and `top` a call that
    /// the rows of a list go through.
    ///
    /// # Errors
    /// Imports that cannot be made; permission classes that are not known.
    pub(super) fn parts(
        &self,
        edits: &mut Edits,
        name: &str,
        owner: Option<&Permission>,
        (base, top): (Option<&ViewsetFacts>, Option<&str>),
        notes: &mut Vec<Note>,
    ) -> Result<ViewParts, Diagnostic> {
        let Self { facts, app, models, model, serializer, wanted, .. } = *self;
        let of_model = edits.name_of_app(models, &models.models_file(model), &model.name)?;
        let keeper =
            facts.apps.iter().filter(|a| serializer.place.file.is_below(&a.dir)).max_by_key(|a| a.dir.len());
        let of_serializer =
            edits.name_of_app(keeper.unwrap_or(app), &serializer.place.file, &serializer.name)?;
        let visible = self.visible(edits, name, notes)?;
        let permissions =
            Access { subject: self, name, base }.permissions(edits, owner, &visible.above, notes)?;
        let filters = !wanted.filter_fields.is_empty() || !wanted.filter_ranges.is_empty();
        let filters = filters && project::has_django_filter(facts);
        let needed = [filters, !wanted.search_fields.is_empty(), !wanted.ordering_fields.is_empty()];
        let backends = match self.own_backends(name, needed) {
            Some(own) => own,
            None => backends(edits, facts, needed)?,
        };
        let decorators = self.decorators(edits)?;

        let layout: Layout = edits.layout().clone();
        let names = |attribute: &str, names: &[String]| {
            let code = layout.names(names.iter().map(Code::raw).collect());
            layout.assignment(attribute, &code, 1)
        };
        let parent = wanted.permissions_of.as_deref().or_else(|| self.above());
        let attributes = facts.view_attributes(parent, Some(&model.label));
        let attributes =
            attributes.iter().map(|one| attribute(edits, app, one)).collect::<Result<Vec<_>, _>>()?;
        let mut all = vec![format!("serializer_class = {of_serializer}")];
        all.extend(attributes);
        if !permissions.is_empty() {
            all.push(names("permission_classes", &permissions));
        }
        let mut list = Vec::new();
        if !backends.is_empty() {
            list.push(names("filter_backends", &backends));
        }
        if filters {
            list.push(layout.assignment("filterset_fields", &filterset_fields(&layout, wanted), 1));
        } else if !wanted.filter_fields.is_empty() || !wanted.filter_ranges.is_empty() {
            let why = "`filterset_fields` was left out: the project does not use django-filter";
            notes.push(Note::info(why.to_owned()));
        }
        for (attribute, fields) in
            [("search_fields", &wanted.search_fields), ("ordering_fields", &wanted.ordering_fields)]
        {
            if !fields.is_empty() {
                list.push(layout.assignment(attribute, &layout.strings(fields), 1));
            }
        }
        Ok(ViewParts {
            decorators,
            objects: format!("{of_model}.objects"),
            loading: project::loading(|text| layout.string(text), &wanted.select, &wanted.prefetch),
            all,
            list,
            get_queryset: visible.method(edits, &of_model, top),
        })
    }

    /// The model that its rows belong to, if that has views.
    fn above(&self) -> Option<&str> {
        let needed = self.facts.needed_relations(self.model).into_iter().map(|(_, to)| to);
        needed.into_iter().find(|to| !project::viewsets_of(self.facts, to).is_empty())
    }

    /// Whether the class `name` is there and does what is asked for. It may be written otherwise than it would be today:
    /// what views that came later have in common was not so then.
    pub(super) fn is_there(&self, name: &str, actions: &[&str], parts: &ViewParts) -> bool {
        let Self { facts, app, model, serializer, wanted, .. } = *self;
        let is_it = |v: &&ViewsetFacts| v.name == name && v.model.as_deref() == Some(&*model.label);
        let Some(view) = app.viewsets.iter().find(is_it) else { return false };
        let listed = |attribute: &str, asked: &[String]| {
            let literal = view.value(attribute).and_then(|e| e.literal.as_ref());
            asked.iter().all(|name| match literal {
                Some(Value::Array(names)) => names.iter().any(|known| known == name),
                Some(Value::Object(names)) => names.contains_key(name),
                _ => false,
            })
        };
        let lists = actions.contains(&"list");
        let filtered: Vec<String> =
            wanted.filter_fields.iter().chain(&wanted.filter_ranges).cloned().collect();
        let filters = view.value("filterset_class").is_some()
            || !project::has_django_filter(facts)
            || listed("filterset_fields", &filtered);
        let has_method = |name: &str| view.methods.iter().any(|method| method == name);
        let classes = view.classes("permission_classes");
        let asks_for = |class: &String| {
            let mut paths = classes.iter().filter_map(|own| own.path.as_deref());
            paths.any(|own| facts::last(own) == facts::last(class))
        };
        let default = owner::default_permissions(facts, &mut Vec::new());
        let mut who: Vec<&str> = classes.iter().filter_map(|class| class.path.as_deref()).collect();
        if classes.is_empty() {
            who.extend(default.iter().map(String::as_str));
        }
        let asks_for_login = who
            .iter()
            .any(|class| facts.audience(class).is_some_and(|(readers, _)| readers > Audience::Anyone));
        let is_own =
            |class: &Expr| class.path.as_deref().is_some_and(|path| !path.starts_with("rest_framework."));
        view.serializer.as_deref().map(facts::last) == Some(&*serializer.name)
            && view.offered() == actions
            && (!lists
                || filters
                    && listed("search_fields", &wanted.search_fields)
                    && listed("ordering_fields", &wanted.ordering_fields))
            && (parts.get_queryset.is_none() || has_method("get_queryset"))
            && (wanted.owner.is_none() || !actions.contains(&"create") || has_method("perform_create"))
            && wanted.permissions.iter().all(asks_for)
            && (!wanted.login || asks_for_login)
            && (wanted.owner.is_none() || classes.iter().any(is_own))
    }

    /// The filter backends that the class `name` has, if it is there and they are all that is needed: the default ones
    /// may have changed since it was written.
    fn own_backends(&self, name: &str, needed: [bool; 3]) -> Option<Vec<String>> {
        let is_it = |v: &&ViewsetFacts| v.name == name && v.model.as_deref() == Some(&*self.model.label);
        let view = self.app.viewsets.iter().find(is_it)?;
        let Some(Parts::List(own) | Parts::Tuple(own)) = view.attribute("filter_backends")?.parts.as_deref()
        else {
            return None;
        };
        let own: Vec<String> = own.iter().map(|backend| backend.source.clone()).collect();
        let has = |class: &str| own.iter().any(|name| name.rsplit('.').next() == Some(class));
        BACKENDS.into_iter().zip(needed).all(|((_, class), needed)| !needed || has(class)).then_some(own)
    }

    /// The tags of drf-spectacular, where the app's views have them.
    fn decorators(&self, edits: &mut Edits) -> Result<Vec<String>, Diagnostic> {
        const MODULE: &str = "drf_spectacular.utils";
        let has_tags = |view: &&ViewsetFacts| {
            view.decorators.iter().any(|decorator| match decorator.parts.as_deref() {
                Some(Parts::Call { function, args }) => {
                    *function == format!("{MODULE}.extend_schema") && args.keyword("tags").is_some()
                }
                _ => false,
            })
        };
        let views = &self.app.viewsets;
        if views.iter().filter(has_tags).count() * 2 <= views.len() {
            return Ok(Vec::new());
        }
        let function = edits.name_from(MODULE, "extend_schema")?;
        let route = self.wanted.route.trim_matches('/');
        let tag = edits.layout().string(route.rsplit('/').next().unwrap_or(route));
        Ok(vec![format!("@{function}(tags=[{tag}])")])
    }
}

/// An attribute that the project's views have, as the file writes it.
fn attribute(edits: &mut Edits, app: &AppFacts, attribute: &ViewAttribute) -> Result<String, Diagnostic> {
    let own = app.module_of(edits.source().path());
    let mut classes = Vec::new();
    for path in &attribute.classes {
        classes.push(match path.rsplit_once('.') {
            Some((module, class)) if own.as_deref() != Some(module) => edits.name_from(module, class)?,
            Some((_, class)) => class.to_owned(),
            None => path.clone(),
        });
    }
    let layout = edits.layout();
    Ok(if attribute.is_list {
        let code = layout.names(classes.into_iter().map(Code::raw).collect());
        layout.assignment(attribute.name, &code, 1)
    } else {
        format!("{} = {}", attribute.name, classes.join(", "))
    })
}

/// The code of a class: its decorators, attributes and methods, each entry without an indent.
pub(super) fn class(
    decorators: &[String],
    name: &str,
    base: &str,
    attributes: impl IntoIterator<Item = String>,
    methods: &[String],
) -> String {
    let mut code: String = decorators.iter().map(|line| format!("{line}\n")).collect();
    code.push_str(&format!("class {name}({base}):\n"));
    for line in attributes.into_iter().collect::<Vec<_>>().iter().flat_map(|entry| entry.lines()) {
        code.push_str(&format!("    {line}\n"));
    }
    for method in methods {
        code.push('\n');
        for line in method.lines() {
            code.push_str(&format!("    {line}\n"));
        }
    }
    code
}

/// The serializer of a model: of several, the one with the usual name.
pub(super) fn serializer_of<'f>(facts: &'f ProjectFacts, label: &str) -> Option<&'f SerializerFacts> {
    let usual = format!("{}Serializer", label.rsplit('.').next().unwrap_or(label));
    let mut found =
        facts.apps.iter().flat_map(|a| &a.serializers).filter(|s| s.model.as_deref() == Some(label));
    let first = found.clone().next();
    found.find(|s| s.name == usual).or(first)
}

/// The file for a viewset.
fn home(app: &AppFacts, model: &ModelFacts) -> Result<RelPath, Diagnostic> {
    let path = match (&app.files.views, app.viewsets.last()) {
        (Some(package), _) if package.file_name() == "__init__.py" => {
            let in_package = app.viewsets.iter().any(|v| v.place.file == *package);
            match package.parent() {
                Some(dir) if !in_package => dir.join(&format!("{}.py", model.name.to_lowercase())),
                _ => Ok(package.clone()),
            }
        }
        (_, Some(viewset)) if viewset.place.file.is_below(&app.dir) => Ok(viewset.place.file.clone()),
        (Some(file), _) => Ok(file.clone()),
        (None, _) => RelPath::new(format!("{}/views.py", app.api_dir())),
    };
    path.map_err(|e| Diagnostic::new(codes::BAD_PARAMS, e.to_string()))
}

/// What `filterset_fields` is: names, or names with the ways to compare where a range is asked for.
fn filterset_fields(layout: &Layout, wanted: &Params) -> Code {
    if wanted.filter_ranges.is_empty() {
        return layout.strings(&wanted.filter_fields);
    }
    let exact = wanted.filter_fields.iter().filter(|name| !wanted.filter_ranges.contains(name));
    let exact = exact.map(|name| (layout.string(name), layout.strings(&["exact"])));
    let ranges = wanted.filter_ranges.iter();
    let ranges = ranges.map(|name| (layout.string(name), layout.strings(&["exact", "gte", "lte"])));
    Code::Dict(exact.chain(ranges).collect())
}

/// The filter backends for filters, search and ordering: their modules and classes.
const BACKENDS: [(&str, &str); 3] = [
    ("django_filters.rest_framework", "DjangoFilterBackend"),
    ("rest_framework.filters", "SearchFilter"),
    ("rest_framework.filters", "OrderingFilter"),
];

/// The filter backends that a viewset must name itself: none if the default ones are enough, else those and the ones
/// that are missing among them for filters, search and ordering, as far as each is `needed`.
fn backends(edits: &mut Edits, facts: &ProjectFacts, needed: [bool; 3]) -> Result<Vec<String>, Diagnostic> {
    let missing: Vec<(&str, &str)> = BACKENDS
        .into_iter()
        .zip(needed)
        .filter(|((_, class), needed)| *needed && !project::is_default_backend(facts, class))
        .map(|(backend, _)| backend)
        .collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let defaults = project::default_backends(facts);
    let defaults = defaults.iter().filter_map(|path| path.rsplit_once('.'));
    let mut all: Vec<(&str, &str)> = defaults.chain(missing).collect();
    // django-filter first, then search and ordering, as its documentation has them; others stay where they are.
    all.sort_by_key(|(_, class)| BACKENDS.iter().position(|(_, known)| known == class));
    all.into_iter().map(|(module, class)| edits.name_from(module, class)).collect()
}
