"""Fan-out over many sockets lets others run, and still nobody hears anything twice or out of order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rooms.frames import Position, message_frame
from rooms.hub import feed as module
from rooms.hub.feed import BATCH_BYTES, Feed
from rooms.hub.local_room import LocalRoom
from rooms.hub.tail import Budget, Frame, parse_frame
from rooms.names import Room
from rooms.sinks import Batch

ROOM = Room("device01")


class Reader:
    """A socket that is its own way out and writes down what it is given."""

    def __init__(self) -> None:
        self.sink = self
        self.heard: list[bytes] = []
        self.sizes: list[int] = []

    def give(self, batch: Batch) -> None:
        self.heard += batch.bodies
        self.sizes.append(batch.size)


@pytest.fixture
def feed() -> Feed:
    nothing: Any = None
    return Feed(nothing, nothing, nothing, nothing, nothing)


@pytest.fixture
def local() -> LocalRoom:
    made = LocalRoom(ROOM, "t:", Budget())
    made.position = Position("r.1", 0)
    return made


def join(local: LocalRoom, count: int) -> list[Reader]:
    readers: list[Any] = [Reader() for _ in range(count)]
    for reader in readers:
        local.let_in(reader)
    return readers


def frames(*offsets: int) -> list[Frame]:
    made = (message_frame(ROOM, Position("r.1", offset), 1, b"x") for offset in offsets)
    return [frame for text in made if (frame := parse_frame(text.encode()))]


async def test_later_frames_do_not_overtake(feed, local, monkeypatch):
    monkeypatch.setattr(module, "SLICE_SOCKETS", 10)
    readers = join(local, 95)
    await asyncio.gather(*(feed.deliver(local, bodies) for bodies in ([b"1", b"2"], [b"3"], [b"4"])))
    assert all(reader.heard == [b"1", b"2", b"3", b"4"] for reader in readers)


async def test_who_comes_or_goes_during_a_fan_out_does_not_hear_it(feed, local, monkeypatch):
    monkeypatch.setattr(module, "SLICE_SOCKETS", 10)
    readers: list[Any] = list(join(local, 30))
    first, second = asyncio.create_task(feed.deliver(local, [b"1"])), feed.deliver(local, [b"2"])
    await asyncio.sleep(0)  # the first slice is served
    waiting = asyncio.create_task(second)
    await asyncio.sleep(0)
    (newcomer,) = join(local, 1)
    local.let_out(readers[29])
    local.let_in(readers[28])  # joined anew: its answer told it both
    await asyncio.gather(first, waiting)
    assert readers[0].heard == [b"1", b"2"]
    assert newcomer.heard == readers[29].heard == readers[28].heard == []


async def test_a_burst_leaves_in_bounded_batches(feed, local):
    (reader,) = join(local, 1)
    await feed.deliver(local, [b"x" * 60_000] * 10)
    assert sum(reader.sizes) == 600_000 and max(reader.sizes) <= BATCH_BYTES


def test_known_frames_are_dropped_and_a_hole_waits(local):
    assert local.take(frames(1, 2)) == frames(1, 2)
    assert local.take(frames(2, 1)) == []
    assert not local.is_broken
    assert local.take(frames(3, 5, 6)) == frames(3)
    assert local.is_broken and local.take_waiting().frames == frames(5, 6)


def test_what_waits_is_bounded(local):
    local.position = None
    local.take(frames(*range(1, 5000)))
    waiting = local.take_waiting()
    assert len(waiting.frames) == 2000 and waiting.overflowed
