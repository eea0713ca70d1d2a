"""Reads an utterance as words: lower case, no punctuation, numbers as digits, endings off for matching.

The recogniser writes "21 degrees" or "twenty-one degrees" as it pleases; here both are the same.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|-?\d+(?:\.\d+)?[a-z]*")
_NUMBERS = {
    **{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15},
    **{"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19},
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_WRITTEN = re.compile(r"\b[a-z][\w.-]*[\d/:]+[\w./:-]*", re.IGNORECASE)
_NOISE = re.compile(r"[\[(].*?[\])]")


def word_set(words: str) -> frozenset[str]:
    """Return the words of a space-separated list."""
    return frozenset(words.split())


STOP_WORDS = word_set(
    "a an the is are was be to of in on at for from with by it its this that these those i me my we you your "
    "and or do does did can could would will shall should please now just so there here what whats what's "
    "which who how tell give say let get have has about right okay ok hey hi hello then also us some any "
    "want like"
)


def words_of(text: str) -> list[str]:
    """Return the words of a text, spoken numbers as digits ("twenty one" and "21" alike)."""
    cleaned = _NOISE.sub(" ", text.lower().replace("’", "'").replace("-", " "))
    return _with_digits(_TOKEN.findall(cleaned))


def written_names(text: str) -> list[str]:
    """Return names that show themselves by a digit, a slash or a colon: device01, greenhouse/temp."""
    return [found.rstrip(".:") for found in _WRITTEN.findall(text)]


def stem(word: str) -> str:
    """Cut plural and verb endings, so that "rooms" meets "room" and "publishing" meets "publish"."""
    for ending in ("ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)].rstrip("e") if ending != "s" else word[:-1].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word


def name_words(name: str) -> list[str]:
    """Return the words of an identifier: `get_weather`, `getWeather` and `get-weather` alike."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]


def sentences_of(text: str) -> list[str]:
    """Return the sentences of an utterance, each without surrounding space."""
    found = (part.strip() for part in re.split(r"(?<=[.!?])\s+", _NOISE.sub(" ", text)))
    return [part for part in found if words_of(part)]


def readable(name: str) -> str:
    """Return an identifier as it is spoken: `wind_speed` as "wind speed"."""
    return " ".join(name_words(name))


def listed(parts: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _with_digits(words: list[str]) -> list[str]:
    """Replace runs of number words by digits; "oh" inside such a run is left alone."""
    out: list[str] = []
    at = 0
    while at < len(words):
        value, used = _number_at(words, at)
        out.append(str(value) if used else words[at])
        at += used or 1
    return out


def _number_at(words: list[str], at: int) -> tuple[int, int]:
    """Return the number that begins here and how many words it takes, 0 when there is none."""
    word = words[at]
    if word in _TENS:
        unit = _NUMBERS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (_TENS[word] + unit, 2) if 0 < unit < 10 else (_TENS[word], 1)
    if word in _NUMBERS:
        if words[at + 1 : at + 2] == ["hundred"] and 0 < _NUMBERS[word] < 10:
            return _NUMBERS[word] * 100, 2
        return _NUMBERS[word], 1
    return 0, 0
