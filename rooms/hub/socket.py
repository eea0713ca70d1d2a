"""One socket as the hub knows it: its way out and its rooms."""

from __future__ import annotations

import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from rooms.hub.local_room import LocalRoom
from rooms.names import Room
from rooms.sinks import Batch, Sink


class Socket:
    """Made by `Hub.connect`; everything the client is told goes through `say`, in order."""

    __slots__ = ("look_again", "looked_at", "number", "rooms", "sink")

    def __init__(self, number: int, sink: Sink) -> None:
        self.number = number
        self.sink = sink
        self.rooms: dict[Room, LocalRoom] = {}
        self.look_again: Callable[[], Awaitable[None]] | None = None
        """Looks at session and rights once more, and acts."""
        self.looked_at = 0.0

    def was_looked_at(self, now_s: float, *, spread_s: float = 0.0) -> None:
        """Session and rights were seen; a spread parts sockets that came together."""
        self.looked_at = now_s - random.uniform(0, spread_s)

    def say(self, **message: Any) -> None:
        """Send one JSON object."""
        self.say_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())

    def say_text(self, body: bytes, *, counted: bool = True) -> None:
        """Send a finished frame; an uncounted one does not use up the bound."""
        self.sink.give(Batch([body]), counted=counted)
