"""Arguments stay in their place, and secrets in theirs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.outbound.refusals import Unfit
from voice.outbound.templates import Absent, Filling, arguments_in, header_text, path_segment, stray_brace


def filling(**values: Any) -> Filling:
    return Filling(values, lambda name: f"<{name}>")


def test_places_are_filled_and_the_rest_stays():
    assert (
        filling(city="Delft", days=3).text("in {city}, {days} days, ${ENV:KEY}") == "in Delft, 3 days, <KEY>"
    )
    assert filling(on=True, list=[1, "a"]).text("{on} {list}") == 'true [1,"a"]'


def test_what_an_argument_says_is_no_template():
    assert filling(a="{b} ${ENV:KEY}", b="no").text("{a}") == "{b} ${ENV:KEY}"


def test_json_keeps_types_and_leaves_out_what_is_absent():
    template = {
        "n": "{n}",
        "text": "n is {n}",
        "gone": "{m}",
        "list": ["{m}", "{n}", 1],
        "deep": {"m": "x{m}"},
    }
    assert filling(n=2).json(template) == {"n": 2, "text": "n is 2", "list": [2, 1], "deep": {}}
    with pytest.raises(Absent):
        filling(n=None).json("{n}")


@pytest.mark.parametrize("value", ["", ".", "..", "../x", "a/../b", "..\\x", "a\nb", "\x00", "a/.."])
def test_value_that_leaves_its_segment_is_refused(value: str):
    with pytest.raises(Unfit):
        path_segment(value)


@given(st.text(min_size=1, max_size=40))
def test_segment_holds_no_letter_that_ends_it(value: str):
    try:
        segment = path_segment(value)
    except (Unfit, UnicodeEncodeError):
        return
    assert not set(segment) & set("/\\?#;:@& \r\n")
    assert segment not in (".", "..")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "é", "\x00"])
def test_value_that_is_no_header_is_refused(value: str):
    with pytest.raises(Unfit):
        header_text(value)


@pytest.mark.parametrize(
    ("template", "stray"),
    [("{a}", False), ("${ENV:A}", False), ("{a", True), ("{a b}", True), ("$ENV{A}", False)],
)
def test_stray_braces_are_seen(template: str, stray: bool):
    assert stray_brace(template) is stray


def test_arguments_are_found_in_names_and_values():
    assert arguments_in({"{a}": ["{b}", {"c": "x{d}"}], "e": 1}) == {"a", "b", "d"}
