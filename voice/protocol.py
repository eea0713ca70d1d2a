"""The words of the Realtime protocol that our call core and the local engine share.

Holds ids, event and error names, the session's defaults and a few readers of wire objects. Promises to stay
pure: no I/O, no Django, nothing alive at import. It does not hold behaviour: who sends what and when is the
business of `voice.calls` on one side and `voice.engine` on the other.

Source: OpenAI Realtime API, GA shape (platform documentation "Realtime API", client and server events).
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Final, Literal, TypeAlias, get_args

JsonObject: TypeAlias = dict[str, Any]
"""One JSON object as it crosses the wire; past the border it is read into typed values."""

IdPrefix = Literal["event", "sess", "conv", "item", "resp", "call", "rtc", "ek"]

ClientEventType = Literal[
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.retrieve",
    "conversation.item.truncate",
    "conversation.item.delete",
    "response.create",
    "response.cancel",
]

ServerEventType = Literal[
    "error",
    "session.created",
    "session.updated",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.retrieved",
    "conversation.item.truncated",
    "conversation.item.deleted",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
    "conversation.item.input_audio_transcription.failed",
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "input_audio_buffer.cleared",
    "input_audio_buffer.timeout_triggered",
    "output_audio_buffer.started",
    "output_audio_buffer.stopped",
    "output_audio_buffer.cleared",
    "response.created",
    "response.done",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.done",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "rate_limits.updated",
]

ErrorCode = Literal[
    "invalid_event",
    "invalid_value",
    "unknown_parameter",
    "missing_required_parameter",
    "conversation_already_has_active_response",
    "response_cancel_not_active",
    "input_audio_buffer_commit_empty",
    "cannot_update_voice",
    "invalid_event_for_transport",
    "item_not_found",
    "session_expired",
    "beta_api_shape_disabled",
    "invalid_api_key",
    "ephemeral_token_already_used",
    "model_not_found",
    "call_id_not_found",
    "invalid_offer",
    "insufficient_quota",
    "rate_limit_exceeded",
]

ResponseStatus = Literal["in_progress", "completed", "cancelled", "incomplete", "failed"]
StatusReason = Literal["turn_detected", "client_cancelled", "max_output_tokens", "content_filter"]
ItemStatus = Literal["in_progress", "completed", "incomplete"]
Eagerness = Literal["low", "medium", "high", "auto"]

CLIENT_EVENT_TYPES: Final[frozenset[str]] = frozenset(get_args(ClientEventType))
SERVER_EVENT_TYPES: Final[frozenset[str]] = frozenset(get_args(ServerEventType))

VOICES: Final = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
"""Built-in voices of the GA API; marin and cedar are the recommended ones."""

DATA_CHANNEL: Final = "oai-events"
SDP_TYPE: Final = "application/sdp"
SESSION_MAX_SECONDS: Final = 3600
"""A session ends after 60 minutes (documentation "Realtime conversations", session length)."""

SECRET_TTL_S: Final = 600
SECRET_TTL_RANGE_S: Final = (10, 7200)
OUTPUT_TOKENS_RANGE: Final = (1, 4096)
SPEED_RANGE: Final = (0.25, 1.5)
IDLE_TIMEOUT_RANGE_MS: Final = (5000, 30000)
USER_AUDIO_TOKEN_MS: Final = 100
ASSISTANT_AUDIO_TOKEN_MS: Final = 50
"""Audio is billed at one token per 100 ms heard and 50 ms spoken (documentation "Realtime costs")."""


def new_id(prefix: IdPrefix) -> str:
    """Return a fresh unguessable id such as `item_9f0c…`."""
    return f"{prefix}_{secrets.token_hex(16 if prefix == 'ek' else 11)}"


def server_event(kind: ServerEventType, **fields: Any) -> JsonObject:
    """Build one server event with its own event id."""
    return {"type": kind, "event_id": new_id("event"), **fields}


def client_event(kind: ClientEventType, **fields: Any) -> JsonObject:
    """Build one client event with an id the server echoes in an error."""
    return {"type": kind, "event_id": new_id("event"), **fields}


def error_body(code: str, message: str, *, param: str | None = None) -> JsonObject:
    """Build the body of an HTTP error as the API words it."""
    return {
        "error": {"message": message, "type": "invalid_request_error", "code": code, "param": param},
    }


def error_event(
    code: str, message: str, *, param: str | None = None, event_id: str | None = None
) -> JsonObject:
    """Build an error event; `event_id` names the client event that caused it."""
    detail = {**error_body(code, message, param=param)["error"], "event_id": event_id}
    return server_event("error", error=detail)


def server_vad(**overrides: Any) -> JsonObject:
    """Return the default turn detection with some fields replaced."""
    return {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 500,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
        **overrides,
    }


def semantic_vad(**overrides: Any) -> JsonObject:
    """Return semantic turn detection with some fields replaced."""
    return {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
        **overrides,
    }


def default_session(model: str, *, voice: str = "marin", instructions: str = "") -> JsonObject:
    """Return the whole session object a GA session starts with, id and expiry left to the server."""
    pcm = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": "",
        "model": model,
        "output_modalities": ["audio"],
        "instructions": instructions,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 0,
        "include": None,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": server_vad(),
            },
            "output": {"format": dict(pcm), "voice": voice, "speed": 1.0},
        },
    }


def function_tool(name: str, description: str, parameters: JsonObject) -> JsonObject:
    """Build a function tool for a session; `parameters` is a JSON Schema of type object."""
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def user_text_item(text: str) -> JsonObject:
    """Build a typed message of the person, to be sent with `conversation.item.create`."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def function_output_item(call_id: str, output: str) -> JsonObject:
    """Build the answer to a function call; `output` is a string, usually JSON."""
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def call_id_of(location: str) -> str:
    """Return the call id a `Location` header names: its last path segment, query left out."""
    return location.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]


def item_text(item: JsonObject) -> str:
    """Return what a message item says, whichever kind of content it has; other items say nothing."""
    parts = item.get("content") or []
    texts = (part.get("text") or part.get("transcript") or "" for part in parts)
    return " ".join(text for text in texts if text).strip()


def function_calls(response: JsonObject) -> list[JsonObject]:
    """Return the function call items in a response's output, in order."""
    return [item for item in response.get("output") or [] if item.get("type") == "function_call"]


def parse_event(text: str | bytes) -> JsonObject:
    """Read one wire message as an event. Raises ValueError when it is not a JSON object with a `type`."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ValueError("not JSON") from exc
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ValueError("The 'type' field is missing.")
    return event
