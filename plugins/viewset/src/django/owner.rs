//! Rows that belong to the user who made them: a permission class of the app.

use aksara_python::edit::{ClassPlace, Edits};
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::diagnostic::codes;
use aksara_sdk::protocol::facts::{AppFacts, ModelFacts, PermissionFacts};
use aksara_sdk::{Context, Diagnostic, Edit, Note, RelPath};
use serde_json::Value;

use super::create::ANNOTATIONS;
use super::project;

/// A permission class, and the edit that makes it if it is not there.
pub(super) struct Permission {
    class: String,
    file: RelPath,
    /// The module to import it from, if it stands outside of the app.
    module: Option<String>,
    /// Whether it lets only users write who are logged in.
    pub guards: bool,
    pub edit: Option<Edit>,
}

impl Permission {
    /// The class as a module of `app` writes it.
    ///
    /// # Errors
    /// As [`Edits::import_from`].
    pub(super) fn as_written(&self, edits: &mut Edits, app: &AppFacts) -> Result<String, Diagnostic> {
        match &self.module {
            Some(module) => edits.name_from(module, &self.class),
            None => edits.name_of_app(app, &self.file, &self.class),
        }
    }
}

/// The permission class by which only the user in `field` may change a row: one that is there, in the app or where no
/// app's models are; else a new one in the app's module of permissions or beside its `views`.
///
/// # Errors
/// A field that is no relation to the user model; another class by that name.
pub(super) fn permission(
    cx: &Context<'_>,
    facts: &ProjectFacts,
    app: &AppFacts,
    model: &ModelFacts,
    field: &str,
    views: &RelPath,
) -> Result<Permission, Diagnostic> {
    let relation = model.field(field).and_then(|f| f.relation.as_ref());
    if relation.is_none_or(|r| r.to != facts.settings.auth_user_model) {
        return Err(Diagnostic::new(
            codes::BAD_PARAMS,
            format!("`{}.{field}` is no relation to the user model", model.label),
        )
        .with_help("name the foreign key to the user who made the row"));
    }
    let words: String = field.split('_').map(capitalized).collect();
    let usual = format!("Is{words}OrReadOnly");
    let near = near(cx, facts, app, &usual)?;
    let there = near.iter().find(|class| class.is_owner_or_read_only(field));
    if let Some(there) = there {
        let file = there.place.file.clone();
        let module = (!file.is_below(&app.dir)).then(|| there.module.clone());
        return Ok(Permission { class: usual, file, module, guards: there.guards, edit: None });
    }
    let bad = |e: aksara_sdk::protocol::path::PathError| Diagnostic::new(codes::BAD_PARAMS, e.to_string());
    let beside = match views.parent().filter(|dir| dir.is_below(&app.dir)) {
        // A package of views holds views.
        Some(dir) if matches!(dir.file_name(), "views" | "viewsets") => dir.parent(),
        other => other,
    };
    let beside = beside.map_or_else(|| app.dir.clone(), String::from);
    let mut file = RelPath::new(format!("{beside}/permissions.py")).map_err(bad)?;
    for usual in ["permissions/__init__.py", "permissions.py"] {
        let path = RelPath::new(format!("{}/{usual}", app.dir)).map_err(bad)?;
        if cx.read(&path)?.is_some() {
            file = path;
            break;
        }
    }
    let mut open = project::open(cx, &file, facts)?;
    let is_taken = !near.is_empty()
        || open.edits.meaning_of(&usual).is_some()
        || project::open(cx, views, facts)?.edits.meaning_of(&usual).is_some();
    let class = if is_taken { format!("Is{}{words}OrReadOnly", model.name) } else { usual };
    let base = open.edits.name_from("rest_framework.permissions", "IsAuthenticatedOrReadOnly")?;
    let safe = open.edits.name_from("rest_framework.permissions", "SAFE_METHODS")?;
    let reads = format!("request.method in {safe}");
    let is_own = format!("or obj.{field}_id == request.user.pk");
    let code = format!(
        "class {class}({base}):\n    \
         \"\"\"A row is changed and deleted by its {} only.\"\"\"\n\n    \
         def has_object_permission(self, request: Request, view: APIView, obj: Any) -> bool:\n        {}\n",
        field.replace('_', " "),
        open.edits.layout().returned(&[&reads, &is_own], 2).replace('\n', "\n        "),
    );
    let code = open.edits.in_habits(&code, &ANNOTATIONS)?;
    let _ = open.edits.add_class(&code, ClassPlace::End)?;
    Ok(Permission { class, file, module: None, guards: true, edit: open.finish() })
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// The permission classes of that name that are for the app: its own, and those of modules that no other app with
/// models has.
fn near<'f>(
    cx: &Context<'_>,
    facts: &'f ProjectFacts,
    app: &AppFacts,
    name: &str,
) -> Result<Vec<&'f PermissionFacts>, Diagnostic> {
    let mut found: Vec<&PermissionFacts> = facts.permissions.iter().filter(|p| p.name == name).collect();
    if found.iter().any(|class| !class.place.file.is_below(&app.dir)) {
        let apps = project::all_facts(cx)?.apps;
        let others = || apps.iter().filter(|other| other.label != app.label && !other.models.is_empty());
        found.retain(|class| {
            let file = &class.place.file;
            file.is_below(&app.dir) || !others().any(|other| file.is_below(&other.dir))
        });
    }
    Ok(found)
}

/// The permission classes of viewsets that name none, as dotted paths.
pub(super) fn default_permissions(facts: &ProjectFacts, notes: &mut Vec<Note>) -> Vec<String> {
    const SETTING: &str = "DEFAULT_PERMISSION_CLASSES";
    if let Some(Value::Array(classes)) = facts.settings.rest_framework.get(SETTING) {
        return classes.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if facts.settings.computes_rest_framework(SETTING) {
        notes.push(Note::warning(format!(
            "what {SETTING} is cannot be told: add its classes to the viewset's permission_classes"
        )));
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use aksara_plugin_project::Django;
    use aksara_sdk::testing::TestProject;
    use serde_json::json;

    use super::*;
    use crate::django::CreateViewset;

    fn blog(permissions: &str) -> TestProject<'static> {
        let rest = format!("REST_FRAMEWORK = {{'DEFAULT_PERMISSION_CLASSES': {permissions}}}\n");
        TestProject::new(Some(&Django))
            .file("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")
            .file("config/__init__.py", "")
            .file("config/settings.py", format!("INSTALLED_APPS = ['rest_framework', 'blog']\nROOT_URLCONF = 'config.urls'\n{rest}"))
            .file("config/urls.py", "urlpatterns = []\n")
            .file("blog/__init__.py", "")
            .file(
                "blog/models.py",
                "from django.conf import settings\nfrom django.db import models\n\n\nclass Note(models.Model):\n    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n    above = models.ForeignKey('self', null=True, on_delete=models.CASCADE)\n",
            )
            .file(
                "blog/serializers.py",
                "from rest_framework import serializers\n\nfrom .models import Note\n\n\nclass NoteSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Note\n        fields = ['id', 'above']\n",
            )
    }

    fn create(project: &mut TestProject<'_>, owner: &str) -> Result<aksara_sdk::Outcome, Diagnostic> {
        let params = json!({"model": "blog.Note", "route": "notes", "owner": owner, "top_of": "above"});
        project.apply(&CreateViewset, "create_viewset", params)
    }

    #[test]
    fn the_projects_own_permissions_are_kept() {
        let mut project = blog("['rest_framework.permissions.IsAdminUser']");
        create(&mut project, "written_by").unwrap();
        let views = project.text("blog/views.py").unwrap();
        assert!(views.contains("permission_classes = [IsAdminUser, IsWrittenByOrReadOnly]"), "{views}");
        assert!(views.contains("serializer.save(written_by=self.request.user)"), "{views}");
        assert!(views.contains("queryset.filter(above=None) if self.action == 'list'"), "{views}");
        let permissions = project.text("blog/permissions.py").unwrap();
        assert!(permissions.contains("obj.written_by_id == request.user.pk"), "{permissions}");
        assert!(create(&mut project, "written_by").unwrap().is_noop());
    }

    #[test]
    fn who_is_slower_in_making_what_a_user_has_once_gets_the_answer_of_the_serializer() {
        let model = "from django.conf import settings\nfrom django.db import models\n\n\nclass Note(models.Model):\n    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)\n    above = models.ForeignKey('self', null=True, on_delete=models.CASCADE)\n\n    class Meta:\n";
        let method = "        try:\n            with transaction.atomic():\n                serializer.save(written_by=self.request.user)\n        except IntegrityError:\n            # Another request was faster: the serializer knows its row now.\n            serializer = self.get_serializer(data=self.request.data)\n            serializer.is_valid(raise_exception=True)\n            raise\n";
        for (option, is_caught) in [
            ("constraints = [models.UniqueConstraint(fields=['above', 'written_by'], name='once')]", true),
            ("unique_together = [('written_by', 'above')]", true),
            ("unique_together = ('written_by', 'above')", true),
            ("constraints = [models.UniqueConstraint(fields=['above', 'id'], name='once')]", false),
            ("ordering = ['written_by', 'above']", false),
        ] {
            let mut project = blog("[]").file("blog/models.py", format!("{model}        {option}\n"));
            create(&mut project, "written_by").unwrap();
            let views = project.text("blog/views.py").unwrap();
            assert_eq!(views.contains(method), is_caught, "{option}: {views}");
            assert_eq!(
                views.contains("from django.db import IntegrityError, transaction"),
                is_caught,
                "{views}"
            );
            assert!(create(&mut project, "written_by").unwrap().is_noop());
        }
    }

    #[test]
    fn the_class_stands_where_the_app_keeps_them_or_beside_the_views() {
        let views =
            "from rest_framework import viewsets\n\n\nclass OtherViewSet(viewsets.ViewSet):\n    pass\n";
        let mut beside = blog("[]").file("blog/api/__init__.py", "").file("blog/api/views.py", views);
        create(&mut beside, "written_by").unwrap();
        assert!(beside.text("blog/api/permissions.py").is_some());
        assert!(
            beside
                .text("blog/api/views.py")
                .unwrap()
                .contains("from .permissions import IsWrittenByOrReadOnly\n")
        );
        let mut kept = blog("[]")
            .file("blog/api/__init__.py", "")
            .file("blog/api/views.py", views)
            .file("blog/permissions.py", "");
        create(&mut kept, "written_by").unwrap();
        assert!(kept.text("blog/permissions.py").unwrap().contains("class IsWrittenByOrReadOnly"));
    }

    #[test]
    fn a_long_rule_takes_several_lines() {
        let mut project = blog("[]").file("setup.cfg", "[flake8]\nmax-line-length = 79\n");
        create(&mut project, "written_by").unwrap();
        let permissions = project.text("blog/permissions.py").unwrap();
        assert!(
            permissions.ends_with(
                "        return (\n            request.method in SAFE_METHODS\n            or obj.written_by_id == request.user.pk\n        )\n"
            ),
            "{permissions}"
        );
    }

    #[test]
    fn permissions_that_cannot_be_told_are_said() {
        let outcome = create(&mut blog("CLASSES"), "written_by").unwrap();
        assert!(outcome.notes.iter().any(|note| note.text.contains("cannot be told")), "{:?}", outcome.notes);
    }

    #[test]
    fn a_class_that_is_there_is_used_where_it_says_the_same() {
        let class = |rule: &str| {
            format!(
                "from rest_framework import permissions\n\n\nclass IsWrittenByOrReadOnly(permissions.BasePermission):\n    def has_object_permission(self, request, view, obj):\n        if request.method in permissions.SAFE_METHODS:\n            return True\n        return {rule}\n"
            )
        };
        for (file, import) in [
            ("core/permissions.py", "from core.permissions import IsWrittenByOrReadOnly\n"),
            ("blog/api/permissions.py", "from .api.permissions import IsWrittenByOrReadOnly\n"),
        ] {
            let mut project = blog("[]").file(file, class("obj.written_by == request.user"));
            create(&mut project, "written_by").unwrap();
            let views = project.text("blog/views.py").unwrap();
            assert!(views.contains(import), "{views}");
            // It says nothing of who is not logged in.
            assert!(
                views.contains("permission_classes = [IsAuthenticatedOrReadOnly, IsWrittenByOrReadOnly]"),
                "{views}"
            );
            assert_eq!(project.text("blog/permissions.py"), None);
            assert!(create(&mut project, "written_by").unwrap().is_noop());
        }
        let mut other =
            blog("[]").file("blog/api/permissions.py", class("obj.written_by.user == request.user"));
        create(&mut other, "written_by").unwrap();
        let permissions = other.text("blog/permissions.py").unwrap();
        assert!(permissions.contains("class IsNoteWrittenByOrReadOnly("), "{permissions}");
        assert!(create(&mut other, "written_by").unwrap().is_noop());
    }

    #[test]
    fn an_owner_is_a_user_and_another_class_is_kept() {
        let error = create(&mut blog("[]"), "above").unwrap_err();
        assert!(error.message.contains("no relation to the user model"), "{}", error.message);
        let mut taken = blog("[]").file("blog/permissions.py", "class IsWrittenByOrReadOnly:\n    pass\n");
        create(&mut taken, "written_by").unwrap();
        let permissions = taken.text("blog/permissions.py").unwrap();
        assert!(permissions.contains("class IsWrittenByOrReadOnly:\n    pass\n"), "{permissions}");
        assert!(permissions.contains("class IsNoteWrittenByOrReadOnly("), "{permissions}");
    }
}
