"""Counts what a response would have cost at the hosted API, with the full token split.

The figures are estimates made of real durations and text lengths; they exist so that everything built on
usage (cost, limits, reports) can be tried without a bill.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice.engine.conversation import Entry, json_tokens, text_tokens
from voice.protocol import JsonObject

RATE_LIMIT_TOKENS = 15_000_000
_CACHE_STEP = 64


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one direction, by kind."""

    text: int = 0
    audio: int = 0

    @property
    def total(self) -> int:
        """Both kinds together."""
        return self.text + self.audio


def input_tokens(session: JsonObject, entries: list[Entry]) -> Tokens:
    """Count what a response reads: instructions, tools and every item so far."""
    prompt = text_tokens(session["instructions"] or "") + json_tokens(session["tools"])
    return Tokens(
        text=prompt + sum(entry.text_tokens for entry in entries),
        audio=sum(entry.audio_tokens for entry in entries),
    )


def cached_tokens(before: Tokens, now: Tokens) -> Tokens:
    """Count how much of `now` the previous response has read already, in whole cache blocks."""
    return Tokens(
        text=min(before.text, now.text) // _CACHE_STEP * _CACHE_STEP,
        audio=min(before.audio, now.audio) // _CACHE_STEP * _CACHE_STEP,
    )


def usage(read: Tokens, cached: Tokens, written: Tokens) -> JsonObject:
    """Return a response's `usage` object."""
    return {
        "total_tokens": read.total + written.total,
        "input_tokens": read.total,
        "output_tokens": written.total,
        "input_token_details": {
            "text_tokens": read.text,
            "audio_tokens": read.audio,
            "image_tokens": 0,
            "cached_tokens": cached.total,
            "cached_tokens_details": {
                "text_tokens": cached.text,
                "audio_tokens": cached.audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": written.text, "audio_tokens": written.audio},
    }


def rate_limits(spent: int) -> list[JsonObject]:
    """Return the limits as reported after a response; they refill at once, since nothing is billed."""
    return [
        {
            "name": "tokens",
            "limit": RATE_LIMIT_TOKENS,
            "remaining": max(0, RATE_LIMIT_TOKENS - spent),
            "reset_seconds": round(spent * 60 / RATE_LIMIT_TOKENS, 3),
        }
    ]
