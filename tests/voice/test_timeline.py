"""The strip above a conversation."""

from __future__ import annotations

from typing import Any

from tests.voice.recorded import record_call, say, use
from voice.timeline import WIDTH, Strip, strip_of


def strip(row: Any) -> Strip | None:
    return strip_of(row, list(row.turns.all()), list(row.tool_runs.all()))


def test_a_call_without_words_has_no_strip(demo: Any):
    assert strip(record_call(demo)) is None


def test_turns_lie_where_they_began_and_end_before_the_next(demo: Any):
    row = record_call(demo)
    say(row, "x" * 300, "One.")
    use(row)
    found = strip(row)
    assert found and found.length_s == 44
    person, assistant, tool = found.marks
    assert (person.kind, person.x, assistant.kind, tool.kind) == ("you", 0, "them", "use")
    # Twenty seconds by its length, but the answer began after two.
    assert person.x + person.width == assistant.x == round(2 * WIDTH / 44)
    assert tool.x < round(WIDTH / 44) < tool.x + tool.width


def test_what_came_before_its_call_or_long_after_stays_on_the_strip(demo: Any):
    row = record_call(demo)
    say(row, "Early")
    row.turns.update(started_at=row.started_at.replace(year=row.started_at.year - 1))
    say(row, "One", "Two" * 400)
    found = strip(row)
    assert found and all(0 <= mark.x < WIDTH for mark in found.marks)
    assert found.length_s > 44
