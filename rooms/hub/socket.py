"""One socket as the hub knows it: its way out and its rooms."""

from __future__ import annotations

import json
from typing import Any

from rooms.hub.local_room import LocalRoom
from rooms.names import Room
from rooms.sinks import Batch, Sink


class Socket:
    """Made by `Hub.connect`; everything the client is told goes through `say`, in order."""

    def __init__(self, number: int, sink: Sink) -> None:
        self.number = number
        self.sink = sink
        self.give = sink.give
        self.rooms: dict[Room, LocalRoom] = {}

    def say(self, **message: Any) -> None:
        """Send one JSON object."""
        self.say_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())

    def say_text(self, body: bytes, *, counted: bool = True) -> None:
        """Send a finished frame; an uncounted one does not use up the bound."""
        self.sink.give(Batch([body]), counted=counted)
