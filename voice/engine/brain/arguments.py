"""Takes a tool's arguments out of an utterance, guided by each property's JSON Schema and name."""

from __future__ import annotations

import re
from typing import Any

from voice.engine.brain.tools import Tool
from voice.engine.brain.words import name_words, stem, word_set, words_of, written_names

_PLACE = word_set("location city place town address where country destination region")
_ROOM = word_set("room device channel topic sensor name")
_TEXT = word_set("message text data value content payload body command note")
_ZONE = word_set("timezone zone tz")
_AFTER_PLACE = word_set(
    "today tomorrow tonight now right please currently at this next week weekend for morning evening "
    "afternoon look looking like outside going is and thanks thank during on in the you"
)
_PREPOSITIONS = ("in", "for", "at", "of", "near", "around", "to", "from")
_NOT_PLACES = word_set(
    "the a it its me my moment time degrees celsius fahrenheit general here there weather forecast"
)
_FILLER = word_set(
    "um uh er well yes yeah please the city of in for at to it is it's its i mean let's say make"
)
_PUBLISH = re.compile(
    r"\b(?:publish(?:es|ed)?|send|set|post|write|put|say|broadcast|announce)\b\s+(?:the\s+)?"
    r"(?:message|value|text|command)?\s*(?!(?:to|into)\s+\S)(?P<text>.+?)"
    r"(?:\s+(?:to|in|into|on|for)\s+(?:the\s+)?(?:(?:room|device|channel|topic|sensor)\b.*|[a-z]\S*[\d/:]\S*))?$",
    re.IGNORECASE,
)
_SET_TO = re.compile(r"\b(?:set|turn|switch|put)\b.+?\b(?:to|on to)\b\s+(?P<text>.+)$", re.IGNORECASE)
_TURN = re.compile(r"\b(?:turn|switch)\b.*?\b(?P<text>on|off)\b", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?P<kind>room|device|channel|topic|sensor)s?\s+(?:called\s+|named\s+|number\s+)?(?P<name>[\w./:-]+)"
    r"(?:\s+(?P<number>\d+|zero|one|two|three|four|five|six|seven|eight|nine|ten)\b)?",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\b(?:of|from|in|to|does|is|read)\s+(?:the\s+)?([a-z]+\s\d+)\b", re.IGNORECASE)
_VALUE_OF = re.compile(
    r"\b(?:value|values|reading|message|news|state|status)\s+(?:of|from|in)\s+(?:the\s+)?(.+)$", re.IGNORECASE
)
_NO_NAMES = word_set(
    "do are is there exist you i can that which to on in for say says with and or please now"
)
_QUOTED = re.compile(r"[\"“](.+?)[\"”]")
_ZONES = {
    "amsterdam": "Europe/Amsterdam", "berlin": "Europe/Berlin", "brussels": "Europe/Brussels",
    "london": "Europe/London", "paris": "Europe/Paris", "madrid": "Europe/Madrid", "rome": "Europe/Rome",
    "lisbon": "Europe/Lisbon", "moscow": "Europe/Moscow", "istanbul": "Europe/Istanbul",
    "new york": "America/New_York", "boston": "America/New_York", "chicago": "America/Chicago",
    "denver": "America/Denver", "los angeles": "America/Los_Angeles", "san francisco": "America/Los_Angeles",
    "toronto": "America/Toronto", "sao paulo": "America/Sao_Paulo", "tokyo": "Asia/Tokyo",
    "beijing": "Asia/Shanghai", "shanghai": "Asia/Shanghai", "singapore": "Asia/Singapore",
    "delhi": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "dubai": "Asia/Dubai", "sydney": "Australia/Sydney",
    "cairo": "Africa/Cairo", "johannesburg": "Africa/Johannesburg", "utc": "UTC",
}  # fmt: skip


def extract(tool: Tool, utterance: str) -> dict[str, Any]:
    """Return the arguments the utterance gives; optional ones only when they are plainly there."""
    found: dict[str, Any] = {}
    for name, rule in tool.properties.items():
        value = _value(name, rule, utterance)
        if value is not None:
            found[name] = value
    return found


def extract_answer(name: str, rule: dict[str, Any], utterance: str) -> Any:
    """Return what a direct answer to "which …?" says, taking bare words where `extract` would not."""
    value = _value(name, rule, utterance)
    if value is not None:
        return value
    bare = _bare(utterance)
    if not bare or "enum" in rule or rule.get("type") in ("integer", "number", "boolean"):
        return None
    if _is(name, _ROOM):
        return _room_name(bare)
    return bare if _is(name, _TEXT) else _titled(bare.split())


def missing(tool: Tool, arguments: dict[str, Any]) -> str | None:
    """Return the first required property without a value."""
    return next((name for name in tool.required if name not in arguments), None)


def is_free_text(name: str, rule: dict[str, Any]) -> bool:
    """Say whether a property takes words of any kind."""
    return _is(name, _TEXT) and rule.get("type", "string") == "string" and "enum" not in rule


def _value(name: str, rule: dict[str, Any], utterance: str) -> Any:
    kind = rule.get("type", "string")
    if isinstance(rule.get("enum"), list):
        return _choice(rule["enum"], utterance)
    if kind in ("integer", "number"):
        return _number(utterance, whole=kind == "integer")
    if kind == "boolean":
        return _truth(utterance)
    return _text_value(name, utterance) if kind == "string" or isinstance(kind, list) else None


def _text_value(name: str, utterance: str) -> str | None:
    # A time zone is asked before a place: "time_zone" tells both.
    if _is(name, _ZONE):
        return _zone(utterance)
    if _is(name, _PLACE):
        return _place(utterance)
    if _is(name, _TEXT):
        return _message(utterance)
    if _is(name, _ROOM):
        return _room(utterance)
    quoted = _QUOTED.search(utterance)
    return quoted.group(1) if quoted else None


def _is(name: str, words: frozenset[str]) -> bool:
    return bool(words & {*name_words(name), stem(name.lower())})


def _choice(values: list[Any], utterance: str) -> Any:
    said = {stem(word) for word in words_of(utterance)}
    fits = [value for value in values if {stem(word) for word in words_of(str(value))} <= said and str(value)]
    return max(fits, key=lambda value: len(str(value)), default=None)


def _number(utterance: str, *, whole: bool) -> int | float | None:
    for word in words_of(utterance):
        try:
            value = float(word)
        except ValueError:
            continue
        if not whole or value.is_integer():
            return int(value) if value.is_integer() else value
    return None


def _truth(utterance: str) -> bool | None:
    said = set(words_of(utterance))
    if said & {"off", "no", "false", "disable", "without"}:
        return False
    return True if said & {"on", "yes", "true", "enable", "with"} else None


def _place(utterance: str) -> str | None:
    """Return the words after the last preposition that reads like a place."""
    words = re.findall(r"[\w'’.-]+", utterance)
    lower = [word.lower().strip(".,?!") for word in words]
    for at in range(len(words) - 2, -1, -1):
        if lower[at] in _PREPOSITIONS:
            place = _run_of_place(words[at + 1 :])
            if place:
                return place
    return None


def _run_of_place(words: list[str]) -> str | None:
    run: list[str] = []
    for word in words:
        bare = word.lower().strip(".,?!'")
        if bare in _AFTER_PLACE and (run or bare not in ("the",)):
            break
        if bare in _NOT_PLACES or bare.isdigit():
            if bare == "the" and not run:
                continue
            break
        run.append(word.strip(".,?!'"))
        if word[-1:] in ".?!":
            break
    return _titled(run) or None


def _titled(words: list[str]) -> str:
    return " ".join(word if word[:1].isupper() else word.capitalize() for word in words[:4])


def _zone(utterance: str) -> str | None:
    said = " ".join(words_of(utterance))
    return next((zone for city, zone in _ZONES.items() if re.search(rf"\b{city}\b", said)), None)


def _room(utterance: str) -> str | None:
    for named in _NAMED.finditer(utterance):
        if named["name"].lower().strip(".") in _NO_NAMES:
            continue
        # "Device 01" names device01: a number by itself is no name.
        kind = named["kind"] if words_of(named["name"])[:1] and words_of(named["name"])[0].isdigit() else None
        return _room_name(" ".join(part for part in (kind, named["name"], named["number"]) if part))
    if written := written_names(utterance):
        return _room_name(written[-1])
    found = _NUMBERED.search(utterance) or _VALUE_OF.search(utterance)
    return _room_name(found.group(1)) if found else None


def _room_name(words: str) -> str:
    """Return a spoken name as channels are usually written: "Device 01" is device01."""
    said = words.strip(" .,?!")
    if " " in said or said.istitle():
        said = said.lower()
    parts = said.split()
    joined = parts[0] if parts else ""
    for part in parts[1:]:
        number = words_of(part)[:1]
        joined += number[0] if number and number[0].isdigit() and not part.isdigit() else part
    return joined


def _message(utterance: str) -> str | None:
    quoted = _QUOTED.search(utterance)
    if quoted:
        return quoted.group(1)
    said = utterance.strip().rstrip(".!?")
    for pattern in (_TURN, _SET_TO, _PUBLISH):
        match = pattern.search(said)
        if match and match["text"].strip():
            return _as_number(match["text"].strip(" ,"))
    return None


def _as_number(text: str) -> str:
    """Return a message that is only a number as digits: devices do not read words."""
    words = words_of(text)
    only = words[0] if len(words) == 1 else text
    return only if re.fullmatch(r"-?\d+(?:\.\d+)?", only) else text


def _bare(utterance: str) -> str:
    words = [word.strip(".,?!") for word in utterance.split()]
    while words and words[0].lower() in _FILLER:
        words.pop(0)
    while words and words[-1].lower() in ("please", "thanks"):
        words.pop()
    return " ".join(words)
