from django.contrib.auth.models import User
from django.test import TestCase
from rest_framework.authtoken.models import Token

from tickets.models import Queue, Ticket


class TicketApiTest(TestCase):
    def setUp(self):
        self.user = User.objects.create_user("ann", password="pw")
        token = Token.objects.create(user=self.user)
        self.headers = {"authorization": f"Token {token.key}"}
        self.queue = Queue.objects.create(name="Billing")
        self.ticket = Ticket.objects.create(
            queue=self.queue, reporter=self.user, subject="Invoice", body="Where is it?"
        )

    def test_nobody_reads_without_a_token(self):
        self.assertEqual(self.client.get("/api/tickets/").status_code, 401)

    def test_list(self):
        response = self.client.get("/api/tickets/", headers=self.headers)
        self.assertEqual([row["subject"] for row in response.json()], ["Invoice"])

    def test_create(self):
        data = {"queue": self.queue.pk, "subject": "Refund", "body": "Please"}
        response = self.client.post("/api/tickets/", data, headers=self.headers)
        self.assertEqual(response.status_code, 201, response.content)
        self.assertEqual(Ticket.objects.get(subject="Refund").reporter, self.user)

    def test_close(self):
        url = f"/api/tickets/{self.ticket.pk}/close/"
        self.assertEqual(self.client.post(url, headers=self.headers).status_code, 204)
        self.assertEqual(self.client.post(url, headers=self.headers).status_code, 404)

    def test_queues_are_changed_by_staff(self):
        url = f"/api/queues/{self.queue.pk}/"
        response = self.client.delete(url, headers=self.headers)
        self.assertEqual(response.status_code, 403)
