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
fn single_fields_are_unique_among_some_rows() {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    tenant = models.IntegerField()\n    \
                  gone_at = models.DateTimeField(null=True)\n    slug = models.SlugField(unique=True)\n    \
                  code = models.SlugField(unique=True)\n    isbn = models.SlugField(unique=True)\n\n    class Meta:\n        \
                  constraints = [\n            models.UniqueConstraint(fields=[\"slug\", \"code\"], name=\"both\"),\n        ]\n";
    let mut project = project(&[("blog/models.py", models)]);
    let steps = [
        json!({ "model": "blog.Post", "unique_fields": ["code"], "unique_within": "tenant" }),
        json!({ "model": "blog.Post", "unique_fields": ["isbn"], "unique_within": "tenant", "unique_while_empty": "gone_at" }),
    ];
    for step in &steps {
        modify(&mut project, step.clone());
        assert!(modify(&mut project, step.clone()).is_noop());
    }
    let text = project.text("blog/models.py").unwrap();
    let flat = text.replace(['\n', ' '], "");
    for part in [
        "slug=models.SlugField(unique=True)",
        "code=models.SlugField()",
        "models.UniqueConstraint(fields=[\"slug\",\"code\"],name=\"both\"),",
        "models.UniqueConstraint(fields=[\"tenant\",\"code\"],name=\"blog_post_tenant_code_unique\"),",
        "models.UniqueConstraint(fields=[\"tenant\",\"isbn\"],condition=models.Q(gone_at=None),name=\"blog_post_tenant_isbn_live\",),]",
    ] {
        assert!(flat.contains(part), "{part}\n{text}");
    }
    let more = json!([{ "name": "pages", "type": "integer" }]);
    let alone = json!({ "model": "blog.Post", "add": more, "unique_fields": ["slug"] });
    let (_, message) = refused(&project, &ModifyModelStep, alone);
    assert!(message.contains("nothing says among which rows"), "{message}");
    let other = json!({ "model": "blog.Post", "unique_fields": ["nope"], "unique_within": "tenant" });
    let (_, message) = refused(&project, &ModifyModelStep, other);
    assert!(message.contains("has no field `nope` of its own"), "{message}");
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
