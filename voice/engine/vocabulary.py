"""Words a call is likely to hear, for the recogniser: from its tools and from the client's own hint."""

from __future__ import annotations

import re

from voice.protocol import JsonObject

_WORD = re.compile(r"[A-Za-z]{3,}")
_MOST = 24


def vocabulary(tools: list[JsonObject], hint: str) -> str:
    """Return a short list of words, the client's hint first; empty when there is nothing to expect."""
    words: dict[str, None] = {}
    for tool in tools:
        properties = (tool.get("parameters") or {}).get("properties") or {}
        for name in (tool.get("name", ""), *properties):
            words.update(dict.fromkeys(word.lower() for word in _WORD.findall(name.replace("_", " "))))
    listed = ", ".join(list(words)[:_MOST])
    return ". ".join(part for part in (hint, listed) if part)
