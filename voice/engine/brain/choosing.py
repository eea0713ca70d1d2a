"""Picks the tool an utterance asks for, by the words of its name, description and schema.

A word of the name weighs most. A few everyday words stand for what tools are usually called ("umbrella" for
weather), so that people need not know the names.
"""

from __future__ import annotations

from voice.engine.brain.tools import Tool
from voice.engine.brain.words import STOP_WORDS, name_words, stem, words_of, written_names

_NAME, _DESCRIPTION, _SCHEMA, _MEANT = 3.0, 0.5, 1.0, 3.0
_ENOUGH = 2.5
_EMPTY_NAME_WORDS = frozenset({"get", "current", "to", "the", "tool", "a", "of", "do", "run", "call"})
_MEANINGS = {
    "weather": "weather forecast rain raining rainy sunny sun umbrella snow snowing windy wind cold warm hot "
    "degrees temperature humid humidity whether outside",
    "time": "time clock hour date day o'clock",
    "publish": "publish send set post write put switch turn broadcast announce command message",
    "read": "read reading latest last value say saying says showing show measure report happening doing "
    "temperature humidity",
    "list": "list which available exist exists names active know",
    "room": "room device sensor channel topic",
    "search": "search find look lookup google",
    "timer": "timer alarm remind reminder",
}
_MEANT_BY: dict[str, frozenset[str]] = {
    concept: frozenset(stem(word) for word in words.split()) for concept, words in _MEANINGS.items()
}


def choose(tools: tuple[Tool, ...], utterance: str) -> Tool | None:
    """Return the tool the utterance asks for, None when none fits well enough."""
    best = max(((score(tool, utterance), tool) for tool in tools), key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= _ENOUGH else None


def score(tool: Tool, utterance: str) -> float:
    """Return how well an utterance fits a tool; words that mean nothing by themselves count nothing."""
    said = {stem(word) for word in words_of(utterance) if word not in STOP_WORDS or word in ("say", "which")}
    if written_names(utterance):
        said.add("room")
    named = [stem(word) for word in name_words(tool.name) if word not in _EMPTY_NAME_WORDS]
    described = {stem(word) for word in words_of(tool.description) if word not in STOP_WORDS}
    in_name = sum(_name_weight(word, said) for word in named)
    in_schema = len(said & _schema_words(tool))
    in_description = len(said & (described - set(named)))
    # Every word of the name that was not said makes the tool less likely than one with a shorter name.
    unsaid = sum(1 for word in named if not _name_weight(word, said))
    return in_name + _SCHEMA * in_schema + _DESCRIPTION * in_description - 0.5 * unsaid


def _name_weight(word: str, said: set[str]) -> float:
    if word in said:
        return _NAME
    meant = next((words for concept, words in _MEANT_BY.items() if stem(concept) == word), frozenset[str]())
    return _MEANT * 0.9 if meant & said else 0.0


def _schema_words(tool: Tool) -> set[str]:
    words: set[str] = set()
    for name, rule in tool.properties.items():
        words.update(stem(word) for word in name_words(name) if word not in STOP_WORDS)
        for value in rule.get("enum") or []:
            words.update(stem(word) for word in words_of(str(value)))
    return words
