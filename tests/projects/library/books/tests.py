import datetime

from django.contrib.auth.models import User
from django.urls import reverse
from rest_framework.test import APITestCase

from books.models import Author, Book


class BookTests(APITestCase):
    def setUp(self):
        self.user = User.objects.create_user('librarian', password='pw')
        self.author = Author.objects.create(
            first_name='Mary',
            last_name='Shelley',
        )
        self.book = Book.objects.create(
            title='Frankenstein',
            isbn='9780141439471',
            pages=352,
            published=datetime.date(1818, 1, 1),
        )
        self.book.authors.add(self.author)
        self.url = reverse('books:book-list')

    def data(self, **changes):
        return {
            'title': 'The Last Man',
            'isbn': '9780199552351',
            'authors': [self.author.pk],
            'pages': 512,
            **changes,
        }

    def test_everybody_reads(self):
        response = self.client.get(self.url)
        self.assertEqual(response.data['count'], 1)
        self.assertEqual(response.data['results'][0]['title'], 'Frankenstein')

    def test_only_users_add_books(self):
        response = self.client.post(self.url, self.data())
        self.assertEqual(response.status_code, 403)
        self.client.force_login(self.user)
        response = self.client.post(self.url, self.data())
        self.assertEqual(response.status_code, 201)
        self.assertEqual(self.author.books.count(), 2)

    def test_wrong_isbn(self):
        self.client.force_login(self.user)
        for isbn in ['', 'abc', '97801995523', self.book.isbn]:
            response = self.client.post(self.url, self.data(isbn=isbn))
            self.assertEqual(response.status_code, 400, isbn)

    def test_filters(self):
        for query, count in [
            ({'title': 'frank'}, 1),
            ({'author': 'shelley'}, 1),
            ({'author': 'Byron'}, 0),
            ({'published_after': '1900-01-01'}, 0),
        ]:
            response = self.client.get(self.url, query)
            self.assertEqual(response.data['count'], count, query)

    def test_latest(self):
        response = self.client.get(reverse('books:book-latest'))
        self.assertEqual(len(response.data), 1)


class SchemaTests(APITestCase):
    def test_schema(self):
        response = self.client.get(reverse('schema'))
        self.assertEqual(response.status_code, 200)
        self.assertIn('/api/books/books/', response.data['paths'])
