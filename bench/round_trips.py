"""From the events a peer saw: how long each function call waited for its output. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def round_trips_ms(events: Sequence[dict[str, Any]], at_s: Sequence[float]) -> list[float]:
    """Milliseconds from each response with a function call to that call's output in the conversation.

    `at_s`: when each event came, in seconds. Calls without an output are left out.
    """
    asked: dict[str, float] = {}
    found = []
    for event, moment_s in zip(events, at_s, strict=True):
        if event["type"] == "response.done":
            calls = [item for item in event["response"]["output"] if item["type"] == "function_call"]
            asked |= {item["call_id"]: moment_s for item in calls}
        elif event["type"] == "conversation.item.added":
            call_id = event["item"].get("call_id", "")
            if event["item"]["type"] == "function_call_output" and call_id in asked:
                found.append((moment_s - asked.pop(call_id)) * 1000)
    return found
