"""The hub's pure parts, held against plain lists over any sequence of frames."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rooms.frames import Position, gap_frame, message_frame
from rooms.history import JOINED_BYTES, JOINED_MESSAGES
from rooms.hub.joins import _merge
from rooms.hub.local_room import Answer, LocalRoom
from rooms.hub.tail import Budget, Frame, Tail, gap_between, is_unseen, parse_frame, parted
from rooms.names import Room, room_from_text
from tests.fuzzing import examples
from tests.rooms.test_names import any_room

pytestmark = pytest.mark.fuzz

ROOM = room_from_text("device01")
epochs = st.sampled_from(["a.8", "a.9", "a.10", "b.9"])
positions = st.builds(Position, epochs, st.integers(1, 20))


def frame(position: Position, size: int = 1) -> Frame:
    found = parse_frame(message_frame(ROOM, position, 1000 + position.offset, b"x" * size).encode())
    assert found
    return found


@examples(100)
@given(room=any_room, position=positions, at_ms=st.integers(0, 2**53), payload=st.binary(max_size=200))
def test_the_place_of_any_message_is_read_without_its_payload(
    room: Room, position: Position, at_ms: int, payload: bytes
):
    body = message_frame(room, position, at_ms, payload).encode()
    assert parse_frame(body) == Frame(position, at_ms, body)


@examples(100)
@given(places=st.lists(positions, max_size=30), start=positions)
def test_what_is_let_through_follows_without_a_hole(places: list[Position], start: Position):
    local = LocalRoom(ROOM, "t:", Budget())
    local.position = start
    fresh = local.take([frame(place) for place in places])
    expected = [Position(start.epoch, start.offset + 1 + n) for n in range(len(fresh))]
    assert [one.position for one in fresh] == expected
    assert local.position == (expected[-1] if expected else start)
    assert local.tail.after(start.offset, local.position.offset) == fresh
    waiting = [one.position for one in local.waiting.frames]
    assert local.is_broken == bool(waiting)
    # Whatever is neither let through nor waits had been seen; what waits begins with the hole.
    assert all(not is_unseen(place, local.position) for place in places if place not in (*expected, *waiting))
    assert not waiting or waiting[0] != Position(start.epoch, local.position.offset + 1)


@examples(100)
@given(one=positions, other=positions, third=positions)
def test_unseen_is_a_strict_order_within_one_life_of_a_room(one: Position, other: Position, third: Position):
    assert not is_unseen(one, one)
    if one.epoch.split(".")[0] == other.epoch.split(".")[0] and one != other:
        assert is_unseen(one, other) != is_unseen(other, one)
        if third.epoch.split(".")[0] == one.epoch.split(".")[0]:
            assert is_unseen(third, one) or not (is_unseen(third, other) and is_unseen(other, one))


@examples(100)
@given(
    steps=st.lists(st.one_of(st.sampled_from([1, 50, 40_000]), st.just("clear")), max_size=40),
    offset=st.integers(0, 45),
    count=st.integers(0, 45),
)
def test_a_tail_gives_all_or_nothing(steps: list[Any], offset: int, count: int):
    budget, began = Budget(limit=150_000), 0
    tail, other = Tail(budget), Tail(budget)
    other.append(frame(Position("o.1", 1), 30_000))
    made: list[Frame] = []
    tail.start([], asked=5)
    for step in steps:
        if step == "clear":
            tail.clear()
            began = len(made)
        else:
            made.append(frame(Position("r.1", len(made) + 1), step))
            tail.append(made[-1])
    top = len(made)
    after, last = tail.after(offset, top), tail.last(count)
    assert after is None or after == made[offset:]
    assert last is None or last == made[max(0, len(made) - count) :] or "clear" in steps
    assert last is None or last == made[len(made) - len(last) :]
    assert offset > top or offset >= began or after is None
    assert budget.used <= budget.limit or top == 0
    tail.clear()
    other.clear()
    assert budget.used == 0


@examples(100)
@given(here=positions, top=positions, places=st.lists(positions, max_size=12, unique=True))
def test_one_gap_lies_between_what_is_told_before_and_after(
    here: Position, top: Position, places: list[Position]
):
    frames = [frame(place) for place in places]
    before, after = parted(frames, here, top)
    text = gap_frame(ROOM, from_=here, to=None, since_ms=0, until_ms=9000, reason="epoch")
    gap = json.loads(gap_between(text, top, before, after))
    assert [one.position for one in before] == [
        Position(here.epoch, here.offset + 1 + n) for n in range(len(before))
    ]
    assert all(one.position.epoch == top.epoch for one in after)
    assert gap["from"] == (before[-1].position if before else here).as_body()
    assert gap["to"] == (
        after[0].position.as_body() if after else Position(top.epoch, top.offset + 1).as_body()
    )
    assert gap["since_ms"] <= gap["until_ms"]


@examples(100)
@given(
    read=st.integers(0, 12),
    kept=st.integers(0, 12),
    here=st.integers(0, 12),
    large=st.booleans(),
    recovered=st.sampled_from([True, False, None]),
)
def test_a_reading_and_what_came_since_meet_without_a_hole(
    read: int, kept: int, here: int, large: bool, recovered: bool | None
):
    size = 60_000 if large else 1
    local = LocalRoom(ROOM, "t:", Budget())
    for offset in range(max(1, here - kept + 1), here + 1):
        local.tail.append(frame(Position("r.1", offset), size))
    local.position = Position("r.1", here)
    first = max(1, read - 2)
    reading = Answer(
        Position("r.1", read), recovered, [frame(Position("r.1", n), size) for n in range(first, read + 1)]
    )
    answer = _merge(local, reading)
    if answer is None:
        assert read > here or local.tail.after(read, here) is None
        return
    offsets = [one.position.offset for one in answer.frames]
    assert offsets == list(range(offsets[0], offsets[0] + len(offsets))) if offsets else True
    assert answer.position.offset == (read if answer.more else here)
    assert not offsets or offsets[-1] == answer.position.offset
    assert recovered is None or not offsets or offsets[0] == first
    assert len(offsets) <= JOINED_MESSAGES
    assert sum(len(one.body) for one in answer.frames) <= JOINED_BYTES
