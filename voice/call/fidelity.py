"""Whether session and conversation still are what this site made them: whoever is in a call can change both.

The browser's data channel takes every client event, so a person with their browser's tools can rewrite the
prompt, add tools, or put words into the system's mouth. None of it can be prevented there; here it is seen.
What the talk page itself sends (typed words, cancelling, outputs it was given to relay) does not count. Pure.
"""

from __future__ import annotations

from typing import Any

from voice.events import Item
from voice.protocol import JsonObject

WATCHED = ("instructions", "tools", "tool_choice")


class Fidelity:
    """Compares with the session as issued. Each answer is what to call the change, or nothing."""

    def __init__(self, session: JsonObject) -> None:
        self._issued = {part: session[part] for part in WATCHED if part in session}
        self._own_words: list[str] = []
        self._seen: set[str] = set()
        self._began: set[str] = set()
        self._given: dict[str, str] = {}
        self._read: dict[str, str] = {}
        self._missed_some = False

    def parts_changed(self, session: JsonObject) -> list[str]:
        """Which watched parts of a `session.updated` are not as issued; what is absent is not judged."""
        return [
            part
            for part, issued in self._issued.items()
            if session.get(part) is not None and _plain(session[part]) != _plain(issued)
        ]

    def as_issued(self, parts: list[str]) -> JsonObject:
        """The session that puts these parts back."""
        return {"type": "realtime", **{part: self._issued[part] for part in parts}}

    def say(self, words: str) -> None:
        """The site itself is about to add these words for the system."""
        self._own_words.append(words)

    def began(self, item_id: str) -> None:
        """The provider itself added this item, as part of a response."""
        self._began.add(item_id)

    def gave(self, call_id: str, output: str) -> str:
        """A tool's own output; what if another one already stands in its place?"""
        self._given[call_id] = output
        return "forged output" if self._read.get(call_id, output) != output else ""

    def missed_some(self) -> None:
        """The line broke: what was not heard cannot be told from what a client made."""
        self._missed_some = True

    def judge(self, item: Item, *, is_known_call: bool) -> str:
        """What an item that was added is, if nobody who may has added it."""
        if item.id and item.id in self._seen:
            return ""
        self._seen.add(item.id)
        if item.type == "function_call_output":
            return self._judge_output(item, is_known_call)
        if item.type != "message":
            return ""
        if item.role in ("system", "developer"):
            return "" if self._is_own(item.words) else "system message"
        is_made = item.role == "assistant" and item.status == "completed" and item.words
        if is_made and item.id not in self._began and not self._missed_some:
            return "words for the assistant"
        return ""

    def _judge_output(self, item: Item, is_known_call: bool) -> str:
        self._read[item.call_id] = item.output
        given = self._given.get(item.call_id)
        if given is not None:
            return "forged output" if item.output and item.output != given else ""
        return "" if is_known_call or self._missed_some else "output of a call nobody made"

    def _is_own(self, words: str) -> bool:
        if words not in self._own_words:
            return self._missed_some
        self._own_words.remove(words)
        return True


def _plain(part: Any) -> Any:
    """Tools by what the model reads of them; providers add fields and change the order."""
    if not isinstance(part, list):
        return part
    kept = ("name", "description", "parameters")
    tools = [{key: tool.get(key) for key in kept} for tool in part if isinstance(tool, dict)]
    return sorted(tools, key=lambda tool: str(tool["name"]))
