"""When the model is asked to go on: all outputs of a response's tools first, then one `response.create`.

The provider allows one active response and with voice detection it also starts responses by itself,
so a wish to go on is kept until nothing is active and nobody speaks. Pure.
"""

from __future__ import annotations

from voice.call.effects import Effect, RunTool, Send
from voice.events import ErrorBody, Item, Response
from voice.protocol import JsonObject, new_id


class Replies:
    """Tool calls waiting for their output, and the one response that may be active."""

    def __init__(self, *, known_calls: set[str]) -> None:
        self._known = set(known_calls)
        self._batches: list[set[str]] = []
        self._answered: set[str] = set()
        self._unconfirmed: set[str] = set()
        self._active: str | None = None
        self._requested: str | None = None
        self._wanted: JsonObject | None = None
        self.user_speaks = False

    @property
    def is_wanted(self) -> bool:
        return self._wanted is not None

    def knows(self, call_id: str) -> bool:
        """Whether the model made this function call."""
        return call_id in self._known

    def created(self, response: Response) -> None:
        self._active = response.id
        if self._requested and self._unconfirmed:
            # Not the one we asked for: that could only begin after our outputs had come back to us.
            self._wanted = {}
        self._requested = None
        self.user_speaks = False
        # A response that began after our outputs arrived has read them; an earlier one has not.
        if not self._unconfirmed:
            self._wanted = None

    def done(self, response: Response) -> list[Effect]:
        """Run the response's tools (none when it was cancelled) and go on when that was wished."""
        effects = self.ended(response)
        if response.status == "completed":
            effects += self._run([item for item in response.output if item.type == "function_call"])
        return effects + self.go_on()

    def ended(self, response: Response) -> list[Effect]:
        """Only note that it is over: its tools are not wanted any more."""
        if self._active == response.id:
            self._active = None
        return []

    def _run(self, calls: list[Item]) -> list[Effect]:
        fresh = [call for call in calls if call.call_id and call.call_id not in self._known]
        if not fresh:
            return []
        self._known.update(call.call_id for call in fresh)
        self._batches.append({call.call_id for call in fresh} - self._answered)
        return [RunTool(call.call_id, call.name, call.arguments) for call in fresh]

    def finished(self, call_id: str, output: str) -> list[Effect]:
        """Hand one output on; with the last one of its response ask the model to go on."""
        effects: list[Effect] = []
        if call_id not in self._answered:
            item = {"type": "function_call_output", "call_id": call_id, "output": output}
            event_id = new_id("event")
            effects.append(Send({"type": "conversation.item.create", "event_id": event_id, "item": item}))
            self._answered.add(call_id)
            self._unconfirmed.add(call_id)
        batches = [batch for batch in self._batches if call_id in batch]
        for batch in batches:
            batch.discard(call_id)
        self._batches = [batch for batch in self._batches if batch]
        # No batch: the run of an owner that died, so nobody else will ask the model to go on.
        if not batches or not all(batches):
            effects += self.want({})
        return effects

    def forget_the_moment(self) -> list[Effect]:
        """After a break nobody knows what is active; the provider refuses when something is."""
        self._active, self._requested, self.user_speaks = None, None, False
        return self.go_on()

    def output_seen(self, call_id: str) -> None:
        """An output stands in the conversation: ours has arrived, or the browser was faster."""
        self._unconfirmed.discard(call_id)
        self._answered.add(call_id)

    def want(self, options: JsonObject) -> list[Effect]:
        """Ask for a response as soon as one is possible; `options` is `response.create`'s `response`."""
        self._wanted = options
        return self.go_on()

    def go_on(self) -> list[Effect]:
        if self._wanted is None or self._active or self._requested or self.user_speaks:
            return []
        event: JsonObject = {"type": "response.create", "event_id": new_id("event")}
        if self._wanted:
            event["response"] = self._wanted
        self._requested, self._wanted = event["event_id"], None
        return [Send(event)]

    def refused(self, error: ErrorBody) -> None:
        """Our request met an active response: keep the wish until that one is done."""
        if self._requested is None or error.event_id != self._requested:
            return
        self._requested = None
        if error.code == "conversation_already_has_active_response":
            self._wanted = {}
