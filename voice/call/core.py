"""`Call.handle(input) -> list[Effect]`: all decisions of a running call, without I/O.

Promises: every function call of a completed response is answered exactly once; cancelled responses
run no tools; at most one `response.create` of ours is open; after `HangUp` nothing more is asked for.
Limits: `max` from the start, with a hint a minute before; `idle` from the last human act (speech or typed
text; the assistant's own talking does not count, and whoever is speaking is not idle); `ready` until the
browser is there; money, whose end is told from outside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from voice import events
from voice.call.captions import Captions
from voice.call.effects import Arm, Effect, HangUp, Send, StoreTampering, StoreUsage, UsageData
from voice.call.fidelity import Fidelity
from voice.call.inputs import (
    Asked,
    BrowserReady,
    BudgetLow,
    BudgetReached,
    EndRequested,
    HumanActed,
    Input,
    LineRejoined,
    ProviderEvent,
    TimerFired,
    ToolFinished,
    Whispered,
)
from voice.call.notices import HINT, WARN_BEFORE_S, Goodbye, hint
from voice.call.replies import Replies
from voice.protocol import JsonObject, new_id

OnTampering = Literal["note", "put_back", "hang_up"]
MOST_PUT_BACK = 3
"""Who changes it again after that does not stop: the call ends."""
RESPOND_AFTER_S = 2.0
"""After speech the provider's own detection starts a response at once; if none came by then, it was noise."""


@dataclass(frozen=True)
class CallPlan:
    """What is settled before a call runs. Seconds; `paced`: transcript deltas
    come with their sound; `ready_s` None: nobody waits for the browser."""

    max_s: float
    idle_s: float
    ready_s: float | None
    paced: bool
    greeting: str = ""
    opening: str = ""
    session: JsonObject = field(default_factory=dict, repr=False)
    on_tampering: OnTampering = "note"


class Call:
    """One call's state. `known_calls` are function calls already answered (after a re-attach)."""

    def __init__(
        self, plan: CallPlan, *, ready: bool = False, known_calls: frozenset[str] = frozenset()
    ) -> None:
        self._plan = plan
        self._ready = ready
        self._alive = ready
        self._ended = False
        self._captions = Captions(paced=plan.paced)
        self._replies = Replies(known_calls=set(known_calls))
        self._goodbye = Goodbye()
        self._fidelity = Fidelity(plan.session)
        self._put_back = 0

    def begin(self) -> list[Effect]:
        """The timers of a call that starts (or is taken over)."""
        timers: list[Effect] = [Arm("max", self._plan.max_s), Arm("idle", self._plan.idle_s)]
        if self._plan.max_s > WARN_BEFORE_S:
            timers.append(Arm("warn", self._plan.max_s - WARN_BEFORE_S))
        if self._ready or self._plan.ready_s is None:
            return timers
        return [*timers, Arm("ready", self._plan.ready_s)]

    def handle(self, what: Input) -> list[Effect]:
        """Take one input, return what follows from it, in order."""
        if self._ended:
            return []
        match what:
            case ProviderEvent(event, at):
                return self._on_event(event, at)
            case ToolFinished():
                return self._on_tool(what)
            case LineRejoined():
                self._fidelity.missed_some()
                return self._replies.forget_the_moment()
            case TimerFired(timer, _):
                return self._on_timer(timer)
            case BudgetLow() | BudgetReached():
                return self._on_money(what)
            case EndRequested(reason, _):
                return self._end(reason)
            case _:
                return self._on_person(what)

    def _on_person(self, what: BrowserReady | HumanActed | Asked | Whispered) -> list[Effect]:
        """The person in the call, or an operator."""
        match what:
            case BrowserReady():
                return self._on_ready()
            case HumanActed():
                return self._on_sign_of_life()
            case Asked():
                return [Arm("idle", self._plan.idle_s)]
            case Whispered(text, respond, _):
                return [self._tell_model(text), *(self._replies.want({}) if respond else [])]

    def _on_ready(self) -> list[Effect]:
        if self._ready:
            return []
        self._ready = self._alive = True
        effects: list[Effect] = []
        if self._plan.opening:
            effects.append(self._tell_model(self._plan.opening))
        if self._plan.greeting:
            words = f'Say exactly this and nothing else: "{self._plan.greeting}"'
            effects += self._replies.want({"instructions": words})
        return effects

    def _tell_model(self, text: str) -> Send:
        """Words that the person neither says nor hears."""
        self._fidelity.say(text)
        item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]}
        return Send({"type": "conversation.item.create", "event_id": new_id("event"), "item": item})

    def _on_timer(self, timer: str) -> list[Effect]:
        match timer:
            case "max":
                return self._end("time_limit")
            case "idle":
                # Speech that goes on says nothing until it stops.
                return self._on_sign_of_life() if self._replies.user_speaks else self._end("idle")
            case "warn":
                return self._warn()
            case "goodbye":
                return self._end("budget")
            case "ready":
                return [] if self._alive else self._end("not_connected")
            case _:
                return self._replies.go_on()

    def _warn(self) -> list[Effect]:
        if self._goodbye.is_leaving:
            return []
        self._fidelity.say(HINT)
        return hint()

    def _on_tool(self, what: ToolFinished) -> list[Effect]:
        # With the goodbye on its way nobody waits for a tool.
        noted = self._on_tampering(self._fidelity.gave(what.call_id, what.output), [])
        if self._ended or self._goodbye.is_leaving:
            return noted
        return [*noted, *self._replies.finished(what.call_id, what.output)]

    def _on_money(self, what: BudgetLow | BudgetReached) -> list[Effect]:
        if isinstance(what, BudgetLow):
            return self._goodbye.low(what.words)
        if self._goodbye.is_leaving:
            return []
        effects = self._goodbye.begin(what.words)
        return effects + self._replies.want(self._goodbye.options())

    def _end(self, reason: str) -> list[Effect]:
        self._ended = True
        return [*self._captions.flush(), HangUp(reason)]

    def _on_event(self, event: events.ServerEvent, at: datetime) -> list[Effect]:
        match event:
            case events.SpeechStarted() | events.SpeechStopped():
                return self._on_speech(event, at)
            case events.Transcribed() | events.TranscriptionFailed():
                return self._on_transcription(event, at)
            case events.ItemAdded(item=item):
                found = self._fidelity.judge(item, is_known_call=self._replies.knows(item.call_id))
                gone = [{"type": "conversation.item.delete", "item_id": item.id}]
                noted = self._on_tampering(found, gone)
                return noted if self._ended else [*noted, *self._on_item(item, at)]
            case events.ItemRetrieved(item=item):
                return self._captions.retrieved(item)
            case events.Truncated(item_id=item_id, audio_end_ms=end_ms):
                return self._captions.truncated(item_id, end_ms)
            case events.PlaybackStarted(response_id=response_id):
                self._captions.playback_started(response_id, at)
                return []
            case events.PlaybackStopped(response_id=response_id):
                return self._end("budget") if self._goodbye.is_over(response_id) else []
            case events.PlaybackCleared(response_id=response_id):
                return self._captions.playback_cleared(response_id, at)
            case events.ErrorEvent(error=error):
                self._replies.refused(error)
                return []
            case _:
                return self._on_response(event, at)

    def _on_session(self, session: JsonObject) -> list[Effect]:
        changed = self._fidelity.parts_changed(session)
        if not changed:
            return []
        back = {"type": "session.update", "session": self._fidelity.as_issued(changed)}
        return self._on_tampering(", ".join(changed), [back])

    def _on_tampering(self, what: str, cures: list[JsonObject]) -> list[Effect]:
        """Note it, and do what the site's policy says."""
        if not what:
            return []
        noted: list[Effect] = [StoreTampering(what)]
        self._put_back += 1
        if self._plan.on_tampering == "note":
            return noted
        if self._plan.on_tampering == "hang_up" or self._put_back > MOST_PUT_BACK:
            return [*noted, *self._end("tampered")]
        return [*noted, *(Send({"event_id": new_id("event"), **cure}) for cure in cures)]

    def _on_speech(self, event: events.SpeechStarted | events.SpeechStopped, at: datetime) -> list[Effect]:
        began = isinstance(event, events.SpeechStarted)
        self._replies.user_speaks = began
        if began:
            self._captions.user_began(event.item_id, at)
        effects = self._on_sign_of_life()
        if not began and self._replies.is_wanted:
            effects.append(Arm("respond", RESPOND_AFTER_S))
        return effects

    def _on_transcription(
        self, event: events.Transcribed | events.TranscriptionFailed, at: datetime
    ) -> list[Effect]:
        if isinstance(event, events.TranscriptionFailed):
            return self._captions.user_said(event.item_id, "", at)
        effects = self._captions.user_said(event.item_id, event.transcript, at)
        if event.usage is not None:
            effects.append(StoreUsage(UsageData("transcription", event.item_id, event.usage)))
        return effects

    def _on_item(self, item: events.Item, at: datetime) -> list[Effect]:
        if item.type == "function_call_output":
            self._replies.output_seen(item.call_id)
            return []
        if item.role != "user":
            return []
        if any(part.type == "input_audio" for part in item.content):
            # With push-to-talk no `speech_started` came before: this is when the turn is known of.
            self._captions.user_began(item.id, at)
            return self._on_sign_of_life()
        typed = " ".join(part.text for part in item.content if part.type == "input_text" and part.text)
        if not typed:
            return []
        return [*self._on_sign_of_life(), *self._captions.user_said(item.id, typed, at)]

    def _on_sign_of_life(self) -> list[Effect]:
        """Somebody is there, whether or not the page has said so."""
        self._alive = True
        return [Arm("idle", self._plan.idle_s)]

    def _on_response(self, event: events.ServerEvent, at: datetime) -> list[Effect]:
        match event:
            case events.SessionUpdated(session=session):
                return self._on_session(session)
            case events.ResponseCreated(response=response):
                self._replies.created(response)
                self._goodbye.created(response)
            case events.OutputItemAdded(response_id=response_id, item=item) if item.type == "message":
                self._fidelity.began(item.id)
                self._captions.assistant_began(response_id, item.id, at)
            case events.SpokenDelta(response_id=response_id, item_id=item_id, delta=delta):
                self._captions.assistant_says(response_id, item_id, delta, at)
            case events.OutputItemDone(response_id=response_id, item=item) if item.type == "message":
                return self._captions.assistant_done(response_id, item, at)
            case events.ResponseDone(response=response):
                return self._on_response_done(response)
        return []

    def _on_response_done(self, response: events.Response) -> list[Effect]:
        effects: list[Effect] = []
        if response.usage is not None:
            effects.append(StoreUsage(UsageData("response", response.id, response.usage)))
        if not self._goodbye.is_leaving:
            return effects + self._replies.done(response)
        effects += self._replies.ended(response)
        return effects + (self._replies.want(self._goodbye.options()) if self._goodbye.is_owed else [])
