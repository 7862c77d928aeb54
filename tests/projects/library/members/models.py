from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from books.models import Book


def due_date():
    return timezone.localdate() + timedelta(days=28)


class Member(models.Model):
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
    )
    card_number = models.CharField(max_length=12, unique=True)
    joined = models.DateField(auto_now_add=True)

    def __str__(self):
        return self.card_number


class Loan(models.Model):
    member = models.ForeignKey(
        Member,
        on_delete=models.PROTECT,
        related_name='loans',
    )
    book = models.ForeignKey(
        Book,
        on_delete=models.PROTECT,
        related_name='loans',
    )
    due = models.DateField(default=due_date)
    returned = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ('due', 'pk')
        constraints = [
            models.UniqueConstraint(
                fields=['book'],
                condition=models.Q(returned=None),
                name='one_open_loan_a_book',
            ),
        ]

    def __str__(self):
        return f'{self.book} to {self.member}'
