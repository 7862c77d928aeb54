//! The template that a new author begins with.

use crate::root::TemplateFile;
use crate::script::{capitalize, human};
use crate::template::is_identifier;

/// The files of a new template that works as it stands: a script, and a case of its tests. `None` if `name` is no
/// name for a template: lower case, with `_` between words.
#[must_use]
pub fn starter(name: &str) -> Option<Vec<TemplateFile>> {
    if !is_identifier(name) || name == "lib" {
        return None;
    }
    let words = human(name);
    let fill = |text: &str| {
        text.replace("NAME", name).replace("TITLE", &capitalize(&words)).replace("WORDS", &words)
    };
    let file = |path: &str, text: &str| TemplateFile { name: fill(path), text: fill(text) };
    Some(vec![
        file("NAME.rhai", include_str!("starter/script.rhai")),
        file("NAME/tests/first/params.json", include_str!("starter/params.json")),
        file("NAME/tests/first/before/manage.py", include_str!("starter/before/manage.py")),
        file("NAME/tests/first/before/config/__init__.py", ""),
        file("NAME/tests/first/before/config/settings.py", include_str!("starter/before/settings.py")),
        file("NAME/tests/first/before/config/urls.py", include_str!("starter/before/urls.py")),
        file("NAME/tests/first/before/blog/__init__.py", ""),
        file("NAME/tests/first/before/blog/models.py", include_str!("starter/before/models.py")),
        file("NAME/tests/first/before/blog/migrations/__init__.py", ""),
        file(
            "NAME/tests/first/before/blog/migrations/0001_initial.py",
            include_str!("starter/before/0001_initial.py"),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::starter;
    use crate::root::{RootKind, TemplateRoot};
    use crate::{Limits, Severity, Templates, lint, testing};

    #[test]
    fn it_loads_plans_and_has_nothing_to_complain_about() {
        let files = starter("audit_log").unwrap();
        let scripts = files.into_iter().filter(|f| !f.name.contains("/tests/")).collect();
        let root = TemplateRoot { kind: RootKind::Project, label: "here".into(), files: scripts };
        let templates = Templates::load(vec![root]);
        let template = templates.get("audit_log").unwrap();
        let params = serde_json::json!({ "model": "blog.Post" }).as_object().cloned().unwrap();
        let plan = template.plan(&params, &testing::project(&["blog.Post"]), &Limits::default()).unwrap();
        assert_eq!(plan.intents.len(), 2);
        let found = lint(&templates, "audit_log", &[]).unwrap();
        assert!(found.iter().all(|f| f.severity != Severity::Error), "{found:?}");
        assert_eq!(found, []);
    }

    #[test]
    fn a_name_is_a_file_and_a_word() {
        for name in ["Audit", "audit-log", "", "../x", "1st", "lib", "a b"] {
            assert!(starter(name).is_none(), "{name}");
        }
    }
}
