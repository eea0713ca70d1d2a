"""Fills operators' templates: `{city}` is an argument of the model, `${ENV:KEY}` a secret of the site.

Promises: an argument stays in its place. In a path it is one percent-encoded segment and never `.` or `..`;
in a query it is one value; in a header it has no line end; in a JSON body it keeps its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from voice.outbound.refusals import Unfit
from voice.outbound.secrets import Lookup

_PLACE = re.compile(r"\$\{ENV:(?P<secret>[A-Za-z_]\w*)\}|\{(?P<argument>[A-Za-z_][\w-]*)\}")
_HEADER_TEXT = re.compile(r"[\t\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Absent(Exception):
    """An argument that is optional was not given; whatever needs it is left out."""


@dataclass(frozen=True)
class Filling:
    """What goes into the places of one request."""

    values: dict[str, Any]
    secret: Lookup

    def text(self, template: str, encode: Callable[[str], str] = str) -> str:
        """The template with its places filled. Raises Absent."""

        def fill(place: re.Match[str]) -> str:
            if place["secret"]:
                return encode(self.secret(place["secret"]))
            return encode(text_of(self.value(place["argument"])))

        return _PLACE.sub(fill, template)

    def value(self, name: str) -> Any:
        """An argument. Raises Absent."""
        if self.values.get(name) is None:
            raise Absent(name)
        return self.values[name]

    def json(self, template: Any) -> Any:
        """A JSON template filled: a text that is nothing but `{name}` becomes the value with its type."""
        if isinstance(template, str):
            alone = argument_alone(template)
            return self.value(alone) if alone else self.text(template)
        if isinstance(template, dict):
            return {name: value for name, inner in template.items() for value in self._present(inner)}
        if isinstance(template, list):
            return [value for inner in template for value in self._present(inner)]
        return template

    def _present(self, template: Any) -> Iterator[Any]:
        try:
            yield self.json(template)
        except Absent:
            return


def argument_alone(template: str) -> str:
    """The argument's name when the template is nothing else, or an empty text."""
    place = _PLACE.fullmatch(template)
    return (place["argument"] or "") if place else ""


def arguments_in(template: Any) -> set[str]:
    """The names of all arguments a template wants."""
    return {name for text in _texts(template) for name in _found(text, "argument")}


def secrets_in(template: Any) -> set[str]:
    """The names of all secrets a template wants."""
    return {name for text in _texts(template) for name in _found(text, "secret")}


def stray_brace(template: Any) -> bool:
    """Whether a brace stands there that begins or ends no place: surely a slip of the pen."""
    return any(set("{}") & set(_PLACE.sub("", text)) for text in _texts(template))


def text_of(value: Any) -> str:
    """A JSON value as it is written in addresses and headers."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def path_segment(text: str) -> str:
    """One segment of a path, which no value can leave. Raises Unfit."""
    # Many servers decode %2F before they look at the path, so dots are judged between slashes too.
    if not text or _CONTROL.search(text) or {".", ".."} & set(re.split(r"[/\\]", text)):
        raise Unfit("That value cannot be part of an address.")
    return quote(text, safe="")


def header_text(text: str) -> str:
    """The value of a header. Raises Unfit."""
    if not _HEADER_TEXT.fullmatch(text):
        raise Unfit("That value cannot be sent: it has letters or line ends that a header cannot hold.")
    return text


def _found(text: str, kind: str) -> Iterator[str]:
    return (place[kind] for place in _PLACE.finditer(text) if place[kind])


def _texts(template: Any) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for name, inner in template.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(template, list):
        for inner in template:
            yield from _texts(inner)
