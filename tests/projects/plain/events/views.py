from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from .forms import EventForm
from .models import Event


@login_not_required
def calendar(request):
    events = Event.objects.upcoming(timezone.now()).select_related("venue")
    return render(request, "events/calendar.html", {"events": events})


@login_not_required
def event(request, pk):
    event = get_object_or_404(Event.objects.select_related("venue"), pk=pk)
    return render(request, "events/event.html", {"event": event})


def add(request):
    form = EventForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        return redirect(form.save())
    return render(request, "events/add.html", {"form": form})
