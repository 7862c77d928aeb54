from django.db.models import Q
from rest_framework.filters import BaseFilterBackend

from .tenancy import CurrentTenant, TenantModel


class TenantFilterBackend(BaseFilterBackend):
    """Hides rows that point to a row of another tenant.

    Rows that have a tenant themselves are their manager's business.
    """

    def filter_queryset(self, request, queryset, view):
        if issubclass(queryset.model, TenantModel):
            return queryset
        return queryset.filter(within_tenant(queryset.model))


def within_tenant(model, path="", above=()):
    """That no relation leads to a row of another tenant."""
    condition = Q()
    above = (*above, model)
    for relation in model._meta.concrete_fields:
        target = relation.related_model
        if target is None or target in above:
            continue
        name = f"{path}{relation.name}"
        if issubclass(target, TenantModel):
            inside = Q(**{f"{name}__tenant": CurrentTenant()})
        else:
            inside = within_tenant(target, f"{name}__", above)
        if inside and relation.null:
            inside |= Q(**{name: None})
        condition &= inside
    return condition
