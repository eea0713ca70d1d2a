"""A conversation as a strip: who spoke when. Pure arithmetic; the template draws it.

Where a turn begins is known. How long it took is not stored, so it is estimated from its length and ends at
the latest where the next one begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from voice.exports.formats import MIN_CUE_S, SPOKEN_CHARS_PER_S
from voice.models import Conversation, ToolRun, Turn

WIDTH, MIDDLE = 1096, 44
STEP, REACH = 4, 24
LEAST_PRESS = 16


@dataclass(frozen=True)
class Mark:
    """One thing on the strip; `path` is SVG path data, `anchor` the id of its place in the transcript.

    `x` and `width` are where it takes a press: ticks are thin, and between them is nothing.
    """

    kind: str
    x: int
    width: int
    path: str
    anchor: str
    label: str


@dataclass(frozen=True)
class Strip:
    marks: Sequence[Mark]
    length_s: float
    summary: str


def strip_of(conversation: Conversation, turns: Sequence[Turn], runs: Sequence[ToolRun]) -> Strip | None:
    """The strip; None when there is nothing to draw."""
    if not turns and not runs:
        return None
    began, name = conversation.started_at, conversation.assistant_name or "Assistant"
    spoken = list(_spoken(began, turns))
    length_s = max(conversation.duration_s, *(end for _, _, end in spoken), 1.0)
    scale = WIDTH / length_s
    marks = [_turn_mark(turn, name, begin * scale, end * scale) for turn, begin, end in spoken]
    marks += [_run_mark(run, max(0.0, (run.started_at - began).total_seconds()) * scale) for run in runs]
    theirs = sum(turn.role == Turn.Role.ASSISTANT for turn in turns)
    counts = f"{name} {_times(theirs)}, you {_times(len(turns) - theirs)}, tools {_times(len(runs))}"
    summary = f"Who spoke when: {counts}."
    return Strip(marks, length_s, summary)


def _spoken(began: datetime, turns: Sequence[Turn]) -> Iterable[tuple[Turn, float, float]]:
    starts = [max(0.0, (turn.started_at - began).total_seconds()) for turn in turns]
    for number, (turn, start) in enumerate(zip(turns, starts, strict=True)):
        end = start + max(MIN_CUE_S, len(turn.heard_text) / SPOKEN_CHARS_PER_S)
        later = starts[number + 1] if number + 1 < len(starts) else end
        yield turn, start, min(end, later) if later > start else end


def _turn_mark(turn: Turn, name: str, begin: float, end: float) -> Mark:
    is_person = turn.role == Turn.Role.USER
    reach = REACH if is_person else -REACH
    x, width = round(begin), max(round(end - begin), LEAST_PRESS)
    places = range(x, max(round(end), x + 1), STEP)
    path = "".join(f"M{place + 2} {MIDDLE}v{reach}" for place in places)
    who = "You" if is_person else name
    kind = "you" if is_person else "them"
    return Mark(kind, x, width, path, f"turn-{turn.pk}", f"{who}: {turn.text[:60]}")


def _run_mark(run: ToolRun, at: float) -> Mark:
    x = min(max(round(at), 5), WIDTH - 5)
    path = f"M{x} {MIDDLE - 5}l5 5-5 5-5-5Z"
    return Mark("use", x - LEAST_PRESS // 2, LEAST_PRESS, path, f"run-{run.pk}", run.name)


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")
