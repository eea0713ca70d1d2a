"""Redis' channel patterns, matched here as Redis matches them.

`*` stands for any bytes, `?` for one, `[ab]`, `[a-z]` and `[^a]` for one of (or none of) a set, and `\\`
takes the next byte as it is. The bridge asks which of several patterns comes first, the hub which rooms a
gap concerns.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rooms.names import INTERNAL_MARK


class Patterns:
    """Several patterns in their listed order."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.texts = tuple(patterns)
        self._compiled = [re.compile(_expression(text.encode()), re.DOTALL) for text in patterns]

    @classmethod
    def from_text(cls, text: str) -> Patterns:
        """From what `as_text` gives."""
        return cls([part for part in text.split(",") if part])

    def as_text(self) -> str:
        """All of them by comma, as in the environment."""
        return ",".join(self.texts)

    def first_match(self, channel: bytes) -> int | None:
        """The place of the first listed pattern that matches."""
        for place, compiled in enumerate(self._compiled):
            if compiled.fullmatch(channel):
                return place
        return None

    def covers(self, name: str) -> bool:
        """Whether any of them matches."""
        return self.first_match(name.encode()) is not None


def subscription_of(pattern: str) -> str:
    """What is asked of Redis: a bare `*` leaves out every internal channel at the source."""
    return f"[^{INTERNAL_MARK}]*" if pattern == "*" else pattern


def _expression(pattern: bytes) -> bytes:
    parts, at = [], 0
    while at < len(pattern):
        part, at = _next_part(pattern, at)
        parts.append(part)
    return b"".join(parts)


def _next_part(pattern: bytes, at: int) -> tuple[bytes, int]:
    byte = pattern[at : at + 1]
    if byte == b"*":
        return b".*", at + 1
    if byte == b"?":
        return b".", at + 1
    if byte == b"[":
        return _set(pattern, at + 1)
    if byte == b"\\" and at + 1 < len(pattern):
        return re.escape(pattern[at + 1 : at + 2]), at + 2
    return re.escape(byte), at + 1


def _set(pattern: bytes, at: int) -> tuple[bytes, int]:
    """A set without its end reaches to the pattern's end, as in Redis."""
    is_negative = pattern[at : at + 1] == b"^"
    at += is_negative
    ranges = []
    while at < len(pattern) and pattern[at : at + 1] != b"]":
        if pattern[at : at + 1] == b"\\" and at + 1 < len(pattern):
            at += 1
            low = high = pattern[at]
        elif at + 2 < len(pattern) and pattern[at + 1 : at + 2] == b"-":
            low, high = sorted((pattern[at], pattern[at + 2]))
            at += 2
        else:
            low = high = pattern[at]
        ranges.append(b"\\x%02x-\\x%02x" % (low, high))
        at += 1
    inside = b"".join(ranges)
    if not inside:
        return (b"." if is_negative else b"(?!)"), at + 1
    return b"[" + (b"^" if is_negative else b"") + inside + b"]", at + 1
