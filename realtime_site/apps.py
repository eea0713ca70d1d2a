"""Django's handle on the site itself, which holds management commands and system checks."""

from django.apps import AppConfig


class RealtimeSiteConfig(AppConfig):
    """Registers the site's checks; starts nothing."""

    name = "realtime_site"

    def ready(self) -> None:
        """Make the system checks known to Django."""
        from realtime_site import checks  # noqa: F401
