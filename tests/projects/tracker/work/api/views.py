from rest_framework import viewsets
from rest_framework.permissions import IsAuthenticated

from core.permissions import IsStaffOrReadOnly
from work.models import Milestone, Project, Task

from .serializers import MilestoneSerializer, ProjectSerializer, TaskListSerializer, TaskSerializer


class ProjectViewSet(viewsets.ModelViewSet):
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        return super().get_queryset().for_user(self.request.user)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class MilestoneViewSet(viewsets.ModelViewSet):
    queryset = Milestone.objects.all()
    serializer_class = MilestoneSerializer
    permission_classes = [IsAuthenticated, IsStaffOrReadOnly]


class TaskViewSet(viewsets.ModelViewSet):
    permission_classes = [IsAuthenticated]

    def get_queryset(self):
        if self.action == "list":
            return Task.objects.all()
        tasks = Task.objects.select_related("milestone")
        return tasks

    def get_serializer_class(self):
        if self.action == "list":
            return TaskListSerializer
        return TaskSerializer
