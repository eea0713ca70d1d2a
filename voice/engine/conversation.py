"""The items of one call in order, and what each weighs in tokens.

An item is the wire object itself; whoever changes one does it through this module. Token weights are
estimates with the hosted API's ratios: text about four characters a token, heard audio one per 100 ms,
spoken one per 50 ms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from voice.engine.errors import Refusal
from voice.protocol import (
    ASSISTANT_AUDIO_TOKEN_MS,
    USER_AUDIO_TOKEN_MS,
    ItemStatus,
    JsonObject,
    item_text,
    new_id,
)

CHARS_PER_TOKEN = 4
MOST_ITEMS = 2000


@dataclass(slots=True)
class Entry:
    """One item and how long its audio is."""

    item: JsonObject
    audio_ms: int = 0

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item["id"])

    @property
    def text_tokens(self) -> int:
        """Tokens of the item's text; heard speech counts as audio only."""
        if self.audio_ms and self.item.get("role") == "user":
            return 0
        words = item_text(self.item) or str(self.item.get("output") or self.item.get("arguments") or "")
        return text_tokens(words)

    @property
    def audio_tokens(self) -> int:
        """Tokens of the item's audio."""
        return audio_tokens(self.audio_ms, spoken=self.item.get("role") == "assistant")


class Conversation:
    """The items of one call, oldest first."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._entries: list[Entry] = []

    def entries(self) -> list[Entry]:
        """Return the entries, oldest first."""
        return list(self._entries)

    def last_id(self) -> str | None:
        """Return the newest item's id."""
        return self._entries[-1].id if self._entries else None

    def find(self, item_id: str) -> Entry:
        """Return an entry by id. Raises Refusal."""
        for entry in self._entries:
            if entry.id == item_id:
                return entry
        raise Refusal("item_not_found", f"Item with item_id '{item_id}' not found.", param="item_id")

    def has(self, item_id: str) -> bool:
        """Say whether an item with this id exists."""
        return any(entry.id == item_id for entry in self._entries)

    def add(self, item: JsonObject, *, after: str | None = None, audio_ms: int = 0) -> str | None:
        """Put an item after another (None = last, "root" = first); return the id it follows.

        Raises Refusal when `after` is unknown or the item's id is taken.
        """
        if len(self._entries) >= MOST_ITEMS:
            raise Refusal("invalid_value", f"A conversation holds at most {MOST_ITEMS} items.", param="item")
        if self.has(str(item["id"])):
            raise Refusal("invalid_value", f"Item '{item['id']}' already exists.", param="item.id")
        place = len(self._entries) if after is None else self._place_after(after)
        self._entries.insert(place, Entry(item, audio_ms))
        return self._entries[place - 1].id if place else None

    def add_entry(self, entry: Entry) -> str | None:
        """Put an entry of the engine's own at the end; return the id it follows."""
        previous = self.last_id()
        self._entries.append(entry)
        return previous

    def before(self, item_id: str) -> str | None:
        """Return the id of the item in front of this one, None when it is first or gone."""
        ids = [entry.id for entry in self._entries]
        place = ids.index(item_id) if item_id in ids else 0
        return ids[place - 1] if place else None

    def remove(self, item_id: str) -> None:
        """Delete an item. Raises Refusal."""
        self._entries.remove(self.find(item_id))

    def cut(self, item_id: str, *, audio_ms: int) -> None:
        """Shorten a spoken item to what was heard. Raises Refusal when it is not that long, or not spoken.

        As at the hosted API a client's cut removes the text, since nobody knows which words it covers.
        """
        entry = self.find(item_id)
        if entry.item.get("role") != "assistant" or audio_ms > entry.audio_ms or audio_ms < 0:
            raise Refusal(
                "invalid_value",
                f"Audio content of {entry.audio_ms}ms is already shorter than {audio_ms}ms.",
                param="audio_end_ms",
            )
        entry.audio_ms = audio_ms
        for part in entry.item.get("content") or []:
            part.pop("transcript", None)

    def _place_after(self, item_id: str) -> int:
        if item_id == "root":
            return 0
        return self._entries.index(self.find(item_id)) + 1


def user_audio_item(item_id: str) -> JsonObject:
    """Build the item for something the person said, its words not known yet."""
    return {
        "id": item_id,
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }


def assistant_item(item_id: str, status: ItemStatus, content: list[JsonObject]) -> JsonObject:
    """Build an assistant message."""
    return {"id": item_id, "type": "message", "status": status, "role": "assistant", "content": content}


def text_tokens(text: str) -> int:
    """Estimate the tokens of a text: about four characters each."""
    return -(-len(text) // CHARS_PER_TOKEN)


def json_tokens(value: object) -> int:
    """Estimate the tokens of an object written as JSON."""
    return text_tokens(json.dumps(value)) if value else 0


def audio_tokens(audio_ms: int, *, spoken: bool) -> int:
    """Count the tokens of audio heard or spoken."""
    return -(-audio_ms // (ASSISTANT_AUDIO_TOKEN_MS if spoken else USER_AUDIO_TOKEN_MS))
