"""Clauses are short, and nothing is lost between them."""

import pytest

from voice.engine.brain.phrases import capabilities
from voice.engine.clauses import MAX_WORDS, split_clauses

TEXTS = [
    "In Amsterdam it is 18.2 degrees Celsius, humidity 70 percent, and wind 12 kilometres. Tomorrow more.",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
    "  Leading space; and trailing.  ",
    "Hello.",
    capabilities(()),
    "\n\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_clauses_joined_are_the_text_and_none_is_long(text):
    clauses = split_clauses(text)
    assert "".join(clauses) == text
    assert all(len(clause.split()) <= MAX_WORDS for clause in clauses)


def test_the_opening_is_short_so_that_it_is_heard_soon():
    assert split_clauses("In Amsterdam, it is 18 degrees.")[0] == "In Amsterdam, "


def test_decimals_and_short_lists_are_not_cut():
    assert split_clauses("Well. It is 18.2 degrees, rain.") == ["Well. ", "It is 18.2 degrees, rain."]
