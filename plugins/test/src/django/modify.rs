//! `modify_test`: rows and requests of tests that are there get values for fields that they lack.
//!
//! A test makes a row by calling the model or its managers, by a factory, or by a request to a route of the model whose body is a
//! literal dict with all that its API demanded before. What cannot be made up there is left, and said with file and line.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aksara_python::edit::{Address, Callee, Edits, Filled, Given, MemberPlace, OpenFile, Request, Requests};
use aksara_python::example::on_blog;
use aksara_sdk::protocol::JsonMap;
use aksara_sdk::protocol::facts::{
    FactsQuery, FieldFacts, ModelFacts, ProjectFacts, RelationKind, split_label,
};
use aksara_sdk::protocol::params::ModifyTest as Params;
use aksara_sdk::protocol::plugin::Example;
use aksara_sdk::{
    Context, Diagnostic, Effect, Executor, ExecutorInfo, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::json;

use super::api::{self, Api};
use super::rows;
use super::sample::{self, Purpose, Wish};
use super::scope::{self, Subject};

/// What differs from row to row, where nothing else of a row does.
const ANY_TEXT: &str = "uuid4().hex";

/// What managers make rows with.
const CREATES: [&str; 6] =
    ["create", "get_or_create", "update_or_create", "acreate", "aget_or_create", "aupdate_or_create"];

/// Gives rows and requests of tests values for new fields of a model.
pub struct ModifyTest;

impl Executor for ModifyTest {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "modify_test".into(),
            summary: "Gives rows and requests that tests make of a model the fields that they lack; what cannot be made up is left and said.".to_owned(),
            params: json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "additionalProperties": false,
                "required": ["model", "fields"],
                "properties": {
                    "model": {
                        "type": "string",
                        "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                        "description": "The model whose rows tests make, as `app.Model`."
                    },
                    "fields": {
                        "type": "array",
                        "items": {"type": "string"},
                        "minItems": 1,
                        "description": "Its fields that rows and requests must have."
                    }
                }
            }),
            effects: vec![Effect::Edit],
            examples: vec![example()],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let (app, _) = split_label(&wanted.model)?;
        // A row of a model that extends it is one of its rows, too.
        let all = cx.query(FactsQuery { all: true, ..FactsQuery::default() })?;
        let extends = |other: &&ModelFacts| all.parents(other).iter().any(|up| up.label == wanted.model);
        let extending: Vec<&str> = all
            .apps
            .iter()
            .flat_map(|app| &app.models)
            .filter(extends)
            .map(|other| other.label.as_str())
            .collect();
        let mut context = JsonMap::new();
        let _ = context.insert("extending".to_owned(), json!(extending));
        let subject = Subject { name: "", app, model: Some(&wanted.model), context: &context };
        let facts = scope::facts_for(subject, cx)?;
        let model = facts.require_model(&wanted.model)?;
        let kinds =
            extending.iter().filter_map(|label| facts.model(label)).filter(|other| !other.is_abstract);
        let tests: Vec<Tests<'_>> = std::iter::once(model)
            .chain(kinds)
            .map(|model| {
                let fields = wanted.fields.iter().filter_map(|name| model.field(name)).collect();
                Tests { facts: &facts, model, fields, api: api::api_of(&facts, model) }
            })
            .collect();

        let paths = cx.list(&facts.root, true)?;
        let paths: Vec<RelPath> = paths.into_iter().filter(is_of_tests).collect();
        let mut outcome = Outcome::default();
        for file in cx.read_all(&paths)?.into_iter().flatten() {
            let about: Vec<&Tests<'_>> =
                tests.iter().filter(|tests| tests.may_be_about(&file.text)).collect();
            if about.is_empty() {
                continue;
            }
            let path = file.path.clone();
            // What does not parse is for its author to mend.
            let Ok(mut open) = OpenFile::in_project(&path, Some(file), &facts) else { continue };
            let mut left = Vec::new();
            for tests in about {
                let places = tests.complete(&mut open.edits)?;
                left.extend(places.into_iter().map(|(place, names)| (&tests.model.name, place, names)));
            }
            if let Some(edit) = open.finish() {
                outcome.file.get_or_insert(path.clone());
                outcome.edits.push(edit);
            }
            outcome.notes.extend(left.into_iter().map(|(model, (line, why), names)| {
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(", ");
                Note::warning(match why {
                    Why::NoValue => format!(
                        "`{path}:{line}` makes a `{model}` without {names}, which it must have from now on: no value could be made up there, so give it one"
                    ),
                    Why::Unclear => format!(
                        "`{path}:{line}` may make a `{model}`, which must have {names} from now on: what it sends, or where, is not told there, so look whether it needs them"
                    ),
                })
            }));
        }
        if outcome.edits.is_empty() && outcome.notes.is_empty() {
            return Ok(Outcome::noop(format!("no test makes a `{}` without what it needs", model.name)));
        }
        Ok(outcome)
    }
}

/// A test from the time when posts had no title.
fn example() -> Example {
    let mut example = on_blog("A title for every post", json!({ "model": "blog.Post", "fields": ["title"] }));
    let tests = "from django.test import TestCase\n\nfrom .models import Post\n\n\n\
                 class PostTests(TestCase):\n    def test_a_new_post_has_no_tags(self):\n        \
                 self.assertFalse(Post.objects.create().tags.exists())\n";
    let _ = example.files.insert("blog/tests.py".to_owned(), tests.into());
    example
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    split_label(&wanted.model)?;
    Ok(wanted)
}

/// Whether a file holds tests, or what they make rows with.
fn is_of_tests(path: &RelPath) -> bool {
    let Some(stem) = path.file_name().strip_suffix(".py") else { return false };
    let folders = path.as_str().split('/').rev().skip(1);
    stem.starts_with("test")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || ["conftest", "factories", "factory"].contains(&stem)
        || folders.into_iter().any(|folder| ["tests", "test", "testing", "factories"].contains(&folder))
}

/// What tests are to have.
struct Tests<'f> {
    facts: &'f ProjectFacts,
    model: &'f ModelFacts,
    fields: Vec<&'f FieldFacts>,
    api: Option<Api>,
}

/// Lines, each with the fields that are lacking there.
type Left = BTreeMap<(u32, Why), BTreeSet<String>>;

/// Why something is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// No value can be made up.
    NoValue,
    /// What a request sends, or where it goes, is not told by its module.
    Unclear,
}

/// Modules and names that new values need.
type Needed = RefCell<BTreeSet<(String, String)>>;

impl Tests<'_> {
    fn may_be_about(&self, text: &str) -> bool {
        text.contains(&self.model.name)
            || self.asks_the_api(text)
            || self.ways_back().any(|(name, _)| text.contains(&format!(".{name}.")))
    }

    /// Whether the text names a route of the model's API.
    fn asks_the_api(&self, text: &str) -> bool {
        let Some(api) = &self.api else { return false };
        let names = [&api.list, &api.detail];
        let is_named =
            |name: &String| ['"', '\''].iter().any(|quote| text.contains(&format!("{quote}{name}{quote}")));
        names.into_iter().any(is_named)
            || !api.prefix.is_empty() && text.contains(&format!("{}/", api.prefix))
    }

    /// The names by which a row that another one points to has those of the model, each with the field that points.
    fn ways_back(&self) -> impl Iterator<Item = (String, &str)> {
        self.model.fields.iter().filter_map(|field| {
            let relation = field.relation.as_ref()?;
            // A row that has one other has no manager for it.
            let has_many = relation.kind != RelationKind::OneToOne;
            let usual = || format!("{}_set", self.model.name.to_lowercase());
            let name = relation.related_name.clone().unwrap_or_else(usual);
            (has_many && !name.ends_with('+') && !self.is_ambiguous(&name))
                .then_some((name, field.name.as_str()))
        })
    }

    /// Whether rows of another model are reached by that name as well.
    fn is_ambiguous(&self, way_back: &str) -> bool {
        let models = self.facts.apps.iter().flat_map(|app| &app.models);
        let mut fields =
            models.filter(|model| model.label != self.model.label).flat_map(|model| &model.fields);
        fields.any(|field| {
            field.relation.as_ref().is_some_and(|relation| relation.related_name.as_deref() == Some(way_back))
        })
    }

    /// Whether a request goes to a route of the model; `None` where it cannot be told.
    fn goes_to_the_api(&self, request: &Request) -> Option<bool> {
        let api = self.api.as_ref()?;
        match request.to.as_ref()? {
            Address::Route(name) => {
                let own = if request.is_put { &api.detail } else { &api.list };
                let last = |name: &str| name.rsplit(':').next().map(str::to_owned);
                // The same name in another namespace may be another version of the API.
                (name == own || last(name) != last(own)).then_some(name == own)
            }
            Address::Path(path) => {
                let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
                let list = if request.is_put { path.rsplit_once('/')?.0 } else { path };
                let prefix = api.prefix.trim_matches('/');
                let mut parts = list.rsplit('/');
                let is_it = prefix.rsplit('/').all(|part| parts.next() == Some(part));
                let is_computed = list.rsplit('/').take(prefix.split('/').count()).any(|p| p.contains('{'));
                (!prefix.is_empty() && (is_it || !is_computed)).then_some(is_it)
            }
        }
    }

    fn complete(&self, edits: &mut Edits) -> Result<Left, Diagnostic> {
        let mut left = Left::new();
        for field in &self.fields {
            self.complete_factories(edits, field, &mut left)?;
            self.complete_requests(edits, field, &mut left)?;
            self.complete_rows(edits, field, &mut left)?;
        }
        Ok(left)
    }

    /// The model's factories that the file defines, but for those that extend another one.
    fn complete_factories(
        &self,
        edits: &mut Edits,
        field: &FieldFacts,
        left: &mut Left,
    ) -> Result<(), Diagnostic> {
        let factories = || self.facts.test_data.factories.iter().filter(|f| f.model == self.model.label);
        for factory in factories() {
            if !edits.has_class(&factory.name) {
                continue;
            }
            let source = edits.class_source(&factory.name)?;
            let head = source.lines().find(|line| line.starts_with("class ")).unwrap_or_default();
            let line = edits
                .source()
                .text()
                .find(source)
                .map_or(1, |at| edits.source().text()[..at].matches('\n').count() as u32 + 1);
            let members = edits.class_members(&factory.name)?;
            let extends = factories().any(|base| {
                let bases = head.split_once('(').map_or("", |(_, bases)| bases);
                bases.split([',', ')', ' ']).any(|name| name == base.name)
            });
            if extends || members.contains(&field.name) {
                continue;
            }
            let needed = Needed::default();
            match self.of_factory(edits, field, &needed) {
                Some(value) => {
                    let last = members.iter().rfind(|name| self.model.field(name).is_some());
                    let place = last.map_or(MemberPlace::End, |name| MemberPlace::After(name));
                    let member = quotes_of(edits)(&format!("{} = {value}", field.name));
                    let _ = edits.add_class_member(&factory.name, &member, place)?;
                    import(edits, needed)?;
                }
                None => {
                    left.entry((line, Why::NoValue)).or_default().insert(field.name.clone());
                }
            }
        }
        Ok(())
    }

    /// Calls of the model and of its managers.
    fn complete_rows(
        &self,
        edits: &mut Edits,
        field: &FieldFacts,
        left: &mut Left,
    ) -> Result<(), Diagnostic> {
        let own = self.facts.app(self.model.app()).and_then(|app| app.module_of(&self.model.place.file));
        let modules = [Some(scope::module_of(self.facts, self.model)), own];
        let class = modules.iter().flatten().find_map(|module| edits.local_name(module, &self.model.name));
        if !sample::is_required(field, Purpose::Row) {
            return Ok(());
        }
        let managers = self.model.managers.iter().map(|manager| manager.name.as_str());
        let managers: BTreeSet<&str> =
            managers.chain(["objects", "_default_manager", "_base_manager"]).collect();
        let callees = |of: &str, field: Option<&str>| {
            let written = CREATES.iter().map(|method| format!("{of}.{method}"));
            let callee = |written| Callee { written, field: field.map(str::to_owned) };
            written.map(callee).collect::<Vec<Callee>>()
        };
        let mut all: Vec<Callee> =
            self.ways_back().flat_map(|(name, field)| callees(&name, Some(field))).collect();
        if let Some(class) = &class {
            all.push(Callee { written: class.clone(), field: None });
            all.extend(managers.iter().flat_map(|manager| callees(&format!("{class}.{manager}"), None)));
        }
        let class = class.unwrap_or_else(|| self.model.name.clone());
        let related = field.relation.as_ref().and_then(|relation| self.related(edits, &relation.to));
        let (quotes, needed) = (quotes_of(edits), Needed::default());
        // What is unpacked may be the body of a request, which has the field by now.
        let is_in_dicts =
            ['"', '\''].iter().any(|q| edits.source().text().contains(&format!("{q}{}{q}", field.name)));
        let is_new = |name: &str| self.fields.iter().any(|field| field.name == name);
        let required = |f: &&FieldFacts| sample::is_required(f, Purpose::Row) && !is_new(&f.name);
        let required: Vec<&FieldFacts> = self.model.fields.iter().filter(required).collect();
        let lines = edits.complete_calls(&all, &field.name, &|given| {
            if given.unpacks && !required.iter().all(|f| given.has(&f.name)) {
                return if is_in_dicts { Filled::Left } else { Filled::Unknown };
            }
            let value = match &field.relation {
                Some(relation) => self.same_row(given, &relation.to).or_else(|| {
                    needed.borrow_mut().extend(related.clone()?.1);
                    Some(related.clone()?.0)
                }),
                None => self.plain(field, given, Purpose::Row, &needed),
            };
            let own = |value: String| {
                // The rows that are counted are those of the model that has the field.
                if let Some(owner) = sample::owner(self.facts, field)
                    && value.contains(&format!("{}.objects", owner.name))
                {
                    let name = (scope::module_of(self.facts, owner), owner.name.clone());
                    let _ = needed.borrow_mut().insert(name);
                    return value;
                }
                value.replace(&format!("{}.objects", self.model.name), &format!("{class}.objects"))
            };
            value.map_or(Filled::Unknown, |value| Filled::With(own(quotes(&value))))
        })?;
        for line in lines {
            left.entry((line, Why::NoValue)).or_default().insert(field.name.clone());
        }
        import(edits, needed)
    }

    /// Bodies of requests that have all that one needed before, and nothing that neither the API nor the model knows: a field
    /// that clients cannot set may be sent to show just that.
    fn complete_requests(
        &self,
        edits: &mut Edits,
        field: &FieldFacts,
        left: &mut Left,
    ) -> Result<(), Diagnostic> {
        let Some(input) = self.api.as_ref().and_then(|api| api.input.as_ref()) else { return Ok(()) };
        let is_new = |name: &str| self.fields.iter().any(|field| field.name == name);
        let required: Vec<&str> = self
            .model
            .fields
            .iter()
            .filter(|f| {
                sample::is_required(f, Purpose::Request) && input.contains(&f.name) && !is_new(&f.name)
            })
            .map(|f| f.name.as_str())
            .collect();
        let is_sent = sample::is_required(field, Purpose::Request) && input.contains(&field.name);
        if required.is_empty() || !is_sent {
            return Ok(());
        }
        let (quotes, needed) = (quotes_of(edits), Needed::default());
        let is_whole = |given: &Given| {
            required.iter().all(|name| given.has(name))
                && given
                    .values
                    .iter()
                    .all(|(name, _)| input.contains(name) || self.model.field(name).is_some())
        };
        let is_meant = |request: &Request| self.goes_to_the_api(request);
        let requests = Requests { is_meant: &is_meant, is_whole: &is_whole };
        let lines = edits.complete_requests(&field.name, &requests, &|given| {
            let value = match &field.relation {
                _ if !is_whole(given) => return Filled::Left,
                Some(relation) => self.same_row(given, &relation.to),
                None => self.plain(field, given, Purpose::Request, &needed),
            };
            value.map_or(Filled::Unknown, |value| Filled::With(quotes(&value)))
        })?;
        let unclear = edits.unclear_requests(&field.name, &requests);
        let lines = lines.into_iter().map(|line| (line, Why::NoValue));
        for place in lines.chain(unclear.into_iter().map(|line| (line, Why::Unclear))) {
            left.entry(place).or_default().insert(field.name.clone());
        }
        import(edits, needed)
    }

    /// What another relation to the same model has in the same row.
    fn same_row(&self, given: &Given, to: &str) -> Option<String> {
        let points = |name: &str| {
            let relation = self.model.field(name)?.relation.as_ref()?;
            (relation.kind != RelationKind::ManyToMany && relation.to == to).then_some(())
        };
        given.values.iter().find(|(name, _)| points(name).is_some()).map(|(_, source)| source.clone())
    }

    /// A new row to point to: of a factory, or of a model whose rows need nothing and may be alike.
    fn related(&self, edits: &Edits, to: &str) -> Option<(String, Vec<(String, String)>)> {
        if let Some(factory) = self.facts.test_data.factory(to) {
            let name = edits.local_name(&factory.module, &factory.name);
            let name = name.unwrap_or_else(|| factory.name.clone());
            return Some((format!("{name}()"), vec![(factory.module.clone(), factory.name.clone())]));
        }
        let model =
            self.facts.model(to).filter(|model| model.label != self.facts.settings.auth_user_model)?;
        if sample::unique_texts(model).next().is_some()
            || !sample::parents(self.facts, model).ok()?.is_empty()
        {
            return None;
        }
        let wish = Wish { purpose: Purpose::Row, unique: None, given: &[], allowed: None };
        let given = sample::sample(self.facts, model, &wish).ok()?;
        let given: Vec<String> = given.iter().map(|(name, source)| format!("{name}={source}")).collect();
        if given.iter().any(|source| source.contains("self.")) {
            return None;
        }
        let module = scope::module_of(self.facts, model);
        let name = edits.local_name(&module, &model.name).unwrap_or_else(|| model.name.clone());
        Some((format!("{name}.objects.create({})", given.join(", ")), vec![(module, model.name.clone())]))
    }

    /// A value that is no relation. One that no two rows may have follows another such value of the row.
    fn plain(&self, field: &FieldFacts, given: &Given, purpose: Purpose, needed: &Needed) -> Option<String> {
        let is_distinct = |name: &str| sample::unique_texts(self.model).any(|other| other.name == name);
        // A text that is written in `{"slug": "a", **changes}`, or in a dict that is changed later, may be another one in a row.
        let may_change = given.unpacks || purpose == Purpose::Request;
        let is_fixed = |source: &str| may_change && source.starts_with(['"', '\'']);
        let other = given.values.iter().find(|(name, source)| is_distinct(name) && !is_fixed(source));
        let other = other.map(|(_, source)| source.clone());
        let any = match field.args.keyword("max_length").and_then(|e| e.literal.as_ref()?.as_u64()) {
            Some(most @ ..32) => format!("{ANY_TEXT}[:{most}]"),
            _ => ANY_TEXT.to_owned(),
        };
        let allowed = [field.name.clone()];
        let wish = Wish {
            purpose,
            unique: Some(other.as_ref().unwrap_or(&any)),
            given: &[],
            allowed: Some(&allowed),
        };
        let value = self.sampled(field, &wish)?;
        needed.borrow_mut().extend(rows::names_in(&value));
        Some(value)
    }

    fn sampled(&self, field: &FieldFacts, wish: &Wish<'_>) -> Option<String> {
        let values = sample::sample(self.facts, self.model, wish).ok()?;
        values.into_iter().find(|(name, _)| *name == field.name).map(|(_, value)| value)
    }

    /// What a factory gives its rows.
    fn of_factory(&self, edits: &Edits, field: &FieldFacts, needed: &Needed) -> Option<String> {
        let factory = edits.local_name("factory", "Factory").map(|name| name.replace(".Factory", ""))?;
        if let Some(relation) = &field.relation {
            let target = self.facts.test_data.factory(&relation.to)?;
            if relation.kind == RelationKind::ManyToMany
                || edits.has_class(&target.name) && target.model == self.model.label
            {
                return None;
            }
            let here = edits.has_class(&target.name);
            if !here {
                needed.borrow_mut().insert((target.module.clone(), target.name.clone()));
            }
            return Some(format!("{factory}.SubFactory({})", target.name));
        }
        let allowed = [field.name.clone()];
        let wish = |unique| Wish { purpose: Purpose::Row, unique, given: &[], allowed: Some(&allowed) };
        let plain = self.sampled(field, &wish(None))?;
        let distinct = self.sampled(field, &wish(Some("n")))?;
        Some(match field.class_name() {
            _ if plain == distinct => {
                needed.borrow_mut().extend(rows::names_in(&plain));
                plain
            }
            "UUIDField" => format!("{factory}.Faker(\"uuid4\")"),
            class if class.ends_with("IntegerField") || class == "DecimalField" || class == "FloatField" => {
                format!("{factory}.Sequence(lambda n: n + {})", plain.trim_matches('"'))
            }
            "CharField" | "TextField" | "SlugField" => {
                let word = field.name.replace('_', "-");
                let text = match field.args.keyword("max_length").and_then(|e| e.literal.as_ref()?.as_u64()) {
                    Some(most) if (most as usize) < word.len() + 6 => "str(n)".to_owned(),
                    _ => format!("f\"{word}-{{n}}\""),
                };
                format!("{factory}.Sequence(lambda n: {text})")
            }
            _ => {
                let distinct = distinct.replace(&format!("{}.objects.count()", self.model.name), "n");
                needed.borrow_mut().extend(rows::names_in(&distinct));
                format!("{factory}.Sequence(lambda n: {distinct})")
            }
        })
    }
}

/// Writes source in the quotes of a file.
fn quotes_of(edits: &Edits) -> impl Fn(&str) -> String + use<> {
    let quote = edits.layout().quote;
    move |source: &str| {
        let is_plain = quote == '\'' && !source.contains(['\'', '\\']);
        if is_plain { source.replace('"', "'") } else { source.to_owned() }
    }
}

fn import(edits: &mut Edits, needed: Needed) -> Result<(), Diagnostic> {
    for (module, name) in needed.into_inner() {
        if !edits.has_class(&name) {
            let _: String = edits.name_from(&module, &name)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;

    const MODELS: &str = "from django.db import models\n\n\nclass Item(models.Model):\n    sku = models.CharField(max_length=9, unique=True)\n    \
                          number = models.IntegerField(unique=True)\n\n\nclass Photo(Item):\n    width = models.IntegerField()\n\n\n\
                          class CheapItem(Item):\n    class Meta:\n        proxy = True\n\n\nclass Other(models.Model):\n    \
                          sku = models.CharField(max_length=9)\n";

    const TESTS: &str = "from shop.models import CheapItem, Other, Photo\n\n\ndef test_it(db):\n    Photo.objects.create(sku=\"p\", width=1)\n    \
                         CheapItem.objects.create(sku=\"c\")\n    Other.objects.create(sku=\"o\")\n";

    #[test]
    fn rows_of_models_that_extend_the_model_get_what_it_needs() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog");
        let settings = std::fs::read_to_string(root.join("config/settings.py")).unwrap();
        let mut project = TestProject::new(Some(&Django))
            .folder(&root)
            .file("config/settings.py", settings.replace("'blog',", "'blog',\n    'shop',"))
            .file("shop/__init__.py", "")
            .file("shop/models.py", MODELS)
            .file("shop/tests.py", TESTS);
        let step = json!({ "model": "shop.Item", "fields": ["number"] });
        let _: Outcome = project.apply(&ModifyTest, "modify_test", step.clone()).unwrap();
        let text = project.text("shop/tests.py").unwrap();
        for part in [
            "from shop.models import CheapItem, Item, Other, Photo\n",
            "Photo.objects.create(sku=\"p\", width=1, number=Item.objects.count() + 1)\n",
            "CheapItem.objects.create(sku=\"c\", number=Item.objects.count() + 1)\n",
            "Other.objects.create(sku=\"o\")\n",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(project.apply(&ModifyTest, "modify_test", step).unwrap().edits.is_empty());
    }
}
