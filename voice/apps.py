"""Django's handle on the voice app."""

from django.apps import AppConfig


class VoiceConfig(AppConfig):
    """Holds the voice app's name; it starts nothing."""

    name = "voice"
    default_auto_field = "django.db.models.BigAutoField"
