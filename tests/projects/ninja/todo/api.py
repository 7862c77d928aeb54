from uuid import UUID

from ninja import ModelSchema, Router

from .models import Status, Task

router = Router()


class TaskOut(ModelSchema):
    class Meta:
        model = Task
        fields = ["id", "title", "status", "due"]


@router.get("/", response=list[TaskOut])
def list_tasks(request, status: Status = Status.OPEN):
    return Task.objects.filter(status=status)


@router.get("/{task_id}", response=TaskOut)
def get_task(request, task_id: UUID):
    return Task.objects.get(pk=task_id)
