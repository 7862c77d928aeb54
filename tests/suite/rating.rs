//! Ratings: what is generated passes every gate, beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const RATING: &str = "Add a rating system where users can rate posts 1-5 stars";

#[test]
fn ratings_pass_every_gate_before_and_after_other_features() {
    let test = "ratings_pass_every_gate_before_and_after_other_features";
    let Some(project) = Project::django_blog(test) else { return };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[RATING]);
    passes(&project);
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", RATING, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);

    let Some(project) = Project::django_blog(test) else { return };
    for request in ["Add tagging to posts", RATING, "Add commenting to posts", "Add ratings to products"] {
        carried_out(&project, &[request]);
    }
    passes(&project);
    // A value over rows must not cost the list its order.
    assert!(project.read("blog/views.py").contains(".order_by(\"-created_at\", \"-id\")"));
}

/// What a view shows by a serializer that extends the rated model's is computed there too, and tags are loaded.
#[test]
fn views_of_children_show_what_they_have_from_the_serializer_of_their_parent() {
    let test = "views_of_children_show_what_they_have_from_the_serializer_of_their_parent";
    let Some(project) = Project::django_blog(test) else { return };
    let append = |path: &str, text: &str| project.write(path, format!("{}{text}", project.read(path)));
    append(
        "blog/models.py",
        "\n\nclass Report(Post):\n    source = models.CharField(max_length=20)\n\n\nclass Headline(Post):\n    class Meta:\n        proxy = True\n",
    );
    let serializers = project.read("blog/serializers.py").replace("import Post\n", "import Post, Report\n");
    project.write("blog/serializers.py", serializers);
    append(
        "blog/serializers.py",
        "\n\nclass ReportSerializer(PostSerializer):\n    class Meta(PostSerializer.Meta):\n        model = Report\n        fields = [*PostSerializer.Meta.fields, \"source\"]\n",
    );
    let views = project.read("blog/views.py");
    let views = views.replace("import Post\n", "import Headline, Post, Report\n");
    project.write(
        "blog/views.py",
        views.replace("import PostSerializer\n", "import PostSerializer, ReportSerializer\n"),
    );
    append(
        "blog/views.py",
        "\n\nclass ReportViewSet(viewsets.ModelViewSet):\n    queryset = Report.objects.all()\n    serializer_class = ReportSerializer\n\n\nclass HeadlineViewSet(viewsets.ReadOnlyModelViewSet):\n    queryset = Headline.objects.all()\n    serializer_class = PostSerializer\n",
    );
    let urls = project
        .read("blog/urls.py")
        .replace("import PostViewSet", "import HeadlineViewSet, PostViewSet, ReportViewSet");
    let routes = "router.register(\"reports\", ReportViewSet, basename=\"report\")\nrouter.register(\"headlines\", HeadlineViewSet, basename=\"headline\")\n\nurlpatterns";
    project.write("blog/urls.py", urls.replace("\nurlpatterns", routes));
    assert!(project.python(&["manage.py", "makemigrations", "blog"]).status.success());
    project.commit("reports and headlines");
    for request in [RATING, "Add tagging to posts"] {
        carried_out(&project, &[request]);
    }
    let numbers = "from django.contrib.auth import get_user_model
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from blog.models import Rating, Report, Tag


class NumbersTests(TestCase):
    def rows(self, path):
        data = self.client.get(path).json()
        return data[\"results\"] if isinstance(data, dict) else data

    def test_numbers_and_queries(self):
        users = [get_user_model().objects.create_user(name) for name in (\"a\", \"b\")]
        self.client.force_login(users[0])
        tag = Tag.objects.create(name=\"t\", slug=\"t\")
        for path in (\"/api/reports/\", \"/api/headlines/\"):
            Report.objects.all().delete()
            counts = []
            for number in (\"1\", \"2\"):
                report = Report.objects.create(title=number, slug=number, content=\"c\", author=users[0], source=\"s\")
                report.tags.add(tag)
                for user, score in zip(users, (2, 5)):
                    Rating.objects.create(post=report, user=user, score=score)
                with CaptureQueriesContext(connection) as queries:
                    rows = self.rows(path)
                counts.append(len(queries))
            self.assertEqual([(row[\"rating_average\"], row[\"rating_count\"]) for row in rows], [(3.5, 2)] * 2)
            self.assertEqual([[one[\"name\"] for one in row[\"tags\"]] for row in rows], [[\"t\"]] * 2)
            self.assertEqual(counts[0], counts[1])
";
    project.write("blog/tests/test_numbers.py", numbers);
    project.commit("numbers");
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for request in [RATING, "Add tagging to posts"] {
        let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
        assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    }
}

#[test]
fn the_tests_of_ratings_bite() {
    let Some(project) = Project::django_blog("the_tests_of_ratings_bite") else { return };
    carried_out(&project, &[RATING]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("anybody may write", "blog/views.py", "permission_classes = [IsUserOrReadOnly]\n", "\n"),
        ("others may change", "blog/permissions.py", "obj.user_id == request.user.pk", "True"),
        ("no range", "blog/models.py", "MaxValueValidator(5)", "MaxValueValidator(50)"),
        ("an average of nothing", "blog/views.py", "Avg(\"ratings__score\")", "Avg(\"ratings__id\")"),
        (
            "a count of something else",
            "blog/views.py",
            "Count(\"ratings\", distinct=True)",
            "Count(\"author\")",
        ),
        ("twice is a server error", "blog/serializers.py", ", default=serializers.CurrentUserDefault()", ""),
        ("twice at once is a server error", "blog/views.py", "except IntegrityError", "except ValueError"),
        (
            "twice is stored",
            "blog/models.py",
            "fields=[\"post\", \"user\"]",
            "fields=[\"post\", \"user\", \"score\"]",
        ),
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(path, good);
    }
}

/// What users said about posts with a model of the project's own gets no second place, unless that is said.
#[test]
fn what_users_say_already_has_one_place() {
    let Some(project) = Project::django_blog("what_users_say_already_has_one_place") else { return };
    let start = project.read("blog/models.py");
    let with = |fields: &str| {
        let model = format!(
            "

class Opinion(models.Model):
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name=\"opinions\")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name=\"opinions\")
{fields}
    def __str__(self):
        return str(self.pk)
"
        );
        project.write("blog/models.py", format!("{start}{model}"));
        let made = project.python(&["manage.py", "makemigrations", "--no-input"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        project.commit("models");
    };
    let plan = |args: &[&str]| project.aksara(AKSARA, &[&["ai", "plan"], args].concat());
    for (fields, own, other) in [
        ("    stars = models.PositiveSmallIntegerField()\n", "Add ratings to posts", "Add comments to posts"),
        ("    text = models.TextField(blank=True)\n", "Add comments to posts", "Add ratings to posts"),
        (
            "    pinned = models.BooleanField(default=False)\n    notes = models.TextField(blank=True)\n",
            "",
            "Add ratings to posts",
        ),
    ] {
        with(fields);
        let _ = plan(&[other]).expect(0);
        if !own.is_empty() {
            let text = plan(&[own]).expect(2).stderr;
            assert!(text.contains("a second one beside it: blog.Opinion\n"), "{text}");
            assert!(text.contains("--set separate=true\n"), "{text}");
            let _ = plan(&[own, "--set", "separate=true"]).expect(0);
        }
    }
}
