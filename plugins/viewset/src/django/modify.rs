//! `modify_viewset`: relations to load with the rows, query parameters to filter by.

use std::collections::BTreeMap;

use aksara_python::edit::{Edits, ItemPlace, ListTarget, MemberPlace, OpenFile};
use aksara_python::example::on_blog;
use aksara_python::read;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{self, ModelFacts, ViewsetFacts, split_label};
use aksara_sdk::protocol::params::{FilterSpec, ModifyViewset as Params};
use aksara_sdk::{
    Context, Diagnostic, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

use super::counted;
use super::filters::{self, FieldsKind, Filtering};
use super::project;

/// Changes the viewsets of a model.
pub struct ModifyViewset;

impl Executor for ModifyViewset {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "modify_viewset".into(),
            summary: "Loads relations with a model's rows, and adds query parameters that filter.".to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "Tags loaded with their posts, and posts by tag",
                json!({
                    "model": "blog.Post",
                    "prefetch": ["tags"],
                    "filter": [{ "name": "tag", "field": "tags__name", "type": "string" }],
                }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let facts = project::facts_about(cx, &wanted.model, |facts| {
            !project::viewsets_of(facts, &wanted.model).is_empty()
        })?;
        let model = facts.require_model(&wanted.model)?;
        for relation in wanted.select.iter().chain(&wanted.prefetch) {
            project::check_path(&facts, model, relation)?;
        }
        for value in &wanted.aggregate {
            project::check_path(&facts, model, &value.of)?;
        }
        for filter in &wanted.filter {
            project::check_path(&facts, model, &filter.field)?;
        }
        for path in &wanted.aggregate_while_empty {
            project::check_path(&facts, model, path)?;
        }
        for name in wanted.search.iter().chain(&wanted.ordering) {
            project::check_path(&facts, model, name)?;
        }
        let targets = targets(&facts, model, &wanted)?;

        let mut change =
            Change { cx, facts: &facts, model, files: BTreeMap::new(), sets: Vec::new(), notes: Vec::new() };
        for viewset in &targets {
            change.load(viewset, &wanted)?;
            change.aggregate_while_empty(viewset, &wanted.aggregate_while_empty)?;
            if let Some(backend) = &wanted.filter_backend {
                change.add_backend(viewset, backend)?;
            }
        }
        change.filter_all(&targets, &wanted.filter)?;
        for viewset in &targets {
            for member in &wanted.members {
                let app = facts.require_app(model.app())?;
                let _ = change.open(&viewset.place.file)?.edits.add_member(&viewset.name, member, app)?;
            }
        }
        for viewset in targets.iter().filter(|v| v.offered().contains(&"list")) {
            change.lists(viewset, "search_fields", &wanted.search)?;
            change.lists(viewset, "ordering_fields", &wanted.ordering)?;
        }
        let Change { files, mut notes, .. } = change;
        let edits: Vec<_> = files.values().filter_map(OpenFile::finish).collect();
        if edits.is_empty() && notes.is_empty() {
            let names: Vec<&str> = targets.iter().map(|v| v.name.as_str()).collect();
            notes.push(Note::info(format!("{} has all of it already", names.join(", "))));
        }
        if !edits.is_empty() && !wanted.prefetch.is_empty() {
            notes.extend(counted::exact_counts(cx, &facts, &targets, &wanted.prefetch)?);
        }
        let file = targets.first().map(|v| v.place.file.clone());
        Ok(Outcome { edits, file, notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    split_label(&wanted.model)?;
    let loads = !wanted.select.is_empty() || !wanted.prefetch.is_empty() || !wanted.aggregate.is_empty();
    let asks = !wanted.filter.is_empty() || !wanted.search.is_empty() || !wanted.ordering.is_empty();
    let adds = !wanted.members.is_empty() || wanted.filter_backend.is_some();
    if !loads && !asks && !adds && wanted.aggregate_while_empty.is_empty() {
        let help = "give `select`, `prefetch`, `aggregate`, `aggregate_while_empty`, `filter`, `search`, `ordering`, \
                    `filter_backend` or `members`";
        return Err(Diagnostic::new(codes::BAD_PARAMS, "there is nothing to change").with_help(help));
    }
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let names = wanted.select.iter().chain(&wanted.prefetch).chain(&wanted.search).chain(&wanted.ordering);
    let names = names.chain(&wanted.aggregate_while_empty);
    let filters = wanted.filter.iter().flat_map(|f| [&f.name, &f.field]);
    let computed = wanted.aggregate.iter().flat_map(|value| [&value.name, &value.of]);
    if let Some(name) = names.chain(filters).chain(computed).find(|name| !word(name)) {
        return Err(Diagnostic::new(codes::BAD_PARAMS, format!("`{name}` is not a name"))
            .with_help("use letters, digits and `_`; `__` goes across a relation"));
    }
    let is_path = |path: &String| path.contains('.') && path.split('.').all(word);
    if let Some(path) = wanted.filter_backend.as_ref().filter(|path| !is_path(path)) {
        return Err(Diagnostic::new(codes::BAD_PARAMS, format!("`{path}` is no class in a module"))
            .with_help("give the class with its module: `blog.filters.OwnFilterBackend`"));
    }
    Ok(wanted)
}

fn targets<'f>(
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    wanted: &Params,
) -> Result<Vec<&'f ViewsetFacts>, Diagnostic> {
    let all = project::viewsets_of(facts, &model.label);
    if all.is_empty() {
        return Err(Diagnostic::new(codes::NOT_FOUND, format!("`{}` has no viewset to change", model.label))
            .with_help("make one first, with a create_viewset step"));
    }
    let Some(name) = &wanted.name else { return Ok(all) };
    let names: Vec<&str> = all.iter().map(|v| v.name.as_str()).collect();
    let named: Vec<&ViewsetFacts> = all.iter().copied().filter(|v| v.name == *name).collect();
    if named.is_empty() {
        return Err(Diagnostic::new(codes::NOT_FOUND, format!("`{}` has no viewset `{name}`", model.label))
            .with_help(format!("it has: {}", names.join(", "))));
    }
    Ok(named)
}

/// The files being changed.
pub(super) struct Change<'a> {
    cx: &'a Context<'a>,
    pub(super) facts: &'a ProjectFacts,
    pub(super) model: &'a ModelFacts,
    pub(super) files: BTreeMap<RelPath, OpenFile>,
    /// Filter sets of the model that have the filters by now.
    sets: Vec<FilterSet>,
    pub(super) notes: Vec<Note>,
}

/// A filter set that this step made or extended.
struct FilterSet {
    name: String,
    file: RelPath,
    /// The `filterset_fields` that it was made from, as they were written.
    made_from: Option<String>,
}

impl Change<'_> {
    /// The file at `path`. The step's code is in the first one that is opened: the viewset's.
    pub(super) fn open(&mut self, path: &RelPath) -> Result<&mut OpenFile, Diagnostic> {
        if !self.files.contains_key(path) {
            self.files.insert(path.clone(), project::open(self.cx, path, self.facts)?);
        }
        self.files
            .get_mut(path)
            .ok_or_else(|| Diagnostic::new(codes::NOT_FOUND, format!("`{path}` was not opened")))
    }

    /// Adds the filters to every viewset that lists rows. A viewset without any filter takes the filter set that
    /// another one has, so those that have one come first.
    fn filter_all(&mut self, targets: &[&ViewsetFacts], wanted: &[FilterSpec]) -> Result<(), Diagnostic> {
        if wanted.is_empty() {
            return Ok(());
        }
        let mut lists: Vec<&ViewsetFacts> =
            targets.iter().copied().filter(|v| v.offered().contains(&"list")).collect();
        if lists.is_empty() {
            let model = &self.model.label;
            let filters: Vec<String> = wanted.iter().map(|f| format!("`?{}=`", f.name)).collect();
            let text = format!("{} was not added: no viewset of `{model}` lists rows", filters.join(", "));
            self.notes.push(Note::warning(text));
        }
        lists.sort_by_key(|v| match (v.attribute("filterset_class"), v.attribute("filterset_fields")) {
            (Some(_), _) => 0,
            (None, Some(_)) => 1,
            (None, None) => 2,
        });
        lists.into_iter().try_for_each(|viewset| self.filter(viewset, wanted))
    }

    /// Adds names to a list that the viewset has. Without one it searches nothing, or orders by every field, and
    /// that stays so.
    fn lists(&mut self, viewset: &ViewsetFacts, name: &str, wanted: &[String]) -> Result<(), Diagnostic> {
        let literal = viewset.attribute(name).is_some_and(|e| matches!(e.literal, Some(Value::Array(_))));
        if wanted.is_empty() || !literal {
            return Ok(());
        }
        let edits = &mut self.open(&viewset.place.file)?.edits;
        let target = ListTarget::Attribute { class: &viewset.name, name };
        for field in wanted {
            let item = edits.layout().string(field);
            let _ = edits.list_append(target, &item, ItemPlace::End)?;
        }
        Ok(())
    }

    /// Names a backend in the list of backends that the viewset has of its own, or has from a base.
    fn add_backend(&mut self, viewset: &ViewsetFacts, path: &str) -> Result<(), Diagnostic> {
        const LIST: &str = "filter_backends";
        let Some(there) = viewset.value(LIST) else { return Ok(()) };
        let Some((module, class)) = path.rsplit_once('.') else { return Ok(()) };
        if viewset.classes(LIST).iter().any(|own| facts::last(&own.source) == class) {
            return Ok(());
        }
        let is_list = there.source.trim_start().starts_with(['[', '(']);
        let is_own = viewset.attribute(LIST).is_some();
        let name = &viewset.name;
        let home = self.facts.apps.iter().find_map(|app| {
            let within = module.strip_prefix(&app.module)?.strip_prefix('.')?;
            Some((app, RelPath::new(format!("{}/{}.py", app.dir, within.replace('.', "/"))).ok()?))
        });
        let file = self.open(&viewset.place.file)?;
        let backend = match home {
            Some((app, home)) => file.edits.name_of_app(app, &home, class)?,
            None => file.edits.name_from(module, class)?,
        };
        let edits = &mut file.edits;
        if is_own && is_list {
            let target = ListTarget::Attribute { class: name, name: LIST };
            let _ = edits.list_append(target, &backend, ItemPlace::End)?;
        } else if is_own {
            let value = format!("[*{}, {backend}]", there.source.trim());
            let _ = edits.replace_class_attribute(name, LIST, &value)?;
        } else {
            // The base that has it is among these, or among their bases.
            let base = viewset.bases.iter().find_map(|base| {
                let (module, class) = base.rsplit_once('.').unwrap_or(("", base));
                match module {
                    _ if module.starts_with("rest_framework") => None,
                    _ if edits.has_class(class) => Some(class.to_owned()),
                    _ => edits.local_name(module, class),
                }
            });
            let Some(base) = base else {
                let text = format!("`{name}` has its `{LIST}` from a base that its file does not name");
                let help = format!("give it `{LIST}` of its own, and commit that");
                return Err(Diagnostic::new(codes::REFUSED, text).with_help(help));
            };
            add_below(edits, name, &format!("{LIST} = [*{base}.{LIST}, {backend}]"))?;
        }
        Ok(())
    }

    /// Names django-filter's backend in the list of backends that the viewset has of its own, in a project that uses it.
    /// Says whether that was done.
    fn name_backend(&mut self, viewset: &ViewsetFacts) -> Result<bool, Diagnostic> {
        let own = viewset.attribute("filter_backends").map(|own| own.source.trim_start());
        let is_list = own.is_some_and(|own| own.starts_with(['[', '(']));
        if !is_list || !project::has_django_filter(self.facts) {
            return Ok(false);
        }
        let edits = &mut self.open(&viewset.place.file)?.edits;
        let backend = edits.name_from("django_filters.rest_framework", "DjangoFilterBackend")?;
        let target = ListTarget::Attribute { class: &viewset.name, name: "filter_backends" };
        let _ = edits.list_append(target, &backend, ItemPlace::End)?;
        Ok(true)
    }

    fn filter(&mut self, viewset: &ViewsetFacts, wanted: &[FilterSpec]) -> Result<(), Diagnostic> {
        if let Some(why) = filters::inactive(self.facts, viewset)
            && !self.name_backend(viewset)?
        {
            for filter in wanted {
                let name = &filter.name;
                let text = format!("`?{name}=` was not added to `{}`: {why}", viewset.name);
                self.notes.push(Note::warning(text));
            }
            return Ok(());
        }
        let before = filters::filtering(self.facts, viewset)?;
        let plain = wanted.iter().all(|f| f.name == f.field && self.model.field(&f.field).is_some());
        match &before {
            Filtering::Class(set) => {
                let file = self.open(&set.place.file)?;
                filters::extend(&mut file.edits, set, wanted)?;
                self.sets.push(FilterSet {
                    name: set.name.clone(),
                    file: set.place.file.clone(),
                    made_from: None,
                });
                Ok(())
            }
            Filtering::Fields(_, FieldsKind::List) if plain => {
                let edits = &mut self.open(&viewset.place.file)?.edits;
                let target = ListTarget::Attribute { class: &viewset.name, name: "filterset_fields" };
                for filter in wanted {
                    let item = edits.layout().string(&filter.name);
                    let _ = edits.list_append(target, &item, ItemPlace::End)?;
                }
                Ok(())
            }
            Filtering::Fields(source, FieldsKind::Dict) if plain && !source.contains('#') => {
                let there = viewset.attribute("filterset_fields").and_then(|e| e.literal.as_ref());
                let there = |name: &str| there.is_some_and(|fields| fields.get(name).is_some());
                let edits = &mut self.open(&viewset.place.file)?.edits;
                let new: Vec<String> = wanted
                    .iter()
                    .filter(|f| !there(&f.name))
                    .map(|f| filters::entry(edits.layout(), f))
                    .collect();
                let value = filters::with_entries(source, &new);
                let _ = edits.replace_class_attribute(&viewset.name, "filterset_fields", &value)?;
                Ok(())
            }
            Filtering::None if plain => {
                let edits = &mut self.open(&viewset.place.file)?.edits;
                let layout = edits.layout();
                let code = layout.assignment("filterset_fields", &filters::fields(layout, wanted), 1);
                add_below(edits, &viewset.name, &code)
            }
            Filtering::Fields(..) | Filtering::None => self.make_class(viewset, &before, wanted),
        }
    }

    /// A filter set for the viewset, in place of `filterset_fields`.
    fn make_class(
        &mut self,
        viewset: &ViewsetFacts,
        before: &Filtering<'_>,
        wanted: &[FilterSpec],
    ) -> Result<(), Diagnostic> {
        let (facts, model) = (self.facts, self.model);
        let app = facts.require_app(model.app())?;
        let made_from = match before {
            Filtering::Fields(source, _) => Some((*source).to_owned()),
            Filtering::Class(_) | Filtering::None => None,
        };
        let fits = |set: &&FilterSet| made_from.is_none() || set.made_from == made_from;
        let (name, path) = match self.sets.iter().find(fits) {
            Some(set) => (set.name.clone(), set.file.clone()),
            None => {
                let name = self.free_name(viewset);
                let path = filters::home(app, viewset)?;
                filters::make(self.open(&path)?, app, model, &name, before, wanted)?;
                self.sets.push(FilterSet { name: name.clone(), file: path.clone(), made_from });
                (name, path)
            }
        };

        let edits = &mut self.open(&viewset.place.file)?.edits;
        let written = edits.name_of_app(app, &path, &name)?;
        let code = format!("filterset_class = {written}");
        if matches!(before, Filtering::Fields(..)) {
            let _ = edits.add_class_member(&viewset.name, &code, MemberPlace::After("filterset_fields"))?;
            // What else the class makes of them, such as the `filter_fields` of older versions, goes on.
            let mut others = viewset.attributes.iter().filter(|(name, _)| name != "filterset_fields");
            if !others.any(|(_, value)| read::names(&value.source).iter().any(|n| n == "filterset_fields")) {
                let _ = edits.remove_class_attribute(&viewset.name, "filterset_fields")?;
            }
            return Ok(());
        }
        add_below(edits, &viewset.name, &code)
    }

    /// The name of a new filter set: after the model, or after the viewset where the model's is another one's.
    fn free_name(&self, viewset: &ViewsetFacts) -> String {
        let usual = format!("{}Filter", self.model.name);
        let mut known = self.facts.apps.iter().flat_map(|a| &a.filtersets).map(|f| f.name.as_str());
        if !known.any(|name| name == usual) && !self.sets.iter().any(|set| set.name == usual) {
            return usual;
        }
        let stem = ["ViewSet", "Viewset", "APIView", "View"]
            .iter()
            .find_map(|end| viewset.name.strip_suffix(end))
            .filter(|stem| !stem.is_empty() && *stem != self.model.name);
        format!("{}Filter", stem.unwrap_or(&viewset.name))
    }
}

/// Puts an attribute below the serializer class, where such attributes stand.
fn add_below(edits: &mut Edits, class: &str, code: &str) -> Result<(), Diagnostic> {
    let members = edits.class_members(class)?;
    let anchor = ["permission_classes", "serializer_class", "queryset"];
    let place = match anchor.iter().find(|name| members.iter().any(|m| m == *name)) {
        Some(name) => MemberPlace::After(name),
        None => MemberPlace::AfterFields,
    };
    edits.add_class_member(class, code, place).map(drop)
}

fn schema() -> Value {
    let names = |about: &str| json!({"type": "array", "items": {"type": "string"}, "description": about});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["model"],
        "properties": {
            "model": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The model, as `app.Model`. All its viewsets are changed, unless `name` picks one."
            },
            "name": {"type": "string", "description": "The viewset's class, if the model has several."},
            "select": names("Relations to load with the rows: to one."),
            "prefetch": names("Relations to load with the rows: to many."),
            "aggregate": {
                "type": "array",
                "description": "Values to compute with the rows.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "function", "of"],
                    "properties": {
                        "name": {"type": "string", "description": "Its name, such as `rating_average`."},
                        "function": {"enum": ["average", "count"], "description": "What is computed."},
                        "of": {"type": "string", "description": "The way back of the relation and the field, such as `ratings__score`; for a count the way back only."}
                    }
                }
            },
            "aggregate_while_empty": names("Fields of related rows, such as `ratings__deleted_at`: values that are computed over them are of the rows in which the field is empty."),
            "filter_backend": {"type": "string", "description": "A filter backend, as a dotted path, for the viewsets that list backends of their own: those of the settings are not theirs."},
            "filter": {
                "type": "array",
                "description": "Query parameters to add. Left out, with a note, where django-filter is not in use.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "field"],
                    "properties": {
                        "name": {"type": "string", "description": "The parameter, such as `tag`."},
                        "field": {"type": "string", "description": "The field that it compares, `__` across relations, such as `tags__slug`."},
                        "type": {
                            "enum": [
                                "string", "text", "integer", "positive_integer", "big_integer", "float", "decimal",
                                "boolean", "date", "datetime", "time", "duration", "uuid", "json", "email", "url",
                                "slug", "foreign_key", "one_to_one", "many_to_many"
                            ],
                            "description": "What the parameter holds; text if absent."
                        },
                        "range": {"type": "boolean", "description": "Whether `?name__gte=` and `?name__lte=` are wanted as well, unless the viewset only lists names."}
                    }
                }
            },
            "search": names("Fields that `?search=` is to look in as well, of viewsets that search."),
            "ordering": names("Fields that `?ordering=` may name as well, of viewsets that say which."),
            "members": {
                "type": "array",
                "description": "Actions and other methods to add, in order.",
                "items": {
                    "type": "object",
                    "required": ["source"],
                    "additionalProperties": false,
                    "properties": {
                        "source": {"type": "string", "minLength": 1, "description": "Its source, at the left edge."},
                        "follow_habits": {"type": "boolean", "description": "Whether annotations of functions are left out in a project that has none."},
                        "imports": {
                            "type": "array",
                            "description": "What the source uses.",
                            "items": {
                                "type": "object",
                                "required": ["module", "name"],
                                "additionalProperties": false,
                                "properties": {
                                    "module": {"type": "string", "description": "The module; `.audit` is one of the model's app."},
                                    "name": {"type": "string", "description": "The name in it."}
                                }
                            }
                        }
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CreateViewset;
    use crate::django::create::tests::{VIEWS, blog, post_views};
    use aksara_sdk::protocol::outcome::NoteLevel;

    const FILTERS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/filters.py");

    fn modify(
        project: &mut aksara_sdk::testing::TestProject<'_>,
        params: Value,
    ) -> Result<Outcome, Diagnostic> {
        project.apply(&ModifyViewset, "modify_viewset", params)
    }

    fn tagging() -> Value {
        json!({
            "model": "blog.Post",
            "prefetch": ["tags"],
            "filter": [{"name": "tag", "field": "tags__slug"}]
        })
    }

    #[test]
    fn tagging_is_the_ideal_byte_for_byte() {
        let mut project = blog();
        let create = json!({
            "model": "blog.Tag", "route": "tags", "filter_fields": ["slug"], "search_fields": ["name"]
        });
        project.apply(&CreateViewset, "create_viewset", create).unwrap();
        let outcome = modify(&mut project, tagging()).unwrap();
        assert_eq!(project.text("blog/views.py").unwrap(), VIEWS);
        assert_eq!(project.text("blog/filters.py").unwrap(), FILTERS);
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
    }

    #[test]
    fn a_filter_set_that_is_there_is_extended() {
        let mut project = blog();
        modify(&mut project, tagging()).unwrap();
        let second = json!({"model": "blog.Post", "filter": [{"name": "after", "field": "created_at", "type": "date"}]});
        modify(&mut project, second).unwrap();
        let text = project.text("blog/filters.py").unwrap();
        assert!(
            text.contains("    after = django_filters.DateFilter(field_name=\"created_at\")\n"),
            "{text}"
        );
        assert!(text.contains("\"slug\", \"tag\", \"after\"]"), "{text}");
    }

    #[test]
    fn a_viewset_without_filters_takes_the_filter_set_of_another() {
        let class = |name: &str, body: &str| {
            format!(
                "\n\nclass {name}(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n{body}"
            )
        };
        let first = "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n";
        let views = post_views(first)
            + &class("PublicViewSet", "    filterset_fields = [\"slug\"]\n")
            + &class("PressViewSet", "    filterset_fields = [\"slug\"]\n")
            + &class("StaffViewSet", "    filterset_fields = [\"author\"]\n");
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, tagging()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert_eq!(text.matches("    filterset_class = PostFilter\n").count(), 3, "{text}");
        assert!(text.ends_with("    filterset_class = StaffFilter\n"), "{text}");
        let text = project.text("blog/filters.py").unwrap();
        assert!(text.contains("fields = [\"slug\", \"tag\"]\n"), "{text}");
        assert!(text.contains("fields = [\"author\", \"tag\"]\n"), "{text}");
    }

    #[test]
    fn only_what_lists_rows_is_filtered() {
        let views = "from rest_framework import generics\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass PostList(generics.ListCreateAPIView):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n\n\nclass PostDetail(generics.RetrieveUpdateDestroyAPIView):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n";
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, tagging()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert_eq!(text.matches("filterset_class").count(), 1, "{text}");
        assert_eq!(text.matches(".prefetch_related(\"tags\")").count(), 2, "{text}");

        let alone = views.replace("PostList(generics.ListCreateAPIView)", "PostNew(generics.CreateAPIView)");
        let mut project = blog().file("blog/views.py", alone);
        let outcome = modify(&mut project, tagging()).unwrap();
        assert_eq!(outcome.notes[0].text, "`?tag=` was not added: no viewset of `blog.Post` lists rows");
    }

    #[test]
    fn a_plain_field_needs_no_class() {
        let mut project = blog();
        modify(&mut project, json!({"model": "blog.Post", "filter": [{"name": "title", "field": "title"}]}))
            .unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.contains("filterset_fields = [\"author\", \"is_published\", \"slug\", \"title\"]\n"),
            "{text}"
        );
        assert!(project.text("blog/filters.py").is_none());
        let views = post_views(
            "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    ordering_fields = []\n",
        );
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, json!({"model": "blog.Post", "filter": [{"name": "title", "field": "title"}]}))
            .unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.contains("Serializer\n    filterset_fields = [\"title\"]\n    ordering_fields"),
            "{text}"
        );
    }

    #[test]
    fn a_filter_set_stands_beside_the_views() {
        let views = post_views("    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n")
            .replace("from .", "from ..");
        for (file, filters) in
            [("blog/api/views.py", "blog/api/filters.py"), ("blog/views/post.py", "blog/filters.py")]
        {
            let mut project = blog().file("blog/views.py", "").file(file, views.clone());
            modify(&mut project, tagging()).unwrap();
            assert!(project.text(filters).is_some(), "{file}");
        }
    }

    #[test]
    fn lookups_move_into_the_class() {
        let views = post_views(
            "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    filterset_fields = {\n        \"title\": [\"icontains\"],\n    }\n",
        );
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, tagging()).unwrap();
        let text = project.text("blog/filters.py").unwrap();
        assert!(
            text.ends_with("        fields = {\n            \"title\": [\"icontains\"],\n        }\n"),
            "{text}"
        );
        let text = project.text("blog/views.py").unwrap();
        assert!(text.ends_with("    queryset = Post.objects.prefetch_related(\"tags\")\n    serializer_class = PostSerializer\n    filterset_class = PostFilter\n"), "{text}");
    }

    #[test]
    fn fields_that_the_class_uses_again_stay() {
        let views = post_views(
            "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    filterset_fields = (\"title\",)\n    filter_fields = filterset_fields\n",
        );
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, tagging()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(
            text.ends_with(
                "    filterset_fields = (\"title\",)\n    filterset_class = PostFilter\n    filter_fields = filterset_fields\n"
            ),
            "{text}"
        );
        assert!(modify(&mut project, tagging()).unwrap().is_noop());
    }

    #[test]
    fn backends_of_a_viewsets_own_get_that_of_django_filter() {
        let views = post_views(
            "    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    filter_backends = [SearchFilter]\n",
        )
        .replace("from .", "from rest_framework.filters import SearchFilter\n\nfrom .");
        let mut project = blog().file("blog/views.py", views);
        let outcome = modify(&mut project, tagging()).unwrap();
        assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
        let text = project.text("blog/views.py").unwrap();
        for part in [
            "from django_filters.rest_framework import DjangoFilterBackend\n",
            "    filter_backends = [SearchFilter, DjangoFilterBackend]\n",
            "    filterset_class = PostFilter\n",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        let settings =
            "INSTALLED_APPS = ['rest_framework', 'django_filters', 'blog']\nROOT_URLCONF = 'config.urls'\n";
        let mut project = blog().file("config/settings.py", settings);
        let notes = modify(&mut project, tagging()).unwrap().notes;
        assert_eq!(notes[0].level, NoteLevel::Warning);
        assert!(notes[0].text.contains("is not among the default filter backends"), "{notes:?}");
    }

    #[test]
    fn tests_that_count_queries_exactly_are_named() {
        let tests = "from django.test import TestCase\nfrom django.urls import reverse\n\n\nclass A(TestCase):\n    \
                     def test_list(self):\n        with self.assertNumQueries(3):\n            \
                     self.client.get(reverse(\"post-list\"))\n\n    def test_other(self):\n        \
                     with self.assertNumQueries(2):\n            self.client.get(reverse(\"page-list\"))\n\n    \
                     def test_few(self, django_assert_num_queries):\n        url = \"/api/posts/\"\n        \
                     with django_assert_num_queries(4) as queries:\n            self.client.get(url)\n\n    \
                     def test_same(self):\n        with self.assertNumQueries(len(queries)):\n            \
                     self.client.get(reverse(\"post-list\"))\n";
        let mut project = blog().file("blog/tests/test_counts.py", tests);
        let notes = modify(&mut project, tagging()).unwrap().notes;
        let said: Vec<&str> =
            notes.iter().filter_map(|note| note.text.split_once(", and")).map(|(said, _)| said).collect();
        assert_eq!(
            said,
            [
                "`blog/tests/test_counts.py:7` asserts exactly 3 queries",
                "`blog/tests/test_counts.py:16` asserts exactly 4 queries"
            ]
        );
    }

    #[test]
    fn without_django_filter_the_parameter_is_left_out_and_said() {
        let settings = "INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n";
        let mut project = blog().file("config/settings.py", settings);
        let outcome = modify(&mut project, tagging()).unwrap();
        assert_eq!(
            outcome.notes[0].text,
            "`?tag=` was not added to `PostViewSet`: the project does not use django-filter"
        );
        assert!(project.text("blog/views.py").unwrap().contains(".prefetch_related(\"tags\")"));
        assert!(project.text("blog/filters.py").is_none());
    }

    #[test]
    fn a_method_that_only_returns_is_extended() {
        let method = |body: &str| {
            post_views(&format!(
                "    serializer_class = PostSerializer\n\n    def get_queryset(self):\n        {body}\n"
            ))
        };
        let prefetch = json!({"model": "blog.Post", "prefetch": ["tags"]});
        let mut project = blog().file("blog/views.py", method("return Post.objects.all()"));
        modify(&mut project, prefetch.clone()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(text.ends_with("return Post.objects.prefetch_related(\"tags\")\n"), "{text}");
        // A manager of the project's own may give another `.all()` than its other methods do.
        let own = blog().text("blog/models.py").unwrap().replace(
            "class Post(models.Model):\n",
            "class Post(models.Model):\n    objects = PostManager()\n",
        );
        let mut project =
            blog().file("blog/models.py", own).file("blog/views.py", method("return Post.objects.all()"));
        modify(&mut project, prefetch.clone()).unwrap();
        let text = project.text("blog/views.py").unwrap();
        assert!(text.ends_with("return Post.objects.all().prefetch_related(\"tags\")\n"), "{text}");
    }

    #[test]
    fn values_over_other_rows_come_with_the_query() {
        let aggregate = json!({"model": "blog.Tag", "aggregate": [
            {"name": "post_average", "function": "average", "of": "posts__id"},
            {"name": "post_count", "function": "count", "of": "posts"},
        ]});
        let views = post_views("    queryset = Tag.objects.all()\n    serializer_class = PostSerializer\n    ordering_fields = [\"name\"]\n")
            .replace("import Post\n", "import Tag\n");
        let mut project = blog().file("blog/views.py", views);
        modify(&mut project, aggregate.clone()).unwrap();
        let text = project.text("blog/views.py").unwrap().to_owned();
        assert!(text.contains("from django.db.models import Avg, Count\n"), "{text}");
        for part in [
            ".annotate(post_average=Avg(\"posts__id\"))",
            // Other relations of the same query would count rows twice.
            ".annotate(post_count=Count(\"posts\", distinct=True))",
            // Grouped rows lose the model's own order.
            ".order_by(\"name\")",
            "ordering_fields = [\"name\", \"post_average\", \"post_count\"]",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains(".all()"), "{text}");
        assert!(modify(&mut project, aggregate).unwrap().is_noop());
    }

    #[test]
    fn what_is_loaded_already_is_left() {
        let views = post_views(
            "    queryset = Post.objects.prefetch_related(\"near\", \"tags\")\n    serializer_class = PostSerializer\n",
        );
        let mut project = blog().file("blog/views.py", views);
        let outcome = modify(&mut project, json!({"model": "blog.Post", "prefetch": ["tags"]})).unwrap();
        assert!(outcome.is_noop());
    }

    #[test]
    fn viewsets_with_backends_of_their_own_name_another() {
        let add = json!({"model": "blog.Post", "filter_backend": "blog.own_filters.OwnBackend"});
        let with = |base: &str, own: &str| {
            format!(
                "from rest_framework import filters, viewsets\n\nfrom .models import Post\n\nBACKENDS = []\n\n\nclass Base(viewsets.ModelViewSet):\n    permission_classes = []\n{base}\n\nclass PostViewSet(Base):\n    queryset = Post.objects.all()\n{own}"
            )
        };
        let list = "    filter_backends = [filters.SearchFilter]\n";
        for (base, own, expected) in [
            ("", list, Some("    filter_backends = [filters.SearchFilter, OwnBackend]\n")),
            ("", "    filter_backends = BACKENDS\n", Some("    filter_backends = [*BACKENDS, OwnBackend]\n")),
            (list, "", Some("    filter_backends = [*Base.filter_backends, OwnBackend]\n")),
            // The settings decide.
            ("", "", None),
        ] {
            let mut project = blog().file("blog/views.py", with(base, own));
            let outcome = modify(&mut project, add.clone()).unwrap();
            let text = project.text("blog/views.py").unwrap();
            match expected {
                Some(line) => {
                    assert!(text.contains("from .own_filters import OwnBackend\n"), "{text}");
                    assert!(text.ends_with(line), "{text}");
                    assert!(modify(&mut project, add.clone()).unwrap().is_noop());
                }
                None => assert!(outcome.is_noop(), "{text}"),
            }
        }
        let unnamed = json!({"model": "blog.Post", "filter_backend": "OwnBackend"});
        assert_eq!(modify(&mut blog(), unnamed).unwrap_err().code, codes::BAD_PARAMS);
    }

    #[test]
    fn a_child_has_the_relations_and_the_order_of_its_parents() {
        let models = "from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=9)


class Post(models.Model):
    tags = models.ManyToManyField(Tag, related_name='posts')

    class Meta:
        ordering = ['-pk']


class Score(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name='scores')


class Report(Post):
    source = models.CharField(max_length=9)
";
        let views = "from rest_framework import viewsets\n\nfrom .models import Report\n\n\nclass ReportViewSet(viewsets.ModelViewSet):\n    queryset = Report.objects.all()\n";
        let mut project = blog().file("blog/models.py", models).file("blog/views.py", views);
        let count = json!([{"name": "score_count", "function": "count", "of": "scores"}]);
        let wanted = json!({"model": "blog.Report", "prefetch": ["tags"], "aggregate": count});
        modify(&mut project, wanted).unwrap();
        let text = project.text("blog/views.py").unwrap();
        for call in [".prefetch_related(\"tags\")", "Count(\"scores\", distinct=True)", ".order_by(\"-pk\")"]
        {
            assert!(text.contains(call), "{text}");
        }
        let wanted = json!({"model": "blog.Report", "prefetch": ["labels"]});
        assert_eq!(modify(&mut project, wanted).unwrap_err().code, codes::NOT_FOUND);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        let mut project = blog();
        for (params, code) in [
            (json!({"model": "blog.Post"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "prefetch": ["a b"]}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "prefetch": ["labels"]}), codes::NOT_FOUND),
            (
                json!({"model": "blog.Post", "filter": [{"name": "x", "field": "labels__slug"}]}),
                codes::NOT_FOUND,
            ),
            (json!({"model": "blog.Tag", "prefetch": ["posts"]}), codes::NOT_FOUND),
            (json!({"model": "blog.Post", "name": "Nobody", "prefetch": ["tags"]}), codes::NOT_FOUND),
        ] {
            assert_eq!(modify(&mut project, params.clone()).unwrap_err().code, code, "{params}");
        }
    }
}
