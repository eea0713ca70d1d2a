"""A reader of one room that subscribes, reads, loses its link and comes back, as a hub does."""

from __future__ import annotations

import json
from typing import Any

from rooms.frames import Position
from rooms.names import group_channel_of, room_from_text
from tests.rooms.ledger import Ledger, position_of

ROOM = room_from_text('a"b\\ü/ 😀')


class Reader:
    """Subscribes first, reads second, merges by offset; its link can be cut."""

    def __init__(self, machine: Any) -> None:
        self._machine = machine
        self.ledger = Ledger(machine.model)
        self._heard: Any = None

    async def join(self, last: int) -> None:
        """For the first time, or anew."""
        machine = self._machine
        await self._open()
        await machine.register.enter(ROOM)
        reading = await machine.history.read(ROOM, last=last)
        assert (reading.recovered, reading.gaps) == (None, [])
        machine.check_newest(reading.frames, last)
        self.ledger.begin(reading.position, reading.frames)

    async def come_back(self, last: int, limit: int) -> None:
        await self._open()
        await self.recover(last, limit)

    async def cut(self) -> None:
        if self._heard:
            await self._heard.aclose()
            self._heard = None

    async def _open(self) -> None:
        await self.cut()
        self._heard = self._machine.redis.pubsub()
        await self._heard.subscribe(group_channel_of(ROOM, self._machine.namespace))
        assert (await self._heard.get_message(timeout=5))["type"] == "subscribe"

    async def listen(self) -> None:
        """Take all that was announced until now."""
        if self._heard is None:
            return
        await self._heard.ping()
        while (message := await self._heard.get_message(timeout=5))["type"] != "pong":
            text = message["data"].decode()
            if json.loads(text)["type"] == "message":
                await self._hear(text)
            else:
                await self.recover(0, 500)

    async def _hear(self, text: str) -> None:
        here, place = self.ledger.place, position_of(text)
        assert here is not None
        if place == Position(here.epoch, here.offset + 1):
            self.ledger.message(text)
        elif place.epoch != here.epoch or place.offset > here.offset:
            await self.recover(0, 500)

    async def recover(self, last: int, limit: int) -> None:
        """Read on from where it stands until there is no more."""
        more = True
        while more:
            since = self.ledger.place
            assert since is not None
            await self._machine.register.enter(ROOM)
            reading = await self._machine.history.read(ROOM, since=since, last=last, limit=limit)
            self._machine.check_judgement(reading, since, limit)
            texts = reading.frames
            if reading.recovered is False:
                self._machine.check_newest(texts, min(last, limit))
                (gap,) = map(json.loads, reading.gaps)
                self.ledger.gap(gap, reading.position)
                texts = [text for text in texts if position_of(text).epoch == reading.position.epoch]
            for text in texts:
                self.ledger.message(text)
            assert self.ledger.place == reading.position
            more = reading.more
