"""Rows of one organization are for that organization only: what it reads, and what it writes.

The organization at work is that of the request, which OrganizationMiddleware finds. Code that
serves no request, such as a task or a command, says so itself:

    with organization_context(organization):
        ...
"""

import copyreg
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.signals import m2m_changed, pre_save
from django.dispatch import receiver

_at_work = ContextVar("organization", default=None)


class NoOrganizationError(Exception):
    """Rows of an organization were to be read or written, and nothing says of which."""


class CrossOrganizationError(Exception):
    """A row was to point to a row of another organization."""


@contextmanager
def organization_context(organization):
    """Do what is inside as this organization."""
    token = _at_work.set(organization)
    try:
        yield organization
    finally:
        _at_work.reset(token)


def current_organization():
    """The organization at work."""
    organization = _at_work.get()
    if organization is None:
        slug = _default_slug()
        organization, _ = _all().get_or_create(slug=slug, defaults={"name": slug.title()})
    return organization


def _all():
    return apps.get_model("blog.Organization")._base_manager.all()


def _default_slug():
    if settings.DEFAULT_ORGANIZATION is None:
        raise NoOrganizationError(
            "No organization is at work: use organization_context(), or `unscoped` for the rows of "
            "all."
        )
    return settings.DEFAULT_ORGANIZATION


class CurrentOrganization(models.Expression):
    """The key of the organization at work when a query runs, not when it is written.

    So a queryset that is made once for all requests, such as that of a view, is right for each.
    """

    def as_sql(self, compiler, connection):
        organization = _at_work.get()
        if organization is None:
            key = models.Subquery(_all().filter(slug=_default_slug()).values("pk"))
        else:
            key = models.Value(organization.pk, output_field=organization._meta.pk)
        return compiler.compile(key.resolve_expression(compiler.query))


class OrganizationQuerySet(models.QuerySet):
    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for row in objs:
            row.enter_organization()
        return super().bulk_create(objs, *args, **kwargs)


class OrganizationManager(models.Manager.from_queryset(OrganizationQuerySet)):
    """The rows of the organization at work."""

    def get_queryset(self):
        rows = super().get_queryset()
        rows.__class__ = _of_organization(type(rows))
        return rows.filter(organization=CurrentOrganization())


class UnscopedManager(models.Manager):
    """The rows of all organizations."""


def organization_only(manager):
    """A class of managers as `manager`, for the rows of the organization at work."""
    rows = {"_queryset_class": _of_organization(manager._queryset_class)}
    return type(f"Organization{manager.__name__}", (OrganizationManager, manager), rows)


@cache
def _of_organization(queryset):
    if issubclass(queryset, OrganizationQuerySet):
        return queryset
    made = type(f"Organization{queryset.__name__}", (OrganizationQuerySet, queryset), {})
    # Pickle would look for the class by its name.
    copyreg.pickle(made, lambda rows: (_unpickled, (_empty(queryset), rows.__getstate__())))
    return made


def _empty(queryset):
    # No rows, which ask no database.
    rows = queryset()
    rows._result_cache = []
    return rows


def _unpickled(like, state):
    rows = _of_organization(type(like))()
    rows.__setstate__(state)
    return rows


class OrganizationModel(models.Model):
    """A model whose rows belong to one organization each."""

    # Blank: whoever makes a row, such as a factory of tests, leaves it to save().
    organization = models.ForeignKey(
        "blog.Organization", on_delete=models.PROTECT, related_name="+", blank=True, editable=False
    )

    objects = OrganizationManager()
    unscoped = UnscopedManager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.enter_organization()
        super().save(*args, **kwargs)

    def validate_constraints(self, exclude=None):
        # What is unique is so within the organization, which no form has.
        try:
            self.enter_organization()
        except CrossOrganizationError as error:
            raise ValidationError(str(error)) from error
        super().validate_constraints(exclude=set(exclude or ()) - {"organization"})

    def enter_organization(self):
        """Give a new row to the organization at work, and refuse to point to rows of others."""
        if self.organization_id is None:
            self.organization = current_organization()
        if self._state.adding and self.pk is not None and not self._meta.pk.has_default():
            # Django would write over a row that has the key.
            others = type(self).unscoped.exclude(organization=self.organization_id)
            if others.filter(pk=self.pk).exists():
                raise CrossOrganizationError(
                    f"A row of another organization has the key {self.pk}."
                )
        for relation in self._meta.concrete_fields:
            if not issubclass(relation.related_model or object, OrganizationModel):
                continue
            if getattr(self, relation.attname) is None:
                # Not saved yet, or what validation says is missing.
                row = relation.get_cached_value(self, default=None)
            else:
                row = getattr(self, relation.name)
            if row is not None and row.organization_id != self.organization_id:
                raise CrossOrganizationError(
                    f"{relation} would point to a row of another organization."
                )


@receiver(pre_save)
def give_rows_of_fixtures_a_organization(instance, raw, **kwargs):
    # A fixture is written as it is, without save().
    if raw and isinstance(instance, OrganizationModel) and instance.organization_id is None:
        instance.organization = current_organization()


@receiver(m2m_changed)
def refuse_rows_of_others(instance, action, model, pk_set, using, **kwargs):
    if action != "pre_add" or not isinstance(instance, OrganizationModel):
        return
    if issubclass(model, OrganizationModel):
        rows = model.unscoped.using(using).filter(pk__in=pk_set)
        if rows.exclude(organization=instance.organization_id).exists():
            raise CrossOrganizationError(
                f"{instance} would be joined with a row of another organization."
            )
