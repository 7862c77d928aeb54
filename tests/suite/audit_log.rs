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
        ("nobody acts", "audit/signals.py", "actor=None if actor == origin else actor", "actor=None"),
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
    ] {
        let good = project.read(path);
        assert!(good.contains(old), "{name}: `{old}` is not in {path}:\n{good}");
        project.write(path, good.replacen(old, new, 1));
        let output = project.python(&["manage.py", "test", "--no-input"]);
        assert!(!output.status.success(), "{name} was not caught");
        project.write(path, good);
    }
}
