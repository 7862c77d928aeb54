import pytest
from django.contrib.auth.models import User
from model_bakery import baker

from todo.models import Status, Task


@pytest.fixture
def owner(db):
    return User.objects.create_user("ann")


def test_open_tasks_are_listed(client, owner):
    task = baker.make(Task, status=Status.OPEN, title="Call", board__owner=owner)
    baker.make(Task, status=Status.DONE)
    response = client.get("/api/tasks/")
    assert [row["id"] for row in response.json()] == [str(task.pk)]
