from django_filters import rest_framework as filters

from members.models import Loan


class LoanFilter(filters.FilterSet):
    open = filters.BooleanFilter(field_name='returned', lookup_expr='isnull')

    class Meta:
        model = Loan
        fields = ('member', 'book', 'open')
