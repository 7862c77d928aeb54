from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who changed what and when."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "audit"

    def ready(self):
        from .signals import connect

        connect()
