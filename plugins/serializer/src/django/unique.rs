//! What a model has unique within a relation that no client sets, such as its tenant.
//!
//! REST framework checks a constraint only if it has a field for every part of it. Here the default manager has the rows
//! of one tenant only, so that the other parts are checked among them.

use aksara_python::Code;
use aksara_python::edit::{Edits, ItemPlace, ListTarget, MemberPlace};
use aksara_sdk::protocol::facts::{Expr, ModelFacts, Parts, ProjectFacts, SerializerFacts};
use aksara_sdk::{Diagnostic, Note};
use serde_json::Value;

use super::modify::{Change, keyword};

/// Gives a serializer validators for what its model has unique within `relation`.
pub(super) fn within(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    serializer: &SerializerFacts,
    relation: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Diagnostic> {
    let shown = |name: &String| serializer.fields.as_ref().is_none_or(|fields| fields.contains(name));
    let mut alone = Vec::new();
    let mut together = Vec::new();
    let mut crosses = false;
    for fields in facts.with_parents(model).flat_map(constraints) {
        let others: Vec<String> = fields.iter().filter(|name| *name != relation).cloned().collect();
        if !others.iter().all(shown) {
            continue;
        }
        let has_relation = others.len() < fields.len();
        match others.as_slice() {
            [one] if has_relation => alone.push(one.clone()),
            [] | [_] => {}
            _ => {
                crosses |= has_relation;
                together.push(others);
            }
        }
    }
    for name in alone.iter().filter(|name| serializer.declared.contains(name)) {
        notes.push(Note::warning(format!(
            "`{}` declares `{name}` itself: give it `validators=[UniqueValidator(queryset={}.objects.all())]`",
            serializer.name, model.name
        )));
    }
    alone.retain(|name| !serializer.declared.contains(name));
    let meta = format!("{}.Meta", serializer.name);
    let members = edits.class_members(&meta)?;
    let has = |name: &str| members.iter().any(|member| member == name);
    if !alone.is_empty() {
        let there = edits.class_attribute(&meta, "extra_kwargs")?.map(str::to_owned);
        let lacking = lacking(there.as_deref(), &alone);
        let computed = there.as_deref().is_some_and(|there| !is_literal(there));
        let said = there.as_deref().is_some_and(|there| there.contains("UniqueValidator"));
        let (entries, by_hands): (Vec<String>, Vec<String>) =
            alone.into_iter().partition(|name| !computed && lacking.contains(name));
        if !by_hands.is_empty() && !said {
            notes.push(by_hand(serializer, "extra_kwargs", "UniqueValidator", &by_hands));
        }
        if !entries.is_empty() {
            let validator = validator(edits, facts, owner(facts, model, &entries), "UniqueValidator", None)?;
            add_kwargs(edits, &meta, there.is_some(), &entries, &validator)?;
        }
    }
    if crosses {
        if has("validators") {
            let there = edits.class_attribute(&meta, "validators")?.unwrap_or_default();
            if !there.contains("UniqueTogetherValidator") {
                let names: Vec<String> = together.iter().map(|fields| fields.join(" + ")).collect();
                notes.push(by_hand(serializer, "validators", "UniqueTogetherValidator", &names));
            }
        } else {
            // Validators that are written take the place of all that the framework would make.
            let mut list = Vec::new();
            for fields in &together {
                let owner = owner(facts, model, fields);
                list.push(validator(edits, facts, owner, "UniqueTogetherValidator", Some(fields))?);
            }
            let code = edits.layout().assignment("validators", &Code::List(list), 2);
            let _ = edits.add_class_member(&meta, &code, MemberPlace::AfterFields)?;
        }
    }
    Ok(())
}

/// The names that `extra_kwargs`, if it is there, has no entry for.
fn lacking(extra_kwargs: Option<&str>, names: &[String]) -> Vec<String> {
    let quoted = |there: &str, name: &str| {
        ['"', '\''].into_iter().any(|quote| there.contains(&format!("{quote}{name}{quote}:")))
    };
    let lacks = |name: &&String| !extra_kwargs.is_some_and(|there| quoted(there, name));
    names.iter().filter(lacks).cloned().collect()
}

fn is_literal(extra_kwargs: &str) -> bool {
    extra_kwargs.starts_with('{') && extra_kwargs.trim_end().ends_with('}')
}

/// Gives each field a validator among the `extra_kwargs`, which are `there` or are made.
fn add_kwargs(
    edits: &mut Edits,
    meta: &str,
    there: bool,
    names: &[String],
    validator: &Code,
) -> Result<(), Diagnostic> {
    let layout = edits.layout().clone();
    let kwargs = || Code::Dict(vec![(layout.string("validators"), Code::List(vec![validator.clone()]))]);
    if there {
        for name in names {
            let _ = edits.dict_attribute_add(meta, "extra_kwargs", name, kwargs())?;
        }
    } else {
        let entries = names.iter().map(|name| (layout.string(name), kwargs())).collect();
        let code = layout.assignment("extra_kwargs", &Code::Dict(entries), 2);
        let _ = edits.add_class_member(meta, &code, MemberPlace::AfterFields)?;
    }
    Ok(())
}

/// The model whose table has the fields: a parent's has the rows of its other children, too.
fn owner<'f>(facts: &'f ProjectFacts, model: &'f ModelFacts, fields: &[String]) -> &'f ModelFacts {
    let has = |owner: &&ModelFacts| fields.iter().all(|name| owner.field(name).is_some());
    facts.with_parents(model).find(has).unwrap_or(model)
}

/// `UniqueValidator(queryset=Post.objects.all())`.
fn validator(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    class: &str,
    fields: Option<&[String]>,
) -> Result<Code, Diagnostic> {
    let callee = edits.name_from("rest_framework.validators", class)?;
    let home = facts.require_app(model.app())?;
    let of_model = edits.name_of_app(home, &home.models_file(model), &model.name)?;
    let mut arguments = vec![(Some("queryset".to_owned()), Code::raw(format!("{of_model}.objects.all()")))];
    arguments.extend(fields.map(|fields| (Some("fields".to_owned()), edits.layout().strings(fields))));
    Ok(Code::Call(callee, arguments))
}

fn by_hand(serializer: &SerializerFacts, attribute: &str, class: &str, what: &[String]) -> Note {
    Note::warning(format!(
        "`{}` has `{attribute}` of its own: add a {class} for {} by hand, or a second row with the same value ends in a \
         server error",
        serializer.name,
        what.join(", ")
    ))
}

/// The fields of the model's unconditional unique constraints.
pub(super) fn constraints(model: &ModelFacts) -> Vec<Vec<String>> {
    let Some(Parts::List(items) | Parts::Tuple(items)) =
        model.meta("constraints").and_then(|e| e.parts.as_deref())
    else {
        return Vec::new();
    };
    let fields = |item: &Expr| {
        let Some(Parts::Call { function, args }) = item.parts.as_deref() else { return None };
        let is_unique = function.rsplit('.').next() == Some("UniqueConstraint");
        let list = args.keyword("fields")?.literal.as_ref()?.as_array()?;
        let names = list.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?;
        (is_unique && args.keyword("condition").is_none()).then_some(names)
    };
    items.iter().filter_map(fields).collect()
}

/// Whether a serializer has the value of a field when it checks what it is sent: it takes the field from clients, or knows
/// a default for one that they cannot set.
fn is_known(serializer: &SerializerFacts, model: &ModelFacts, name: &str) -> bool {
    let is_true = |value: Option<&Expr>| value.and_then(|e| e.literal.as_ref()) == Some(&Value::Bool(true));
    if serializer.fields.as_ref().is_some_and(|fields| !fields.iter().any(|field| field == name)) {
        return false;
    }
    if let Some((_, declared)) = serializer.declarations.iter().find(|(known, _)| known == name) {
        return match declared.parts.as_deref() {
            Some(Parts::Call { args, .. }) => {
                !is_true(args.keyword("read_only")) || args.keyword("default").is_some()
            }
            _ => true,
        };
    }
    let meta = |name: &str| {
        let entry = serializer.meta.iter().find(|(key, _)| key == name);
        entry.and_then(|(_, value)| value.literal.as_ref())
    };
    let kwargs = meta("extra_kwargs").and_then(|all| all.get(name));
    let given = |name: &str| kwargs.and_then(|kwargs| kwargs.get(name));
    let listed = meta("read_only_fields").and_then(Value::as_array);
    let is_listed = listed.is_some_and(|names| names.iter().any(|known| known == name));
    let field = model.field(name);
    let is_set = field.is_some_and(|field| {
        let editable = field.args.keyword("editable").and_then(|e| e.literal.as_ref());
        editable == Some(&Value::Bool(false)) || field.is_true("auto_now") || field.is_true("auto_now_add")
    });
    let is_read_only = is_listed || is_set || given("read_only") == Some(&Value::Bool(true));
    !is_read_only || given("default").is_some()
}

impl Change<'_> {
    /// Checks of unique values, of those that the serializer takes all fields of.
    ///
    /// # Errors
    /// As [`aksara_python::edit::Edits::add_class_member`].
    pub(super) fn unique(&mut self, lists: &[Vec<String>], manager: &str) -> Result<(), Diagnostic> {
        let meta = format!("{}.Meta", self.serializer.name);
        let taken = |name: &String| is_known(self.serializer, self.model, name);
        let lists: Vec<&Vec<String>> =
            lists.iter().filter(|fields| !fields.is_empty() && fields.iter().all(taken)).collect();
        if lists.is_empty() {
            return Ok(());
        }
        let owner = owner(self.facts, self.model, lists[0]);
        let home = self.facts.require_app(owner.app())?;
        let edits = &mut self.file.edits;
        let model = edits.name_of_app(home, &home.models_file(owner), &owner.name)?;
        let rows = || keyword("queryset", format!("{model}.{manager}.all()"));
        let (single, several): (Vec<&Vec<String>>, Vec<&Vec<String>>) =
            lists.into_iter().partition(|fields| fields.len() == 1);
        // `extra_kwargs` say nothing to a field that is declared.
        let declared = |name: &str| self.serializer.declarations.iter().find(|(known, _)| known == name);
        let (declared, single): (Vec<String>, Vec<String>) =
            single.into_iter().flatten().cloned().partition(|name| declared(name).is_some());
        for (name, field) in self.serializer.declarations.iter().filter(|(name, _)| declared.contains(name)) {
            if !field.source.contains("UniqueValidator") {
                self.notes.push(Note::warning(format!(
                    "`{}` declares `{name}` itself: give it `validators=[UniqueValidator(queryset={model}.{manager}.all())]`, or \
                     a second row with the same value ends in a server error",
                    self.serializer.name
                )));
            }
        }
        let there = edits.class_attribute(&meta, "extra_kwargs")?.map(str::to_owned);
        let single = lacking(there.as_deref(), &single);
        if !single.is_empty() {
            let validator = edits.name_from("rest_framework.validators", "UniqueValidator")?;
            if there.as_deref().is_none_or(is_literal) {
                let call = Code::Call(validator, vec![rows()]);
                add_kwargs(edits, &meta, there.is_some(), &single, &call)?;
            } else {
                self.notes.push(Note::warning(format!(
                    "`{meta}.extra_kwargs` is computed: a UniqueValidator for {} was not added",
                    single.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                )));
            }
        }
        for fields in several {
            let edits = &mut self.file.edits;
            let validator = edits.name_from("rest_framework.validators", "UniqueTogetherValidator")?;
            let call = Code::Call(
                validator,
                vec![rows(), (Some("fields".to_owned()), edits.layout().strings(fields))],
            );
            let target = ListTarget::Attribute { class: &meta, name: "validators" };
            if edits.class_attribute(&meta, "validators")?.is_some() {
                let _ = edits.list_append(target, &call.flat(), ItemPlace::End)?;
            } else {
                let code = edits.layout().assignment("validators", &Code::List(vec![call]), 2);
                let _ = edits.add_class_member(&meta, &code, MemberPlace::AfterFields)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use crate::ModifySerializer;
    use crate::django::modify::tests::blog;

    const MODELS: &str = "from django.db import models\n\n\nclass Tenant(models.Model):\n    slug = models.SlugField()\n\n\nclass Post(models.Model):\n    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT)\n    slug = models.SlugField()\n    lang = models.SlugField()\n    hidden = models.SlugField()\n\n    class Meta:\n        constraints = [\n            models.UniqueConstraint(fields=[\"tenant\", \"slug\"], name=\"a\"),\n            models.UniqueConstraint(fields=[\"tenant\", \"hidden\"], name=\"b\"),\n            MORE\n        ]\n";
    const SERIALIZERS: &str = "from rest_framework import serializers\n\nfrom .models import Post\n\n\nclass PostSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Post\n        fields = [\"slug\", \"lang\"]\n";

    fn checked(more: &str, serializers: &str) -> (String, Vec<String>) {
        let mut project: TestProject<'_> = blog()
            .file("blog/models.py", MODELS.replace("MORE", more))
            .file("blog/serializers.py", serializers);
        let params = json!({ "model": "blog.Post", "unique_within": "tenant" });
        let outcome = project.apply(&ModifySerializer, "modify_serializer", params).unwrap();
        let notes = outcome.notes.into_iter().map(|note| note.text).collect();
        (project.text("blog/serializers.py").unwrap().to_owned(), notes)
    }

    #[test]
    fn what_is_unique_within_the_relation_is_checked() {
        let (text, notes) = checked("", SERIALIZERS);
        assert!(text.contains("from rest_framework.validators import UniqueValidator\n"), "{text}");
        let line = "        extra_kwargs = {\"slug\": {\"validators\": [UniqueValidator(queryset=Post.objects.all())]}}\n";
        assert!(text.ends_with(line), "{text}");
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn fields_that_are_unique_together_have_a_validator_of_their_own() {
        let more = "models.UniqueConstraint(fields=[\"tenant\", \"slug\", \"lang\"], name=\"c\"),";
        let (text, _) = checked(more, SERIALIZERS);
        assert!(
            text.contains(
                "UniqueTogetherValidator(queryset=Post.objects.all(), fields=[\"slug\", \"lang\"])"
            ),
            "{text}"
        );
    }

    #[test]
    fn literal_kwargs_of_other_fields_grow() {
        let own = format!("{SERIALIZERS}        extra_kwargs = {{\"lang\": {{\"required\": False}}}}\n");
        let (text, notes) = checked("", &own);
        let flat = text.replace(['\n', ' '], "");
        let entry = "\"slug\":{\"validators\":[UniqueValidator(queryset=Post.objects.all())]}";
        assert!(flat.contains("\"lang\":{\"required\":False},") && flat.contains(entry), "{text}");
        assert_eq!(notes, [""; 0]);
        let computed = format!("{SERIALIZERS}        extra_kwargs = dict(lang={{}})\n");
        let (text, notes) = checked("", &computed);
        assert_eq!(text, computed);
        assert!(
            notes.iter().any(|note| note.contains("add a UniqueValidator for slug by hand")),
            "{notes:?}"
        );
    }

    #[test]
    fn what_people_wrote_is_left_and_said() {
        let own = format!("{SERIALIZERS}        extra_kwargs = {{\"slug\": {{\"required\": False}}}}\n");
        let (text, notes) = checked("", &own);
        assert_eq!(text, own);
        assert!(
            notes.iter().any(|note| note.contains("add a UniqueValidator for slug by hand")),
            "{notes:?}"
        );
        let declared =
            SERIALIZERS.replace("    class Meta", "    slug = serializers.SlugField()\n\n    class Meta");
        let (text, notes) = checked("", &declared);
        assert_eq!(text, declared);
        assert!(
            notes.iter().any(|note| note.contains("`PostSerializer` declares `slug` itself")),
            "{notes:?}"
        );
    }

    #[test]
    fn what_is_unique_is_checked_where_the_serializer_knows_all_of_it() {
        let unique = |serializers: &str| {
            let mut project: TestProject<'_> = blog()
                .file("blog/models.py", MODELS.replace("MORE", ""))
                .file("blog/serializers.py", serializers);
            let params = json!({ "model": "blog.Post", "unique": [["slug", "lang"]] });
            project.apply(&ModifySerializer, "modify_serializer", params).unwrap();
            project.text("blog/serializers.py").unwrap().to_owned()
        };
        let declared = |arguments: &str| {
            let field = format!("    lang = serializers.SlugField({arguments})\n\n    class Meta");
            SERIALIZERS.replace("    class Meta", &field)
        };
        let call = "UniqueTogetherValidator(queryset=Post.objects.all(), fields=[\"slug\", \"lang\"])";
        for known in [SERIALIZERS.to_owned(), declared("read_only=True, default=\"en\""), declared("")] {
            let text = unique(&known);
            assert!(text.contains(call), "{text}");
        }
        let read_only = format!("{SERIALIZERS}        read_only_fields = [\"lang\"]\n");
        let kwargs = format!("{SERIALIZERS}        extra_kwargs = {{\"lang\": {{\"read_only\": True}}}}\n");
        for unknown in [declared("read_only=True"), read_only, kwargs] {
            assert_eq!(unique(&unknown), unknown);
        }
    }
}
