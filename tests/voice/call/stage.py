"""A call on a stage: feed it events, look at what follows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from voice.call import Call, CallPlan, Effect, ProviderEvent, Send, StoreTurn, ToolFinished, TurnData
from voice.events import parse_event

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Stage:
    """A call and a clock that moves one second with each input."""

    def __init__(self, *, ready: bool = True, paced: bool = True, **plan: Any) -> None:
        values = {"max_s": 900.0, "idle_s": 120.0, "ready_s": 20.0, "paced": paced, **plan}
        self.call = Call(CallPlan(**values), ready=ready)
        self.now = NOON

    def hear(self, kind: str, **fields: Any) -> list[Effect]:
        event = parse_event(json.dumps({"type": kind, "event_id": "e", **fields}))
        assert event is not None, f"{kind} was not understood"
        return self.give(ProviderEvent(event, self.tick()))

    def give(self, what: Any) -> list[Effect]:
        return self.call.handle(what)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def response(
        self, response_id: str, *calls: tuple[str, str, str], status: str = "completed"
    ) -> list[Effect]:
        """A whole response that holds function calls `(call_id, name, arguments)`."""
        output = [
            {
                "id": f"item_{call_id}",
                "type": "function_call",
                "call_id": call_id,
                "name": name,
                "arguments": text,
            }
            for call_id, name, text in calls
        ]
        self.hear("response.created", response={"id": response_id, "status": "in_progress"})
        return self.hear("response.done", response={"id": response_id, "status": status, "output": output})

    def finish(self, call_id: str, output: str = "{}") -> list[Effect]:
        return self.give(ToolFinished(call_id, output, self.tick()))

    def confirm(self, call_id: str) -> list[Effect]:
        item = {"type": "function_call_output", "call_id": call_id, "output": "{}"}
        return self.hear("conversation.item.added", item=item)


def sent(effects: list[Effect]) -> list[str]:
    return [effect.event["type"] for effect in effects if isinstance(effect, Send)]


def turns(effects: list[Effect]) -> list[TurnData]:
    return [effect.turn for effect in effects if isinstance(effect, StoreTurn)]
