"""Django's handle on the rooms app."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Holds the rooms app's name; it starts nothing."""

    name = "rooms"
    default_auto_field = "django.db.models.BigAutoField"
