"""Answers one turn: thinks, then speaks, writes or calls tools, in a task that can be cut off at any point.

Spoken words are released clause by clause when their audio begins to play, so that the deltas a client
has received are what was heard, to the nearest clause. Two clauses at most wait in the queue: enough to
play without gaps, little enough that an interruption wastes nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Literal

from voice.engine.brain.dialogue import Memory, Reply, decide
from voice.engine.clauses import split_clauses
from voice.engine.conversation import CHARS_PER_TOKEN, Conversation, text_tokens
from voice.engine.mouth import Mouth
from voice.engine.outbox import Outbox
from voice.engine.playback import BYTES_PER_MS, AudioQueue, Clip
from voice.engine.response_writer import ResponseOptions, ResponseWriter
from voice.engine.session import Session
from voice.engine.thinking import prompt_of
from voice.engine.usage import Tokens, input_tokens
from voice.protocol import ItemStatus, StatusReason

_AHEAD = 2


class Talk:
    """What the answers of one call share: who is spoken to, through what, and what is remembered."""

    def __init__(
        self, session: Session, outbox: Outbox, mouth: Mouth, *, on_quiet: Callable[[], None]
    ) -> None:
        self.on_quiet = on_quiet
        self.session = session
        self.outbox = outbox
        self.mouth = mouth
        self.conversation = Conversation()
        self.queue = AudioQueue()
        self.memory = Memory()
        self.recited: set[str] = set()
        """Messages that said what an order had told them to: a question before them still waits."""
        self.read = Tokens()
        self.playing: Answer | None = None


class Answer:
    """One response under way."""

    def __init__(self, talk: Talk, options: ResponseOptions, on_end: Callable[[Answer], None]) -> None:
        self._talk = talk
        self._on_end = on_end
        self._writer = ResponseWriter(talk.outbox, talk.conversation, options)
        self._read = Tokens()
        self._slots = asyncio.Semaphore(_AHEAD)
        self._recites = False

    @property
    def id(self) -> str:
        """The response's id."""
        return self._writer.id

    def begin(self) -> None:
        """Announce the response; `run` does the rest."""
        self._writer.begin()

    async def run(self, words: asyncio.Future[str] | None) -> None:
        """Wait for the person's words if some are being read, think, and answer."""
        if words is not None:
            await asyncio.shield(words)
        reply = self._think(only_if_news=words is not None)
        text, whole = fitted(reply.text, self._writer.options.max_output_tokens)
        if text:
            await self._say(text, "completed" if whole else "incomplete")
        for call in reply.calls:
            self._writer.call_function(call.name, json.dumps(call.arguments))
        self._finish(whole=whole)

    def cancel(self, reason: StatusReason) -> None:
        """Send what closes a response cut short. The caller ends the task and sees to the queue."""
        if not self._writer.finished:
            self._writer.finish("cancelled", reason=reason, read=self._read, before=self._talk.read)
            self._on_end(self)

    def fail(self, message: str) -> None:
        """Send what closes a response the engine could not make."""
        if not self._writer.finished:
            error = {"type": "server_error", "code": "engine_error", "message": message}
            self._writer.finish("failed", error=error, read=self._read, before=self._talk.read)
            self._on_end(self)

    def truncate(self) -> None:
        """Note that playing was cut here, and tell how much was heard."""
        item_id = self._writer.message_id
        heard_ms = self._talk.queue.played_ms(self.id)
        if item_id is None:
            return
        if self._talk.conversation.has(item_id):
            self._talk.conversation.find(item_id).audio_ms = heard_ms
        self._talk.outbox.emit(
            "conversation.item.truncated", item_id=item_id, content_index=0, audio_end_ms=heard_ms
        )

    def stopped(self) -> None:
        """Tell that the last of the audio has left."""
        self._talk.playing = None
        self._talk.queue.forget(self.id)
        self._talk.outbox.emit("output_audio_buffer.stopped", response_id=self.id)
        self._talk.on_quiet()

    def _think(self, *, only_if_news: bool) -> Reply:
        """Return the reply; to a noise without words there is none."""
        talk, options = self._talk, self._writer.options
        entries = talk.conversation.entries()
        self._read = input_tokens(talk.session.data, entries)
        items = [entry.item for entry in entries]
        prompt = prompt_of(options, items, introduced=talk.session.spoken, recited=talk.recited)
        self._recites = bool(prompt.to_say)
        if only_if_news and not (prompt.heard or prompt.results or prompt.to_say):
            return Reply()
        memory, reply = decide(talk.memory, prompt)
        if options.in_conversation:
            talk.memory = memory
        return reply

    async def _say(self, text: str, status: ItemStatus) -> None:
        self._writer.open_message()
        if self._recites and (item_id := self._writer.message_id):
            self._talk.recited.add(item_id)
        if self._writer.options.modality == "text":
            for clause in split_clauses(text):
                self._writer.release(clause)
            self._writer.close_message(status)
            return
        for clause in split_clauses(text):
            audio = await self._talk.mouth.speak(clause, reply_chars=len(text), speed=self._speed())
            await self._slots.acquire()
            self._talk.queue.put(Clip(self.id, audio, on_start=partial(self._heard, clause, len(audio))))
        for _ in range(_AHEAD):
            await self._slots.acquire()
        self._writer.close_message(status)

    def _speed(self) -> float:
        return float(self._writer.options.audio_output.get("speed") or 1.0)

    def _heard(self, clause: str, size: int) -> None:
        """Release a clause's words: its audio begins to play now."""
        self._slots.release()
        first, self._talk.playing = self._talk.playing is not self, self
        self._talk.session.spoken = True
        self._writer.release(clause, audio_ms=size // BYTES_PER_MS)
        if first:
            self._talk.outbox.emit("output_audio_buffer.started", response_id=self.id)

    def _finish(self, *, whole: bool) -> None:
        if whole:
            self._writer.finish("completed", read=self._read, before=self._talk.read)
        else:
            self._writer.finish(
                "incomplete", reason="max_output_tokens", read=self._read, before=self._talk.read
            )
        self._talk.read = self._read
        if self._talk.playing is self:
            self.mark_end()
        self._on_end(self)

    def mark_end(self) -> None:
        """Have `stopped` run once what is queued now has been played."""
        self._talk.queue.put(Clip(self.id, b"", on_end=self.stopped))


def fitted(text: str, most_tokens: int | Literal["inf"]) -> tuple[str, bool]:
    """Return the text cut at a word to what a response may hold, and whether that was all of it."""
    if most_tokens == "inf" or text_tokens(text) <= most_tokens:
        return text, True
    cut = text[: most_tokens * CHARS_PER_TOKEN]
    return cut.rsplit(" ", 1)[0] if " " in cut else cut, False
