"""One call: what the person says, what the client asks for, and the answers, brought together.

Everything here runs on the event loop and returns at once; work that takes time is a task the call
holds. `end` only asks for the end: `calls` sees it and closes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from voice.engine.answering import Answer, Talk
from voice.engine.conversation import user_audio_item
from voice.engine.ears import Ears
from voice.engine.errors import Refusal
from voice.engine.hearing import RATE_HZ
from voice.engine.idle import IdleTimer
from voice.engine.outbox import Outbox
from voice.engine.response_writer import ResponseOptions
from voice.engine.session import Session
from voice.engine.speech import Speech
from voice.engine.turns import Samples, SpeechPaused, SpeechResumed, SpeechStarted, SpeechStopped, TurnEvent
from voice.engine.vocabulary import vocabulary
from voice.protocol import StatusReason, error_event, new_id

log = logging.getLogger(__name__)

_NO_SOUND = "This engine speaks over WebRTC only. Ask for output_modalities ['text'] on a WebSocket."
_STILL_THERE = 'Say "Are you still there?"'


class Call:
    """A call between one client and the engine; without media it is written only."""

    def __init__(self, session: Session, speech: Speech, *, has_media: bool = True) -> None:
        self.id = new_id("rtc")
        self._has_media = has_media
        self.session = session
        self.outbox = Outbox()
        self.talk = Talk(session, self.outbox, speech.mouth, on_quiet=self._wait_for_speech)
        self._idle = IdleTimer(self._on_idle)
        self.ears = Ears(speech.detector() if has_media else None, self._on_turn)
        self.ears.configure(session.turn_detection)
        self.ended = asyncio.Event()
        self.end_reason = ""
        self._hearing = speech.hearing
        self._tasks: set[asyncio.Task[None]] = set()
        self._answer: Answer | None = None
        self._answer_task: asyncio.Task[None] | None = None
        self._guess: asyncio.Future[str] | None = None
        self._words: asyncio.Future[str] | None = None
        self._turn_id = ""

    def end(self, reason: str) -> None:
        """Ask for the call's end; the first reason stays."""
        self.end_reason = self.end_reason or reason
        self.ended.set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work for as long as the call lives; its failure ends the call."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._note_done)
        return task

    async def close(self) -> None:
        """End all work of the call."""
        self._idle.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.talk.queue.clear()

    def update_session(self, given: object) -> None:
        """Apply a `session.update`. Raises Refusal."""
        self.session.update(given)
        self.ears.configure(self.session.turn_detection)
        self.outbox.emit("session.updated", session=self.session.data)

    def respond(self, options: ResponseOptions) -> None:
        """Begin an answer, once words being read are known. Raises Refusal while another is being made."""
        if self._answer is not None:
            raise Refusal(
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self._answer.id}. "
                "Wait until the response is finished before creating a new one.",
            )
        if options.modality == "audio" and not self._has_media:
            raise Refusal("invalid_value", _NO_SOUND, param="session.output_modalities")
        self._idle.stop()
        answer = Answer(self.talk, options, self._on_answer_end)
        self._answer = answer
        answer.begin()
        self._answer_task = self.spawn(self._run(answer, self._words))

    def cancel_response(self, response_id: str | None) -> None:
        """Stop the answer being made; what already plays ends with its clause. Raises Refusal."""
        answer = self._answer
        if answer is None or response_id not in (None, answer.id):
            raise Refusal("response_cancel_not_active", "Cancellation failed: no active response found")
        self.talk.queue.drop_waiting()
        self._cut(answer, "client_cancelled")
        self._let_end(answer)

    def clear_input(self) -> None:
        """Forget what has been heard and not committed."""
        self._drop_guess()
        self.ears.clear()
        self.outbox.emit("input_audio_buffer.cleared")

    def clear_output(self) -> None:
        """Silence what is playing."""
        playing, audible = self.talk.playing, not self.talk.queue.idle()
        self.talk.queue.clear()
        self.talk.playing = None
        if playing is not None:
            self.outbox.emit("output_audio_buffer.cleared", response_id=playing.id)
        if self._answer is not None and (playing is self._answer or audible):
            # Its next clause would never begin: what was waiting has just been dropped.
            self._cut(self._answer, "client_cancelled")

    def commit(self, item_id: str, samples: Samples) -> None:
        """Make what was heard an item and begin to read its words."""
        audio_ms = len(samples) * 1000 // RATE_HZ
        self._add_turn(item_id, audio_ms)
        guess, self._guess = self._guess, None
        reading = guess or self._hearing.start(samples, self._likely_words())
        self._words = asyncio.get_running_loop().create_future()
        self.spawn(self._transcribe(item_id, audio_ms, reading, self._words))

    def _add_turn(self, item_id: str, audio_ms: int) -> None:
        previous = self.talk.conversation.last_id()
        item = user_audio_item(item_id)
        self.outbox.emit("input_audio_buffer.committed", previous_item_id=previous, item_id=item_id)
        self.talk.conversation.add(item, audio_ms=audio_ms)
        self.outbox.emit("conversation.item.added", previous_item_id=previous, item=item)
        self.outbox.emit("conversation.item.done", previous_item_id=previous, item=item)

    async def _transcribe(
        self, item_id: str, audio_ms: int, reading: asyncio.Future[str], words: asyncio.Future[str]
    ) -> None:
        failed = ""
        try:
            text = (await reading).strip()
        except (RuntimeError, ValueError, MemoryError) as exc:
            log.error("An utterance could not be read: %s", type(exc).__name__)
            text, failed = "", "The audio could not be transcribed."
        if self.talk.conversation.has(item_id):
            self.talk.conversation.find(item_id).item["content"][0]["transcript"] = text
        if self.session.transcribes:
            self._tell_words(item_id, text, failed, audio_ms)
        words.set_result(text)
        if self._words is words:
            self._words = None

    def _tell_words(self, item_id: str, text: str, failed: str, audio_ms: int) -> None:
        where = {"item_id": item_id, "content_index": 0}
        if failed:
            error = {"type": "server_error", "code": "audio_unintelligible", "message": failed}
            self.outbox.emit("conversation.item.input_audio_transcription.failed", **where, error=error)
            return
        if text:
            self.outbox.emit("conversation.item.input_audio_transcription.delta", **where, delta=text)
        usage = {"type": "duration", "seconds": round(audio_ms / 1000, 2)}
        self.outbox.emit(
            "conversation.item.input_audio_transcription.completed", **where, transcript=text, usage=usage
        )

    async def _run(self, answer: Answer, words: asyncio.Future[str] | None) -> None:
        try:
            await answer.run(words)
        except (RuntimeError, ValueError, LookupError, TypeError) as exc:
            log.exception("An answer could not be made")
            self.talk.queue.drop_waiting()
            answer.fail(f"The engine failed: {type(exc).__name__}.")
            self._let_end(answer)

    def _on_turn(self, event: TurnEvent) -> None:
        match event:
            case SpeechStarted(at_ms):
                self._idle.stop()
                self._turn_id = new_id("item")
                self.outbox.emit(
                    "input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=self._turn_id
                )
                self._interrupt()
            case SpeechPaused(samples) if not self._hearing.busy:
                self._guess = self._hearing.start(samples, self._likely_words())
            case SpeechResumed():
                self._drop_guess()
            case SpeechStopped(at_ms, samples):
                self.outbox.emit(
                    "input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=self._turn_id
                )
                self._take_turn(samples)

    def _wait_for_speech(self) -> None:
        """Begin to count the silence after a reply."""
        if not self.ears.speaking and self._answer is None:
            self._idle.start((self.session.turn_detection or {}).get("idle_timeout_ms"))

    def _on_idle(self, idle_ms: int) -> None:
        """Take a long silence for a turn, and ask whether anybody is there."""
        item_id, now_ms = new_id("item"), self.ears.position_ms
        times = {"audio_start_ms": max(0, now_ms - idle_ms), "audio_end_ms": now_ms}
        self.outbox.emit("input_audio_buffer.timeout_triggered", **times, item_id=item_id)
        self._add_turn(item_id, idle_ms)
        if self._answer is None:
            self.respond(session_options(self.session, {"instructions": _STILL_THERE}))

    def _take_turn(self, samples: Samples) -> None:
        self.commit(self._turn_id, samples)
        detection = self.session.turn_detection or {}
        if detection.get("create_response", True) and self._answer is None:
            self.respond(session_options(self.session))

    def _interrupt(self) -> None:
        """Fall silent because the person speaks, and tell what was heard."""
        detection = self.session.turn_detection or {}
        if not detection.get("interrupt_response", True):
            return
        playing, answer = self.talk.playing, self._answer
        self.talk.queue.clear()
        self.talk.playing = None
        if playing is not None:
            self.outbox.emit("output_audio_buffer.cleared", response_id=playing.id)
            playing.truncate()
        if answer is not None:
            self._cut(answer, "turn_detected")

    def _cut(self, answer: Answer, reason: StatusReason) -> None:
        if self._answer_task is not None:
            self._answer_task.cancel()
        answer.cancel(reason)

    def _let_end(self, answer: Answer) -> None:
        """Tell the end of what still plays of an answer cut short."""
        if self.talk.playing is answer:
            answer.mark_end()

    def _on_answer_end(self, answer: Answer) -> None:
        if self._answer is answer:
            self._answer = self._answer_task = None

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancel()
            self._guess = None

    def _likely_words(self) -> str:
        return vocabulary(self.session.data["tools"], self.session.transcription_prompt)

    def _note_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or task.exception() is None:
            return
        log.error("A call's work failed", exc_info=task.exception())
        self.outbox.send(error_event("server_error", "The engine failed; the call ends."))
        self.end("engine_error")


def session_options(session: Session, given: dict[str, Any] | None = None) -> ResponseOptions:
    """Return what a response is to be: the session's settings, overridden by those of `response.create`."""
    data = session.data
    inherited = ("output_modalities", "tools", "tool_choice", "max_output_tokens")
    asked = {name: data[name] for name in inherited}
    asked.update({name: value for name, value in (given or {}).items() if value is not None})
    output = {**data["audio"]["output"], **((asked.get("audio") or {}).get("output") or {})}
    return ResponseOptions(
        modality=asked["output_modalities"][0],
        instructions=asked.get("instructions") or "",
        tools=asked["tools"],
        tool_choice=asked["tool_choice"],
        items=asked.get("input"),
        in_conversation=asked.get("conversation") != "none",
        metadata=asked.get("metadata"),
        max_output_tokens=asked["max_output_tokens"],
        audio_output=output,
    )
