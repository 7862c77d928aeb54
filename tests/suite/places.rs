//! Where new APIs go, under which names, and who reaches them: judged by Django and by the tests that are generated.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, works};

/// A school with models in two apps, and the settings of REST framework.
fn school(test: &str, apps: &str, rest: &str) -> Option<Project> {
    let project = Project::django_blog(test)?;
    let _ = project.git(&["rm", "-r", "--quiet", "blog"]);
    let settings = project.read("config/settings.py").replace("    'blog',\n", apps);
    let (before, _) = settings.split_once("REST_FRAMEWORK = {").unwrap_or((&settings, ""));
    project.write("config/settings.py", format!("{before}REST_FRAMEWORK = {{{rest}}}\n"));
    let admin = "from django.contrib import admin\nfrom django.urls import include, path\n";
    project.write("config/urls.py", format!("{admin}\nurlpatterns = [path('admin/', admin.site.urls)]\n"));
    for (app, model) in [("library", "Book"), ("people", "Teacher")] {
        project.write(&format!("{app}/__init__.py"), "");
        project.write(&format!("{app}/migrations/__init__.py"), "");
        project.write(
            &format!("{app}/models.py"),
            format!("from django.db import models\n\n\nclass {model}(models.Model):\n    name = models.CharField(max_length=50)\n"),
        );
    }
    Some(project)
}

/// One app that serves the models of all others, with views that say themselves how clients log in.
fn with_one_api(project: &Project) {
    project.write("api/__init__.py", "");
    let imports = "from library.models import Book\nfrom people.models import Teacher\n";
    let of = |class: &dyn Fn(&str) -> String| format!("{}{}", class("Book"), class("Teacher"));
    let serializers = of(&|model| {
        format!(
            "\n\nclass {model}Serializer(serializers.ModelSerializer):\n    class Meta:\n        model = {model}\n        fields = ['id', 'name']\n"
        )
    });
    project.write(
        "api/serializers.py",
        format!("from rest_framework import serializers\n\n{imports}{serializers}"),
    );
    let views = of(&|model| {
        format!(
            "\n\nclass {model}ViewSet(viewsets.ModelViewSet):\n    queryset = {model}.objects.order_by('id')\n    serializer_class = {model}Serializer\n    authentication_classes = [BasicAuthentication]\n"
        )
    });
    project.write("api/views.py", format!("from rest_framework import viewsets\nfrom rest_framework.authentication import BasicAuthentication\n\nfrom api.serializers import BookSerializer, TeacherSerializer\n{imports}{views}"));
    project.write("api/urls.py", "from rest_framework.routers import SimpleRouter\n\nfrom api import views\n\nrouter = SimpleRouter()\nrouter.register('books', views.BookViewSet)\nrouter.register('teachers', views.TeacherViewSet)\n\nurlpatterns = router.urls\n");
    let urls =
        project.read("config/urls.py").replace(".urls)]", ".urls), path('api/', include('api.urls'))]");
    project.write("config/urls.py", urls);
}

const RATINGS: [&str; 2] = ["Add ratings to books", "Add ratings to teachers"];

#[test]
fn ratings_of_two_apps_are_served_side_by_side() {
    let test = "ratings_of_two_apps_are_served_side_by_side";
    let apps = "    'library',\n    'people',\n";
    let Some(project) = school(test, apps, "") else { return };
    let _ = project.manage(&["makemigrations", "library", "people"]);
    project.commit("A school without an API");
    for request in RATINGS {
        carried_out(&project, &[request]);
    }
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(project.read("library/urls.py").contains("router.register('ratings', RatingViewSet"));
    assert!(
        project.read("people/urls.py").contains("router.register('teacher-ratings', TeacherRatingViewSet")
    );
    assert!(project.read("people/tests/test_teacher_ratings.py").contains("reverse('teacherrating-list')"));
    let landed = project.head();
    for request in RATINGS {
        let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
        assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    }
    assert_eq!(project.head(), landed);
    let taken = ["ai", "plan", "Add comments to teachers", "--set", "route=ratings", "--dry-run"];
    let refused = project.aksara(AKSARA, &taken).expect(3);
    assert!(
        refused.stderr.contains("the URL `/api/ratings/` is taken by `RatingViewSet`"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("--set route=NAME"), "{}", refused.stderr);
}

#[test]
fn an_api_in_one_app_gets_what_users_write_of_all_others() {
    let test = "an_api_in_one_app_gets_what_users_write_of_all_others";
    let rest = "'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.DjangoModelPermissions']";
    let apps = "    'library',\n    'people',\n    'api',\n";
    let Some(project) = school(test, apps, rest) else { return };
    with_one_api(&project);
    let _ = project.manage(&["makemigrations", "library", "people"]);
    project.commit("A school with one API");
    for request in RATINGS {
        carried_out(&project, &[request]);
    }
    carried_out(&project, &["Create a Shelf model in library with name"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let views = project.read("api/views.py");
    for model in ["Rating", "TeacherRating"] {
        let class = format!(
            "class {model}ViewSet(viewsets.ModelViewSet):\n    queryset = {model}.objects.all()\n    serializer_class = {model}Serializer\n    authentication_classes = [BasicAuthentication]\n    permission_classes = [IsAuthenticated, IsUserOrReadOnly]\n"
        );
        assert!(views.contains(&class), "{views}");
    }
    assert!(views.contains("class ShelfViewSet("), "{views}");
    assert!(!project.git(&["ls-files"]).contains("library/views.py"));
    // Who rates has no permission, and is let through; the average is tested through the API in the other app.
    let tests = project.read("people/tests/test_teacher_ratings.py");
    assert!(tests.contains("cls.user = User.objects.create_user("), "{tests}");
    assert!(tests.contains("def test_average_and_count(self):"), "{tests}");
}
