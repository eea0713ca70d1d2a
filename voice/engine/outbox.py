"""Hands each event of a call to everyone who listens, in one order.

Listeners are the browser's data channel and the sidebands. Handing over never waits: a listener that
cannot take an event has to buffer or leave by itself. Events sent while nobody listens are gone, as at
the hosted API.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from voice.protocol import JsonObject, ServerEventType, server_event

Listener: TypeAlias = Callable[[str], None]


class Outbox:
    """The one way out for events of one call."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def attach(self, listener: Listener) -> None:
        """Send every later event to `listener`, as JSON text."""
        self._listeners.append(listener)

    def detach(self, listener: Listener) -> None:
        """Send `listener` nothing more; unknown ones are no error."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, kind: ServerEventType, **fields: Any) -> None:
        """Build an event and send it to all."""
        self.send(server_event(kind, **fields))

    def send(self, event: JsonObject) -> None:
        """Send a finished event to all."""
        text = json.dumps(event)
        for listener in list(self._listeners):
            listener(text)
