//! The audit log: what is generated passes every gate, alone and beside other features, and its tests bite.

use aksara_testkit::Project;

use crate::AKSARA;
use crate::crud::{carried_out, passes, works};

const AUDIT: &str = "Add an audit log to posts";

#[test]
fn an_audit_log_passes_every_gate_and_is_taken_back() {
    let Some(project) = Project::django_blog("an_audit_log_passes_every_gate_and_is_taken_back") else {
        return;
    };
    let tree = project.git(&["rev-parse", "HEAD^{tree}"]);
    carried_out(&project, &[AUDIT]);
    passes(&project);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let landed = project.head();
    let again = project.aksara(AKSARA, &["ai", "plan", AUDIT, "--execute", "--yes"]).expect(0);
    assert!(again.stderr.contains("everything was there already, nothing to land"), "{}", again.stderr);
    assert_eq!(project.head(), landed);
    let _ = project.aksara(AKSARA, &["ai", "rollback", "--reverse-database"]).expect(0);
    assert_eq!(project.git(&["rev-parse", "HEAD^{tree}"]), tree);
}

#[test]
fn an_audit_log_before_and_after_other_features_passes_every_gate() {
    let test = "an_audit_log_before_and_after_other_features_passes_every_gate";
    let Some(project) = Project::django_blog(test) else { return };
    for request in [
        "Create a Product model with name and price",
        "Add soft delete to posts",
        "Add commenting to posts",
        AUDIT,
        "Audit products",
        "Add an audit trail for comments",
        "Add ratings to posts",
        "Add a subtitle field to posts",
    ] {
        carried_out(&project, &[request]);
    }
    passes(&project);
    let settings = project.read("config/settings.py");
    assert!(
        settings.contains("AUDITED_MODELS = ['blog.Post', 'blog.Product', 'blog.Comment']"),
        "{settings}"
    );

    let Some(project) = Project::django_blog(test) else { return };
    for request in [AUDIT, "Add tagging to posts", "Add ratings to posts", "Add soft delete to posts"] {
        carried_out(&project, &[request]);
    }
    passes(&project);
}

#[test]
fn rows_of_children_and_proxies_are_recorded_once() {
    let test = "rows_of_children_and_proxies_are_recorded_once";
    let Some(project) = Project::django_blog(test) else { return };
    let models = project.read("blog/models.py");
    let more = "\n\nclass Report(Post):\n    source = models.CharField(max_length=20)\n\n\nclass Headline(Post):\n    class Meta:\n        proxy = True\n";
    project.write("blog/models.py", format!("{models}{more}"));
    assert!(project.python(&["manage.py", "makemigrations", "blog"]).status.success());
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "Posts that are reports"]);
    let plan = project.aksara(AKSARA, &["ai", "plan", "Audit reports", "--dry-run"]).expect(0);
    assert!(plan.stderr.contains("audit blog.Post to have these changes on record"), "{}", plan.stderr);
    carried_out(&project, &[AUDIT]);
    let tests = project.read("blog/tests/test_post_audit.py");
    assert!(tests.contains("def test_report_is_recorded_once"), "{tests}");
    assert!(tests.contains("def test_headline_is_recorded"), "{tests}");
    works(&project).unwrap_or_else(|text| panic!("{text}"));

    // The tests see what is recorded of the named class alone, or twice.
    let signals = project.read("audit/signals.py");
    for (there, instead) in
        [("issubclass(model, audited)", "model in audited"), ("row.exists()", "False and row")]
    {
        assert!(signals.contains(there), "{signals}");
        project.write("audit/signals.py", signals.replace(there, instead));
        let _ = works(&project).expect_err(instead);
    }
    project.write("audit/signals.py", &signals);
    let plan = project.aksara(AKSARA, &["ai", "plan", "Audit reports", "--dry-run"]).expect(0);
    assert!(!plan.stderr.contains("to have these changes on record"), "{}", plan.stderr);
}

/// As `AutoLastModifiedField` of model_utils does it.
#[test]
fn a_field_that_sets_itself_when_a_row_is_saved_is_no_change() {
    let test = "a_field_that_sets_itself_when_a_row_is_saved_is_no_change";
    let Some(project) = Project::django_blog(test) else { return };
    let fields = "from django.db import models\nfrom django.utils import timezone\n\n\nclass SavedAtField(models.DateTimeField):\n    def pre_save(self, model_instance, add):\n        value = timezone.now()\n        setattr(model_instance, self.attname, value)\n        return value\n";
    project.write("blog/fields.py", fields);
    let models = project.read("blog/models.py");
    let (imports, rest) = models.split_once("\n\n\nclass Post(").unwrap();
    let (title, rest) = rest.split_once("    title = ").unwrap();
    let own = "    saved_at = SavedAtField(default=timezone.now, editable=False)\n";
    project.write(
        "blog/models.py",
        format!("{imports}\nfrom django.utils import timezone\n\nfrom .fields import SavedAtField\n\n\nclass Post({title}{own}    title = {rest}"),
    );
    assert!(project.python(&["manage.py", "makemigrations", "blog"]).status.success());
    project.git(&["add", "."]);
    project.git(&["commit", "--quiet", "--message", "Posts know when they were saved"]);
    carried_out(&project, &[AUDIT]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
}

/// A checkout changes rows without saving them: the plan names the places, whichever comes first.
#[test]
fn what_a_checkout_changes_unrecorded_is_named() {
    let test = "what_a_checkout_changes_unrecorded_is_named";
    let product = "Create a Product model with name, price and stock";
    let (checkout, audit) = ("Add a checkout for products", "Audit products");
    let planned = |project: &Project, request: &str| {
        project.aksara(AKSARA, &["ai", "plan", request, "--dry-run"]).expect(0).stderr
    };
    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &[product]);
    carried_out(&project, &[checkout]);
    let text = planned(&project, audit);
    assert!(text.contains("In blog.services place_order() and take_back() change the stock by"), "{text}");
    let text = planned(&project, "Audit orders");
    assert!(text.contains("In blog.services settle() gives orders their status by"), "{text}");
    let text = planned(&project, "Audit posts");
    assert!(!text.contains("blog.services"), "{text}");

    let Some(project) = Project::django_blog(test) else { return };
    carried_out(&project, &[product]);
    carried_out(&project, &[audit]);
    let text = planned(&project, checkout);
    assert!(text.contains("Orders change the stock of products by bulk_update"), "{text}");
}

/// The users that the tests need are rows of the audited model.
#[test]
fn users_can_be_audited() {
    let Some(project) = Project::django("shop", "users_can_be_audited") else { return };
    carried_out(&project, &["Add an audit log to users"]);
    let output = project.python(&["-m", "pytest", "-q", "-p", "no:cacheprovider"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_tests_of_the_audit_log_bite() {
    let Some(project) = Project::django_blog("the_tests_of_the_audit_log_bite") else { return };
    carried_out(&project, &[AUDIT]);
    works(&project).unwrap_or_else(|text| panic!("{text}"));
    for (name, path, old, new) in [
        ("nothing is watched", "config/settings.py", "['blog.Post']", "[]"),
        ("deletions are not", "audit/signals.py", "post_delete.connect(", "print("),
        (
            "every save is a change",
            "audit/signals.py",
            "if action == \"update\" and not changes:",
            "if False:",
        ),
        (
            "nobody acts",
            "audit/signals.py",
            "actor=None if getattr(actor, \"_leaves\", False) else actor",
            "actor=None",
        ),
        (
            "requests are not known",
            "audit/middleware.py",
            "with acting_in(request):",
            "with acting_in(None):",
        ),
        (
            "the middleware is not listed",
            "config/settings.py",
            "    'audit.middleware.AuditMiddleware',\n",
            "",
        ),
        (
            "what was there is lost",
            "audit/signals.py",
            "changes[name] = [old, new]",
            "changes[name] = [None, new]",
        ),
        (
            "everybody reads the log",
            "audit/views.py",
            "permission_classes = [IsAdminUser]",
            "permission_classes = []",
        ),
        ("the log can be changed", "audit/views.py", "ReadOnlyModelViewSet", "ModelViewSet"),
        (
            "secrets are recorded",
            "audit/signals.py",
            "HIDDEN = (\"password\", \"secret\", \"token\")",
            "HIDDEN = ()",
        ),
        ("entries go with their user", "audit/models.py", "models.SET_NULL", "models.CASCADE"),
        (
            "what is not saved is recorded",
            "audit/signals.py",
            "before, stored(sender, instance, using))",
            "before, snapshot(instance))",
        ),
        (
            "deletions lose what was there",
            "audit/signals.py",
            "using, snapshot(instance), {})",
            "using, {}, {})",
        ),
        ("users who delete themselves are an error", "audit/signals.py", "actor._leaves = True", "pass"),
        ("who acted acts on", "audit/actor.py", "_user.reset(token)", "pass"),
        ("the last request goes on", "audit/actor.py", "_request.reset(token)", "pass"),
        (
            "each entry is a query more",
            "audit/views.py",
            "AuditEntry.objects.select_related(\"content_type\")",
            "AuditEntry.objects.all()",
        ),
        (
            "filters are dropped",
            "audit/views.py",
            "    filterset_fields = [\"content_type\", \"object_id\", \"action\", \"actor\"]\n",
            "",
        ),
        (
            "the admin adds entries",
            "audit/admin.py",
            "def has_add_permission(self, request):\n        return False",
            "def has_add_permission(self, request):\n        return True",
        ),
        (
            "the admin changes entries",
            "audit/admin.py",
            "def has_change_permission(self, request, obj=None):\n        return False",
            "def has_change_permission(self, request, obj=None):\n        return True",
        ),
        (
            "the admin deletes entries",
            "audit/admin.py",
            "def has_delete_permission(self, request, obj=None):\n        return False",
            "def has_delete_permission(self, request, obj=None):\n        return True",
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
