from unittest import mock

from django.contrib import messages
from django.contrib.admin.sites import site
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.urls import resolve, reverse
from rest_framework import status
from rest_framework.test import APITestCase

from blog.models import Photo

User = get_user_model()


class PhotoSoftDeleteAPITests(APITestCase):
    @classmethod
    def setUpTestData(cls):
        cls.user = User.objects.create_user("author", "author@example.com", "s3cret-pass")
        cls.staff = User.objects.create_user(
            "staff", "staff@example.com", "s3cret-pass", is_staff=True
        )

    def make_photo(self, mark="first", **values):
        return Photo.objects.create(
            **{
                "title": "T",
                "slug": mark,
                "content": "c",
                "author": self.user,
                "camera": "C",
                "negative": mark,
                **values,
            }
        )

    def test_a_deleted_photo_is_hidden_and_kept(self):
        photo = self.make_photo()
        self.assertEqual(photo.delete(), (1, {"blog.Photo": 1}))
        self.assertFalse(Photo.objects.filter(pk=photo.pk).exists())
        self.assertNotIn(photo, Photo._default_manager.all())
        self.assertIsNotNone(Photo.all_objects.get(pk=photo.pk).deleted_at)
        self.assertEqual(photo.delete(), (0, {}))

    def test_a_deleted_photo_is_restored(self):
        photo = self.make_photo()
        photo.delete()
        self.assertEqual(photo.restore(), 1)
        self.assertIsNone(Photo.objects.get(pk=photo.pk).deleted_at)
        self.assertEqual(photo.restore(), 0)

    def test_querysets_hide_and_restore_as_well(self):
        photo = self.make_photo()
        rows = Photo.objects.filter(pk=photo.pk)
        self.assertEqual(rows.delete(), (1, {"blog.Photo": 1}))
        self.assertFalse(rows.exists())
        deleted = Photo.all_objects.deleted().filter(pk=photo.pk)
        self.assertEqual(deleted.count(), 1)
        self.assertEqual(deleted.restore(), 1)
        self.assertTrue(rows.exists())

    def test_hard_delete_removes(self):
        photo = self.make_photo()
        rows = Photo.all_objects.filter(pk=photo.pk)
        photo.hard_delete()
        self.assertFalse(rows.exists())
        photo = self.make_photo()
        photo.delete()
        rows = Photo.all_objects.filter(pk=photo.pk)
        rows.deleted().hard_delete()
        self.assertFalse(rows.exists())

    def test_a_deleted_photo_does_not_hold_its_slug(self):
        photo = self.make_photo("first")
        photo.delete()
        self.make_photo("second", slug=photo.slug).full_clean()
        rows = Photo.all_objects.filter(slug=photo.slug)
        self.assertEqual(rows.count(), 2)

    def test_forms_check_what_is_unique_among_live_ones(self):
        other = Photo.objects.get(pk=self.make_photo("first").pk)
        other.pk, other._state.adding = None, True
        with self.assertRaises(ValidationError):
            other.validate_constraints(exclude=["deleted_at"])

    def test_what_is_unique_in_its_table_is_so_among_deleted_ones(self):
        photo = self.make_photo("first")
        other = self.make_photo("second")
        photo.delete()
        url = reverse("photo-detail", args=[other.pk])
        response = self.client.patch(url, {"negative": photo.negative})
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)
        other.negative = photo.negative
        with self.assertRaises(ValidationError):
            other.validate_unique()

    def test_the_admin_site_shows_deleted_ones(self):
        photo = self.make_photo()
        photo.delete()
        page = site._registry[Photo]
        self.assertIn(photo, page.get_queryset(None))
        self.assertIn("restore_selected", page.actions)

    def test_the_admin_site_says_what_has_been_replaced(self):
        photo = self.make_photo("first")
        photo.delete()
        self.make_photo("second", slug=photo.slug)
        page = type(site._registry[Photo])(Photo, site)
        said = []
        page.message_user = lambda *args: said.append(args)
        page.restore_selected(None, Photo.all_objects.filter(pk=photo.pk))
        self.assertEqual([level for _, _, level in said], [messages.ERROR])
        self.assertFalse(Photo.objects.filter(pk=photo.pk).exists())

    def test_the_api_deletes_softly(self):
        photo = self.make_photo()
        url = reverse("photo-detail", args=[photo.pk])
        self.assertEqual(self.client.delete(url).status_code, status.HTTP_204_NO_CONTENT)
        self.assertEqual(self.client.get(url).status_code, status.HTTP_404_NOT_FOUND)
        response = self.client.get(reverse("photo-list"))
        self.assertNotIn(photo.pk, [row["id"] for row in response.data["results"]])
        self.assertTrue(Photo.all_objects.filter(pk=photo.pk).exists())

    def test_the_api_checks_what_is_unique_among_live_ones(self):
        url = reverse("photo-list")
        data = {
            "title": "T",
            "slug": "t",
            "content": "c",
            "author": self.user.pk,
            "camera": "C",
            "negative": "N",
        }
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, status.HTTP_201_CREATED, response.data)
        response = self.client.post(url, data)
        self.assertEqual(response.status_code, status.HTTP_400_BAD_REQUEST)

    def test_staff_restores(self):
        photo = self.make_photo()
        url = reverse("photo-restore", args=[photo.pk])
        self.client.force_authenticate(self.staff)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)
        photo.delete()
        response = self.client.post(url)
        self.assertEqual(response.status_code, status.HTTP_200_OK, response.data)
        self.assertTrue(Photo.objects.filter(pk=photo.pk).exists())
        url = url.replace(f"/{photo.pk}/", "/no_key/")
        self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)

    def test_what_the_view_does_not_show_is_not_restored(self):
        photo = self.make_photo()
        url = reverse("photo-restore", args=[photo.pk])
        photo.delete()
        self.client.force_authenticate(self.staff)
        nothing = Photo.objects.none()
        with mock.patch.object(resolve(url).func.cls, "get_queryset", return_value=nothing):
            self.assertEqual(self.client.post(url).status_code, status.HTTP_404_NOT_FOUND)
        self.assertFalse(Photo.objects.filter(pk=photo.pk).exists())

    def test_others_cannot_restore(self):
        photo = self.make_photo()
        photo.delete()
        url = reverse("photo-restore", args=[photo.pk])
        self.client.force_authenticate(self.user)
        self.assertEqual(self.client.post(url).status_code, status.HTTP_403_FORBIDDEN)
        self.client = self.client_class()
        refused = (status.HTTP_401_UNAUTHORIZED, status.HTTP_403_FORBIDDEN)
        self.assertIn(self.client.post(url).status_code, refused)
        self.assertFalse(Photo.objects.filter(pk=photo.pk).exists())

    def test_what_has_been_replaced_is_not_restored(self):
        photo = self.make_photo("first")
        photo.delete()
        self.make_photo("second", slug=photo.slug)
        self.client.force_authenticate(self.staff)
        response = self.client.post(reverse("photo-restore", args=[photo.pk]))
        self.assertEqual(response.status_code, status.HTTP_409_CONFLICT)
        self.assertFalse(Photo.objects.filter(pk=photo.pk).exists())
