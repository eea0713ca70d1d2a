"""Reads what Redis pushes to a subscriber: RESP2 arrays, from chunks of bytes as they come."""

from __future__ import annotations

Part = bytes | int | None
_END = b"\r\n"


class BadWire(ValueError):
    """These bytes are no RESP2 array; the connection cannot be used any more."""


class PushReader:
    """Cuts a stream of bytes into messages; keeps the unfinished rest."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._wanted = 0

    def feed(self, data: bytes) -> list[list[Part]]:
        """The messages that are complete now. Raises BadWire."""
        rest = self._rest
        rest += data
        if len(rest) < self._wanted:
            return []
        messages, at = [], 0
        self._wanted = 0
        while at < len(rest):
            message, next_at = self._message(rest, at)
            if message is None:
                self._wanted = max(0, next_at - at)
                break
            messages.append(message)
            at = next_at
        del rest[:at]
        return messages

    def _message(self, rest: bytearray, at: int) -> tuple[list[Part] | None, int]:
        """One message and where the next begins; or None and how far the bytes must reach, if known."""
        count, at = _header(rest, at, b"*")
        if count is None:
            return None, 0
        parts: list[Part] = []
        for _ in range(count):
            kind = rest[at : at + 1]
            size, at = _header(rest, at, kind)
            if size is None:
                return None, 0
            if kind == b":":
                parts.append(size)
            elif size < 0:
                parts.append(None)
            elif at + size + 2 > len(rest):
                return None, at + size + 2
            else:
                parts.append(bytes(rest[at : at + size]))
                at += size + 2
        return parts, at


def _header(rest: bytearray, at: int, kind: bytes | bytearray) -> tuple[int | None, int]:
    """The number behind a type byte, and where its line ends."""
    end = rest.find(_END, at)
    if end < 0:
        return None, at
    if rest[at : at + 1] != kind or kind not in (b"*", b"$", b":"):
        raise BadWire(f"wanted an array, read {bytes(rest[at : at + 20])!r}")
    return int(rest[at + 1 : end]), end + 2
