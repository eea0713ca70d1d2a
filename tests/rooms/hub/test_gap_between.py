"""Around a gap: what is told before it, what after, and where it begins and ends."""

from __future__ import annotations

import json
from typing import Any

from rooms.frames import Position, gap_frame, message_frame
from rooms.hub.tail import Frame, gap_between, parse_frames, parted
from rooms.names import Room

ROOM = Room("device01")
HERE, TOP = Position("a.1", 10), Position("a.2", 14)


def frames(*places: tuple[str, int]) -> list[Frame]:
    return parse_frames(message_frame(ROOM, Position(*place), place[1] * 100, b"x") for place in places)


def told(*places: tuple[str, int]) -> tuple[list[int], dict[str, Any], list[int]]:
    before, after = parted(frames(*places), HERE, TOP)
    history = gap_frame(ROOM, from_=HERE, to=None, since_ms=5000, until_ms=9000, reason="epoch")
    gap = json.loads(gap_between(history, TOP, before, after))
    return [f.position.offset for f in before], gap, [f.position.offset for f in after]


def test_last_words_of_the_old_epoch_come_before_the_gap():
    before, gap, after = told(("a.1", 11), ("a.1", 12), ("a.2", 13), ("a.2", 14))
    assert (before, after) == ([11, 12], [13, 14])
    assert (gap["from"], gap["to"]) == ({"epoch": "a.1", "offset": 12}, {"epoch": "a.2", "offset": 13})
    assert gap["since_ms"] == 1200 <= gap["until_ms"] == 1300


def test_epochs_nobody_saw_lie_in_the_gap():
    before, gap, after = told(("a.1", 12), ("a.15", 13), ("a.2", 14))
    assert (before, after) == ([], [14])
    assert (gap["from"], gap["to"]) == ({"epoch": "a.1", "offset": 10}, {"epoch": "a.2", "offset": 14})


def test_gap_with_nothing_behind_it_ends_at_the_next_message():
    before, gap, after = told(("a.1", 11))
    assert (before, after) == ([11], [])
    assert gap["to"] == {"epoch": "a.2", "offset": 15}
    assert gap["since_ms"] <= gap["until_ms"]


def test_interval_never_runs_backwards():
    gap = told(("a.2", 14))[1]
    assert gap["since_ms"] <= gap["until_ms"] == 1400
