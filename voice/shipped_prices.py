"""Prices as read from the provider's pages: figures only, so that migrations and the command share them.

US dollars per 1,000,000 tokens; transcription per minute of sound. Source: OpenAI documentation, model pages,
as of 2026-11-27. They are valid from the day the Realtime API became generally available, which is older
than any of these models but the last.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

VALID_FROM = datetime(2025, 8, 28, tzinfo=UTC)
SOURCE = "OpenAI documentation, model pages"
SOURCE_DATE = date(2026, 11, 27)

_COLUMNS = (
    *("text_in", "cached_text_in", "audio_in", "cached_audio_in"),
    *("image_in", "cached_image_in", "text_out", "audio_out"),
)
_BY_TOKEN: dict[str, tuple[str | None, ...]] = {
    "gpt-realtime-2.1": ("4", "0.40", "32", "0.40", "5", "0.50", "24", "64"),
    "gpt-realtime-2": ("4", "0.40", "32", "0.40", "5", "0.50", "24", "64"),
    "gpt-realtime-2.1-mini": ("0.60", "0.06", "10", "0.30", "0.80", "0.08", "2.40", "20"),
    "gpt-realtime-1.5": ("4", "0.40", "32", "0.40", "5", "0.50", "16", "64"),
    "gpt-4o-realtime-preview": ("5", "2.50", "40", "2.50", None, None, "20", "80"),
}
_BY_MINUTE = {"gpt-realtime-whisper": "0.017", "gpt-live-transcribe": "0.017"}


def add_shipped(price_model: Any) -> int:
    """Add the rows that are missing, change none; how many were added.

    `price_model` is ModelPrice, or what it was at a migration.
    """
    added = 0
    for model, figures in _figures().items():
        defaults = {**figures, "source": SOURCE, "source_date": SOURCE_DATE}
        _, made = price_model.objects.get_or_create(model=model, valid_from=VALID_FROM, defaults=defaults)
        added += made
    return added


def _figures() -> dict[str, dict[str, Decimal | None]]:
    by_token = {
        model: {
            name: None if price is None else Decimal(price) for name, price in zip(_COLUMNS, row, strict=True)
        }
        for model, row in _BY_TOKEN.items()
    }
    by_minute: dict[str, dict[str, Decimal | None]] = {
        model: {"per_minute": Decimal(price)} for model, price in _BY_MINUTE.items()
    }
    return {**by_token, **by_minute}
