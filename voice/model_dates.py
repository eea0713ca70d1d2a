"""Realtime models that are gone or have a date on which they go.

Source: OpenAI documentation, "Deprecations", as of November 2026. A model that is not listed has no
announced end. Transcription models stand in the same table.
"""

from __future__ import annotations

from datetime import date

# The longest prefix that fits a model's name decides.
_ENDS: dict[str, tuple[date, str]] = {
    "gpt-4o-realtime-preview": (date(2026, 5, 7), "gpt-realtime-2.1"),
    "gpt-realtime-mini": (date(2027, 1, 20), "gpt-realtime-2.1-mini"),
    "gpt-realtime": (date(2027, 1, 20), "gpt-realtime-2.1"),
    "whisper-1": (date(2027, 2, 26), "gpt-realtime-whisper"),
    "gpt-4o-transcribe": (date(2027, 2, 26), "gpt-realtime-whisper"),
    "gpt-4o-mini-transcribe": (date(2027, 2, 26), "gpt-realtime-whisper"),
}
_LIVING = (
    "gpt-realtime-2.",
    "gpt-realtime-2-",
    "gpt-realtime-1.5",
    "gpt-realtime-whisper",
    "gpt-realtime-translate",
)


def end_of(model: str) -> tuple[date, str] | None:
    """When a model ends and what follows it; None for one without a date."""
    if f"{model}-".startswith(_LIVING):
        return None
    fitting = [name for name in _ENDS if model == name or model.startswith(f"{name}-")]
    return _ENDS[max(fitting, key=len)] if fitting else None


def warning_for(model: str) -> str:
    """A sentence for the operator, or nothing."""
    end = end_of(model)
    if end is None:
        return ""
    day, successor = end
    return f"The model {model} ends on {day:%d %B %Y}; use {successor}."
