"""What tests of money stand on: usage as the provider tells it, and a conversation to hang it on."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from voice.call import UsageData
from voice.events import TokenUsage
from voice.models import Conversation, ModelPrice, Usage
from voice.shipped_prices import add_shipped
from voice.transcripts import store_usage

MINI = "gpt-realtime-2.1-mini"
BIG = "gpt-realtime-2.1"
WHISPER = "gpt-realtime-whisper"

# The example of OpenAI's reference for `response.done`, with pictures added where a test wants them.
EXAMPLE: dict[str, Any] = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


def ship_prices() -> None:
    """Put the shipped prices back: a test that empties tables takes them along."""
    add_shipped(ModelPrice)


def conversation_of(user: Any, **more: Any) -> Conversation:
    """A call of somebody that is over, unless `more` says otherwise."""
    began = more.pop("started_at", timezone.now() - timedelta(minutes=5))
    values = {
        "assistant_name": "Home",
        "provider": "openai",
        "model": MINI,
        "provider_call_id": f"rtc_{uuid.uuid4().hex}",
        "control": "sideband",
        "expires_at": began + timedelta(minutes=15),
        "ended_at": began + timedelta(seconds=44),
        "end_reason": "user",
        **more,
    }
    return Conversation.objects.create(user=user, started_at=began, **values)


def used(
    conversation: Conversation,
    usage: dict[str, Any] = EXAMPLE,
    *,
    model: str = MINI,
    kind: Any = "response",
    source_id: str = "",
) -> Usage:
    """Usage stored as a call stores it."""
    data = UsageData(kind, source_id or uuid.uuid4().hex, TokenUsage.model_validate(usage))
    row = store_usage(conversation.pk, model, data)
    assert row is not None
    return row


def spend(conversation: Conversation, amount: str, *, at: datetime | None = None) -> Usage:
    """Usage that cost exactly this."""
    return Usage.objects.create(
        conversation=conversation,
        kind="response",
        source_id=uuid.uuid4().hex,
        model=MINI,
        at=at or timezone.now(),
        total_tokens=100,
        cost=Decimal(amount),
        pricing=Usage.Pricing.PRICED,
    )
