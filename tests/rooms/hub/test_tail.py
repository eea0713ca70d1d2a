"""The local tail answers only what it can answer whole."""

from __future__ import annotations

import json

import pytest

from rooms.frames import Position, message_frame
from rooms.hub.tail import TAIL_FRAMES, Budget, Frame, Tail, is_unseen, parse_frame
from rooms.names import Room

ROOM = Room('a"b\\c😀')


def frame(offset: int, size: int = 1) -> Frame:
    body = message_frame(ROOM, Position("r.1", offset), 1000 + offset, b"x" * size)
    found = parse_frame(body.encode())
    assert found
    return found


def tail_of(count: int, *, asked: int = TAIL_FRAMES, budget: Budget | None = None) -> Tail:
    tail = Tail(budget or Budget())
    tail.start([frame(offset) for offset in range(1, count + 1)], asked=asked)
    return tail


@pytest.mark.parametrize("payload", [b"", b'"}', b"\xff", b'{"offset":7}', "ü😀".encode()])
def test_a_frames_place_is_read_from_its_text(payload):
    body = message_frame(ROOM, Position("abc.17", 12345), 1700000000000, payload).encode()
    found = parse_frame(body)
    assert found == Frame(Position("abc.17", 12345), 1700000000000, body)


def test_other_frames_have_no_place():
    assert parse_frame(b'{"type":"forgotten"}') is None
    assert parse_frame(json.dumps({"type": "gap", "room": "a"}).encode()) is None


def test_the_newest_are_given_when_all_are_here():
    tail = tail_of(10)
    assert [f.position.offset for f in tail.last(3) or []] == [8, 9, 10]
    assert len(tail.last(50) or []) == 10  # the history has no more either
    assert tail_of(10, asked=10).last(50) is None  # it may have


def test_what_follows_a_place_is_given_whole_or_not_at_all():
    tail = tail_of(10)
    assert [f.position.offset for f in tail.after(7, 10) or []] == [8, 9, 10]
    assert tail.after(10, 10) == []
    assert tail.after(11, 10) is None
    for offset in range(11, 400):
        tail.append(frame(offset))
    assert tail.after(50, 399) is None and tail.last(TAIL_FRAMES + 1) is None
    assert len(tail.after(399 - TAIL_FRAMES, 399) or []) == TAIL_FRAMES


def test_large_messages_leave_sooner():
    tail = tail_of(0)
    for offset in range(1, 11):
        tail.append(frame(offset, 60_000))
    assert tail.last(2) is not None and tail.last(3) is None


def test_all_tails_share_one_budget():
    budget = Budget(limit=5000)
    one = tail_of(20, budget=budget)
    two = tail_of(0, budget=budget)
    for offset in range(1, 100):
        two.append(frame(offset))
    assert budget.used <= 5000
    one.clear()
    two.clear()
    assert budget.used == 0


@pytest.mark.parametrize(
    ("place", "by", "unseen"),
    [
        (Position("r.1", 6), Position("r.1", 5), True),
        (Position("r.1", 5), Position("r.1", 5), False),
        (Position("r.2", 5), Position("r.1", 5), True),
        (Position("r.9", 5), Position("r.10", 5), False),
        (Position("s.1", 1), Position("r.1", 5), True),
    ],
)
def test_what_a_reader_cannot_have_had(place, by, unseen):
    assert is_unseen(place, by) is unseen


def test_a_closed_tail_holds_nothing_any_more():
    budget = Budget()
    tail = tail_of(5, budget=budget)
    tail.close()
    tail.append(frame(6))
    assert budget.used == 0 and tail.last(1) is None
