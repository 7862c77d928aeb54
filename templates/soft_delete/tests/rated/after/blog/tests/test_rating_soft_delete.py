from django.contrib import messages
from django.contrib.admin.sites import site
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.urls import reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Post, Rating

User = get_user_model()


class RatingSoftDeleteAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.staff = User.objects.create_user(
            "staff", "staff@example.com", "s3cret-pass", is_staff=True
        )
        cls.outsider = User.objects.create_user("outsider", "outsider@example.com", "s3cret-pass")
        cls.post = Post.objects.create(title="T", slug="t", content="c", author=cls.user)

    def setUp(self):
        self.client.force_authenticate(self.user)

    def make_rating(self, mark="first", **values):
        return Rating.objects.create(
            **{
                "post": Post.objects.create(
                    title="T", slug=str(Post.objects.count()), content="c", author=self.user
                ),
                "user": self.user,
                "score": 1,
                **values,
            }
        )

    def test_a_deleted_rating_is_hidden_and_kept(self):
        rating = self.make_rating()
        self.assertEqual(rating.delete(), (1, {"blog.Rating": 1}))
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())
        self.assertNotIn(rating, Rating._default_manager.all())
        self.assertIsNotNone(Rating.all_objects.get(pk=rating.pk).deleted_at)
        self.assertEqual(rating.delete(), (0, {}))

    def test_a_deleted_rating_is_restored(self):
        rating = self.make_rating()
        rating.delete()
        self.assertEqual(rating.restore(), 1)
        self.assertIsNone(Rating.objects.get(pk=rating.pk).deleted_at)
        self.assertEqual(rating.restore(), 0)

    def test_querysets_hide_and_restore_as_well(self):
        rating = self.make_rating()
        rows = Rating.objects.filter(pk=rating.pk)
        self.assertEqual(rows.delete(), (1, {"blog.Rating": 1}))
        self.assertFalse(rows.exists())
        deleted = Rating.all_objects.deleted().filter(pk=rating.pk)
        self.assertEqual(deleted.count(), 1)
        self.assertEqual(deleted.restore(), 1)
        self.assertTrue(rows.exists())

    def test_hard_delete_removes(self):
        rating = self.make_rating()
        rows = Rating.all_objects.filter(pk=rating.pk)
        rating.hard_delete()
        self.assertFalse(rows.exists())
        rating = self.make_rating()
        rating.delete()
        rows = Rating.all_objects.filter(pk=rating.pk)
        rows.deleted().hard_delete()
        self.assertFalse(rows.exists())

    def test_a_deleted_rating_counts_no_more(self):
        url = reverse("post-detail", args=[self.post.pk])
        before = self.client.get(url).data
        rating = self.make_rating(post=self.post)
        self.assertNotEqual(self.client.get(url).data, before)
        rating.delete()
        self.assertEqual(self.client.get(url).data, before)

    def test_a_deleted_rating_does_not_hold_its_post_and_user(self):
        rating = self.make_rating("first")
        rating.delete()
        self.make_rating("second", post=rating.post, user=rating.user).full_clean()
        rows = Rating.all_objects.filter(post=rating.post, user=rating.user)
        self.assertEqual(rows.count(), 2)

    def test_forms_check_what_is_unique_among_live_ones(self):
        other = Rating.objects.get(pk=self.make_rating("first").pk)
        other.pk, other._state.adding = None, True
        with self.assertRaises(ValidationError):
            other.validate_constraints(exclude=["deleted_at"])

    def test_the_admin_site_shows_deleted_ones(self):
        rating = self.make_rating()
        rating.delete()
        page = site._registry[Rating]
        self.assertIn(rating, page.get_queryset(None))
        self.assertIn("restore_selected", page.actions)

    def test_the_admin_site_says_what_has_been_replaced(self):
        rating = self.make_rating("first")
        rating.delete()
        self.make_rating("second", post=rating.post, user=rating.user)
        page = type(site._registry[Rating])(Rating, site)
        said = []
        page.message_user = lambda *args: said.append(args)
        page.restore_selected(None, Rating.all_objects.filter(pk=rating.pk))
        self.assertEqual([level for _, _, level in said], [messages.ERROR])
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())

    def test_the_api_deletes_softly(self):
        rating = self.make_rating()
        url = reverse("rating-detail", args=[rating.pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)
        response = self.client.get(reverse("rating-list"))
        self.assertNotIn(rating.pk, [row["id"] for row in response.data["results"]])
        self.assertTrue(Rating.all_objects.filter(pk=rating.pk).exists())

    def test_staff_restores(self):
        rating = self.make_rating()
        url = reverse("rating-restore", args=[rating.pk])
        self.client.force_authenticate(self.staff)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)
        rating.delete()
        response = self.client.post(url)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertTrue(Rating.objects.filter(pk=rating.pk).exists())
        url = url.replace(f"/{rating.pk}/", "/no_key/")
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_others_cannot_restore(self):
        rating = self.make_rating()
        rating.delete()
        url = reverse("rating-restore", args=[rating.pk])
        self.client.force_authenticate(self.outsider)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_403_FORBIDDEN)
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.client.post(url).status_code, refused)
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())

    def test_what_has_been_replaced_is_not_restored(self):
        rating = self.make_rating("first")
        rating.delete()
        self.make_rating("second", post=rating.post, user=rating.user)
        self.client.force_authenticate(self.staff)
        response = self.client.post(reverse("rating-restore", args=[rating.pk]))
        self.assertEqual(response.status_code, status.HTTP_409_CONFLICT)
        self.assertFalse(Rating.objects.filter(pk=rating.pk).exists())
