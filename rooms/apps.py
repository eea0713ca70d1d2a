"""Django's handle on the rooms app."""

from django.apps import AppConfig


class RoomsConfig(AppConfig):
    """Registers the app's checks; it starts nothing."""

    name = "rooms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rooms import checks  # noqa: F401
