from django.contrib import admin

from members.models import Loan, Member

admin.site.register([Member, Loan])
