from rest_framework import serializers

from .models import Queue, Ticket


class QueueSerializer(serializers.ModelSerializer):
    class Meta:
        model = Queue
        fields = ["id", "name"]


class TicketSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ticket
        fields = ["id", "queue", "reporter", "assignee", "subject", "body", "status", "opened_at"]
        read_only_fields = ["reporter", "opened_at"]
