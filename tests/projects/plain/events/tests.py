from datetime import timedelta

from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from .models import Event, Venue


class CalendarTests(TestCase):
    def setUp(self):
        self.venue = Venue.objects.create(name="Village hall")
        self.event = Event.objects.create(
            title="Dance", venue=self.venue, starts_at=timezone.now() + timedelta(days=1), flyer="dance.pdf"
        )

    def test_everybody_sees_what_is_coming(self):
        Event.objects.create(
            title="Past", venue=self.venue, starts_at=timezone.now() - timedelta(days=1), flyer="past.pdf"
        )
        response = self.client.get(reverse("calendar"))
        self.assertContains(response, "Dance")
        self.assertNotContains(response, "Past")
        self.assertContains(self.client.get(self.event.get_absolute_url()), "Village hall")

    def test_members_add_events(self):
        self.assertEqual(self.client.get(reverse("add-event")).status_code, 302)
        self.client.force_login(User.objects.create_user("ann"))
        self.assertContains(self.client.get(reverse("add-event")), "form")
