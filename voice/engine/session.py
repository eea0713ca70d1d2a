"""One call's session object: made, updated in whole or not at all, and read by the parts that need it.

Fields not sent keep their value; null clears what may be null. The model stays what it was at the start;
the voice stays once the assistant has spoken.
"""

from __future__ import annotations

import copy
import time

from voice.engine.errors import Refusal
from voice.engine.session_models import SessionShape, given_fields, read
from voice.protocol import (
    SESSION_MAX_SECONDS,
    JsonObject,
    default_session,
    new_id,
    semantic_vad,
    server_vad,
)

DEFAULT_MODEL = "gpt-realtime-2.1-mini"
DEFAULT_INSTRUCTIONS = "You are a helpful voice assistant. Answer briefly."
_MODELS = ("gpt-realtime", "roomtone-local")
_CLEARED: JsonObject = {"tools": [], "instructions": "", "tool_choice": "auto", "max_output_tokens": "inf"}
_NEVER_NULL = ("output_modalities", "truncation", "audio")


def check_model(model: str) -> str:
    """Return `model` if this engine plays it. Raises Refusal (404)."""
    if model.startswith(_MODELS):
        return model
    raise Refusal(
        "model_not_found", f"The model '{model}' does not exist here.", param="session.model", status=404
    )


class Session:
    """The session as the client sees it; `data` is replaced, never edited, so that events keep their copy."""

    def __init__(self, given: JsonObject | None, *, started: bool = True) -> None:
        self.spoken = False
        shape = given_fields(read(SessionShape, given, param="session")) if given is not None else {}
        model = check_model(shape.get("model") or DEFAULT_MODEL)
        data = default_session(model, instructions=DEFAULT_INSTRUCTIONS)
        data["id"] = new_id("sess")
        data["expires_at"] = int(time.time()) + SESSION_MAX_SECONDS if started else 0
        self.data = _merged(data, shape)

    def update(self, given: object) -> None:
        """Apply a `session.update`. Raises Refusal and then nothing has changed."""
        shape = given_fields(read(SessionShape, given, param="session"))
        merged = _merged(self.data, shape)
        if self.spoken and merged["audio"]["output"]["voice"] != self.data["audio"]["output"]["voice"]:
            raise Refusal(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                param="session.audio.output.voice",
            )
        self.data = merged

    @property
    def turn_detection(self) -> JsonObject | None:
        """The turn detection in force, or None when the client commits by hand."""
        found: JsonObject | None = self.data["audio"]["input"]["turn_detection"]
        return found

    @property
    def transcribes(self) -> bool:
        """Whether the client asked for the person's words."""
        return self.data["audio"]["input"]["transcription"] is not None

    @property
    def transcription_prompt(self) -> str:
        """Words the client expects to hear, in its own wording."""
        wanted = self.data["audio"]["input"]["transcription"] or {}
        return " ".join([wanted.get("prompt") or "", *(wanted.get("keywords") or [])]).strip()


def _merged(data: JsonObject, shape: JsonObject) -> JsonObject:
    merged = copy.deepcopy(data)
    for name, value in shape.items():
        if name == "audio" and value:
            _merge_audio(merged["audio"], value)
        elif name == "model" or (value is None and name in _NEVER_NULL):
            continue
        else:
            merged[name] = copy.deepcopy(_CLEARED.get(name) if value is None else value)
    return merged


def _merge_audio(audio: JsonObject, shape: JsonObject) -> None:
    for name, value in (shape.get("input") or {}).items():
        if name == "turn_detection":
            audio["input"][name] = _turn_detection(audio["input"][name], value)
        elif name == "transcription" and value is not None:
            audio["input"][name] = {**(audio["input"][name] or {}), **value}
        elif value is not None or name != "format":
            audio["input"][name] = value
    for name, value in (shape.get("output") or {}).items():
        if value is not None:
            audio["output"][name] = value


def _turn_detection(current: JsonObject | None, given: JsonObject | None) -> JsonObject | None:
    """Merge into the same kind, start from the defaults of another."""
    if given is None:
        return None
    if current is not None and current["type"] == given["type"]:
        return {**current, **given}
    return semantic_vad(**given) if given["type"] == "semantic_vad" else server_vad(**given)
