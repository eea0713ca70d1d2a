"""System checks: a configuration that cannot work is named before anything starts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from voice.engine.config import is_loopback

_KEYS = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY"}


@register(Tags.security)
def check_provider(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The chosen provider has an address and, where it needs one, a key."""
    provider = settings.REALTIME_PROVIDER
    found: list[CheckMessage] = []
    if not settings.REALTIME_BASE_URL:
        hint = "For Azure it looks like https://RESOURCE.openai.azure.com/openai/v1."
        found.append(
            Error(
                f"REALTIME_PROVIDER={provider} needs REALTIME_BASE_URL.", hint=hint, id="realtime_site.E001"
            )
        )
    name = _KEYS.get(provider)
    if name and not getattr(settings, name):
        found.append(Error(f"REALTIME_PROVIDER={provider} needs {name}.", id="realtime_site.E002"))
    return found


@register(Tags.security)
def check_engine(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """An engine that others can reach asks for a key."""
    if is_loopback(settings.ENGINE_BIND) or settings.ENGINE_API_KEY:
        return []
    message = f"ENGINE_BIND={settings.ENGINE_BIND} is not loopback, so the engine needs ENGINE_API_KEY."
    return [Error(message, id="realtime_site.E003")]
