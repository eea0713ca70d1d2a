"""What counts as the truth: tables of what watchers were told."""

import pytest

from rooms.drill.verdict import Delivery, Finding, Gap, judge, sum_up
from rooms.frames import Position

TAKEN = {number: 10_000 + number * 10 for number in range(1, 101)}


def told(*numbers, epoch="e.1", shift=0):
    """Deliveries whose offsets are their numbers, plus a shift; one each 10 ms."""
    return [Delivery(n, Position(epoch, n + shift), TAKEN[n] + 1, came_s=n / 100) for n in numbers]


def gap(from_, to, *, since=0, until=0, reason="epoch"):
    before, after = (Position(*place) if place else None for place in (from_, to))
    return Gap(reason, before, after, since, until)


NOT_HEARD = gap(None, None, since=TAKEN[4], until=TAKEN[20], reason="not_heard")
COMPLETE = [
    pytest.param(told(1, 2, 3, 4), id="contiguous"),
    # Refused by Redis, so never taken: nobody can have it.
    pytest.param(told(98, 99, 100), id="up to the newest"),
]
ONE_GAP = [
    pytest.param([*told(1, 2), gap(("e.1", 2), ("e.1", 6)), *told(6, 7)], 3, id="trimmed"),
    pytest.param(
        [*told(1, 2), gap(("e.1", 2), ("e.2", 1)), *told(6, 7, epoch="e.2", shift=-5)], 3, id="another epoch"
    ),
    pytest.param([*told(1, 2), gap(("e.1", 2), ("e.2", 3)), *told(3, epoch="e.2")], 0, id="nothing lost"),
    pytest.param([*told(1, 2, 3), NOT_HEARD, *told(21, 22, shift=-17)], 17, id="by time"),
    pytest.param([*told(1), NOT_HEARD, *told(2, 3), *told(21, 22, shift=-17)], 17, id="by time, told early"),
]
WRONG = [
    pytest.param(told(1), "nothing came", id="silence"),
    pytest.param(told(1, 2, 2), "2 came twice", id="twice"),
    pytest.param(told(1, 3, 2), "2 came after 3", id="out of order"),
    pytest.param(told(1, 2, 5), "2 (3 to 4) missing and not told", id="hole"),
    pytest.param(
        [*told(1, 2), *told(5, shift=-2)], "missing and not told", id="hole without a hole in places"
    ),
    pytest.param([*told(1, 2), *told(3, shift=1)], "a hole that was not told", id="place left out"),
    pytest.param(
        [*told(1, 2), gap(("e.1", 2), ("e.1", 5)), *told(6)], "the gap is told from", id="too small"
    ),
    pytest.param(
        [*told(1, 2), gap(("e.1", 1), ("e.1", 6)), *told(6)], "the gap is told from", id="too large"
    ),
    pytest.param(
        [*told(1, 2), gap(("e.1", 2), ("e.1", 5)), *told(5), *told(9, shift=-3)],
        "missing, 2 of them in the gap",
        id="missing elsewhere too",
    ),
    pytest.param(
        [*told(1), gap(("e.1", 1), ("e.1", 3)), *told(3), gap(("e.1", 3), ("e.1", 5)), *told(5)],
        "2 gaps told",
        id="two gaps",
    ),
    pytest.param(
        [*told(1, 2, 3), NOT_HEARD, *told(60, 61, shift=-56)],
        "missing outside the time",
        id="outside the time",
    ),
    pytest.param(
        [*told(1, 2, 3), NOT_HEARD, *told(9, shift=-5), *told(21, shift=-16)],
        "1 (9) delivered within",
        id="two holes by time",
    ),
    pytest.param(
        [*told(1), Delivery(2, Position("e.1", 2), TAKEN[2] + 600_000, 0.1)], "has the time", id="wrong clock"
    ),
]


@pytest.mark.parametrize("record", COMPLETE)
def test_what_is_contiguous_is_complete(record):
    finding = judge(record, TAKEN)
    assert (finding.is_complete, finding.missing, finding.wrong) == (True, 0, "")


@pytest.mark.parametrize(("record", "missing"), ONE_GAP)
def test_one_gap_that_is_what_is_missing_is_the_truth(record, missing):
    finding = judge(record, TAKEN)
    assert (finding.missing, finding.wrong, len(finding.reasons)) == (missing, "", 1)


@pytest.mark.parametrize(("record", "words"), WRONG)
def test_everything_else_is_wrong_and_says_why(record, words):
    assert words in judge(record, TAKEN).wrong


def test_a_number_that_was_never_taken_is_not_missed():
    taken = {number: at for number, at in TAKEN.items() if number != 3}
    assert judge([*told(1, 2), *told(4, 5, shift=-1)], taken).is_complete


def test_one_that_stopped_hearing_is_wrong_though_all_before_is_there():
    assert "nothing came after 3, up to 4" in judge(told(1, 2, 3), TAKEN, upto=4).wrong


def test_the_longest_silence_is_between_two_numbers_and_not_of_those_who_are_slow_on_purpose():
    record = [*told(1, 2), *[Delivery(3, Position("e.1", 3), TAKEN[3], came_s=7.02)]]
    assert judge(record, TAKEN).silence_s == pytest.approx(7)
    assert judge(record, TAKEN, is_slow=True).silence_s == 0


def test_a_gap_told_where_nothing_may_be_missing_fails_the_fault():
    findings = [Finding(3, ("epoch",), 1.0, ""), Finding(0, (), 2.0, "")]
    allowed, forbidden = (sum_up("x", findings, may_gap=may_gap) for may_gap in (True, False))
    assert (allowed.passed, allowed.complete, allowed.told, allowed.missing) == (True, 1, 1, 3)
    assert allowed.silence_s == 2.0
    assert not forbidden.passed and "1 were told a gap" in forbidden.complaints[0]


def test_one_wrong_watcher_or_one_complaint_fails_the_fault():
    wrong = sum_up("x", [Finding(0, (), 1.0, "2 came twice")], may_gap=True)
    assert (wrong.passed, wrong.wrong, wrong.complaints) == (False, 1, ("2 came twice",))
    assert not sum_up("x", [], may_gap=True, complaints=["web grew"]).passed
