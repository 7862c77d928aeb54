from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Who may log in."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "authentication"
