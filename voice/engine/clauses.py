"""Cuts a reply into clauses short enough to be released one by one as they are heard.

Promises that the clauses joined are the text, so that transcript deltas add up to the transcript.
"""

from __future__ import annotations

import re

MAX_WORDS = 8
_SENTENCE = re.compile(r".+?(?:[.!?]+(?=\s|$)\s*|$)", re.DOTALL)
_CLAUSE = re.compile(r".+?(?:[,;:](?=\s)\s*|\s-\s+|$)", re.DOTALL)
_WORD = re.compile(r"\S+\s*")


def split_clauses(text: str) -> list[str]:
    """Return the text in pieces of at most MAX_WORDS words, cut at punctuation where there is some."""
    pieces: list[str] = []
    for sentence in _SENTENCE.findall(text):
        parts = _joined_shorts(_CLAUSE.findall(sentence), opening=not pieces)
        pieces.extend(piece for part in parts for piece in _cut_long(part))
    return pieces


def _joined_shorts(parts: list[str], *, opening: bool) -> list[str]:
    """Join neighbours that fit into one clause: a one-word clause sounds chopped.

    The opening of a reply stays short, since nothing is heard until it has been spoken.
    """
    joined: list[str] = []
    for part in parts:
        short_opening = opening and len(joined) == 1 and len(joined[0].split()) > 1
        if joined and not short_opening and len((joined[-1] + part).split()) <= MAX_WORDS - 2:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _cut_long(part: str) -> list[str]:
    """Cut what is still too long into even pieces."""
    words = _WORD.findall(part)
    if len(words) <= MAX_WORDS:
        return [part]
    count = -(-len(words) // MAX_WORDS)
    size = -(-len(words) // count)
    lead = part[: len(part) - len(part.lstrip())]
    pieces = ["".join(words[at : at + size]) for at in range(0, len(words), size)]
    return [lead + pieces[0], *pieces[1:]]
