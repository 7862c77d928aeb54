"""Rows that are hidden instead of removed, and can be brought back.

A deleted row keeps its place in the database, with the moment of its
deletion in `deleted_at`. Rows that point to it with CASCADE are hidden with
it where they can be, and come back with it; others stay as they are. What
Django would refuse to delete is not hidden either. Deleting for good what a
row belongs to removes the row for good as well.
"""

from django.db import models, router, transaction
from django.db.models.deletion import Collector
from django.utils import timezone


class SoftDeleteQuerySet(models.QuerySet):
    """Rows that may be deleted ones."""

    def live(self):
        return self.filter(deleted_at=None)

    def deleted(self):
        return self.exclude(deleted_at=None)

    def delete(self):
        """Hide the rows; say how many, as Django's own does."""
        return hide(self.live(), self.db)

    delete.alters_data = True
    delete.queryset_only = True

    def restore(self):
        """Show those that are deleted again; say how many."""
        return show(self.deleted(), self.db)

    restore.alters_data = True

    def hard_delete(self):
        """Remove the rows from the database."""
        return super().delete()

    hard_delete.alters_data = True
    hard_delete.queryset_only = True


class AllManager(models.Manager.from_queryset(SoftDeleteQuerySet)):
    """All rows, deleted ones too."""


class LiveManager(AllManager):
    """The rows that are not deleted."""

    def get_queryset(self):
        return super().get_queryset().live()


def hide(rows, using=None):
    """Delete `rows` softly, with what depends on them; say how many."""
    rows = list(rows)
    if not rows:
        return 0, {}
    using = using or router.db_for_write(type(rows[0]), instance=rows[0])
    # Raises what a deletion would raise: ProtectedError, RestrictedError.
    Collector(using=using, origin=rows[0]).collect(rows)
    now = timezone.now()
    counts = {}
    with transaction.atomic(using=using):
        for row in with_dependents(rows, using):
            if row.deleted_at is None:
                row.deleted_at = now
                row.save(using=using, update_fields=["deleted_at"])
                label = row._meta.label
                counts[label] = counts.get(label, 0) + 1
    return sum(counts.values()), counts


def show(rows, using=None):
    """Bring `rows` back, with what was deleted with them; say how many."""
    count = 0
    for row in list(rows):
        using = using or router.db_for_write(type(row), instance=row)
        moment = row.deleted_at
        with transaction.atomic(using=using):
            for shown in with_dependents([row], using):
                if moment is not None and shown.deleted_at == moment:
                    shown.deleted_at = None
                    shown.save(using=using, update_fields=["deleted_at"])
                    count += 1
    return count


def with_dependents(rows, using):
    """`rows`, and what their deletion reaches and that can be hidden."""
    found, seen = list(rows), set(rows)
    for row in found:
        for relation in row._meta.related_objects:
            model = relation.related_model
            cascades = relation.on_delete is models.CASCADE
            if not cascades or not isinstance(getattr(model, "all_objects", None), AllManager):
                continue
            points_to = {relation.field.name: row}
            others = model.all_objects.using(using).filter(**points_to)
            new = [other for other in others if other not in seen]
            seen.update(new)
            found.extend(new)
    return found
