//! Relations to rows that clients know by another field than the key, such as a slug.

use aksara_python::Code;
use aksara_python::edit::Edits;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{
    Expr, FieldFacts, ModelFacts, RelationKind, SerializerFacts, ViewsetFacts, last,
};
use aksara_sdk::protocol::params::CreateSerializer;
use aksara_sdk::{Diagnostic, Note};
use serde_json::Value;

use super::create::Class;
use super::links::Links;
use super::{unique, visible};

/// Declares a field for each relation to rows that the API shows without their key and looks up by a unique field: it
/// takes and shows that one. Says which other relations take a key that the API does not show.
///
/// # Errors
/// As [`Edits::name_from`].
pub(super) fn declare(
    edits: &mut Edits,
    facts: &ProjectFacts,
    model: &ModelFacts,
    wanted: &CreateSerializer,
    links: Option<&Links>,
    class: &mut Class<'_>,
) -> Result<Vec<Note>, Diagnostic> {
    let mut notes = Vec::new();
    for field in &model.fields {
        let Some(relation) = &field.relation else { continue };
        let is_written = class.fields.contains(&field.name)
            && !class.read_only.contains(&field.name)
            && wanted.owner.as_deref() != Some(field.name.as_str())
            && field.args.keyword("editable").and_then(|e| e.literal.as_ref()) != Some(&Value::Bool(false))
            && field.args.keyword("through").is_none();
        // What is named by its address needs no key.
        let is_named = links.is_some_and(|l| !l.names(&field.name) || !class.declares(&field.name));
        if !is_written || is_named || relation.to == model.label {
            continue;
        }
        let Some(target) = facts.model(&relation.to) else { continue };
        let views = views_that_hide_the_key(facts, target);
        let Some(view) = views.first() else { continue };
        // Which rows may be written is told by more than their model.
        let narrowing = facts.narrowing_of(&target.label);
        if narrowing.is_some_and(|n| n.same_for_all) && lookup(target, &views).is_some() {
            continue;
        }
        let is_limited = narrowing.is_some() || field.args.keyword("limit_choices_to").is_some();
        match lookup(target, &views).filter(|_| !is_limited) {
            Some(by) => {
                let code = related(edits, facts, field, by, &class.model)?;
                class.declared.push(edits.layout().assignment(&field.name, &code, 1));
                class.loads.push(field.name.clone());
            }
            None if wanted.shows_only => {}
            None => notes.push(Note::warning(format!(
                "`{}` takes the key of a `{}` in `{}`, which the API does not show: give its serializer an `id`, or \
                 declare `{}` as a field that takes what `{}` shows",
                class.name, target.name, field.name, field.name, view.name
            ))),
        }
    }
    Ok(notes)
}

/// The field's code: `SlugRelatedField(slug_field="slug", queryset=Recipe.objects.all())`.
fn related(
    edits: &mut Edits,
    facts: &ProjectFacts,
    field: &FieldFacts,
    by: &str,
    model: &str,
) -> Result<Code, Diagnostic> {
    let base = edits.name_through("rest_framework", "serializers", "SlugRelatedField")?;
    let mut arguments = vec![argument("slug_field", edits.layout().string(by))];
    arguments.extend(written(edits, facts, field, model)?);
    Ok(Code::Call(base, arguments))
}

/// What a declared relation that requests may set is told: which rows there are, and whether some are needed.
///
/// # Errors
/// As [`Edits::name_from`].
pub(super) fn written(
    edits: &mut Edits,
    facts: &ProjectFacts,
    field: &FieldFacts,
    model: &str,
) -> Result<Vec<(Option<String>, Code)>, Diagnostic> {
    let to = field.relation.as_ref().map_or("", |relation| &relation.to);
    let (rows, manager) = if to == facts.settings.auth_user_model {
        let users = edits.name_from("django.contrib.auth", "get_user_model")?;
        (format!("{users}()"), facts.model(to).and_then(|model| model.managers.first()))
    } else {
        let target = facts.require_model(to)?;
        let app = facts.require_app(target.app())?;
        (edits.name_of_app(app, &app.models_file(target), &target.name)?, target.managers.first())
    };
    let manager = manager.map_or("objects", |manager| &manager.name);
    let mut arguments = vec![argument("queryset", format!("{rows}.{manager}.all()"))];
    if is_to_many(field) {
        arguments.push(argument("many", "True".to_owned()));
        let may_be_empty = if field.is_true("blank") { "required" } else { "allow_empty" };
        arguments.push(argument(may_be_empty, "False".to_owned()));
    } else {
        arguments.extend(visible::demands(edits, model, field)?);
    }
    Ok(arguments)
}

/// What a declared relation that requests may not set is told.
pub(super) fn shown(field: &FieldFacts) -> Vec<(Option<String>, Code)> {
    let mut arguments = vec![argument("read_only", "True".to_owned())];
    arguments.extend(is_to_many(field).then(|| argument("many", "True".to_owned())));
    arguments
}

fn argument(name: &str, code: String) -> (Option<String>, Code) {
    (Some(name.to_owned()), Code::raw(code))
}

fn is_to_many(field: &FieldFacts) -> bool {
    field.relation.as_ref().is_some_and(|r| r.kind == RelationKind::ManyToMany)
}

/// The views of a model, if none of them shows the key of a row.
fn views_that_hide_the_key<'f>(facts: &'f ProjectFacts, model: &ModelFacts) -> Vec<&'f ViewsetFacts> {
    let views = facts.apps.iter().flat_map(|app| &app.viewsets);
    let views: Vec<&ViewsetFacts> = views
        .filter(|view| view.model.as_deref() == Some(model.label.as_str()) && !view.offered().is_empty())
        .collect();
    let hides = |view: &&ViewsetFacts| {
        let names: Vec<&str> =
            view.serializer.iter().chain(&view.serializers).map(|name| last(name)).collect();
        let all = facts.apps.iter().flat_map(|app| &app.serializers);
        let mut own =
            all.filter(|s| names.contains(&s.name.as_str()) && s.model.as_deref() == Some(&*model.label));
        !names.is_empty()
            && names.iter().all(|name| own.clone().any(|serializer| serializer.name == *name))
            && own.all(|serializer| hides_key(model, serializer))
    };
    if views.iter().all(hides) { views } else { Vec::new() }
}

/// Whether it is certain that a serializer does not show the key.
fn hides_key(model: &ModelFacts, serializer: &SerializerFacts) -> bool {
    let is_key = |name: &str| {
        matches!(name, "id" | "pk") || model.field(name).is_some_and(|field| field.is_true("primary_key"))
    };
    let is_source_of_key = |(_, declared): &(String, Expr)| {
        let source = declared.source.replace('\'', "\"");
        ["source=\"id\"", "source=\"pk\""].iter().any(|part| source.contains(part))
    };
    let lists = serializer.fields.as_ref().map(|fields| !fields.iter().any(|name| is_key(name)));
    let by_url = serializer.bases.iter().any(|base| last(base) == "HyperlinkedModelSerializer");
    let is_all = serializer.fields_source.as_ref().and_then(|e| e.literal.as_ref()).and_then(Value::as_str)
        == Some("__all__");
    let declares = serializer.declared.iter().any(|name| is_key(name));
    lists.unwrap_or(by_url && is_all && !declares)
        && !serializer.declarations.iter().any(is_source_of_key)
        && !serializer.methods.iter().any(|method| method == "to_representation")
}

/// The unique field by which the API knows the rows of a model, whose keys it does not show.
pub(super) fn of<'m>(facts: &ProjectFacts, model: &'m ModelFacts) -> Option<&'m str> {
    let views = views_that_hide_the_key(facts, model);
    if views.is_empty() { None } else { lookup(model, &views) }
}

/// The unique field by which all views of a model look its rows up.
fn lookup<'m>(model: &'m ModelFacts, views: &[&ViewsetFacts]) -> Option<&'m str> {
    let mut names = views
        .iter()
        .filter(|view| view.offered().contains(&"retrieve"))
        .map(|view| view.value("lookup_field").and_then(|e| e.literal.as_ref()).and_then(Value::as_str));
    let first = names.next().flatten()?;
    let field = model.field(first).filter(|_| names.all(|name| name == Some(first)))?;
    let is_unique =
        field.is_true("unique") || unique::constraints(model).iter().any(|names| *names == [first]);
    (is_unique && field.relation.is_none()).then_some(field.name.as_str())
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::{Value, json};

    use crate::django::CreateSerializer;

    /// The new serializer of what is noted of recipes, and what is said of it, where recipes are shown so.
    fn note(fields: &str, view: &str, relation: &str) -> (String, Vec<String>) {
        note_with(fields, view, relation, json!({"model": "food.Note"}))
    }

    fn note_with(fields: &str, view: &str, relation: &str, params: Value) -> (String, Vec<String>) {
        let models = format!(
            "from django.db import models\n\n\nclass Recipe(models.Model):\n    title = models.CharField(max_length=9)\n    slug = models.SlugField(unique=True)\n\n\nclass Note(models.Model):\n    recipe = {relation})\n    text = models.TextField()\n"
        );
        let serializers = format!(
            "from rest_framework import serializers\n\nfrom .models import Recipe\n\n\nclass RecipeSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Recipe\n        fields = {fields}\n"
        );
        // A base of the project's own says it as well as the view itself.
        let (base, view) = view.strip_prefix(IN_BASE).map_or(("    pass\n", view), |base| (base, ""));
        let views = format!(
            "from rest_framework import viewsets\n\nfrom .models import Recipe\nfrom .serializers import RecipeSerializer\n\n\nclass Base(viewsets.ModelViewSet):\n{base}\n\nclass RecipeViewSet(Base):\n    queryset = Recipe.objects.all()\n    serializer_class = RecipeSerializer\n{view}"
        );
        let mut project = TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", "INSTALLED_APPS = ['rest_framework', 'food']\n")
            .file("food/__init__.py", "")
            .file("food/models.py", models)
            .file("food/serializers.py", serializers)
            .file("food/views.py", views);
        let outcome = project.apply(&CreateSerializer, "create_serializer", params).unwrap();
        let text = project.text("food/serializers.py").unwrap();
        let class = text[text.find("class NoteSerializer").unwrap()..].to_owned();
        (class, outcome.notes.into_iter().map(|note| note.text).collect())
    }

    /// What a base says, and not the view itself.
    const IN_BASE: &str = "    # in the base\n";
    const BY_SLUG: &str = "    lookup_field = 'slug'\n";
    const TO_ONE: &str = "models.ForeignKey(Recipe, on_delete=models.CASCADE";

    #[test]
    fn rows_that_are_known_by_a_slug_are_taken_by_it() {
        let declared = |relation: &str| {
            let (class, notes) = note("['title', 'slug']", BY_SLUG, relation);
            assert_eq!(notes, Vec::<String>::new());
            let (_, declared) = class.split_once("    recipe = serializers.").unwrap();
            declared.split_once("\n\n    class Meta:").unwrap().0.replace([' ', '\n'], "")
        };
        let by_slug = "SlugRelatedField(slug_field='slug',queryset=Recipe.objects.all()";
        assert_eq!(declared(TO_ONE), format!("{by_slug})"));
        let (class, _) = note("['title', 'slug']", &format!("{IN_BASE}{BY_SLUG}"), TO_ONE);
        assert!(class.contains("SlugRelatedField"), "{class}");
        let optional = declared(&format!("{TO_ONE}, null=True"));
        assert!(optional.contains("allow_null=True,required=False"), "{optional}");
        let single = declared("models.OneToOneField(Recipe, on_delete=models.CASCADE");
        assert!(single.contains("UniqueValidator(queryset=Note.objects.all())"), "{single}");
        let many = declared("models.ManyToManyField(Recipe");
        assert!(many.contains("many=True,allow_empty=False"), "{many}");
        let some = declared("models.ManyToManyField(Recipe, blank=True");
        assert!(some.contains("many=True,required=False"), "{some}");
    }

    #[test]
    fn rows_whose_key_is_shown_are_taken_by_it() {
        for (fields, view) in [
            ("['id', 'slug']", BY_SLUG),
            ("['pk', 'slug']", BY_SLUG),
            ("'__all__'", BY_SLUG),
            ("NAMES", BY_SLUG),
            ("['id', 'slug']", ""),
        ] {
            let (class, notes) = note(fields, view, TO_ONE);
            assert!(!class.contains("recipe ="), "{fields}: {class}");
            assert_eq!(notes, Vec::<String>::new(), "{fields}");
        }
    }

    #[test]
    fn a_key_that_the_api_does_not_show_is_told() {
        let limited = format!(
            "{BY_SLUG}\n    def get_queryset(self):\n        return Recipe.objects.filter(title=self.request.user.username)\n"
        );
        for view in ["", "    lookup_field = 'title'\n", &limited] {
            let (class, notes) = note("['title', 'slug']", view, TO_ONE);
            assert!(!class.contains("SlugRelatedField"), "{view}: {class}");
            assert!(
                notes.len() == 1 && notes[0].contains("takes the key of a `Recipe`"),
                "{view}: {notes:?}"
            );
        }
        let (_, notes) = note("['title']", "", &format!("{TO_ONE}, editable=False"));
        assert_eq!(notes, Vec::<String>::new(), "it is only shown");
        for shown in
            [json!({"owner": "recipe"}), json!({"shows_only": true}), json!({"read_only": ["recipe"]})]
        {
            let mut params = json!({"model": "food.Note"});
            params.as_object_mut().unwrap().extend(shown.as_object().unwrap().clone());
            let (_, notes) = note_with("['title']", "", TO_ONE, params);
            assert_eq!(notes, Vec::<String>::new(), "{shown}");
        }
    }
}
