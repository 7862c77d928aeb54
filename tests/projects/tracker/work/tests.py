from django.contrib.auth import get_user_model
from django.test import TestCase
from django.urls import reverse

from .models import Project, Task


class TrackerTests(TestCase):
    def setUp(self):
        self.user = get_user_model().objects.create_user("ann")
        self.client.force_login(self.user)

    def test_projects_are_ones_own(self):
        bob = get_user_model().objects.create_user("bob")
        Project.objects.create(name="His", owner=bob)
        self.client.post(reverse("api:project-list"), {"name": "Hers"})
        names = [row["name"] for row in self.client.get(reverse("api:project-list")).json()]
        self.assertEqual(names, ["Hers"])

    def test_a_list_of_tasks_has_no_text(self):
        task = Task.objects.create(title="Write", text="All of it")
        self.assertNotIn("text", self.client.get(reverse("api:task-list")).json()[0])
        self.assertEqual(self.client.get(reverse("api:task-detail", args=[task.pk])).json()["text"], "All of it")

    def test_only_staff_writes_milestones(self):
        self.assertEqual(self.client.get(reverse("api:milestone-list")).status_code, 200)
        self.assertEqual(self.client.post(reverse("api:milestone-list"), {"name": "1.0"}).status_code, 403)

    def test_every_url_is_a_page(self):
        self.assertEqual(self.client.get("/about/us/").content, b"The page about/us")
