//! What becomes of the managers that a model has when a feature gives it others.

use super::*;

const ROWS: &str = "from django.db import models\n\n\nclass PostQuerySet(models.QuerySet):\n    def recent(self):\n        return self[:5]\n\n\n\
    class LoudManager(models.Manager):\n    def deleted(self):\n        return []\n\n\n\
    class LiveManager(models.Manager):\n    pass\n\n\nclass OldManager(models.Manager):\n    use_in_migrations = True\n\n\n\
    class ActiveManager(models.Manager):\n    def get_queryset(self):\n        return PostQuerySet(self.model).filter(n=1)\n";

const TENANCY: &str = "from django.db import models\n\n\nclass TenantManager(models.Manager):\n    pass\n\n\n\
    class TenantModel(models.Model):\n    objects = TenantManager()\n    unscoped = models.Manager()\n\n    \
    class Meta:\n        abstract = True\n";

fn with(managers: &str) -> TestProject<'static> {
    let models = format!(
        "from django.db import models\n\nfrom .managers import ActiveManager, LoudManager, OldManager, PostQuerySet\n\n\n\
         class Post(models.Model):\n    n = models.IntegerField()\n\n{managers}"
    );
    project(&[("blog/models.py", &models), ("blog/managers.py", ROWS), ("blog/tenancy.py", TENANCY)])
}

fn live() -> Value {
    json!({
        "model": "blog.Post",
        "managers": [
            {
                "name": "objects", "class": "LiveManager", "over": "live_only", "module": ".soft_delete",
                "defines": ["deleted"],
            },
            { "name": "all_objects", "class": "AllManager", "over": "with_deleted", "module": ".soft_delete" },
        ],
    })
}

fn tenants() -> Value {
    json!({
        "model": "blog.Post",
        "base": "blog.tenancy.TenantModel",
        "managers": [{
            "name": "objects", "class": "TenantManager", "over": "tenant_only", "module": "blog.tenancy",
            "inherited": true,
        }],
    })
}

/// The managers of the model afterwards, line by line.
fn managers(project: &mut TestProject<'_>, params: Value) -> Vec<String> {
    modify(project, params);
    let text = project.text("blog/models.py").unwrap_or_default();
    let lines = text.lines().filter(|line| line.trim_end().ends_with(")()") || line.ends_with("Manager()"));
    lines.map(|line| line.trim().to_owned()).collect()
}

#[test]
fn a_model_without_managers_gets_those_that_are_asked_for() {
    let plain = ["objects = LiveManager()", "all_objects = AllManager()"];
    assert_eq!(managers(&mut with(""), live()), plain);
    assert_eq!(managers(&mut with("    objects = models.Manager()\n"), live()), plain);
}

#[test]
fn what_a_models_own_managers_do_is_kept() {
    let mut project = with("    objects = PostQuerySet.as_manager()\n    active = ActiveManager()\n");
    assert_eq!(
        managers(&mut project, live()),
        [
            "objects = live_only(models.Manager.from_queryset(PostQuerySet))()",
            "active = live_only(ActiveManager)()",
            "all_objects = with_deleted(models.Manager.from_queryset(PostQuerySet))()",
        ]
    );
    let text = project.text("blog/models.py").unwrap_or_default();
    assert!(text.contains("from .soft_delete import live_only, with_deleted\n"), "{text}");
    assert_eq!(
        managers(&mut project, tenants())[1],
        "active = tenant_only(live_only(ActiveManager))()",
        "one feature over the other"
    );
}

#[test]
fn a_manager_that_the_base_gives_is_not_written_again() {
    let mut project = with("    objects = models.Manager()\n");
    assert_eq!(managers(&mut project, tenants()), Vec::<String>::new());
    let text = project.text("blog/models.py").unwrap_or_default();
    assert!(text.contains("class Post(TenantModel):"), "{text}");

    let mut project = with("    objects = models.Manager()\n    active = ActiveManager()\n");
    assert_eq!(
        managers(&mut project, tenants()),
        ["objects = TenantManager()", "active = tenant_only(ActiveManager)()"],
        "the default manager stays the same"
    );
}

#[test]
fn the_manager_of_a_base_is_kept_too() {
    let models = "from .tenancy import TenantModel\n\n\nclass Post(TenantModel):\n    pass\n";
    let mut project = project(&[("blog/models.py", models), ("blog/tenancy.py", TENANCY)]);
    let outcome = modify(&mut project, tenants());
    assert!(outcome.is_noop() && outcome.notes.len() == 1, "{:?}", outcome.notes);
    let outcome = modify(&mut project, live());
    let said = &outcome.notes[0].text;
    assert!(said.starts_with("`blog.Post.unscoped` comes from `blog.tenancy.TenantModel`"), "{said}");
    assert_eq!(
        managers(&mut project, live()),
        ["objects = live_only(TenantManager)()", "all_objects = with_deleted(TenantManager)()"]
    );
    let text = project.text("blog/models.py").unwrap_or_default();
    assert!(text.contains("from .tenancy import TenantManager, TenantModel\n"), "{text}");
    assert!(modify(&mut project, tenants()).is_noop(), "what does both already is left");
}

#[test]
fn managers_that_would_not_be_the_same_are_refused() {
    for (written, why) in
        [("LoudManager()", "has `deleted` of its own"), ("OldManager()", "is written into migrations")]
    {
        let project = with(&format!("    objects = {written}\n"));
        let (code, message) = refused(&project, &ModifyModelStep, live());
        assert_eq!(code, "refused", "{message}");
        assert!(message.contains(why), "{message}");
    }
}

#[test]
fn managers_stand_below_the_fields() {
    let models = "from django.db import models\n\n\nclass Post(models.Model):\n    class Status(models.TextChoices):\n        \
                  NEW = 'new'\n\n    status = models.TextField(choices=Status.choices)\n\n    class Meta:\n        ordering = ['status']\n";
    let mut project = project(&[("blog/models.py", models), ("blog/soft_delete.py", ROWS)]);
    modify(&mut project, live());
    let text = project.text("blog/models.py").unwrap_or_default();
    let wanted = "choices=Status.choices)\n\n    objects = LiveManager()\n    all_objects = AllManager()\n\n    class Meta:\n";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn a_manager_of_a_package_must_be_written_out() {
    let models = |objects: &str| {
        format!(
            "from mptt.managers import TreeManager\nfrom mptt.models import MPTTModel\n\n\nclass Post(MPTTModel):\n    pass\n{objects}"
        )
    };
    let project_of = |text: &str| project(&[("blog/models.py", text), ("blog/soft_delete.py", ROWS)]);
    let (_, message) = refused(&project_of(&models("")), &ModifyModelStep, live());
    assert!(message.contains("from `mptt.models.MPTTModel`, which is not in the project"), "{message}");
    let mut written = project_of(&models("    objects = TreeManager()\n").replace("    pass\n", ""));
    assert_eq!(managers(&mut written, live())[0], "objects = live_only(TreeManager)()");
}

#[test]
fn a_proxy_has_managers_of_its_own() {
    let proxy =
        "class Draft(Post):\n    objects = ActiveManager()\n\n    class Meta:\n        proxy = True\n";
    let mut project = with(&format!("\n\n{proxy}"));
    let objects = live()["managers"][0].clone();
    let params = json!({ "model": "blog.Draft", "managers": [objects] });
    assert!(managers(&mut project, params).contains(&"objects = live_only(ActiveManager)()".to_owned()));
}
