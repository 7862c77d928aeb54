from drf_spectacular.utils import extend_schema
from rest_framework import permissions, viewsets

from members.filters import LoanFilter
from members.models import Loan, Member
from members.serializers import LoanSerializer, MemberSerializer


@extend_schema(tags=['members'])
class MemberViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Member.objects.select_related('user')
    serializer_class = MemberSerializer
    permission_classes = (permissions.IsAdminUser,)


@extend_schema(tags=['loans'])
class LoanViewSet(viewsets.ModelViewSet):
    queryset = Loan.objects.select_related('member', 'book')
    serializer_class = LoanSerializer
    permission_classes = (permissions.IsAdminUser,)
    filterset_class = LoanFilter
