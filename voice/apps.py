"""Django's handle on the voice app."""

from django.apps import AppConfig
from django.core.checks import Tags, register


class VoiceConfig(AppConfig):
    """Registers the app's checks; it starts nothing."""

    name = "voice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from voice.checks import check_models, check_tool_secrets

        register(check_models, Tags.compatibility, deploy=True)
        register(check_tool_secrets, Tags.security, deploy=True)
