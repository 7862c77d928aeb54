from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """What users tell about themselves."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "profiles"
