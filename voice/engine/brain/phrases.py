"""The sentences the engine says of itself, and how it recognises small talk."""

from __future__ import annotations

import re

from voice.engine.brain.tools import Tool
from voice.engine.brain.words import listed, readable

INTRODUCTION = "Roomtone's built-in engine here. "
GREETING = "Hello. What would you like to know?"
THANKS = "You are welcome."
GOODBYE = "Goodbye."
STOPPED = "Okay."
NOTHING_TO_REPEAT = "I have not said anything yet."
NO_CLOCK = "I have no tool that tells the time."
NEVER_MIND = "Okay, never mind."

OPENINGS = [INTRODUCTION, GREETING, THANKS, GOODBYE, STOPPED, NEVER_MIND, "For which place?"]
"""Spoken ahead of time, so that they sound at once."""

_SMALL_TALK: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), answer)
    for pattern, answer in (
        (r"^\W*(?:never ?mind|forget (?:it|that)|cancel)\b", NEVER_MIND),
        (r"^\W*(?:stop|be quiet|shut up|enough|wait)\W*$", STOPPED),
        (r"\b(?:good ?bye|bye|see you|that is all|that's all|hang up)\b", GOODBYE),
        (r"^\W*(?:thanks|thank you|thank)\b", THANKS),
        (r"^\W*(?:hello|hi|hey|good (?:morning|afternoon|evening)|greetings)(?:\W+\w+)?\W*$", GREETING),
    )
)
_REPEAT = re.compile(
    r"\b(?:say (?:that|it) again|repeat (?:that|it|please)|once more|come again|pardon)\b", re.I
)
_CAPABILITIES = re.compile(
    r"\bwhat (?:else )?(?:can|could) (?:you|i) (?:do|ask|say)|\beverything you can\b|\bwhat are you able\b"
    r"|\bwhat you can do\b|^\W*help(?: me)?\W*$",
    re.I,
)
_IDENTITY = re.compile(
    r"\bwho are you\b|\bwhat are you\b|\bare you (?:a |an )?(?:real|human|robot|ai)\b", re.I
)
_CLOCK = re.compile(r"\bwhat time\b|\bthe time\b|\bwhat(?:'s| is) the date\b", re.I)


def small_talk(utterance: str) -> str:
    """Return the answer to a pleasantry, empty when it is none."""
    return next((answer for pattern, answer in _SMALL_TALK if pattern.search(utterance)), "")


def asks_to_repeat(utterance: str) -> bool:
    """Say whether the person wants to hear the last words again."""
    return bool(_REPEAT.search(utterance))


def asks_for_capabilities(utterance: str) -> bool:
    """Say whether the person wants to know what the engine can do."""
    return bool(_CAPABILITIES.search(utterance))


def asks_for_identity(utterance: str) -> bool:
    """Say whether the person wants to know whom they talk to."""
    return bool(_IDENTITY.search(utterance))


def asks_for_time(utterance: str) -> bool:
    """Say whether the person wants to know the time."""
    return bool(_CLOCK.search(utterance))


def capabilities(tools: tuple[Tool, ...]) -> str:
    """Return a long answer about what can be asked: long enough to be interrupted."""
    told = [f"I can use {readable(tool.name)}. {_first_sentence(tool.description)}" for tool in tools[:8]]
    return " ".join(
        [
            "I listen to what you say, and I answer out loud.",
            "I am a small program on this machine, not a large language model,",
            "so I understand plain questions, and I say so when I do not understand.",
            *(told or ["Right now nobody has given me a tool, so I can only make small talk."]),
            "When I need something more, such as the name of a place, I ask you for it.",
            "You can ask two things in one sentence, and I will do both.",
            "You can ask me to say that again, and you can interrupt me at any time.",
            "When you are done, just say goodbye.",
        ]
    )


def identity() -> str:
    """Return who is speaking, honestly."""
    return (
        "I am a small program that runs on this machine. I pick tools by your words; I do not really think."
    )


def not_understood(utterance: str, tools: tuple[Tool, ...]) -> str:
    """Return an honest admission, with what would work."""
    heard = utterance.strip().rstrip(".!?")[:80]
    names = listed([readable(tool.name) for tool in tools[:3]])
    hint = f"I can help with {names}." if names else "Ask me what I can do."
    return f"Sorry, I heard: {heard}. I do not know how to help with that. {hint}"


def question_for(name: str) -> str:
    """Return the question that asks for a missing argument."""
    words = readable(name)
    if words in ("location", "city", "place", "town"):
        return "For which place?"
    if words in ("message", "data", "text", "value", "payload", "content"):
        return f"What is the {words}?"
    return f"Which {words}?"


def _first_sentence(text: str) -> str:
    sentence = re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0][:160]
    return sentence if not sentence or sentence[-1] in ".!?" else f"{sentence}."
