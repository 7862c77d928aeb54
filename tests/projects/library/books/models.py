from django.core.validators import MaxValueValidator
from django.db import models


class Author(models.Model):
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    born = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ('last_name', 'first_name')

    def __str__(self):
        return f'{self.first_name} {self.last_name}'


class Book(models.Model):
    class Language(models.TextChoices):
        ENGLISH = 'en', 'English'
        FRENCH = 'fr', 'French'
        GERMAN = 'de', 'German'

    title = models.CharField(max_length=250)
    isbn = models.CharField('ISBN', max_length=13, unique=True)
    authors = models.ManyToManyField(Author, related_name='books')
    language = models.CharField(
        max_length=2,
        choices=Language.choices,
        default=Language.ENGLISH,
    )
    pages = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(20000)],
    )
    published = models.DateField(null=True, blank=True)
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ('title', 'pk')

    def __str__(self):
        return self.title
