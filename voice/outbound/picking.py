"""Picks a part out of JSON by a dotted path: `current.temperature`, `days.0.max`, `items.*.name`.

A few lines rather than JSONPath (RFC 9535): operators pick a field, a place in a list or one field of every
entry, and need no filters or expressions that a reader of the tool must first look up. `*` takes all entries
of a list and leaves out those without the rest of the path. A name with a dot in it cannot be picked.
"""

from __future__ import annotations

from typing import Any


class NotThere(Exception):
    """The JSON has no such part."""


def pick(value: Any, path: str) -> Any:
    """The part at `path`; the whole for an empty one. Raises NotThere."""
    return _pick(value, path.split(".")) if path else value


def _pick(value: Any, steps: list[str]) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if step == "*" and isinstance(value, list):
        return [part for inner in value for part in _picked(inner, rest)]
    if isinstance(value, dict) and step in value:
        return _pick(value[step], rest)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return _pick(value[int(step)], rest)
    raise NotThere(step)


def _picked(value: Any, steps: list[str]) -> list[Any]:
    try:
        return [_pick(value, steps)]
    except NotThere:
        return []
