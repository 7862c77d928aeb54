from django.urls import path

from . import views

urlpatterns = [
    path("queues/", views.QueueList.as_view(), name="queue-list"),
    path("queues/<int:pk>/", views.QueueDetail.as_view(), name="queue-detail"),
    path("tickets/", views.TicketList.as_view(), name="ticket-list"),
    path("tickets/<int:pk>/", views.TicketDetail.as_view(), name="ticket-detail"),
    path("tickets/<int:pk>/close/", views.CloseTicket.as_view(), name="ticket-close"),
]
