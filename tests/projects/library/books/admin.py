from django.contrib import admin

from books.models import Author, Book


class BookAdmin(admin.ModelAdmin):
    list_display = ('title', 'isbn', 'language', 'published')
    list_filter = ('language',)
    search_fields = ('title', 'isbn')
    filter_horizontal = ('authors',)


admin.site.register(Author)
admin.site.register(Book, BookAdmin)
