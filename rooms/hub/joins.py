"""The answer to one join: from the local tail, else by one read that equal joins share."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from rooms.errors import Unavailable
from rooms.frames import Position
from rooms.history import JOINED_BYTES, JOINED_MESSAGES, History, Reading
from rooms.hub.feed import Feed
from rooms.hub.local_room import Answer, LocalRoom
from rooms.hub.tail import Frame, parse_frames

JOIN_TIMEOUT_S = 6.0
_LAG_S = 0.05


async def answer_join(
    feed: Feed, history: History, local: LocalRoom, since: Position | None, last: int
) -> Answer:
    """What the joiner is told. True of the room at the moment this returns, so act before awaiting again.

    Raises Unavailable.
    """
    last = min(last, JOINED_MESSAGES)
    try:
        async with asyncio.timeout(JOIN_TIMEOUT_S):
            while True:
                await feed.ready(local)
                if answer := local.answer_from_tail(since, last):
                    return answer
                reading = await _read_once(feed, history, local, since, last)
                await _reach(feed, local, reading.position)
                if local.is_settled and (answer := _merge(local, reading)):
                    return answer
    except TimeoutError as exc:
        raise Unavailable("Rooms cannot be reached just now.", retry_in_s=1) from exc


async def _read_once(
    feed: Feed, history: History, local: LocalRoom, since: Position | None, last: int
) -> Answer:
    """Many sockets that come back at once stand at few places: one read for each."""
    key = (since, last)
    if key not in local.readings:
        task = asyncio.create_task(_read(feed, history, local, since, last))
        local.readings[key] = task
        task.add_done_callback(lambda task: _forget_reading(local, key, task))
    return await asyncio.shield(local.readings[key])


def _forget_reading(local: LocalRoom, key: tuple[Position | None, int], task: asyncio.Task[Answer]) -> None:
    local.readings.pop(key, None)
    if not task.cancelled():
        task.exception()  # whoever waits is told; when nobody waits any more, nobody need be


async def _read(feed: Feed, history: History, local: LocalRoom, since: Position | None, last: int) -> Answer:
    async with feed.gate:
        reading: Reading = await history.read(local.room, since=since, last=last)
    frames = parse_frames(reading.frames)
    return Answer(reading.position, reading.recovered, frames, reading.gaps, reading.more)


async def _reach(feed: Feed, local: LocalRoom, place: Position) -> None:
    """The history may be some milliseconds ahead of the subscription; wait, or settle the room."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _LAG_S
    while _is_behind(local, place):
        if loop.time() > deadline:
            await asyncio.shield(feed.settle(local))
            return
        await asyncio.sleep(0.005)


def _is_behind(local: LocalRoom, place: Position) -> bool:
    here = local.position
    return here is None or here.epoch != place.epoch or here.offset < place.offset


def _merge(local: LocalRoom, reading: Answer) -> Answer | None:
    """The reading and what the room delivered since; None when the two do not meet."""
    here = local.position
    if reading.more:
        return reading
    if here is None or here.epoch != reading.position.epoch:
        return None
    later = local.tail.after(reading.position.offset, here.offset)
    if later is None:
        return None
    frames = [*reading.frames, *later]
    if _fits(frames):
        return Answer(here, reading.recovered, frames, reading.gaps)
    if reading.recovered is not None:
        return replace(reading, more=True)
    while not _fits(frames):
        del frames[0]
    return Answer(here, None, frames, reading.gaps)


def _fits(frames: list[Frame]) -> bool:
    return len(frames) <= JOINED_MESSAGES and sum(len(frame.body) for frame in frames) <= JOINED_BYTES
