"""A turn as a hosted Realtime API tells it on a sideband: question, one function call, spoken answer.

Order and fields follow recordings of the API (a spoken turn, then a function call, then the answer); the
words are made up. Pure: lists of events, ready to be sent.
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]

TOOL = "get_current_time"
ARGUMENTS = '{"timezone": "Europe/Amsterdam"}'
QUESTION = "Could you tell me what time it is in Amsterdam right now?"
ANSWER = (
    "It is",
    " five",
    " past",
    " two",
    " in Amsterdam,",
    " on",
    " a Sunday",
    " afternoon",
    " in November.",
)
USAGE = {
    "total_tokens": 412,
    "input_tokens": 360,
    "output_tokens": 52,
    "input_token_details": {"text_tokens": 300, "audio_tokens": 60, "cached_tokens": 128},
    "output_token_details": {"text_tokens": 20, "audio_tokens": 32},
}


def question(turn: str) -> list[Event]:
    """A person has spoken and was understood."""
    item = {"id": f"user_{turn}", "type": "message", "role": "user", "status": "completed"}
    item["content"] = [{"type": "input_audio", "transcript": None}]  # type: ignore[assignment]
    said = {"item_id": item["id"]}
    hearing = "conversation.item.input_audio_transcription"
    return [
        _event("input_audio_buffer.speech_started", **said, audio_start_ms=1000),
        _event("input_audio_buffer.speech_stopped", **said, audio_end_ms=3000),
        _event("input_audio_buffer.committed", **said, previous_item_id=None),
        _event("conversation.item.added", item=item, previous_item_id=None),
        _event("conversation.item.done", item=item, previous_item_id=None),
        _event(f"{hearing}.completed", **said, transcript=QUESTION, usage={"type": "duration", "seconds": 2}),
    ]


def function_call(turn: str) -> list[Event]:
    """The model wants the tool run; the last event is the `response.done` that says so."""
    response, item = f"call_resp_{turn}", f"call_item_{turn}"
    call = {"id": item, "type": "function_call", "name": TOOL, "call_id": call_id(turn)}
    begun, done = {**call, "arguments": ""}, {**call, "status": "completed", "arguments": ARGUMENTS}
    where = {"response_id": response, "output_index": 0}
    spoken = {**where, "item_id": item, "call_id": call_id(turn)}
    return [
        _event("response.created", response=_response(response, "in_progress", [])),
        _event("response.output_item.added", **where, item=begun),
        _event("conversation.item.added", item=begun, previous_item_id=None),
        _event("response.function_call_arguments.delta", **spoken, delta=ARGUMENTS),
        _event("response.function_call_arguments.done", **spoken, name=TOOL, arguments=ARGUMENTS),
        _event("conversation.item.done", item=done, previous_item_id=None),
        _event("response.output_item.done", **where, item=done),
        _event("response.done", response=_response(response, "completed", [done])),
    ]


def answer(turn: str) -> list[Event]:
    """The model speaks."""
    response, item = f"resp_{turn}", f"item_{turn}"
    begun: Event = {"id": item, "type": "message", "role": "assistant", "content": []}
    content = [{"type": "output_audio", "transcript": "".join(ANSWER)}]
    done = {**begun, "status": "completed", "content": content}
    where = {"response_id": response, "output_index": 0}
    part = {**where, "item_id": item, "content_index": 0}
    said = "response.output_audio_transcript"
    return [
        _event("response.created", response=_response(response, "in_progress", [])),
        _event("response.output_item.added", **where, item=begun),
        _event("conversation.item.added", item=begun, previous_item_id=None),
        _event("response.content_part.added", **part, part={"type": "audio", "transcript": ""}),
        _event("output_audio_buffer.started", response_id=response),
        *(_event(f"{said}.delta", **part, delta=words) for words in ANSWER),
        _event("response.output_audio.done", **part),
        _event(f"{said}.done", **part, transcript="".join(ANSWER)),
        _event("response.content_part.done", **part, part={"type": "audio", "transcript": "".join(ANSWER)}),
        _event("conversation.item.done", item=done, previous_item_id=None),
        _event("response.output_item.done", **where, item=done),
        _event("response.done", response=_response(response, "completed", [done])),
        _event("rate_limits.updated", rate_limits=[]),
        _event("output_audio_buffer.stopped", response_id=response),
    ]


def taken(item: Event) -> list[Event]:
    """An item of ours stands in the conversation."""
    return [_event("conversation.item.added", item=item, previous_item_id=None)]


def silence(turn: str) -> list[Event]:
    """The model has nothing to say and uses nothing."""
    response = f"resp_{turn}"
    done = _response(response, "completed", []) | {"usage": None}
    return [
        _event("response.created", response=_response(response, "in_progress", [])),
        _event("response.done", response=done),
    ]


def call_id(turn: str) -> str:
    """The id under which a turn's tool output comes back."""
    return f"call_{turn}"


def _response(response_id: str, status: str, output: list[Event]) -> Event:
    usage = USAGE if status == "completed" else None
    return {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "output": output,
        "usage": usage,
    }


def _event(kind: str, **fields: Any) -> Event:
    return {"type": kind, "event_id": "event_of_the_script", **fields}
