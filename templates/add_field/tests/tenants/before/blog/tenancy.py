"""Rows of one tenant are for that tenant only: what it reads, and what it writes.

The tenant at work is that of the request, which TenantMiddleware finds. Code that serves no
request, such as a task or a command, says so itself:

    with tenant_context(tenant):
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

_at_work = ContextVar("tenant", default=None)


class NoTenantError(Exception):
    """Rows of a tenant were to be read or written, and nothing says of which."""


class CrossTenantError(Exception):
    """A row was to point to a row of another tenant."""


@contextmanager
def tenant_context(tenant):
    """Do what is inside as this tenant."""
    token = _at_work.set(tenant)
    try:
        yield tenant
    finally:
        _at_work.reset(token)


def current_tenant():
    """The tenant at work."""
    tenant = _at_work.get()
    if tenant is None:
        slug = _default_slug()
        tenant, _ = _all().get_or_create(slug=slug, defaults={"name": slug.title()})
    return tenant


def _all():
    return apps.get_model("blog.Tenant")._base_manager.all()


def _default_slug():
    if settings.DEFAULT_TENANT is None:
        raise NoTenantError(
            "No tenant is at work: use tenant_context(), or `unscoped` for the rows of all."
        )
    return settings.DEFAULT_TENANT


class CurrentTenant(models.Expression):
    """The key of the tenant at work when a query runs, not when it is written.

    So a queryset that is made once for all requests, such as that of a view, is right for each.
    """

    def as_sql(self, compiler, connection):
        tenant = _at_work.get()
        if tenant is None:
            key = models.Subquery(_all().filter(slug=_default_slug()).values("pk"))
        else:
            key = models.Value(tenant.pk, output_field=tenant._meta.pk)
        return compiler.compile(key.resolve_expression(compiler.query))


class TenantQuerySet(models.QuerySet):
    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        for row in objs:
            row.enter_tenant()
        return super().bulk_create(objs, *args, **kwargs)


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):
    """The rows of the tenant at work."""

    def get_queryset(self):
        rows = super().get_queryset()
        rows.__class__ = _of_tenant(type(rows))
        return rows.filter(tenant=CurrentTenant())


class UnscopedManager(models.Manager):
    """The rows of all tenants."""


def tenant_only(manager):
    """A class of managers as `manager`, for the rows of the tenant at work."""
    rows = {"_queryset_class": _of_tenant(manager._queryset_class)}
    return type(f"Tenant{manager.__name__}", (TenantManager, manager), rows)


@cache
def _of_tenant(queryset):
    if issubclass(queryset, TenantQuerySet):
        return queryset
    made = type(f"Tenant{queryset.__name__}", (TenantQuerySet, queryset), {})
    # Pickle would look for the class by its name.
    copyreg.pickle(made, lambda rows: (_unpickled, (_empty(queryset), rows.__getstate__())))
    return made


def _empty(queryset):
    # No rows, which ask no database.
    rows = queryset()
    rows._result_cache = []
    return rows


def _unpickled(like, state):
    rows = _of_tenant(type(like))()
    rows.__setstate__(state)
    return rows


class TenantModel(models.Model):
    """A model whose rows belong to one tenant each."""

    # Blank: whoever makes a row, such as a factory of tests, leaves it to save().
    tenant = models.ForeignKey(
        "blog.Tenant", on_delete=models.PROTECT, related_name="+", blank=True, editable=False
    )

    objects = TenantManager()
    unscoped = UnscopedManager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.enter_tenant()
        super().save(*args, **kwargs)

    def validate_constraints(self, exclude=None):
        # What is unique is so within the tenant, which no form has.
        try:
            self.enter_tenant()
        except CrossTenantError as error:
            raise ValidationError(str(error)) from error
        super().validate_constraints(exclude=set(exclude or ()) - {"tenant"})

    def enter_tenant(self):
        """Give a new row to the tenant at work, and refuse to point to rows of others."""
        if self.tenant_id is None:
            self.tenant = current_tenant()
        if self._state.adding and self.pk is not None and not self._meta.pk.has_default():
            # Django would write over a row that has the key.
            others = type(self).unscoped.exclude(tenant=self.tenant_id)
            if others.filter(pk=self.pk).exists():
                raise CrossTenantError(f"A row of another tenant has the key {self.pk}.")
        for relation in self._meta.concrete_fields:
            if not issubclass(relation.related_model or object, TenantModel):
                continue
            if getattr(self, relation.attname) is None:
                # Not saved yet, or what validation says is missing.
                row = relation.get_cached_value(self, default=None)
            else:
                row = getattr(self, relation.name)
            if row is not None and row.tenant_id != self.tenant_id:
                raise CrossTenantError(f"{relation} would point to a row of another tenant.")


@receiver(pre_save)
def give_rows_of_fixtures_a_tenant(instance, raw, **kwargs):
    # A fixture is written as it is, without save().
    if raw and isinstance(instance, TenantModel) and instance.tenant_id is None:
        instance.tenant = current_tenant()


@receiver(m2m_changed)
def refuse_rows_of_others(instance, action, model, pk_set, using, **kwargs):
    if action != "pre_add" or not isinstance(instance, TenantModel):
        return
    if issubclass(model, TenantModel):
        rows = model.unscoped.using(using).filter(pk__in=pk_set)
        if rows.exclude(tenant=instance.tenant_id).exists():
            raise CrossTenantError(f"{instance} would be joined with a row of another tenant.")
