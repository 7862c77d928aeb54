//! Soft deletion: what is generated passes every gate, alone and beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const SOFT: &str = "Add soft delete to posts";

#[test]
fn soft_deletion_passes_every_gate_and_is_taken_back() {
    let Some(project) = Project::django_blog("soft_deletion_passes_every_gate_and_is_taken_back") else {
        return;
    };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[SOFT]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", SOFT, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn soft_deletion_before_and_after_other_features_passes_every_gate() {
    let test = "soft_deletion_before_and_after_other_features_passes_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    for request in [
        "Add commenting to posts",
        "Add tagging to posts",
        "Add ratings to posts",
        "Create a Product model with name and sku",
        SOFT,
        "Make comments soft deletable",
        "Add soft delete to ratings",
        "Add soft delete to products",
        "Add a subtitle field to posts",
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
    assert_eq!(project.git(&["ls-files", "*soft_delete.py"]).matches("blog/soft_delete.py").count(), 1);
    dependents(&project);

    let Some(project) = Project::django_blog(test) else { return };
    for request in [SOFT, "Add commenting to posts", "Add tagging to posts", "Add ratings to posts"] {
        carried_out(&project, &[request]);
    }
    passes(&project);
}

/// What cascades goes with a row and comes back with it; what was deleted before stays deleted.
fn dependents(project: &Project) {
    let code = "\
from django.contrib.auth import get_user_model
from django.db import connection
from blog.models import Comment, Post, Rating
connection.creation.create_test_db(verbosity=0)
user = get_user_model().objects.create_user('somebody', 's@example.com', 'x')
post = Post.objects.create(title='t', slug='s', content='c', author=user)
old, new = [Comment.objects.create(post=post, author=user, content=text) for text in ('old', 'new')]
reply = Comment.objects.create(post=post, author=user, content='reply', parent=new)
Rating.objects.create(post=post, user=user, score=3)
old.delete()
print(post.delete()[0], Comment.objects.count(), Rating.objects.count(), user.posts.count())
print(post.restore(), sorted(Comment.objects.values_list('content', flat=True)), user.posts.count())
post.delete()
print(Comment._base_manager.get(content='new').post == post)
user.delete()
print(Post.all_objects.count())
";
    let output = project.python(&["manage.py", "shell", "--no-imports", "-c", code]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("4 0 0 0\n4 ['new', 'reply'] 1\nTrue\n0\n"), "{text}{errors}");
}

/// One module hides the rows of all apps, and a second request is none.
#[test]
fn models_of_two_apps_hide_their_rows_by_one_module() {
    let Some(project) = Project::django_blog("models_of_two_apps_hide_their_rows_by_one_module") else {
        return;
    };
    let article =
        ["--template", "crud_feature", "--set", "model_name=press.Article", "--set", "fields=title,text"];
    let second = "Add soft delete to articles";
    for request in [&article[..], &[SOFT], &[second]] {
        carried_out(&project, request);
    }
    passes(&project);
    assert_eq!(project.git(&["ls-files", "*/soft_delete.py"]).trim(), "blog/soft_delete.py");
    let models = project.read("press/models.py");
    assert!(
        models.contains("from blog.soft_delete import AllManager, LiveManager, hide, show\n"),
        "{models}"
    );
    for request in [SOFT, second] {
        let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
        assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    }
}

/// Whatever is around the managers: the module that makes them is found.
#[test]
fn models_with_tenants_hide_their_rows_by_one_module() {
    let Some(project) = Project::django_blog("models_with_tenants_hide_their_rows_by_one_module") else {
        return;
    };
    let article =
        ["--template", "crud_feature", "--set", "model_name=press.Article", "--set", "fields=title,text"];
    let tenants = "Make posts and articles multi-tenant";
    for request in [&article[..], &[SOFT], &[tenants], &["Add soft delete to articles"]] {
        carried_out(&project, request);
    }
    passes(&project);
    assert!(project.read("blog/models.py").contains("objects = tenant_only(LiveManager)()"));
    assert_eq!(project.git(&["ls-files", "*/soft_delete.py"]).trim(), "blog/soft_delete.py");
}

#[test]
fn a_plan_says_whose_rows_stay_when_those_that_they_belong_to_are_hidden() {
    let project = Project::of("django-blog");
    let warnings = |request: &str| {
        let plan = project.aksara(AKSARA, &["ai", "plan", request, "--dry-run", "--json"]).expect(0);
        format!("{}{}", plan.stdout, plan.stderr)
    };
    assert!(warnings(SOFT).contains("Rows that point to a deleted post stay as they are"));
    carried_out(&project, &["Add commenting to posts"]);
    let said = warnings(SOFT);
    for part in [
        "Rows of Comment that belong to a deleted post (CASCADE) stay, and the API of Comment goes on showing them",
        "Add soft delete to blog.Comment",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    carried_out(&project, &["Make comments soft deletable"]);
    assert!(!warnings(SOFT).contains("(CASCADE) stay"));
}

#[test]
fn what_cannot_be_hidden_is_refused() {
    let project = Project::of("django-blog");
    let models = project.read("blog/models.py");
    let with = |member: &str| {
        project.write(
            "blog/models.py",
            models.replace("    class Meta:\n", &format!("{member}\n    class Meta:\n")),
        );
        project.commit("a member");
    };
    with("    def restore(self):\n        pass\n");
    let run = project.aksara(AKSARA, &["ai", "plan", SOFT]).expect(2);
    assert!(run.stderr.contains("blog.Post has restore of its own"), "{}", run.stderr);
    with(
        "    deleted_at = models.DateTimeField(null=True)\n\n    def delete(self, *args, **kwargs):\n        pass\n",
    );
    let run = project.aksara(AKSARA, &["ai", "plan", SOFT]).expect(2);
    assert!(run.stderr.contains("blog.Post hides its deleted rows already"), "{}", run.stderr);
    assert!(run.stderr.contains("only restoring is missing"), "{}", run.stderr);
    project.write(
        "blog/managers.py",
        "from django.db import models\n\n\nclass PostManager(models.Manager):\n    use_in_migrations = True\n",
    );
    with("    objects = PostManager()\n");
    project.write(
        "blog/models.py",
        project.read("blog/models.py").replace(
            "from django.db import models\n",
            "from django.db import models\n\nfrom .managers import PostManager\n",
        ),
    );
    project.commit("its import");
    let run = project.aksara(AKSARA, &["ai", "plan", SOFT, "--dry-run"]);
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains("is written into migrations"), "{}", run.stderr);
    assert!(run.stderr.contains("use_in_migrations = False"), "{}", run.stderr);
}

/// Gives posts managers of their own: one made of a class of querysets, and one that makes its rows by itself.
fn with_managers(project: &Project) {
    project.write(
        "blog/managers.py",
        "from django.db import models\n\n\nclass PostQuerySet(models.QuerySet):\n    def titled(self):\n        \
         return self.exclude(title=\"\")\n\n\nclass TitledManager(models.Manager):\n    def get_queryset(self):\n        \
         return PostQuerySet(self.model, using=self._db).titled()\n",
    );
    let models = project.read("blog/models.py");
    let models = models.replacen(
        "from django.db import models\n",
        "from django.db import models\n\nfrom blog.managers import PostQuerySet, TitledManager\n",
        1,
    );
    let managers =
        "    objects = PostQuerySet.as_manager()\n    titled = TitledManager()\n\n    class Meta:\n";
    project.write("blog/models.py", models.replacen("    class Meta:\n", managers, 1));
    project.commit("managers");
}

#[test]
fn managers_of_the_project_hide_rows_too_beside_tenants_in_either_order() {
    let test = "managers_of_the_project_hide_rows_too_beside_tenants_in_either_order";
    for requests in [[SOFT, "Make posts multi-tenant"], ["Make posts multi-tenant", SOFT]] {
        let Some(project) = Project::django_blog(test) else { return };
        with_managers(&project);
        for request in requests {
            carried_out(&project, &[request]);
        }
        passes(&project);
        let code = "\
import pickle
from django.contrib.auth import get_user_model
from django.db import connection
from blog.models import Post, Tenant
from blog.tenancy import tenant_context
connection.creation.create_test_db(verbosity=0)
user = get_user_model().objects.create_user('somebody', 's@example.com', 'x')
with tenant_context(Tenant.objects.create(name='A', slug='a')):
    post = Post.objects.create(title='t', slug='s', content='c', author=user)
    print(Post.titled.count(), Post.objects.titled().count(), Post.all_objects.titled().count())
    print([len(pickle.loads(pickle.dumps(rows.titled()))) for rows in [Post.objects, Post.all_objects]])
    print(type(pickle.loads(pickle.dumps(Post.titled.all()))) is type(Post.titled.all()))
    print(Post.titled.all().delete()[0], Post.titled.count(), Post.objects.titled().count(), Post.all_objects.count())
with tenant_context(Tenant.objects.create(name='B', slug='b')):
    print(Post.all_objects.count(), Post.unscoped.count())
";
        let output = project.python(&["manage.py", "shell", "--no-imports", "-c", code]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("1 1 1\n[1, 1]\nTrue\n1 0 0 1\n0 1\n"), "{requests:?}: {text}{errors}");
        for request in requests {
            let again = project.aksara(AKSARA, &["ai", "plan", request, "--execute", "--yes"]).expect(0);
            assert!(again.stderr.contains("everything was there already"), "{request}: {}", again.stderr);
        }
    }
}

#[test]
fn the_tests_of_soft_deletion_bite() {
    let Some(project) = Project::django_blog("the_tests_of_soft_deletion_bite") else { return };
    carried_out(&project, &[SOFT]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        (
            "deleted rows are shown",
            "blog/soft_delete.py",
            "super().get_queryset().live()",
            "super().get_queryset()",
        ),
        (
            "rows are removed",
            "blog/models.py",
            "return hide([self], using)",
            "return super().delete(using=using)",
        ),
        (
            "a queryset removes",
            "blog/soft_delete.py",
            "return hide(self.live(), self.db)",
            "return super().delete()",
        ),
        ("nothing comes back", "blog/soft_delete.py", "shown.deleted_at = None\n", "pass\n"),
        (
            "hard deletion hides",
            "blog/models.py",
            "return super().delete(using=using)",
            "return hide([self], using)",
        ),
        (
            "a deleted row holds its slug",
            "blog/migrations/0002_post_soft_delete.py",
            "condition=models.Q(('deleted_at', None)), ",
            "",
        ),
        ("anybody restores", "blog/views.py", ", permission_classes=[IsAdminUser]", ""),
        (
            "a conflict is a server error",
            "blog/views.py",
            "except IntegrityError:",
            "except ZeroDivisionError:",
        ),
        ("live rows are restored", "blog/views.py", "all_objects.deleted()", "all_objects"),
        (
            "the admin site hides them",
            "blog/admin.py",
            "self.model.all_objects.all()",
            "self.model.objects.all()",
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
