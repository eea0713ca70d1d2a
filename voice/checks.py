"""`manage.py check --deploy` speaks up before a configured model dies or a tool misses its secret."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from voice.model_dates import warning_for


def check_models(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """One warning for each configured model that has an end date."""
    names = ("REALTIME_MODEL", "REALTIME_TRANSCRIPTION_MODEL")
    found = [(name, warning_for(getattr(settings, name))) for name in names]
    return [Warning(sentence, hint=f"Set {name}.", id="voice.W001") for name, sentence in found if sentence]


def check_tool_secrets(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """One warning for each secret that tools may use and that is not there."""
    return [
        Warning(
            f"{name} is in TOOL_SECRETS, but has no value.",
            hint=f"Set {name}, or take it out of TOOL_SECRETS.",
            id="voice.W002",
        )
        for name in settings.TOOL_SECRETS
        if not settings.TOOL_SECRET_VALUES.get(name)
    ]
