from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from .models import Article


class ArticleTest(TestCase):
    def setUp(self):
        self.article = Article.objects.create(title="Reset", slug="reset", text="Press it.")

    def test_public_articles_are_read(self):
        response = self.client.get(reverse("kb:article-list"))
        self.assertEqual(len(response.json()), 1)
        response = self.client.get(reverse("kb:article-detail", args=["reset"]))
        self.assertEqual(response.json()["title"], "Reset")

    def test_others_are_hidden(self):
        Article.objects.update(is_public=False)
        self.assertEqual(self.client.get(reverse("kb:article-list")).json(), [])

    def test_staff_write(self):
        url = reverse("kb:article-create")
        data = {"title": "New", "slug": "new-one", "text": "x"}
        self.assertEqual(self.client.post(url, data).status_code, 401)
        self.client.force_login(User.objects.create_superuser("root"))
        self.assertEqual(self.client.post(url, data).status_code, 201)
