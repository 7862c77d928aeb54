//! Comments: what is generated passes every gate, alone and beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const COMMENTING: &str = "Add commenting to posts";

#[test]
fn commenting_passes_every_gate_and_is_taken_back() {
    let Some(project) = Project::django_blog("commenting_passes_every_gate_and_is_taken_back") else {
        return;
    };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &["Add comments to posts with nested replies"]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", COMMENTING, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn comments_before_and_after_tagging_and_on_two_models_pass_every_gate() {
    let test = "comments_before_and_after_tagging_and_on_two_models_pass_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &[COMMENTING]);
    carried_out(&project, &["Add tagging to posts"]);
    passes(&project);

    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Add tagging to posts"]);
    carried_out(&project, &["Create a Product model with name and price"]);
    for request in [
        COMMENTING,
        "Add comments to products",
        "Add reviews to products",
        "Add reviews to posts without replies",
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
    let models = project.read("blog/models.py");
    for model in ["Comment", "ProductComment", "Review", "PostReview"] {
        assert!(models.contains(&format!("class {model}(")), "{model}:\n{models}");
    }
    assert_eq!(project.read("blog/permissions.py").matches("class IsAuthorOrReadOnly").count(), 1);
}

#[test]
fn the_tests_of_comments_bite() {
    let Some(project) = Project::django_blog("the_tests_of_comments_bite") else { return };
    carried_out(&project, &[COMMENTING]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("anybody may write", "blog/views.py", "permission_classes = [IsAuthorOrReadOnly]\n    ", ""),
        (
            "others may edit",
            "blog/permissions.py",
            "request.method in SAFE_METHODS or obj.author_id == request.user.pk",
            "True",
        ),
        (
            "the author is what the client says",
            "blog/serializers.py",
            "read_only_fields = [\"author\", ",
            "read_only_fields = [",
        ),
        (
            "nobody is the author",
            "blog/views.py",
            "serializer.save(author=self.request.user)",
            "serializer.save()",
        ),
        (
            "one query a reply",
            "blog/serializers.py",
            "prefetch_related_objects(level, \"author\", \"replies\")",
            "pass",
        ),
        ("replies are listed twice", "blog/views.py", "queryset.filter(parent=None)", "queryset"),
        ("replies across posts", "blog/serializers.py", "parent and parent.post != data[\"post\"]", "False"),
        ("replies without end", "blog/serializers.py", "if level > 5:", "if level > 50:"),
        ("a comment can be moved", "blog/serializers.py", "if self.instance is not None:", "if False:"),
        (
            "the filter is gone",
            "blog/views.py",
            "filterset_fields = [\"post\", \"author\"]",
            "filterset_fields = [\"author\"]",
        ),
        (
            "comments outlive their post",
            "blog/models.py",
            "Post, on_delete=models.CASCADE",
            "Post, on_delete=models.DO_NOTHING",
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

#[test]
fn projects_that_are_stricter_or_have_less_get_what_fits_them() {
    let test = "projects_that_are_stricter_or_have_less_get_what_fits_them";
    let Some(project) = Project::django_blog(test) else { return };
    let settings = project.read("config/settings.py");
    let settings = settings.replace(
        "REST_FRAMEWORK = {\n",
        "REST_FRAMEWORK = {\n    'DEFAULT_PERMISSION_CLASSES': ['rest_framework.permissions.IsAuthenticated'],\n",
    );
    project.write("config/settings.py", &settings);
    // The start project's own tests are of clients who are not logged in.
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    project.commit("logged in only");
    carried_out(&project, &[COMMENTING]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let views = project.read("blog/views.py");
    assert!(views.contains("permission_classes = [IsAuthenticated, IsAuthorOrReadOnly]"), "{views}");

    let Some(project) = Project::django_blog(test) else { return };
    let start = settings.find("    'DEFAULT_FILTER_BACKENDS'").unwrap();
    let end = start + settings[start..].find("],\n").unwrap() + 3;
    let less = format!("{}{}", &settings[..start], &settings[end..]).replace("    'django_filters',\n", "");
    project.write("config/settings.py", less);
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    project.commit("no filters");
    carried_out(&project, &["Add comments to posts without replies"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));

    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &["Add comments to posts without api and admin"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    assert!(!project.path().join("blog/permissions.py").exists());
}

#[test]
fn rows_that_an_api_knows_by_slug_are_named_by_it() {
    let Some(project) = Project::django_blog("rows_that_an_api_knows_by_slug_are_named_by_it") else {
        return;
    };
    let serializers = project.read("blog/serializers.py").replace("            \"id\",\n", "");
    project.write("blog/serializers.py", serializers);
    let class = "serializer_class = PostSerializer\n";
    let views =
        project.read("blog/views.py").replace(class, &format!("{class}    lookup_field = \"slug\"\n"));
    project.write("blog/views.py", views.replace("pk=None", "slug=None"));
    // The start project's own tests ask for rows by their keys.
    project.git(&["rm", "--quiet", "blog/tests/test_posts.py"]);
    project.commit("by slug");
    carried_out(&project, &[COMMENTING]);
    carried_out(&project, &["Let users rate posts 1-5"]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    let serializers = project.read("blog/serializers.py");
    let by_slug = "post = serializers.SlugRelatedField(slug_field=\"slug\", queryset=Post.objects.all())";
    assert_eq!(serializers.matches(by_slug).count(), 2, "{serializers}");
    for test in ["blog/tests/test_comments.py", "blog/tests/test_ratings.py"] {
        assert!(project.read(test).contains("\"post\": self.post.slug"), "{}", project.read(test));
    }
}
