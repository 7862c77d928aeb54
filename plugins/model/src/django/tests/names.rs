//! Names for people, docstrings and annotations, as the project's models have them.

use super::*;

/// A project whose fields are named by `field`, which stands for `title`.
fn named(field: &str, meta: &str) -> TestProject<'static> {
    let model = |name: &str| {
        format!(
            "class {name}(models.Model):\n    title = models.CharField({field}, max_length=9)\n    \
             owner = models.ForeignKey(\"auth.User\", models.CASCADE, verbose_name=_(\"owner\"))\n\n    \
             class Meta:\n        {meta}\n\n    def __str__(self) -> str:\n        return self.title\n"
        )
    };
    let models = ["Post", "Page", "Note"].map(model).join("\n\n");
    let imports =
        "from django.db import models\nfrom django.utils.translation import gettext_lazy as _\n\n\n";
    project(&[("blog/models.py", &format!("{imports}{models}")), ("shop/models.py", "")])
}

fn wish(model: &str) -> Value {
    json!({
        "model": model,
        "doc": "What is wished for.",
        "fields": [
            { "name": "is_open", "type": "boolean", "initial": true, "help": "Still wanted." },
            { "name": "kind", "type": "string", "max_length": 5, "choices": [["low", "Low"]] },
            { "name": "made_by", "type": "foreign_key", "to": "user" },
        ],
        "str": "kind",
        "ordering": ["kind"],
    })
}

#[test]
fn models_and_fields_are_named_as_the_others() {
    let mut project = named("_(\"title\")", "verbose_name = _(\"a post\")");
    create(&mut project, wish("shop.WishEntry"));
    let text = project.text("shop/models.py").unwrap().to_owned();
    assert_eq!(
        text,
        r#"from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WishEntry(models.Model):
    """What is wished for."""

    is_open = models.BooleanField(
        _("is open"), default=True, help_text=_("Still wanted.")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=[("low", _("Low"))])
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, verbose_name=_("made by")
    )

    class Meta:
        verbose_name = _("wish entry")
        verbose_name_plural = _("wish entries")
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
"#
    );
    assert!(create(&mut project, wish("shop.WishEntry")).is_noop());

    let field = json!({ "model": "blog.Post", "add": [{ "name": "sub_title", "type": "text" }] });
    modify(&mut project, field.clone());
    let text = project.text("blog/models.py").unwrap();
    assert!(text.contains("    sub_title = models.TextField(_(\"sub title\"))\n"), "{text}");
    assert!(modify(&mut project, field).is_noop());
}

#[test]
fn keywords_and_capitals_are_a_habit_too() {
    let mut project = named("verbose_name=_(\"Title\")", "ordering = [\"title\"]");
    create(&mut project, wish("shop.Wish"));
    let text = project.text("shop/models.py").unwrap().to_owned();
    assert!(text.contains("    kind = models.CharField(\n        verbose_name=_(\"kind\"),"), "{text}");
    assert!(!text.contains("class Meta:\n        verbose_name"), "{text}");
}

#[test]
fn a_project_that_names_nothing_gets_no_names() {
    let mut project = named("\"title\"", "ordering = [\"title\"]");
    // Of six fields three are named: no more than half.
    create(&mut project, wish("shop.Wish"));
    let text = project.text("shop/models.py").unwrap().to_owned();
    assert!(!text.contains("_(\""), "{text}");
}

#[test]
fn a_file_where_the_name_means_something_else_is_left_without() {
    let mut project = named("_(\"title\")", "ordering = [\"title\"]").file("shop/models.py", "_ = print\n");
    create(&mut project, wish("shop.Wish"));
    let text = project.text("shop/models.py").unwrap().to_owned();
    assert!(!text.contains("_(\"") && !text.contains("gettext"), "{text}");
}

#[test]
fn docstrings_of_a_sentence_are_left_out_where_no_class_has_any() {
    let classes: String = (0..6).map(|n| format!("class A{n}:\n    x = 1\n\n\n")).collect();
    let mut project = project(&[("blog/services.py", &classes), ("shop/models.py", "")]);
    create(&mut project, wish("shop.Wish"));
    let text = project.text("shop/models.py").unwrap().to_owned();
    assert!(text.contains("class Wish(models.Model):\n    is_open"), "{text}");
    assert!(text.contains("def __str__(self):\n"), "{text}");
    let documented = "class B:\n    \"\"\"One.\"\"\"\n";
    let mut project = project.file("blog/other.py", documented);
    create(&mut project, wish("blog.Wanted"));
    assert!(project.text("blog/models.py").unwrap().contains("\"\"\"What is wished for.\"\"\""));
}
