//! What is unique while a field is empty.

use super::*;

#[test]
fn a_condition_that_is_there_is_kept() {
    let after = |constraint: &str| {
        let models = format!(
            "from django.db import models\nfrom django.db.models import Q\n\nMAIN = Q(main=True)\n\n\nclass Post(models.Model):\n    \
             main = models.BooleanField()\n    n = models.IntegerField()\n\n    class Meta:\n        constraints = [\n            \
             {constraint},\n        ]\n"
        );
        let mut project = project(&[("blog/models.py", &models)]);
        let outcome = modify(
            &mut project,
            json!({
                "model": "blog.Post",
                "add": [{ "name": "gone_at", "type": "datetime", "null": true }],
                "unique_while_empty": "gone_at",
            }),
        );
        let text = project.text("blog/models.py").unwrap_or_default().replace(['\n', ' '], "");
        let said: String = outcome.notes.iter().map(|note| note.text.as_str()).collect();
        (text, said)
    };
    for (condition, wanted) in [
        ("Q(main=True)", "condition=Q(main=True)&models.Q(gone_at=None)"),
        ("Q(main=True) | Q(n=1)", "condition=(Q(main=True)|Q(n=1))&models.Q(gone_at=None)"),
        ("~Q(main=True)", "condition=~Q(main=True)&models.Q(gone_at=None)"),
        (
            "models.Q(\n                main=True\n            )",
            "condition=models.Q(main=True)&models.Q(gone_at=None)",
        ),
        ("Q(gone_at=None, n=1)", "condition=Q(gone_at=None,n=1),"),
    ] {
        let (text, said) =
            after(&format!("models.UniqueConstraint(fields=['n'], condition={condition}, name='once')"));
        assert!(text.contains(wanted), "{text}");
        assert_eq!(said, "");
    }
    let (text, said) = after("models.UniqueConstraint(fields=['n'], condition=MAIN, name='once')");
    assert!(text.contains("condition=MAIN,name"), "{text}");
    assert!(said.contains("stays as it is: see that rows with a filled `gone_at`"), "{said}");
    let (text, said) = after(
        "models.UniqueConstraint(\n                fields=['n'],  # it's once\n                name='once',\n            )",
    );
    assert!(text.contains("fields=['n'],#it'sonce"), "{text}");
    assert!(!text.contains("gone_at=None"), "{text}");
    assert!(said.contains("stays as it is: see that rows with a filled `gone_at`"), "{said}");
    let (text, _) = after("models.UniqueConstraint(fields=['n'], name='once#1')");
    assert!(text.contains("name='once#1',condition=models.Q(gone_at=None)"), "{text}");
    let (text, said) = after("models.CheckConstraint(condition=Q(n=1), name='one')");
    assert!(text.contains("condition=Q(n=1),name"), "{text}");
    assert_eq!(said, "");
}

#[test]
fn a_database_that_knows_no_conditions_is_said() {
    let settings = |engine: &str| {
        format!("{INSTALLED}DATABASES = {{\"default\": {{\"ENGINE\": \"{engine}\", \"NAME\": \"x\"}}}}\n")
    };
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    slug = models.SlugField(unique=True)\n    \
                  gone_at = models.DateTimeField(null=True)\n";
    let step = || json!({ "model": "blog.Post", "unique_while_empty": "gone_at" });
    let said = |engine: &str| {
        let settings = settings(engine);
        let mut project = project(&[("blog/models.py", models), ("config/settings.py", settings.as_str())]);
        let outcome = modify(&mut project, step());
        assert!(modify(&mut project, step()).is_noop());
        outcome.notes.iter().map(|note| note.text.as_str()).collect::<String>()
    };
    assert!(said("django.db.backends.mysql").contains("models.W036"));
    assert!(!said("django.db.backends.postgresql").contains("models.W036"));
}

#[test]
fn checks_are_written_for_the_django_that_is_there() {
    let rating = || {
        json!({
            "model": "shop.Rating",
            "fields": [{ "name": "score", "type": "integer", "min": 1, "max": 5 }],
            "checks": ["score"],
        })
    };
    let key = |file: &str, text: &str| {
        let mut project = project(&[("shop/models.py", ""), (file, text)]);
        create(&mut project, rating());
        let text = project.text("shop/models.py").unwrap();
        text.contains("condition=models.Q")
    };
    assert!(key("requirements.txt", "django\n"));
    assert!(key("requirements.txt", "django>=5.1\n"));
    assert!(!key("requirements.txt", "django>=4.2\n"));
    assert!(!key("requirements.txt", "django<5.1\n"));
    let lock = |version: &str| format!("[[package]]\nname = \"django\"\nversion = \"{version}\"\n");
    assert!(key("uv.lock", &lock("6.0.1")));
    assert!(!key("uv.lock", &lock("4.2.16")));
}
