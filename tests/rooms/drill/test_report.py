"""The table for people, the file for programs, the exit code for the shell."""

import json

import pytest

from rooms.drill.report import Outcome, table, write_json
from rooms.drill.stage import Sizes
from rooms.drill.verdict import Finding, sum_up
from rooms.management.commands.rooms_drill import exit_code

GOOD = sum_up("cut-sockets", [Finding(0, (), 0.31, "")] * 4, may_gap=False)
BAD = sum_up("storm", [Finding(2, (), 3.0, "2 (3 to 4) missing and not told")], may_gap=False)


def test_each_fault_is_a_row_and_what_failed_stands_below_in_words():
    head, _, first, second, third, words = table(Outcome([GOOD, BAD], ["kill-web"])).splitlines()
    assert " ".join(head.split()) == "fault complete told one gap wrong missing longest silence verdict"
    assert first.split() == ["cut-sockets", "4", "0", "0", "0", "0.3", "s", "pass"]
    assert second.split() == ["storm", "0", "0", "1", "2", "3.0", "s", "FAIL"]
    assert third.split() == ["kill-web", "not", "run"]
    assert words == "storm: 2 (3 to 4) missing and not told"


def test_the_file_holds_the_same_for_programs(tmp_path):
    file = tmp_path / "drill.json"
    write_json(file, Outcome([GOOD, BAD], ["kill-web"], "SIGINT"), Sizes(sockets=4))
    found = json.loads(file.read_text())
    assert (found["passed"], found["stopped"], found["sockets"]) == (False, "SIGINT", 4)
    assert [(row["fault"], row["passed"]) for row in found["faults"]] == [
        ("cut-sockets", True),
        ("storm", False),
    ]
    assert found["not_run"] == ["kill-web"]
    assert [path.name for path in tmp_path.iterdir()] == ["drill.json"]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome([GOOD]), 0),
        (Outcome([GOOD, BAD]), 1),
        (Outcome([GOOD], stopped="the drill's web ended by itself"), 1),
        (Outcome([GOOD], stopped="SIGTERM"), 143),
    ],
)
def test_the_exit_code_says_whether_all_passed(outcome, code):
    assert exit_code(outcome) == code
