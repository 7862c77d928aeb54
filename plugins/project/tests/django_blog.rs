//! The facts of the small blog that feature generation starts from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use aksara_plugin_project::Django;
use aksara_sdk::protocol::ProjectFacts;
use aksara_sdk::protocol::facts::{RelationKind, TestLayout, TestRunner};
use aksara_sdk::testing::TestProject;
use serde_json::json;

fn blog() -> ProjectFacts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects/django-blog");
    TestProject::new(Some(&Django)).folder(&folder).facts().unwrap()
}

#[test]
fn apps_settings_and_style() {
    let facts = blog();
    assert_eq!((facts.stack.as_str(), facts.root.as_str()), ("django", ""));
    assert_eq!(facts.app_labels, ["blog"]);
    assert_eq!(facts.model_labels, ["blog.Post"]);
    assert!(facts.skipped.is_empty(), "{:?}", facts.skipped);
    let settings = &facts.settings;
    assert_eq!(settings.file.as_ref().unwrap().as_str(), "config/settings.py");
    assert_eq!(settings.module.as_deref(), Some("config.settings"));
    assert_eq!(settings.installed_apps.len(), 9);
    assert_eq!(settings.default_auto_field, "django.db.models.BigAutoField");
    assert_eq!(settings.auth_user_model, "auth.User");
    assert_eq!(settings.root_urls_file.as_ref().unwrap().as_str(), "config/urls.py");
    assert_eq!(settings.rest_framework["PAGE_SIZE"], json!(20));
    assert_eq!(settings.literals["USE_TZ"], json!(true));
    assert!(!settings.literals.contains_key("SECRET_KEY"));
    assert_eq!((facts.style.quote, facts.style.indent.as_str(), facts.style.line_length), ('"', "    ", 100));
}

#[test]
fn the_model_and_its_relation() {
    let facts = blog();
    let post = facts.model("blog.Post").unwrap();
    assert_eq!((post.place.file.as_str(), post.place.line), ("blog/models.py", 5));
    assert_eq!(post.bases, ["django.db.models.Model"]);
    let names: Vec<&str> = post.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["title", "slug", "content", "is_published", "author", "created_at", "updated_at"]);
    let slug = post.field("slug").unwrap();
    assert_eq!((slug.class.as_str(), slug.line), ("django.db.models.SlugField", 9));
    assert_eq!(slug.args.keyword("max_length").unwrap().literal, Some(json!(200)));
    let author = post.field("author").unwrap();
    let relation = author.relation.as_ref().unwrap();
    assert_eq!(relation.kind, RelationKind::ForeignKey);
    assert_eq!((relation.to.as_str(), relation.related_name.as_deref()), ("auth.User", Some("posts")));
    assert_eq!(author.args.keyword("on_delete").unwrap().path.as_deref(), Some("django.db.models.CASCADE"));
    assert_eq!(author.args.positional[0].path.as_deref(), Some("django.conf.settings.AUTH_USER_MODEL"));
    assert_eq!(post.meta("ordering").unwrap().literal, Some(json!(["-created_at", "-id"])));
    assert_eq!(post.members, ["__str__"]);
    assert!(post.not_static.is_empty());
}

#[test]
fn what_serves_the_model() {
    let facts = blog();
    let app = facts.app("blog").unwrap();
    let serializer = &app.serializers[0];
    assert_eq!(
        (serializer.name.as_str(), serializer.model.as_deref()),
        ("PostSerializer", Some("blog.Post"))
    );
    assert_eq!(serializer.fields.as_ref().unwrap().len(), 8);
    assert_eq!(serializer.meta[0].0, "read_only_fields");
    let viewset = &app.viewsets[0];
    assert_eq!(viewset.model.as_deref(), Some("blog.Post"));
    assert_eq!(viewset.serializer.as_deref(), Some("PostSerializer"));
    assert_eq!(viewset.bases, ["rest_framework.viewsets.ModelViewSet"]);
    assert_eq!(viewset.actions, ["publish"]);
    assert_eq!(viewset.attribute("queryset").unwrap().source, "Post.objects.select_related(\"author\")");
    let admin = &app.admins[0];
    assert_eq!((admin.name.as_deref(), admin.model.as_deref()), (Some("PostAdmin"), Some("blog.Post")));
    let router = &app.routers[0];
    assert_eq!((router.name.as_str(), router.mounted_at.as_deref()), ("router", Some("/api/")));
    assert_eq!(router.class, "rest_framework.routers.DefaultRouter");
    assert_eq!(router.namespace, None);
    let route = &router.routes[0];
    assert_eq!(
        (route.prefix.as_str(), route.viewset.as_str(), route.basename.as_deref()),
        ("posts", "PostViewSet", Some("post"))
    );
    assert!(facts.routers.is_empty());
}

#[test]
fn files_migrations_and_tests() {
    let facts = blog();
    let app = facts.app("blog").unwrap();
    let path = |file: &Option<aksara_sdk::RelPath>| file.as_ref().map(|f| f.as_str().to_owned());
    assert_eq!(path(&app.files.models).as_deref(), Some("blog/models.py"));
    assert_eq!(path(&app.files.serializers).as_deref(), Some("blog/serializers.py"));
    assert_eq!(path(&app.files.views).as_deref(), Some("blog/views.py"));
    assert_eq!(path(&app.files.urls).as_deref(), Some("blog/urls.py"));
    assert_eq!(path(&app.files.filters), None);
    assert_eq!(app.default_auto_field.as_deref(), Some("django.db.models.BigAutoField"));

    let migrations = &app.migrations;
    assert_eq!(migrations.problem, None);
    assert_eq!(migrations.dir.as_deref(), Some("blog/migrations"));
    assert_eq!(migrations.leaves, ["0001_initial"]);
    assert_eq!(migrations.files[0].dependencies, [("__setting__".to_owned(), "AUTH_USER_MODEL".to_owned())]);
    assert_eq!(migrations.state.len(), 1);
    assert_eq!(migrations.state[0].name, "Post");
    assert_eq!(migrations.state[0].fields.len(), 8);
    assert_eq!(migrations.state[0].fields[0].class, "django.db.models.BigAutoField");

    assert_eq!((app.tests.layout, app.tests.runner), (TestLayout::Package, TestRunner::Django));
    assert_eq!(path(&app.tests.path).as_deref(), Some("blog/tests"));
    assert_eq!(app.tests.files.len(), 1);
}

#[test]
fn the_same_files_give_the_same_facts_over_the_wire() {
    let (first, second) = (blog(), blog());
    let text = serde_json::to_string(&first).unwrap();
    assert_eq!(text, serde_json::to_string(&second).unwrap());
    let read: ProjectFacts = serde_json::from_str(&text).unwrap();
    assert_eq!(read, first);
}
