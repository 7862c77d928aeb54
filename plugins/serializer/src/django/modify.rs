//! `modify_serializer`: a relation shown in full, a write-only twin to set it by, more fields.

use std::collections::BTreeMap;

use aksara_python::Code;
use aksara_python::edit::{Change as Moved, ItemPlace, ListTarget, MemberPlace, OpenFile};
use aksara_python::example::on_blog;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{
    FactsQuery, FieldFacts, ModelFacts, Place, Relation, RelationKind, SerializerFacts, split_label,
};
use aksara_sdk::protocol::params::{AggregateFunction, AggregateSpec, ModifySerializer as Params};
use aksara_sdk::{
    Context, Diagnostic, Effect, Executor, ExecutorInfo, Label, Note, Outcome, RelPath, StepInput, params,
};
use serde_json::{Value, json};

use super::{expected, links, project, unique};

/// Changes the serializers of a model.
pub struct ModifySerializer;

impl Executor for ModifySerializer {
    fn info(&self) -> ExecutorInfo {
        ExecutorInfo {
            stack: "django".to_owned(),
            step_type: "modify_serializer".into(),
            summary:
                "Nests a relation in a model's serializers, with a field to set it by, or lists more fields."
                    .to_owned(),
            params: schema(),
            effects: vec![Effect::Edit],
            examples: vec![on_blog(
                "The post inside of its comments",
                json!({ "model": "blog.Comment", "nest": "post", "write_as": "post_id" }),
            )],
        }
    }

    fn check(&self, step: &StepInput) -> Result<(), Diagnostic> {
        read(step).map(drop)
    }

    fn execute(&self, step: &StepInput, cx: &Context<'_>) -> Result<Outcome, Diagnostic> {
        let wanted = read(step)?;
        let facts = facts_for(&wanted, cx)?;
        let model = facts.require_model(&wanted.model)?;
        let nested = wanted.nest.as_deref().map(|field| nested(&facts, model, field)).transpose()?;
        let mut notes = Vec::new();
        let targets = targets(cx, &facts, model, &wanted, &mut notes)?;

        let mut files: BTreeMap<&RelPath, OpenFile> = BTreeMap::new();
        for serializer in &targets {
            let path = &serializer.place.file;
            if !files.contains_key(path) {
                files.insert(path, project::open(cx, path, &facts)?);
            }
            let Some(file) = files.get_mut(path) else { continue };
            // A step's code is in one place: where its first serializer is.
            let shows_code = targets.first().is_some_and(|first| first.place == serializer.place);
            let mut change = Change { facts: &facts, model, serializer, file, shows_code, notes: &mut notes };
            if let Some(nested) = &nested {
                change.nest(nested, wanted.write_as.as_deref())?;
            }
            for name in &wanted.add {
                change.add(name)?;
                if let Some(field) = model.field(name) {
                    links::name_rows_of(cx, &mut change.file.edits, model, serializer, field)?;
                }
            }
            for value in &wanted.computed {
                change.computed(value)?;
            }
            change.unique(&wanted.unique, wanted.unique_among.as_deref().unwrap_or("objects"))?;
            if let Some(relation) = &wanted.unique_within {
                change.unique_within(relation)?;
            }
        }
        let file = targets.first().map(|s| s.place.file.clone());
        let edits: Vec<_> = files.values().filter_map(OpenFile::finish).collect();
        let shows_more = wanted.nest.is_some() || !wanted.add.is_empty() || !wanted.computed.is_empty();
        if !edits.is_empty() && shows_more {
            notes.extend(expected::notes(cx, &targets)?);
        }
        if edits.is_empty() {
            let names: Vec<&str> = targets.iter().map(|s| s.name.as_str()).collect();
            notes.insert(0, Note::info(format!("{} has all of it already", names.join(", "))));
        }
        Ok(Outcome { edits, file, notes, ..Outcome::default() })
    }
}

fn read(step: &StepInput) -> Result<Params, Diagnostic> {
    let wanted: Params = params(&step.params)?;
    split_label(&wanted.model)?;
    let bad = |message: String, help: &str| Err(Diagnostic::new(codes::BAD_PARAMS, message).with_help(help));
    let changes = wanted.nest.is_some() || !wanted.add.is_empty() || !wanted.computed.is_empty();
    if !changes && wanted.unique.is_empty() && wanted.unique_within.is_none() {
        let help = "give `nest`, `add`, `computed`, `unique` or `unique_within`";
        return bad("there is nothing to change".to_owned(), help);
    }
    match (&wanted.nest, &wanted.write_as) {
        (None, Some(name)) => bad(format!("`{name}` would set no relation"), "give the relation in `nest`"),
        (Some(nest), Some(name)) if nest == name => bad(
            format!("`{name}` cannot be both shown and set by"),
            "give `write_as` a name of its own, such as `tag_ids`",
        ),
        _ => Ok(wanted),
    }
}

/// The facts of the model's app and of the related model's; of all apps where the serializers are elsewhere.
fn facts_for(wanted: &Params, cx: &Context<'_>) -> Result<ProjectFacts, Diagnostic> {
    let (own, _) = split_label(&wanted.model)?;
    let facts = project::facts(cx, [own])?;
    let module = facts.require_app(own)?.module.as_str();
    let model = facts.require_model(&wanted.model)?;
    // What a parent in another app has is there, too.
    let is_known = |base: &String| base.starts_with("django.") || base.starts_with(module);
    let bases_are_known = model.flat_bases.iter().all(is_known);
    let relation = wanted.nest.as_deref().and_then(|name| model.field(name)?.relation.as_ref());
    let target = relation.map(|r| r.to.clone());
    let other = target.as_deref().and_then(|t| t.split('.').next()).filter(|app| *app != own);
    let facts = match other {
        Some(app) if facts.app_labels.iter().any(|a| a == app) => project::facts(cx, [own, app])?,
        _ => facts,
    };
    let serves =
        |label: &str| facts.apps.iter().flat_map(|a| &a.serializers).any(|s| project::serves(s, label));
    let is_there = |place: &Place| facts.apps.iter().flat_map(|a| &a.serializers).any(|s| s.place == *place);
    let mut places = facts.apps.iter().flat_map(|a| &a.serializers).filter_map(|s| s.fields_from.as_ref());
    if bases_are_known
        && serves(&wanted.model)
        && target.as_deref().is_none_or(serves)
        && places.all(is_there)
    {
        return Ok(facts);
    }
    // Serializers may be kept in an app of their own, away from the models.
    cx.query(FactsQuery { all: true, ..FactsQuery::default() })
}

/// A relation to show, and what with.
struct Nested<'f> {
    field: &'f FieldFacts,
    relation: &'f Relation,
    target: &'f ModelFacts,
    serializer: &'f SerializerFacts,
}

fn nested<'f>(facts: &'f ProjectFacts, model: &'f ModelFacts, name: &str) -> Result<Nested<'f>, Diagnostic> {
    let field = model.field(name).ok_or_else(|| {
        Diagnostic::new(codes::NOT_FOUND, format!("`{}` has no field `{name}` to nest", model.label))
            .with_help("add the field to the model first, with a modify_model step")
    })?;
    let relation = field.relation.as_ref().ok_or_else(|| {
        Diagnostic::new(
            codes::REFUSED,
            format!(
                "`{}.{name}` is a {}, not a relation, so there is nothing to nest",
                model.label,
                field.class_name()
            ),
        )
        .with_help("list it as a plain field instead, with `add`")
    })?;
    if relation.to == model.label {
        return Err(Diagnostic::new(
            codes::REFUSED,
            format!(
                "`{}.{name}` points to `{}` itself, and a serializer cannot nest itself",
                model.label, model.label
            ),
        )
        .with_help("write a second serializer for the nested rows by hand"));
    }
    let target = facts.model(&relation.to).ok_or_else(|| {
        Diagnostic::new(
            codes::REFUSED,
            format!("`{}` is not a model of this project's own apps", relation.to),
        )
        .with_help("nest it by hand, with a serializer that shows only what everybody may see")
    })?;
    let usual = format!("{}Serializer", target.name);
    let mut of_target =
        facts.apps.iter().flat_map(|a| &a.serializers).filter(|s| project::serves(s, &target.label));
    let first = of_target.clone().next();
    let serializer = of_target.find(|s| s.name == usual).or(first).ok_or_else(|| {
        Diagnostic::new(codes::NOT_FOUND, format!("`{}` has no serializer to nest", target.label))
            .with_help(format!("make one first, with a create_serializer step for `{}`", target.label))
    })?;
    Ok(Nested { field, relation, target, serializer })
}

/// What says the fields of these, each once.
fn listing_them<'f>(
    facts: &'f ProjectFacts,
    serializers: impl IntoIterator<Item = &'f SerializerFacts>,
) -> Vec<&'f SerializerFacts> {
    let mut found: Vec<&SerializerFacts> = Vec::new();
    for serializer in serializers {
        let from = project::lists_fields(facts, serializer);
        if !found.iter().any(|known| known.place == from.place) {
            found.push(from);
        }
    }
    found
}

/// The serializers to change: the named one, else those that the model's viewsets use but for brief ones, else all of the
/// model. One that has its fields from another is changed by changing that one.
fn targets<'f>(
    cx: &Context<'_>,
    facts: &'f ProjectFacts,
    model: &ModelFacts,
    wanted: &Params,
    notes: &mut Vec<Note>,
) -> Result<Vec<&'f SerializerFacts>, Diagnostic> {
    let all: Vec<&SerializerFacts> =
        facts.apps.iter().flat_map(|a| &a.serializers).filter(|s| project::serves(s, &model.label)).collect();
    let names =
        |list: &[&SerializerFacts]| list.iter().map(|s| s.name.clone()).collect::<Vec<_>>().join(", ");
    if let Some(name) = &wanted.name {
        let found = listing_them(facts, all.iter().copied().filter(|s| s.name == *name));
        return match found[..] {
            [one] => refuse_computed(one).map(|()| vec![one]),
            [] => Err(Diagnostic::new(
                codes::NOT_FOUND,
                format!("`{}` has no serializer `{name}`", model.label),
            )
            .with_help(match all.is_empty() {
                true => "make one first, with a create_serializer step".to_owned(),
                false => format!("it has: {}", names(&all)),
            })),
            _ => Err(Diagnostic::new(
                codes::REFUSED,
                format!("there are {} serializers called `{name}`", found.len()),
            )
            .with_help("rename one of them")),
        };
    }
    if all.is_empty() {
        return Err(Diagnostic::new(
            codes::NOT_FOUND,
            format!("`{}` has no serializer to change", model.label),
        )
        .with_help("make one first, with a create_serializer step"));
    }
    let viewsets = facts
        .apps
        .iter()
        .flat_map(|a| &a.viewsets)
        .filter(|v| v.model.as_deref() == Some(model.label.as_str()));
    // Which of them answers a request may depend on the request: all that a viewset may use are changed.
    let used: Vec<&str> = viewsets
        .clone()
        .flat_map(|v| v.serializers.iter().chain(&v.serializer))
        .filter_map(|name| name.rsplit('.').next())
        .collect();
    let shown = listing_them(facts, all.iter().copied().filter(|s| used.contains(&s.name.as_str())));
    let mut views = BTreeMap::new();
    for viewset in viewsets {
        let file = &viewset.place.file;
        if shown.len() > 1 && !views.contains_key(file) {
            views.insert(file, cx.read(file)?.map(|file| file.text).unwrap_or_default());
        }
    }
    let (brief, shown): (Vec<_>, Vec<_>) = shown
        .iter()
        .copied()
        .partition(|s| is_brief(s, &shown) && only_shows(views.values().map(String::as_str), &s.name));
    if !brief.is_empty() {
        notes.push(Note::info(format!(
            "left as it is, since it shows little of a row by design: {}",
            names(&brief)
        )));
    }
    let (chosen, why) = match shown.is_empty() {
        false => (shown, "no viewset of the model uses it"),
        true => {
            let literal =
                all.iter().copied().filter(|s| refuse_computed(project::lists_fields(facts, s)).is_ok());
            (listing_them(facts, literal), "its fields are computed")
        }
    };
    let left: Vec<&SerializerFacts> = all
        .iter()
        .copied()
        .filter(|s| !chosen.iter().chain(&brief).any(|c| c.place == project::lists_fields(facts, s).place))
        .collect();
    if let (true, Some(first)) = (chosen.is_empty(), all.first()) {
        refuse_computed(first)?;
    }
    let computed = |s: &&SerializerFacts| refuse_computed(s).err();
    if let (Some(error), false) =
        (chosen.iter().find_map(computed), chosen.iter().any(|s| computed(s).is_none()))
    {
        return Err(error);
    }
    for error in chosen.iter().filter_map(computed) {
        notes.push(Note::warning(format!("left as it is: {}", error.message)));
    }
    if !left.is_empty() {
        notes.push(Note::info(format!("left as it is, since {why}: {}", names(&left))));
    }
    Ok(chosen.into_iter().filter(|s| computed(s).is_none()).collect())
}

/// Whether another serializer that is used beside one has more than twice as many fields.
fn is_brief(serializer: &SerializerFacts, beside: &[&SerializerFacts]) -> bool {
    let Some(own) = &serializer.fields else { return false };
    beside.iter().filter_map(|other| other.fields.as_ref()).any(|others| own.len() * 2 < others.len())
}

/// Whether views use a serializer for actions that they name, and for none that writes a whole row: for lists, or for one
/// thing that is done with a row.
fn only_shows<'t>(views: impl Iterator<Item = &'t str>, serializer: &str) -> bool {
    let lines: Vec<&str> = views.flat_map(str::lines).collect();
    // Imports name it, too.
    let is_use = |line: &str| {
        let mut words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let is_code = line.contains("return ") || line.contains(':') || line.contains('=');
        is_code && words.any(|word| word == serializer)
    };
    let mut uses = lines.iter().enumerate().filter(|(_, line)| is_use(line)).map(|(at, line)| {
        let before =
            at.checked_sub(1).and_then(|at| lines.get(at)).filter(|line| line.trim_end().ends_with(':'));
        let named = [Some(line), before].into_iter().flatten().find(|line| line.contains(['"', '\'']));
        named.is_some_and(|line| {
            let mut actions = line.split(['"', '\'']).skip(1).step_by(2);
            let writes = |action| matches!(action, "create" | "update" | "partial_update");
            !line.contains("!=") && !line.contains("not ") && !actions.any(writes)
        })
    });
    uses.next().is_some_and(|first| first && uses.all(|it| it))
}

/// How a serializer says what its fields are.
enum Listing {
    /// By a list of names.
    Names,
    /// `"__all__"`, or `exclude`: what it declares is among them.
    Implied,
}

fn listing(serializer: &SerializerFacts) -> Option<Listing> {
    if serializer.fields.is_some() {
        return Some(Listing::Names);
    }
    let written = serializer.fields_source.as_ref();
    let all = written.and_then(|e| e.literal.as_ref()).and_then(Value::as_str) == Some("__all__");
    let excludes = written.is_none() && serializer.meta.iter().any(|(name, _)| name == "exclude");
    (all || excludes).then_some(Listing::Implied)
}

fn refuse_computed(serializer: &SerializerFacts) -> Result<(), Diagnostic> {
    let message = match (&serializer.fields_from, &serializer.fields_source) {
        (None, _) if listing(serializer).is_some() => return Ok(()),
        (Some(from), _) if listing(serializer).is_some() => format!(
            "`{}` has its fields from a class in `{}` that is not of its model alone",
            serializer.name, from.file
        ),
        (_, Some(written)) => format!("`{}` computes its fields: `{}`", serializer.name, written.source),
        (_, None) => format!("`{}` inherits its fields, or has none", serializer.name),
    };
    Err(Diagnostic::new(codes::REFUSED, message)
        .with_label(Label {
            path: serializer.place.file.clone(),
            line: serializer.place.line,
            column: 1,
            len: 0,
            text: "this serializer".to_owned(),
        })
        .with_help("list its fields literally in `Meta.fields`, or name another serializer in `name`"))
}

/// One serializer being changed.
pub(super) struct Change<'a> {
    pub(super) facts: &'a ProjectFacts,
    pub(super) model: &'a ModelFacts,
    pub(super) serializer: &'a SerializerFacts,
    pub(super) file: &'a mut OpenFile,
    shows_code: bool,
    pub(super) notes: &'a mut Vec<Note>,
}

impl Change<'_> {
    fn unique_within(&mut self, relation: &str) -> Result<(), Diagnostic> {
        let Self { facts, model, serializer, file, notes, .. } = self;
        unique::within(&mut file.edits, facts, model, serializer, relation, notes)
    }
}

impl Change<'_> {
    fn nest(&mut self, nested: &Nested<'_>, write_as: Option<&str>) -> Result<(), Diagnostic> {
        let class = &self.serializer.name;
        let Nested { field, relation, serializer, .. } = nested;
        self.refuse_excluded(&field.name)?;
        if serializer.place.file == self.serializer.place.file {
            // A nested field is an instance: its class must be there when the other one's body runs.
            let moved = self.file.edits.move_class_above(&serializer.name, class)?;
            if moved == Moved::Made {
                self.notes.push(Note::info(format!(
                    "`{}` was moved above `{class}`, which nests it",
                    serializer.name
                )));
            }
        }
        let many = relation.kind == RelationKind::ManyToMany;
        let home = self.facts.require_app(app_of_file(self.facts, &serializer.place.file))?;
        let shown_by = self.file.edits.name_of_app(home, &serializer.place.file, &serializer.name)?;
        let mut arguments = Vec::new();
        if many {
            arguments.push(keyword("many", "True"));
        }
        arguments.push(keyword("read_only", "True"));
        self.declare(&field.name, &Code::Call(shown_by, arguments))?;

        match write_as {
            Some(name) => {
                if self.model.field(name).is_some() {
                    return Err(Diagnostic::new(
                        codes::NAME_TAKEN,
                        format!("`{}` has a field `{name}` of its own", self.model.label),
                    )
                    .with_help("choose another name for `write_as`"));
                }
                self.refuse_excluded(name)?;
                let code = self.twin(nested, many)?;
                self.declare(name, &code)?;
            }
            None if !many && !is_optional(field) => self.notes.push(Note::warning(format!(
                "clients can no longer set `{}`, which the model requires: give `write_as`, or set it in the viewset",
                field.name
            ))),
            None => {}
        }
        self.list(&field.name, None)?;
        if let Some(name) = write_as {
            self.list(name, Some(&field.name))?;
        }
        let members = self.file.edits.class_members(class)?;
        if write_as.is_some() && many {
            for method in members.iter().filter(|m| matches!(m.as_str(), "create" | "update")) {
                self.notes.push(Note::warning(format!(
                    "`{class}.{method}` is written by hand: see that it sets `{}` from the validated data",
                    field.name
                )));
            }
        }
        Ok(())
    }

    /// `PrimaryKeyRelatedField(source="tags", queryset=Tag.objects.all(), …)`.
    fn twin(&mut self, nested: &Nested<'_>, many: bool) -> Result<Code, Diagnostic> {
        let Nested { field, target, .. } = nested;
        let edits = &mut self.file.edits;
        let home = self.facts.require_app(target.app())?;
        let of_target = edits.name_of_app(home, &home.models_file(target), &target.name)?;
        let callee = edits.name_through("rest_framework", "serializers", "PrimaryKeyRelatedField")?;
        let mut arguments = vec![
            keyword("source", edits.layout().string(&field.name)),
            keyword("queryset", format!("{of_target}.objects.all()")),
        ];
        if many {
            arguments.push(keyword("many", "True"));
        }
        arguments.push(keyword("write_only", "True"));
        if field.is_true("null") && !many {
            arguments.push(keyword("allow_null", "True"));
        }
        if is_optional(field) {
            arguments.push(keyword("required", "False"));
        }
        Ok(Code::Call(callee, arguments))
    }

    fn declare(&mut self, name: &str, code: &Code) -> Result<(), Diagnostic> {
        let edits = &mut self.file.edits;
        let assignment = edits.layout().assignment(name, code, 1);
        let edits = if self.shows_code { edits.code() } else { edits };
        let _ = edits.add_class_member(&self.serializer.name, &assignment, MemberPlace::AfterFields)?;
        Ok(())
    }

    fn add(&mut self, name: &str) -> Result<(), Diagnostic> {
        let known = self.model.field(name).is_some()
            || self.model.members.iter().any(|m| m == name)
            || self.serializer.declared.iter().any(|d| d == name);
        if !known {
            let names: Vec<&str> = self.model.fields.iter().map(|f| f.name.as_str()).collect();
            return Err(Diagnostic::new(
                codes::NOT_FOUND,
                format!("neither `{}` nor `{}` has a field `{name}`", self.model.label, self.serializer.name),
            )
            .with_help(format!("the model's fields are: {}", names.join(", "))));
        }
        self.refuse_excluded(name)?;
        self.list(name, None)
    }

    /// A value that the viewset computes. A row that was just written carries none, so it has a default.
    fn computed(&mut self, value: &AggregateSpec) -> Result<(), Diagnostic> {
        if self.model.field(&value.name).is_some() || self.model.members.contains(&value.name) {
            return Err(Diagnostic::new(
                codes::NAME_TAKEN,
                format!("`{}` has `{}` of its own", self.model.label, value.name),
            )
            .with_help("choose another name for what is computed"));
        }
        self.refuse_excluded(&value.name)?;
        let (class, default) = match value.function {
            AggregateFunction::Average => ("FloatField", "None"),
            AggregateFunction::Count => ("IntegerField", "0"),
        };
        let callee = self.file.edits.name_through("rest_framework", "serializers", class)?;
        let arguments = vec![keyword("read_only", "True"), keyword("default", default)];
        self.declare(&value.name, &Code::Call(callee, arguments))?;
        self.list(&value.name, None)
    }

    /// Lists a name in `Meta.fields`: after `after`, else above the fields that the framework sets, which stay
    /// last.
    fn list(&mut self, name: &str, after: Option<&str>) -> Result<(), Diagnostic> {
        if !matches!(listing(self.serializer), Some(Listing::Names)) {
            return Ok(());
        }
        let meta = format!("{}.Meta", self.serializer.name);
        let target = ListTarget::Attribute { class: &meta, name: "fields" };
        let edits = &mut self.file.edits;
        let items = edits.list_items(target)?;
        let plain = |item: &str| item.trim_matches(['"', '\'']).to_owned();
        let set_by_framework =
            |item: &String| self.model.field(&plain(item)).is_some_and(project::is_set_by_framework);
        let trailing = items.iter().rev().take_while(|item| set_by_framework(item)).count();
        let first_trailing = items.len().checked_sub(trailing).and_then(|index| items.get(index));
        let anchor = after.and_then(|name| items.iter().find(|item| plain(item) == name));
        let place = match (anchor, first_trailing) {
            (Some(item), _) => ItemPlace::After(item),
            (None, Some(item)) => ItemPlace::Before(item),
            (None, None) => ItemPlace::End,
        };
        let item = edits.layout().string(name);
        let _ = edits.list_append(target, &item, place)?;
        Ok(())
    }

    fn refuse_excluded(&self, name: &str) -> Result<(), Diagnostic> {
        let excluded = self.serializer.meta.iter().find(|(key, _)| key == "exclude");
        let holds = excluded.is_some_and(|(_, e)| {
            ["\"", "'"].iter().any(|quote| e.source.contains(&format!("{quote}{name}{quote}")))
        });
        match holds {
            false => Ok(()),
            true => Err(Diagnostic::new(
                codes::REFUSED,
                format!(
                    "`{}` excludes `{name}`, so it is kept from clients on purpose",
                    self.serializer.name
                ),
            )
            .with_help("take it out of `Meta.exclude` first")),
        }
    }
}

fn app_of_file<'f>(facts: &'f ProjectFacts, file: &RelPath) -> &'f str {
    let holds = facts.apps.iter().filter(|a| file.is_below(&a.dir));
    holds.max_by_key(|a| a.dir.len()).map_or("", |a| a.label.as_str())
}

pub(super) fn keyword(name: &str, value: impl Into<String>) -> (Option<String>, Code) {
    (Some(name.to_owned()), Code::raw(value))
}

/// Whether a request may leave the field out.
fn is_optional(field: &FieldFacts) -> bool {
    field.is_true("blank") || field.is_true("null") || field.args.keyword("default").is_some()
}

fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "required": ["model"],
        "properties": {
            "model": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*\\.[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The model, as `app.Model`. Of its serializers, those that its viewsets use are changed, unless `name` picks one."
            },
            "name": {"type": "string", "description": "The serializer's class, if the model has several."},
            "computed": {
                "type": "array",
                "description": "Values that the model's viewsets compute (`aggregate` of modify_viewset), to show.",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "function", "of"],
                    "properties": {
                        "name": {"type": "string", "pattern": "^[a-z_][a-z0-9_]*$", "description": "Its name, such as `rating_average`."},
                        "function": {"enum": ["average", "count"], "description": "What is computed."},
                        "of": {"type": "string", "pattern": "^[a-z_][a-z0-9_]*$", "description": "The way back of the relation and the field, such as `ratings__score`; for a count the way back only."}
                    }
                }
            },
            "unique": {
                "type": "array",
                "description": "Lists of fields of which no two rows that the default manager shows may have the same values: what the framework does not see by itself.",
                "items": {"type": "array", "minItems": 1, "items": {"type": "string"}}
            },
            "unique_among": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The manager among whose rows `unique` is meant; `objects` if absent."
            },
            "nest": {
                "type": "string",
                "description": "A relation whose targets are shown in full, read only, by their own serializer. One that stands below in the same file is moved above."
            },
            "write_as": {
                "type": "string",
                "pattern": "^[A-Za-z_][A-Za-z0-9_]*$",
                "description": "The write-only field by which clients set the nested relation, as keys, such as `tag_ids`."
            },
            "add": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Plain fields to list."
            },
            "unique_within": {
                "type": "string",
                "pattern": "^[a-z_][a-z0-9_]*$",
                "description": "A relation that clients do not set, such as `tenant`. What the model has unique within it (by a UniqueConstraint) is checked among the rows of the default manager, which must be those of one such row."
            }
        }
    })
}

#[cfg(test)]
pub mod tests {
    use std::path::Path;

    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;

    use super::*;
    use crate::CreateSerializer;

    const MODELS: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/models.py");

    /// More relations of a post than tagging makes.
    const RELATIONS: &str = "    main_tag = models.ForeignKey(Tag, on_delete=models.PROTECT)\n    near = models.ManyToManyField(\"self\", blank=True)\n";

    const IDEAL: &str = include_str!("../../../../templates/tagging/tests/default/after/blog/serializers.py");

    /// The blog with tags in its models, and nowhere else. Its lines may have 100 characters, as in the ideal.
    pub fn blog() -> TestProject<'static> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog");
        TestProject::new(Some(&Django))
            .folder(&root)
            .file("blog/models.py", MODELS.replace("    created_at", &format!("{RELATIONS}    created_at")))
            .file("pyproject.toml", "[tool.black]\nline-length = 100\n")
    }

    fn with_tag_serializer(project: TestProject<'static>) -> TestProject<'static> {
        let mut project = project;
        let params = json!({"model": "blog.Tag", "before": "blog.Post"});
        project.apply(&CreateSerializer, "create_serializer", params).unwrap();
        project
    }

    fn modify(project: &mut TestProject<'_>, params: Value) -> Result<Outcome, Diagnostic> {
        project.apply(&ModifySerializer, "modify_serializer", params)
    }

    #[test]
    fn a_serializer_that_inherits_its_fields_is_changed_by_its_base() {
        let head = "from blog.serializers import PostSerializer as PostSerializerV1\n\n\n";
        let bodies = [
            "class PostSerializer(PostSerializerV1):\n    pass\n",
            "class PostSerializer(PostSerializerV1):\n    class Meta(PostSerializerV1.Meta):\n        pass\n",
            "class PostSerializer(PostSerializerV1):\n    class Meta(PostSerializerV1.Meta):\n        fields = PostSerializerV1.Meta.fields + [\"author\"]\n",
            "class PostSerializer(PostSerializerV1):\n    class Meta:\n        model = PostSerializerV1.Meta.model\n        fields = [*PostSerializerV1.Meta.fields, \"author\"]\n",
        ];
        for body in bodies {
            let v2 = format!("{head}{body}");
            let views = "from rest_framework import viewsets\nfrom blog.models import Post\nfrom blog.v2.serializers import PostSerializer\n\n\nclass PostViewSetV2(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n";
            let mut project = blog()
                .file("blog/v2/__init__.py", "")
                .file("blog/v2/serializers.py", v2.as_str())
                .file("blog/v2/views.py", views);
            let add = json!({"model": "blog.Post", "add": ["near"]});
            let outcome = modify(&mut project, add).unwrap_or_else(|error| panic!("{body}\n{error:?}"));
            assert!(outcome.notes.is_empty(), "{body}\n{:?}", outcome.notes);
            assert_eq!(project.text("blog/v2/serializers.py"), Some(v2.as_str()));
            assert!(project.text("blog/serializers.py").unwrap().contains("\"near\""), "{body}");
        }
    }

    #[test]
    fn fields_of_a_base_of_no_model_are_not_changed_for_one_model() {
        let serializers = "from rest_framework import serializers\n\nfrom blog.models import Post\n\n\nclass Base(serializers.ModelSerializer):\n    class Meta:\n        fields = [\"id\"]\n\n\nclass PostSerializer(Base):\n    class Meta(Base.Meta):\n        model = Post\n";
        let mut project = blog().file("blog/serializers.py", serializers);
        let error = modify(&mut project, json!({"model": "blog.Post", "add": ["near"]})).unwrap_err();
        assert_eq!(error.code, codes::REFUSED);
        assert!(error.message.contains("has its fields from a class in `blog/serializers.py`"), "{error}");
    }

    #[test]
    fn computed_values_are_shown_and_have_a_default_for_new_rows() {
        let computed = |name: &str| {
            json!({"model": "blog.Post", "computed": [
                {"name": name, "function": "average", "of": "tags__id"},
                {"name": "tag_count", "function": "count", "of": "tags"},
            ]})
        };
        let mut project = blog();
        modify(&mut project, computed("tag_average")).unwrap();
        let text = project.text("blog/serializers.py").unwrap().to_owned();
        for part in [
            "    tag_average = serializers.FloatField(read_only=True, default=None)\n",
            "    tag_count = serializers.IntegerField(read_only=True, default=0)\n",
            // What the framework sets stays last.
            "            \"author\",\n            \"tag_average\",\n            \"tag_count\",\n            \"created_at\",\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(modify(&mut project, computed("tag_average")).unwrap().is_noop());
        let error = modify(&mut project, computed("title")).unwrap_err();
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            (codes::NAME_TAKEN, "`blog.Post` has `title` of its own")
        );
    }

    fn tags() -> Value {
        json!({"model": "blog.Post", "nest": "tags", "write_as": "tag_ids"})
    }

    fn post_serializer(body: &str) -> String {
        format!(
            "from rest_framework import serializers\n\nfrom .models import Post\n\n\nclass PostSerializer(serializers.ModelSerializer):\n{body}"
        )
    }

    #[test]
    fn tagging_is_the_ideal_byte_for_byte() {
        let mut project = with_tag_serializer(blog());
        let outcome = modify(&mut project, tags()).unwrap();
        assert_eq!(project.text("blog/serializers.py").unwrap(), IDEAL);
        assert!(outcome.notes.is_empty());
    }

    #[test]
    fn fields_that_are_all_need_no_listing() {
        let body = "    class Meta:\n        model = Post\n        fields = \"__all__\"\n";
        let mut project = with_tag_serializer(blog().file("blog/serializers.py", post_serializer(body)));
        modify(&mut project, tags()).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert!(text.contains("    tag_ids = serializers.PrimaryKeyRelatedField("), "{text}");
        assert!(text.contains("fields = \"__all__\"\n"), "{text}");
    }

    #[test]
    fn computed_fields_are_refused_with_the_reason() {
        let body = "    class Meta:\n        model = Post\n        fields = [\"id\"] + EXTRA\n";
        let mut project = with_tag_serializer(blog().file("blog/serializers.py", post_serializer(body)));
        let error = modify(&mut project, tags()).unwrap_err();
        assert_eq!(error.code, codes::REFUSED);
        assert_eq!(error.message, "`PostSerializer` computes its fields: `[\"id\"] + EXTRA`");
    }

    #[test]
    fn the_serializer_of_the_viewset_is_changed_and_the_others_are_named() {
        let body = "    class Meta:\n        model = Post\n        fields = [\"id\", \"title\"]\n\n\nclass PostAdminSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = [\"id\"]\n";
        let mut project = with_tag_serializer(blog().file("blog/serializers.py", post_serializer(body)));
        let outcome = modify(&mut project, tags()).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert!(text.contains("fields = [\"id\", \"title\", \"tags\", \"tag_ids\"]\n"), "{text}");
        assert!(text.ends_with("        fields = [\"id\"]\n"), "{text}");
        assert_eq!(
            outcome.notes[0].text,
            "left as it is, since no viewset of the model uses it: PostAdminSerializer"
        );
        let named = json!({"model": "blog.Post", "name": "PostAdminSerializer", "add": ["slug"]});
        modify(&mut project, named).unwrap();
        assert!(
            project.text("blog/serializers.py").unwrap().ends_with("        fields = [\"id\", \"slug\"]\n")
        );
    }

    #[test]
    fn every_serializer_that_a_viewset_may_use_is_changed() {
        let serializer = |name: &str, fields: &str| {
            format!(
                "\n\nclass {name}(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = {fields}\n"
            )
        };
        let text = format!(
            "{}{}{}{}",
            post_serializer("    class Meta:\n        model = Post\n        fields = [\"id\", \"title\"]\n"),
            serializer("PostListSerializer", "[\"id\"]"),
            serializer("PostWriteSerializer", "BASE + [\"id\"]"),
            serializer("PostExportSerializer", "[\"title\"]"),
        );
        let views = "from rest_framework import viewsets\n\nfrom .models import Post\nfrom .serializers import PostListSerializer, PostSerializer, PostWriteSerializer\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n\n    def get_serializer_class(self):\n        if self.action == 'list':\n            return PostListSerializer\n        return PostWriteSerializer if self.action == 'create' else PostSerializer\n";
        let project = blog().file("blog/serializers.py", text).file("blog/views.py", views);
        let mut project = with_tag_serializer(project);
        let outcome = modify(&mut project, tags()).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert_eq!(text.matches("tags = TagSerializer(many=True, read_only=True)").count(), 2, "{text}");
        assert!(text.contains("fields = [\"title\"]\n"), "{text}");
        let notes: Vec<&str> = outcome.notes.iter().map(|n| n.text.as_str()).collect();
        assert!(
            notes.contains(&"left as it is: `PostWriteSerializer` computes its fields: `BASE + [\"id\"]`"),
            "{notes:?}"
        );
        assert!(
            notes.contains(&"left as it is, since no viewset of the model uses it: PostExportSerializer"),
            "{notes:?}"
        );
    }

    /// What becomes of a brief serializer beside that of posts when `slug` is added to what a viewset shows, by a method
    /// with this body.
    fn brief(name: &str, method: &str, tests: &str) -> (bool, Vec<String>) {
        let text = format!(
            "{}\n\nclass {name}(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = [\"id\", \"title\"]\n",
            post_serializer(
                "    class Meta:\n        model = Post\n        fields = [\"id\", \"title\", \"body\", \"author\", \"created_at\"]\n"
            ),
        );
        let views = format!(
            "from rest_framework import viewsets\n\nfrom .models import Post\nfrom .serializers import {name}, PostSerializer\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n\n    def get_serializer_class(self):\n{method}"
        );
        let mut project = blog()
            .file("blog/serializers.py", text)
            .file("blog/views.py", views)
            .file("blog/tests/test_fields.py", tests);
        let outcome = modify(&mut project, json!({"model": "blog.Post", "add": ["slug"]})).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert!(text.contains("\"slug\", \"created_at\"]"), "{text}");
        (text.contains("[\"id\", \"title\"]"), outcome.notes.into_iter().map(|note| note.text).collect())
    }

    #[test]
    fn serializers_of_rows_in_short_are_left_as_they_are() {
        let by_action = |name: &str, action: &str| {
            let method = format!(
                "        if self.action == '{action}':\n            return {name}\n        return PostSerializer\n"
            );
            brief(name, &method, "").0
        };
        assert!(by_action("PostListSerializer", "list"));
        assert!(by_action("PostCoverSerializer", "upload_cover"));
        assert!(!by_action("PostWriteSerializer", "create"), "clients could not set it");
        let table = "        return self.by_action.get(self.action, PostSerializer)\n\n    by_action = {\"list\": PostListSerializer}\n";
        let (is_left, notes) = brief("PostListSerializer", table, "");
        assert!(is_left);
        assert_eq!(notes[0], "left as it is, since it shows little of a row by design: PostListSerializer");
        let other = "        if self.action != 'list':\n            return PostSerializer\n        return PostShortSerializer\n";
        assert!(!brief("PostShortSerializer", other, "").0, "what asks for it is not told");
    }

    #[test]
    fn tests_that_expect_the_fields_of_a_serializer_are_named() {
        let method = "        return PostSerializer\n";
        let notes = |expected: &str| {
            brief("PostListSerializer", method, &format!("def test_x(row):\n    {expected}\n")).1
        };
        let found = notes("assert set(row) == {'id', 'title', 'body', 'author', 'created_at'}");
        let warning = "`blog/tests/test_fields.py:2` expects the fields that `PostSerializer` shows so far, and no others: change it with them";
        assert!(found.iter().any(|note| note == warning), "{found:?}");
        for other in ["assert row['id'] in ('id', 'title')", "assert set(row) > {'id', 'title', 'body'}"] {
            let found = notes(other);
            assert!(!found.iter().any(|note| note.contains("expects")), "{found:?}");
        }
    }

    #[test]
    fn a_schema_that_tests_compare_is_named() {
        let found = |schema: &str, test: &str| {
            let serializers = post_serializer(
                "    class Meta:\n        model = Post\n        fields = [\"id\", \"title\"]\n",
            );
            let project = blog().file("blog/serializers.py", serializers);
            let mut project = project.file("tests/reference.yaml", schema).file("tests/conftest.py", test);
            let outcome = modify(&mut project, json!({"model": "blog.Post", "add": ["slug"]})).unwrap();
            outcome.notes.iter().any(|note| note.text.contains("with `tests/reference.yaml`"))
        };
        let test = "def reference():\n    return open(FOLDER + '/reference.yaml')\n";
        assert!(found("openapi: 3.0.0\n", test));
        assert!(found("info:\n  title: x\nswagger: '2.0'\n", test));
        assert!(!found("rows: []\n", test) && !found("openapi: 3.0.0\n", "x = 1\n"));
    }

    #[test]
    fn a_relation_to_one_is_not_many_and_stays_required() {
        let mut project = with_tag_serializer(blog());
        let params = json!({"model": "blog.Post", "nest": "main_tag", "write_as": "main_tag_id"});
        modify(&mut project, params).unwrap();
        let text = project.text("blog/serializers.py").unwrap();
        assert!(text.contains("    main_tag = TagSerializer(read_only=True)\n"), "{text}");
        assert!(
            text.contains("        source=\"main_tag\", queryset=Tag.objects.all(), write_only=True\n"),
            "{text}"
        );
        let mut project = with_tag_serializer(blog());
        let outcome = modify(&mut project, json!({"model": "blog.Post", "nest": "main_tag"})).unwrap();
        assert!(outcome.notes[0].text.contains("can no longer set `main_tag`"));
    }

    #[test]
    fn what_cannot_be_nested_is_refused() {
        let mut project = blog();
        let error = modify(&mut project, tags()).unwrap_err();
        assert_eq!(
            error.help.as_deref(),
            Some("make one first, with a create_serializer step for `blog.Tag`")
        );
        let mut project = with_tag_serializer(blog());
        for (params, code) in [
            (json!({"model": "blog.Post", "nest": "labels"}), codes::NOT_FOUND),
            (json!({"model": "blog.Post", "nest": "title"}), codes::REFUSED),
            (json!({"model": "blog.Post", "nest": "near"}), codes::REFUSED),
            (json!({"model": "blog.Post", "nest": "author"}), codes::REFUSED),
            (json!({"model": "blog.Post", "nest": "tags", "write_as": "slug"}), codes::NAME_TAKEN),
            (json!({"model": "blog.Post", "nest": "tags", "write_as": "tags"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "write_as": "tag_ids"}), codes::BAD_PARAMS),
            (json!({"model": "blog.Post", "add": ["colour"]}), codes::NOT_FOUND),
            (json!({"model": "blog.Post", "name": "Nobody", "add": ["slug"]}), codes::NOT_FOUND),
        ] {
            assert_eq!(modify(&mut project, params.clone()).unwrap_err().code, code, "{params}");
        }
    }

    #[test]
    fn a_serializer_below_its_user_is_moved_above() {
        let mut project = blog();
        project.apply(&CreateSerializer, "create_serializer", json!({"model": "blog.Tag"})).unwrap();
        let outcome = modify(&mut project, tags()).unwrap();
        assert_eq!(project.text("blog/serializers.py").unwrap(), IDEAL);
        assert_eq!(outcome.notes[0].text, "`TagSerializer` was moved above `PostSerializer`, which nests it");
    }

    #[test]
    fn a_serializer_that_needs_what_is_below_its_user_is_refused() {
        let body = "    class Meta:\n        model = Post\n        fields = [\"id\"]\n\n\nNAMES = [\"id\", \"name\"]\n\n\nclass TagSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Tag\n        fields = NAMES\n";
        let text = post_serializer(body).replace("import Post", "import Post, Tag");
        let mut project = blog().file("blog/serializers.py", text);
        let error = modify(&mut project, tags()).unwrap_err();
        assert_eq!(
            error.message,
            "`TagSerializer` stands below `PostSerializer`, and uses `NAMES` from between them"
        );
        assert_eq!(
            error.help.as_deref(),
            Some(
                "move `TagSerializer` above `PostSerializer` in `blog/serializers.py` by hand, with what it needs"
            )
        );
    }

    #[test]
    fn handwritten_saving_is_pointed_out() {
        let body = "    class Meta:\n        model = Post\n        fields = [\"id\"]\n\n    def create(self, validated_data):\n        return Post.objects.create(**validated_data)\n";
        let mut project = with_tag_serializer(blog().file("blog/serializers.py", post_serializer(body)));
        let outcome = modify(&mut project, tags()).unwrap();
        assert!(outcome.notes[0].text.starts_with("`PostSerializer.create` is written by hand"));
    }
}
