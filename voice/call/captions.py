"""Who said what, when they began and how much of it was heard. Pure.

Order: a turn begins when its speech begins, so a transcription that arrives after the reply still
sorts before it.

Interruption (OpenAI API reference, `conversation.item.truncated`): the local engine releases
transcript deltas as their sound is played, so what was released was heard. Elsewhere the text runs
ahead of the sound: the item is retrieved, and when that does not come back shorter the heard part
is estimated from `audio_end_ms`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voice.call.effects import Effect, Send, StoreTurn, TurnData
from voice.events import Item
from voice.protocol import new_id

SPOKEN_CHARS_PER_S = 15.0
"""Characters a voice speaks in a second: 150 words a minute of six characters each."""


@dataclass
class _Speech:
    response_id: str
    started_at: datetime
    text: str = ""
    stored: bool = False
    truncated_ms: int | None = None


def heard_by(text: str, audio_end_ms: int) -> str:
    """Estimate the part of `text` spoken in `audio_end_ms`, cut back to a whole word."""
    count = int(audio_end_ms / 1000 * SPOKEN_CHARS_PER_S)
    if count >= len(text):
        return text
    return text[: count + 1].rpartition(" ")[0]


class Captions:
    """The running transcript of one call; methods return the effects that follow."""

    def __init__(self, *, paced: bool) -> None:
        self._paced = paced
        self._began: dict[str, datetime] = {}
        self._speech: dict[str, _Speech] = {}
        self._audible: dict[str, datetime] = {}

    def user_began(self, item_id: str, at: datetime) -> None:
        self._began.setdefault(item_id, at)

    def user_said(self, item_id: str, text: str, at: datetime) -> list[Effect]:
        began = self._began.pop(item_id, at)
        return [StoreTurn(TurnData(item_id, "user", text.strip(), text.strip(), began))]

    def assistant_began(self, response_id: str, item_id: str, at: datetime) -> None:
        self._speech.setdefault(item_id, _Speech(response_id, at))

    def assistant_says(self, response_id: str, item_id: str, delta: str, at: datetime) -> None:
        self.assistant_began(response_id, item_id, at)
        self._speech[item_id].text += delta

    def assistant_done(self, response_id: str, item: Item, at: datetime) -> list[Effect]:
        """The item is generated; an incomplete one was cut before its end."""
        self.assistant_began(response_id, item.id, at)
        speech = self._speech[item.id]
        if len(item.words) > len(speech.text):
            speech.text = item.words
        speech.stored = True
        if speech.truncated_ms is not None:
            return []
        cut = item.status == "incomplete"
        return self._store(item.id, speech, heard=speech.text, interrupted=cut)

    def playback_started(self, response_id: str | None, at: datetime) -> None:
        self._audible[response_id or ""] = at

    def playback_cleared(self, response_id: str | None, at: datetime) -> list[Effect]:
        """The sound was thrown away; where no `truncated` follows, this tells how much was heard."""
        if self._paced:
            return []
        began = self._audible.get(response_id or "")
        heard_ms = round((at - began).total_seconds() * 1000) if began else 0
        effects: list[Effect] = []
        for item_id, speech in self._speech.items():
            if speech.response_id == response_id and speech.truncated_ms is None:
                effects += self.truncated(item_id, heard_ms)
        return effects

    def truncated(self, item_id: str, audio_end_ms: int) -> list[Effect]:
        """The sound stopped after `audio_end_ms`."""
        speech = self._speech.get(item_id)
        if speech is None:
            return []
        speech.truncated_ms = audio_end_ms
        if self._paced:
            return self._store(item_id, speech, heard=speech.text, interrupted=True)
        heard = heard_by(speech.text, audio_end_ms)
        ask = {"type": "conversation.item.retrieve", "event_id": new_id("event"), "item_id": item_id}
        stored = self._store(item_id, speech, heard=heard, interrupted=True, exact=False)
        return [*stored, Send(ask)]

    def retrieved(self, item: Item) -> list[Effect]:
        """The provider's own idea of a truncated item: exact when it is shorter than what was generated."""
        speech = self._speech.get(item.id)
        if self._paced or speech is None or speech.truncated_ms is None:
            return []
        if not 0 < len(item.words) < len(speech.text.strip()):
            return []
        return self._store(item.id, speech, heard=item.words, interrupted=True)

    def flush(self) -> list[Effect]:
        """The call is over: keep what is still open, marked as cut."""
        effects: list[Effect] = []
        for item_id, speech in self._speech.items():
            if speech.text and not speech.stored and speech.truncated_ms is None:
                effects += self._store(
                    item_id, speech, heard=speech.text, interrupted=True, exact=self._paced
                )
        return effects

    def _store(
        self, item_id: str, speech: _Speech, *, heard: str, interrupted: bool, exact: bool = True
    ) -> list[Effect]:
        text = speech.text.strip()
        if not text:
            return []
        turn = TurnData(
            item_id,
            "assistant",
            text,
            heard.strip(),
            speech.started_at,
            heard_exact=exact,
            interrupted=interrupted,
        )
        return [StoreTurn(turn)]
