from django.contrib.auth.models import User
from django.db import IntegrityError
from django.test import TestCase
from django.urls import reverse

from books.models import Book
from members.models import Loan, Member


class LoanTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.admin = User.objects.create_superuser('admin', password='pw')
        cls.member = Member.objects.create(user=cls.admin, card_number='1')
        cls.book = Book.objects.create(title='Emma', isbn='1', pages=474)
        cls.loan = Loan.objects.create(member=cls.member, book=cls.book)

    def test_a_book_is_lent_once(self):
        with self.assertRaises(IntegrityError):
            Loan.objects.create(member=self.member, book=self.book)

    def test_loans_are_for_librarians(self):
        url = reverse('members:loan-list')
        self.assertEqual(self.client.get(url).status_code, 403)
        self.client.force_login(self.admin)
        response = self.client.get(url, {'open': 'true'})
        self.assertEqual(response.json()['count'], 1)
