from rest_framework import generics, status
from rest_framework.permissions import IsAdminUser
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Queue, Ticket
from .serializers import QueueSerializer, TicketSerializer


class QueueList(generics.ListCreateAPIView):
    queryset = Queue.objects.all()
    serializer_class = QueueSerializer


class QueueDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Queue.objects.all()
    serializer_class = QueueSerializer
    permission_classes = [IsAdminUser]


class TicketList(generics.ListCreateAPIView):
    queryset = Ticket.objects.select_related("queue", "reporter", "assignee")
    serializer_class = TicketSerializer

    def perform_create(self, serializer):
        serializer.save(reporter=self.request.user)


class TicketDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Ticket.objects.select_related("queue", "reporter", "assignee")
    serializer_class = TicketSerializer


class CloseTicket(APIView):
    def post(self, request, pk):
        ticket = generics.get_object_or_404(Ticket.open_tickets, pk=pk)
        ticket.status = Ticket.CLOSED
        ticket.save(update_fields=["status"])
        return Response(status=status.HTTP_204_NO_CONTENT)
