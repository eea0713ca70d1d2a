"""A dotted path picks a part of JSON."""

from __future__ import annotations

from typing import Any

import pytest

from voice.outbound.picking import NotThere, pick

WEATHER = {"now": {"t": 21.5}, "days": [{"max": 3, "sky": None}, {"max": 4}], "0": "zero"}


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("", WEATHER),
        ("now.t", 21.5),
        ("days.1.max", 4),
        ("days.*.max", [3, 4]),
        ("days.*.sky", [None]),
        ("0", "zero"),
    ],
)
def test_part_is_found(path: str, part: Any):
    assert pick(WEATHER, path) == part


@pytest.mark.parametrize("path", ["soon", "now.t.x", "days.2", "days.-1", "days.max", "now.*", "now..t"])
def test_part_that_is_not_there_is_said_so(path: str):
    with pytest.raises(NotThere):
        pick(WEATHER, path)
