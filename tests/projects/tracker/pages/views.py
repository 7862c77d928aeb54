from django.http import HttpResponse


def home(request):
    return HttpResponse("Tracker")


def page(request, url):
    return HttpResponse(f"The page {url}")
