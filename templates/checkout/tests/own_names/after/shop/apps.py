from django.apps import AppConfig


class ShopConfig(AppConfig):
    """Carts and orders of products."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "shop"

    def ready(self):
        from . import payments  # noqa: F401
