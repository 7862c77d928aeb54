//! Rows: those that depend on who asks, and those that migrations make.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, works};

const COMMENTS: &str = "Add comments to posts";
const RATINGS: &str = "Let users rate posts 1-5 stars";
const REMARKS: &str = "Create a Remark model in blog with text and post:fk(Post)";

/// The blog without tests of its own, and with these files.
fn blog(files: &[(&str, String)], test: &str) -> Option<Project> {
    let project = Project::django_blog(test)?;
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    for (path, text) in files {
        project.write(path, text);
    }
    project.commit("as it is");
    Some(project)
}

/// The blog's views with posts that depend on who asks, by this body of `get_queryset`.
fn views(body: &str) -> String {
    let body: String = body.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "from django.db.models import Q\nfrom rest_framework import viewsets\nfrom rest_framework.permissions import IsAuthenticated\n\nfrom .models import Post\nfrom .serializers import PostSerializer\n\n\nclass PostViewSet(viewsets.ModelViewSet):\n    queryset = Post.objects.all()\n    serializer_class = PostSerializer\n    permission_classes = [IsAuthenticated]\n\n    def get_queryset(self):\n{body}"
    )
}

#[test]
fn what_belongs_to_rows_of_one_user_is_seen_and_written_by_that_user() {
    let test = "what_belongs_to_rows_of_one_user_is_seen_and_written_by_that_user";
    for (body, filter) in [
        ("return Post.objects.filter(author=self.request.user)", ".filter(post__author=self.request.user)"),
        (
            "return super().get_queryset().filter(Q(is_published=True) | Q(author=self.request.user))",
            ".filter(Q(post__is_published=True) | Q(post__author=self.request.user))",
        ),
        (
            "user = self.request.user\nif user.is_staff:\n    return Post.objects.all()\nreturn user.posts.all()",
            "if not self.request.user.is_staff:\n            queryset = queryset.filter(post__author=self.request.user)",
        ),
    ] {
        let Some(project) = blog(&[("blog/views.py", views(body))], test) else { return };
        for request in [COMMENTS, RATINGS, REMARKS] {
            let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
            assert!(!plan["warnings"].to_string().contains("DATA LEAK"), "{}", plan["warnings"]);
            carried_out(&project, &[request]);
        }
        works(&project).unwrap_or_else(|text| panic!("{text}"));
        let good = project.read("blog/views.py");
        let flat = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(flat(&good).matches(&flat(filter)).count(), 3, "{good}");

        // Without the rule, in the views or in the fields that take posts, the tests fail.
        let (class, rest) = good.split_once("class CommentViewSet").unwrap();
        let bad = rest.replace("post__author=self.request.user", "post__isnull=False");
        let fails = |path: &str, text: &str| {
            let there = project.read(path);
            assert_ne!(there, text);
            project.write(path, text);
            let fault = works(&project).err().unwrap_or_else(|| panic!("nothing fails with {path}:\n{text}"));
            assert!(fault.contains("of_others_are_hidden"), "{fault}");
            project.write(path, there);
        };
        fails("blog/views.py", &format!("{class}class CommentViewSet{bad}"));
        let fields = project.read("blog/serializers.py");
        let open = fields.replace("    post = VisiblePostField()\n", "");
        fails("blog/serializers.py", &open);
    }
}

/// A `queryset` of some rows hides what hangs on the others, from users as from everybody, and asks for no login.
#[test]
fn what_belongs_to_rows_that_a_view_leaves_out_is_hidden_and_cannot_be_written() {
    let test = "what_belongs_to_rows_that_a_view_leaves_out_is_hidden_and_cannot_be_written";
    let queryset = "Post.objects.filter(is_published=True).select_related(\"author\")";
    let views = views("return []").replace("Post.objects.all()", queryset);
    let (views, _) = views.split_once("    permission_classes").unwrap();
    let Some(project) = blog(&[("blog/views.py", views.to_owned())], test) else { return };
    for request in [COMMENTS, RATINGS] {
        let plan = project.aksara(AKSARA, &["ai", "plan", request, "--json"]).expect(0).json();
        assert!(!plan["warnings"].to_string().contains("DATA LEAK"), "{}", plan["warnings"]);
        carried_out(&project, &[request]);
    }
    let hidden = "from django.contrib.auth import get_user_model
from django.test import TestCase

from blog.models import Comment, Post, Rating


class HiddenTests(TestCase):
    def rows(self, path):
        data = self.client.get(path).json()
        return data[\"results\"] if isinstance(data, dict) else data

    def test_what_hangs_on_drafts_is_hidden(self):
        user = get_user_model().objects.create_user(\"a\")
        posts = [
            Post.objects.create(title=name, slug=name, content=\"c\", author=user, is_published=name == \"live\")
            for name in (\"draft\", \"live\")
        ]
        for post in posts:
            Comment.objects.create(post=post, author=user, content=\"c\")
            Rating.objects.create(post=post, user=user, score=3)
        for path in (\"/api/comments/\", \"/api/ratings/\"):
            self.assertEqual([row[\"post\"] for row in self.rows(path)], [posts[1].pk])
        self.client.force_login(get_user_model().objects.create_user(\"b\"))
        for post, status in zip(posts, (400, 201)):
            for path, data in ((\"/api/comments/\", {\"content\": \"x\"}), (\"/api/ratings/\", {\"score\": 1})):
                answer = self.client.post(path, {\"post\": post.pk, **data})
                self.assertEqual(answer.status_code, status, answer.content)
";
    project.write("blog/tests/test_hidden.py", hidden);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}

#[test]
fn rows_that_a_migration_makes_disturb_no_test() {
    let test = "rows_that_a_migration_makes_disturb_no_test";
    let migration = "from django.conf import settings\nfrom django.db import migrations\n\n\ndef make(apps, schema_editor):\n    user = apps.get_model(\"auth\", \"User\").objects.create(username=\"editor\")\n    Post = apps.get_model(\"blog\", \"Post\")\n    for number in range(3):\n        Post.objects.create(title=\"Welcome\", slug=f\"welcome-{number}\", content=\"c\", author=user)\n\n\nclass Migration(migrations.Migration):\n    dependencies = [\n        (\"blog\", \"0001_initial\"),\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n    ]\n\n    operations = [migrations.RunPython(make, migrations.RunPython.noop)]\n";
    for request in [
        "Add tagging to posts",
        "Add soft delete to posts",
        "Add an audit log to posts",
        COMMENTS,
        RATINGS,
        "Add multi-tenancy to posts",
        "Add a subtitle field to posts",
        REMARKS,
    ] {
        let migration = [("blog/migrations/0002_first_posts.py", migration.to_owned())];
        let Some(project) = blog(&migration, test) else { return };
        carried_out(&project, &[request]);
        works(&project).unwrap_or_else(|text| panic!("{request}: {text}"));
    }
}
