"""Entries for every save and deletion of the models that are audited."""

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import DateTimeField
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from .actor import current_actor

HIDDEN = ("password", "secret", "token")
PLAIN = (bool, int, float, str, list, dict, type(None))


def is_save_time(field):
    """Whether the field sets itself when the row is saved."""
    sets_itself = (
        isinstance(field, DateTimeField) and type(field).pre_save is not DateTimeField.pre_save
    )
    return sets_itself or getattr(field, "auto_now", False)


def snapshot(row):
    """The row's columns as JSON has them, without secrets and save times."""
    values = {}
    for field in row._meta.concrete_fields:
        hidden = any(word in field.name for word in HIDDEN)
        if hidden or field.primary_key or is_save_time(field):
            continue
        value = field.value_from_object(row)
        values[field.name] = value if isinstance(value, PLAIN) else str(value)
    return values


def stored(sender, instance, using):
    """What the database has of the row: nothing if it is not there."""
    row = sender._base_manager.using(using).filter(pk=instance.pk).first()
    return snapshot(row) if row else {}


def record(action, row, using, before, after):
    """Write what differs, in the transaction of the change itself."""
    changes = {}
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old != new:
            changes[name] = [old, new]
    if action == "update" and not changes:
        return
    actor = current_actor()
    apps.get_model("audit.AuditEntry").objects.using(using).create(
        content_type=ContentType.objects.db_manager(using).get_for_model(row),
        object_id=str(row.pk),
        object_name=str(row)[:200],
        action=action,
        changes=changes,
        actor=None if getattr(actor, "_leaves", False) else actor,
        actor_name=actor.get_username() if actor else "",
    )


def remember(sender, instance, raw, using, **kwargs):
    if not raw:
        instance._audited = stored(sender, instance, using)


def record_save(sender, instance, created, raw, using, **kwargs):
    if not raw:
        before = instance.__dict__.pop("_audited", {})
        action = "create" if created else "update"
        record(action, instance, using, before, stored(sender, instance, using))


def find_children(sender, instance, using, **kwargs):
    """Note whether the row is one of a child as well, whose own entry has all its values."""
    links = {
        model._meta.parents.get(sender._meta.concrete_model) for model in apps.get_models()
    } - {None}
    rows = (
        link.model._base_manager.using(using).filter(**{link.name: instance.pk}) for link in links
    )
    instance._audited_as_child = any(row.exists() for row in rows)


def record_delete(sender, instance, using, **kwargs):
    if not instance.__dict__.pop("_audited_as_child", False):
        record("delete", instance, using, snapshot(instance), {})


def let_go(sender, instance, **kwargs):
    """
    Users who delete themselves are gone when the entries are there: these name them, and point to
    nobody.
    """
    actor = current_actor()
    if actor == instance:
        actor._leaves = True


def connect():
    """Watch `AUDITED_MODELS` and what extends them, and the users who act."""
    users = apps.get_model(settings.AUTH_USER_MODEL)
    audited = tuple(apps.get_model(label) for label in settings.AUDITED_MODELS)
    for model in apps.get_models():
        label = model._meta.label
        if model._meta.concrete_model is users:
            pre_delete.connect(let_go, sender=model, dispatch_uid=f"audit {label} leaves")
        # A signal names the class that was saved, be it one that extends what is audited.
        if issubclass(model, audited):
            pre_save.connect(remember, sender=model, dispatch_uid=f"audit {label}")
            post_save.connect(record_save, sender=model, dispatch_uid=f"audit {label}")
            pre_delete.connect(find_children, sender=model, dispatch_uid=f"audit {label}")
            post_delete.connect(record_delete, sender=model, dispatch_uid=f"audit {label}")
