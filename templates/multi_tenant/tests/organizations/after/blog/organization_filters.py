from django.db.models import Q
from rest_framework.filters import BaseFilterBackend

from .tenancy import CurrentOrganization, OrganizationModel


class OrganizationFilterBackend(BaseFilterBackend):
    """Hides rows that point to a row of another organization.

    Rows that have an organization themselves are their manager's business.
    """

    def filter_queryset(self, request, queryset, view):
        if issubclass(queryset.model, OrganizationModel):
            return queryset
        return queryset.filter(within_organization(queryset.model))


def within_organization(model, path="", above=()):
    """That no relation leads to a row of another organization."""
    condition = Q()
    above = (*above, model)
    for relation in model._meta.concrete_fields:
        target = relation.related_model
        if target is None or target in above:
            continue
        name = f"{path}{relation.name}"
        if issubclass(target, OrganizationModel):
            inside = Q(**{f"{name}__organization": CurrentOrganization()})
        else:
            inside = within_organization(target, f"{name}__", above)
        if inside and relation.null:
            inside |= Q(**{name: None})
        condition &= inside
    return condition
