"""What stands around a hub in its fuzz test: the wire that brings frames, the pages that are told them."""

from __future__ import annotations

import json
from typing import Any

from rooms.frames import Position
from rooms.hub.socket import Socket
from rooms.sinks import Batch
from tests.rooms.ledger import Ledger, position_of


class Wire:
    """What the subscription brings, when the test lets it."""

    def __init__(self) -> None:
        self.handler: Any = None
        self.coming: list[bytes] = []

    async def subscribe(self, channel: bytes, handler: Any) -> None:
        self.channel, self.handler = channel, handler

    def unsubscribe(self, channel: bytes, handler: Any) -> None:
        self.handler = None

    def carry(self, body: bytes) -> None:
        """Something was published; who does not listen does not hear it."""
        if self.handler:
            self.coming.append(body)

    async def bring(self, count: int) -> None:
        bodies, self.coming = self.coming[:count], self.coming[count:]
        if bodies and self.handler:
            await self.handler(self.channel, bodies)


class Page:
    """A client: follows docs/protocol.md, and believes that a server never says anything twice."""

    def __init__(self, machine: Any) -> None:
        self.ledger = Ledger(machine.model)
        self._faults = machine.faults
        self.must_join = False
        self.closed: int | None = None
        self.backlog = machine.hub.backlog
        self.socket: Socket = machine.hub.connect(self)

    def give(self, batch: Batch, *, counted: bool = True) -> None:
        if self.closed is not None:
            return
        try:
            for body in batch.bodies:
                self._hear(json.loads(body), body.decode())
        except AssertionError as exc:  # the hub's tasks would take it for a fault of their own
            self._faults.append(exc)

    def close(self, code: int) -> None:
        self.closed = code

    def _hear(self, frame: dict[str, Any], text: str) -> None:
        if frame["type"] == "joined":
            self._take_joined(frame, text)
        elif frame["type"] == "gap":
            self.ledger.gap(frame, Position(**frame["to"]))
        else:
            assert frame["type"] == "message", text
            self.ledger.message(text)

    def _take_joined(self, frame: dict[str, Any], text: str) -> None:
        texts, top = messages_in(text), Position(frame["epoch"], frame["offset"])
        self.must_join = frame.get("more", False)
        if frame["recovered"] is None:
            assert frame["gaps"] == []
            self.ledger.begin(top, texts)
            return
        if frame["recovered"] is False:
            (gap,) = frame["gaps"]
            self.ledger.gap(gap, top)
            to = Position(**gap["to"])
            texts = [found for found in texts if position_of(found).epoch == to.epoch]
        else:
            assert frame["gaps"] == []
        for found in texts:
            self.ledger.message(found)
        assert self.ledger.place == top


def messages_in(joined: str) -> list[str]:
    """The finished frames inside an answer, as they stand there."""
    inside = joined.partition('"messages":[')[2].rpartition('],"watchers"')[0]
    return [f'{{"type":"message"{rest.rstrip(",")}' for rest in inside.split('{"type":"message"')[1:]]
