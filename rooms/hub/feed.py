"""Frames from Redis to this process's sockets, without holes.

A room is subscribed first and read second; what arrives meanwhile is put behind what was read, by offset. A
hole, a new epoch, a lost subscription or an unlucky position check all end in the same place: the room is
settled again by reading from where it stood, and its members get what they missed, or one gap.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

from rooms.errors import Unavailable
from rooms.frames import Position
from rooms.history import JOINED_MESSAGES, History, Reading, unheard_frames
from rooms.hub.local_room import LocalRoom
from rooms.hub.tail import TAIL_FRAMES, Frame, gap_between, is_unseen, parse_frame, parse_frames, parted
from rooms.names import Room
from rooms.presence import Presence
from rooms.register import Register
from rooms.sinks import Batch, Sink
from rooms.subscriber import Subscriber

logger = logging.getLogger(__name__)

SLICE_SOCKETS = 500
CLOSE_POSITION_LOST = 4002
BATCH_BYTES = 128 * 1024
READS_AT_ONCE = 32
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 1.0
_MOST_ROUNDS = 5

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]


class Feed:
    """Opens, settles and closes rooms, and delivers to their members."""

    def __init__(
        self, subscriber: Subscriber, register: Register, history: History, presence: Presence, spawn: Spawn
    ) -> None:
        self._subscriber = subscriber
        self._register = register
        self._history = history
        self._presence = presence
        self._spawn = spawn
        self.gate = asyncio.Semaphore(READS_AT_ONCE)
        self.rooms: dict[Room, LocalRoom] = {}
        self._by_channel: dict[bytes, LocalRoom] = {}

    # Opening and closing --------------------------------------------------------------------------

    def add(self, local: LocalRoom) -> None:
        """Know a room from now on; `ready` opens it."""
        self.rooms[local.room] = local
        self._by_channel[local.channel] = local

    def close(self, local: LocalRoom) -> None:
        """Forget a room that nobody holds."""
        self.rooms.pop(local.room, None)
        self._by_channel.pop(local.channel, None)
        for task in (local.settling, *local.readings.values()):
            if task:
                task.cancel()
        # A cancellation can get lost (see rooms.tasks), and what goes on then must use no budget.
        local.tail.close()
        self._subscriber.unsubscribe(local.channel, self.take)

    async def ready(self, local: LocalRoom) -> Position:
        """Wait until the room is settled; where it is. Raises Unavailable."""
        while not local.is_settled:
            await asyncio.shield(self.settle(local))
        assert local.position is not None
        return local.position

    def settle(self, local: LocalRoom) -> asyncio.Task[None]:
        """Read what the room may have missed; one at a time."""
        if local.settling is None:
            local.settling = self._spawn(self._settle(local))
        return local.settling

    # Delivering -----------------------------------------------------------------------------------

    async def take(self, channel: bytes, payloads: list[bytes]) -> None:
        """What one read of the subscription brought for one room."""
        local = self._by_channel.get(channel)
        if local is None:
            return
        frames = [parse_frame(payload) for payload in payloads]
        fresh = local.take([frame for frame in frames if frame])
        await self.deliver(local, [frame.body for frame in fresh])
        if None in frames:  # not a message: somebody says that the room's history is another now
            local.tail.clear()
            self.settle(local)
        elif local.is_broken:
            self.settle(local)

    async def deliver(self, local: LocalRoom, bodies: Sequence[bytes]) -> None:
        """Hand frames to every member of now, some hundred sockets at a time.

        Who joins while this waits has been told these frames in its answer, so members are taken first.
        """
        sinks = tuple(local.members.values())
        if len(sinks) <= SLICE_SOCKETS and not local.delivering.locked():
            for batch in _batches(bodies):
                _give(sinks, batch)
            return
        with local.fan_out() as gone:
            async with local.delivering:
                for batch in _batches(bodies):
                    for start in range(0, len(sinks), SLICE_SOCKETS):
                        some = sinks[start : start + SLICE_SOCKETS]
                        _give([sink for sink in some if sink not in gone] if gone else some, batch)
                        await asyncio.sleep(0)

    async def tell_unheard(self, record: dict[str, Any]) -> None:
        """Tell the rooms of a pattern that for some time no bridge heard them."""
        for local in tuple(self.rooms.values()):
            gaps = unheard_frames(local.room, [record])
            await self.deliver(local, self._not_yet_told(local, gaps))

    @staticmethod
    def _not_yet_told(local: LocalRoom, gaps: Sequence[str]) -> list[bytes]:
        told_until_ms = local.unheard_until_ms
        fresh = [gap for gap in gaps if json.loads(gap)["until_ms"] > told_until_ms]
        local.unheard_until_ms = max([told_until_ms, *(json.loads(gap)["until_ms"] for gap in fresh)])
        return [gap.encode() for gap in fresh]

    # Settling -------------------------------------------------------------------------------------

    async def _settle(self, local: LocalRoom) -> None:
        try:
            if local.position is None:
                await self._open(local)
            else:
                await self._catch_up(local)
            for _ in range(_MOST_ROUNDS):
                if not await self._deliver_waiting(local):
                    return
                await self._catch_up(local)
            logger.warning("A room did not settle; its sockets are sent to join again")
            self._lose(local)
        except Unavailable:
            raise
        except Exception:  # an edge: whoever is in the room must learn that nothing will come
            logger.exception("A room failed")
            self._lose(local)
        finally:
            local.settling = None

    def _lose(self, local: LocalRoom) -> None:
        """Where the room stands is not known any more: whoever is in it comes back and asks."""
        local.position = None
        local.take_waiting()
        for socket in tuple(local.members):
            socket.sink.close(CLOSE_POSITION_LOST)

    async def _open(self, local: LocalRoom) -> None:
        try:
            await self._subscriber.subscribe(local.channel, self.take)
        except TimeoutError as exc:
            raise Unavailable("Rooms cannot be reached just now.", retry_in_s=1) from exc
        async with self.gate:
            reading = await self._read(local, last=TAIL_FRAMES)
            local.others = (await self._presence.watchers([local.room], elsewhere=True))[local.room]
        self._not_yet_told(local, reading.gaps)
        local.tail.start(parse_frames(reading.frames), asked=TAIL_FRAMES)
        local.position = reading.position

    async def _read(self, local: LocalRoom, *, last: int, since: Position | None = None) -> Reading:
        """A room that is forgotten between the two steps has no epoch to stand in: it is entered again."""
        while True:
            await self._register.enter(local.room)
            reading = await self._history.read(local.room, since=since, last=last)
            if reading.position.epoch:
                return reading

    async def _catch_up(self, local: LocalRoom) -> None:
        """Read on from the room's position, however long Redis stays away."""
        pause_s = FIRST_PAUSE_S
        while self.rooms.get(local.room) is local:
            assert local.position is not None
            heard = len(local.waiting.frames)
            try:
                async with self.gate:
                    reading = await self._read(local, since=local.position, last=JOINED_MESSAGES)
            except Unavailable:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            local.waiting.drop_older_epochs(heard, reading.position.epoch)
            await self._deliver_reading(local, local.position, reading)
            if not reading.more:
                return

    async def _deliver_reading(self, local: LocalRoom, here: Position, reading: Reading) -> None:
        frames = [frame for frame in parse_frames(reading.frames) if is_unseen(frame.position, here)]
        last_words: list[Frame] = []
        if reading.recovered:
            gaps = self._not_yet_told(local, reading.gaps)
        else:
            last_words, frames = parted(frames, here, reading.position)
            gaps = [gap_between(text, reading.position, last_words, frames) for text in reading.gaps]
            local.tail.clear()
        for frame in frames:
            local.tail.append(frame)
        local.position = reading.position
        await self.deliver(local, [*(frame.body for frame in last_words), *gaps, *(f.body for f in frames)])

    async def _deliver_waiting(self, local: LocalRoom) -> bool:
        """Go on with what arrived meanwhile; whether there is a hole that must be read."""
        overflowed = False
        while True:
            waiting = local.take_waiting()
            overflowed = overflowed or waiting.overflowed
            fresh = local.splice(waiting.frames)
            if not fresh:
                return overflowed or bool(local.waiting.frames)
            await self.deliver(local, [frame.body for frame in fresh])


def _give(sinks: Sequence[Sink], batch: Batch) -> None:
    for sink in sinks:
        sink.give(batch)


def _batches(bodies: Sequence[bytes]) -> Iterator[Batch]:
    """At most so many bytes together, so that a burst does not look like a slow reader."""
    start, size = 0, 0
    for index, body in enumerate(bodies):
        if index > start and size + len(body) > BATCH_BYTES:
            yield Batch(list(bodies[start:index]))
            start, size = index, 0
        size += len(body)
    if bodies:
        yield Batch(list(bodies[start:]))
