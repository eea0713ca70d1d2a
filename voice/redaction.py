"""Takes out of words what the enabled rules name, before they are stored or told to anybody.

Promises: what is stored is what is published; the model hears the original, and a person who is asked
before a tool runs reads it, while the question is open (`voice/approvals.py`), and nobody else. Each rule
sees one text at a time, so what is spread over two turns is not found. RE2 matches in time that grows with
the text alone.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import re2

from voice.models import RedactionRule
from voice.validators import quiet_options


class Side(StrEnum):
    """Whose words; the values are fields of the rule."""

    PERSON = "on_person"
    ASSISTANT = "on_assistant"
    TOOLS = "on_tools"


@dataclass(frozen=True)
class Rule:
    pattern: str
    replacement: str


def rules_for(side: Side) -> list[Rule]:
    """The enabled rules of a side, in their order."""
    rows = RedactionRule.objects.filter(enabled=True, **{side: True})
    return [Rule(*values) for values in rows.values_list("pattern", "replacement")]


def redact(text: str, rules: list[Rule]) -> str:
    """The text without what the rules name."""
    return _redact(text, len(text), rules)[0]


def redact_heard(text: str, heard: str, rules: list[Rule]) -> tuple[str, str]:
    """What was written and what of it was heard, both without what the rules name.

    Something cut in its middle is taken out of both whole: the half that was heard would fit no rule.
    """
    if not text.startswith(heard):
        return redact(text, rules), redact(heard, rules)
    written, mark = _redact(text, len(heard), rules)
    return written, written[:mark]


def redact_json(text: str, rules: list[Rule]) -> str:
    """The same for JSON: names stay, values are looked at one by one, and what comes out is JSON."""
    if not rules:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return redact(text, rules)
    found = _map_values(value, lambda words: redact(words, rules))
    return text if found == value else json.dumps(found, ensure_ascii=False)


def _map_values(value: Any, change: Callable[[str], str]) -> Any:
    match value:
        case dict():
            return {name: _map_values(inner, change) for name, inner in value.items()}
        case list():
            return [_map_values(inner, change) for inner in value]
        case str():
            return change(value)
        case bool() | None:
            return value
        case _:
            # A card's number is a number to JSON; what is taken out of it is text.
            written = json.dumps(value)
            changed = change(written)
            return value if changed == written else changed


def _redact(text: str, mark: int, rules: list[Rule]) -> tuple[str, int]:
    """The text, and where the place `mark` of it has gone."""
    for rule in rules:
        text, mark = _apply(text, mark, rule)
    return text, mark


def _apply(text: str, mark: int, rule: Rule) -> tuple[str, int]:
    pieces: list[str] = []
    done = moved = 0
    for match in _compiled(rule.pattern).finditer(text):
        begin, end = match.span()
        if begin == end:
            continue
        pieces += [text[done:begin], rule.replacement]
        done = end
        if begin < mark:
            # Counted as heard whole, however little of it was.
            moved += len(rule.replacement) - (min(end, mark) - begin)
    return "".join([*pieces, text[done:]]), mark + moved


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    return re2.compile(pattern, quiet_options())
