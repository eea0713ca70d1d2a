"""Whether a watcher was told the truth: everything in order, or one gap that is what is missing. No I/O.

`taken` is what Redis confirmed to the publisher: number -> Redis' time in ms just before it was published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rooms.frames import Position

# Between Redis' TIME and the PUBLISH behind it, and between hearing and registering.
TIMES_APART_MS = 150
LONGEST_WAY_MS = 120_000


@dataclass(frozen=True)
class Delivery:
    """One number as an application saw it; `came_s` is the drill's own clock."""

    number: int
    position: Position
    at_ms: int
    came_s: float


@dataclass(frozen=True)
class Gap:
    """One gap as it was told. Without places, its times say what is unknown."""

    reason: str
    from_: Position | None
    to: Position | None
    since_ms: int
    until_ms: int


Record = Sequence[Delivery | Gap]


@dataclass(frozen=True)
class Finding:
    """One watcher's fault: numbers it lacks, gaps it was told, and what is wrong (nothing: all is well)."""

    missing: int
    reasons: tuple[str, ...]
    silence_s: float
    wrong: str

    @property
    def is_complete(self) -> bool:
        return not self.wrong and not self.reasons


def judge(record: Record, taken: Mapping[int, int], *, upto: int = 0, is_slow: bool = False) -> Finding:
    """Judge what came from the first delivery of the record to its last, which must reach `upto`.

    One that is slow on purpose makes its own silence, which is not counted.
    """
    came = [event for event in record if isinstance(event, Delivery)]
    gaps = [event for event in record if isinstance(event, Gap)]
    if len(came) < 2:
        return Finding(0, tuple(gap.reason for gap in gaps), 0.0, "nothing came after the fault")
    got = {delivery.number for delivery in came}
    lost = [number for number in sorted(taken) if came[0].number < number < came[-1].number]
    lost = [number for number in lost if number not in got]
    stopped = "" if came[-1].number >= upto else f"nothing came after {came[-1].number}, up to {upto}"
    wrong = stopped or _order(came) or _times(came, taken) or _holes(record, lost, taken)
    silence_s = 0.0 if is_slow else max(later.came_s - earlier.came_s for earlier, later in pairwise(came))
    return Finding(len(lost), tuple(gap.reason for gap in gaps), silence_s, wrong)


def _order(came: Sequence[Delivery]) -> str:
    for earlier, later in pairwise(came):
        if later.number == earlier.number:
            return f"{later.number} came twice"
        if later.number < earlier.number:
            return f"{later.number} came after {earlier.number}"
    return ""


def _times(came: Sequence[Delivery], taken: Mapping[int, int]) -> str:
    """A message's time is Redis', whatever the clocks of the processes on its way say."""
    for delivery in came:
        published_ms = taken.get(delivery.number, delivery.at_ms)
        if not -TIMES_APART_MS <= delivery.at_ms - published_ms <= LONGEST_WAY_MS:
            return f"{delivery.number} has the time {delivery.at_ms}, and was published at {published_ms}"
    return ""


def _holes(record: Record, lost: Sequence[int], taken: Mapping[int, int]) -> str:
    """What lies between two deliveries that follow each other, and what was told there."""
    gaps = [event for event in record if isinstance(event, Gap)]
    if len(gaps) > 1:
        return f"{len(gaps)} gaps told: {', '.join(gap.reason for gap in gaps)}"
    if lost and not gaps:
        return f"{_count(lost)} missing and not told"
    before: Delivery | None = None
    open_gap: Gap | None = None
    for event in record:
        if isinstance(event, Gap):
            open_gap = event
        elif before and (wrong := _between(before, event, open_gap, lost)):
            return wrong
        else:
            before, open_gap = event, None
    return _by_time(record, gaps[0], lost, taken) if gaps and gaps[0].from_ is None else ""


def _between(before: Delivery, after: Delivery, gap: Gap | None, lost: Sequence[int]) -> str:
    here = [number for number in lost if before.number < number < after.number]
    if gap is None or gap.from_ is None:
        if _is_next(before.position, after.position):
            return ""
        return f"a hole that was not told, between {before.position} and {after.position}"
    if (gap.from_, gap.to) != (before.position, after.position):
        return (
            f"the gap is told from {gap.from_} to {gap.to}, but is from {before.position} to {after.position}"
        )
    if len(here) != len(lost):
        return f"{_count(lost)} missing, {len(here)} of them in the gap told"
    return ""


def _by_time(record: Record, gap: Gap, lost: Sequence[int], taken: Mapping[int, int]) -> str:
    """A gap without places covers what was published in its time, and nothing of that came."""
    since_ms, until_ms = gap.since_ms - TIMES_APART_MS, gap.until_ms + TIMES_APART_MS
    outside = [number for number in lost if not since_ms <= taken[number] <= until_ms]
    if outside:
        return f"{_count(outside)} missing outside the time told"
    if not lost:
        return ""
    came = [event.number for event in record if isinstance(event, Delivery)]
    within = [number for number in came if lost[0] < number < lost[-1]]
    return f"{_count(within)} delivered within what is missing" if within else ""


def _is_next(before: Position, after: Position) -> bool:
    return (before.epoch, before.offset + 1) == (after.epoch, after.offset)


def _count(numbers: Sequence[int]) -> str:
    first, last = numbers[0], numbers[-1]
    return f"{len(numbers)} ({first})" if first == last else f"{len(numbers)} ({first} to {last})"


@dataclass(frozen=True)
class Verdict:
    """How one fault went: watchers by kind, the most that one lacks, the longest that one heard nothing."""

    fault: str
    complete: int
    told: int
    wrong: int
    missing: int
    silence_s: float
    reasons: tuple[str, ...]
    complaints: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.wrong and not self.complaints


def sum_up(
    fault: str, findings: Sequence[Finding], *, may_gap: bool, complaints: Sequence[str] = ()
) -> Verdict:
    """All watchers of one fault; where nothing may be lost, a gap that was told is a fault, too."""
    told = [finding for finding in findings if not finding.wrong and finding.reasons]
    wrong = [finding.wrong for finding in findings if finding.wrong]
    words = [*complaints, *dict.fromkeys(wrong)]
    if told and not may_gap:
        words.append(f"{len(told)} were told a gap where nothing may be missing")
    return Verdict(
        fault=fault,
        complete=sum(finding.is_complete for finding in findings),
        told=len(told),
        wrong=len(wrong),
        missing=max((finding.missing for finding in findings), default=0),
        silence_s=max((finding.silence_s for finding in findings), default=0.0),
        reasons=tuple(sorted({reason for finding in findings for reason in finding.reasons})),
        complaints=tuple(words),
    )
