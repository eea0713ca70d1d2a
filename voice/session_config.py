"""What an assistant becomes on the wire: the session object a call is created with.

Source: OpenAI API reference, "Realtime", session object (GA shape).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser

from voice.call import CallPlan, OnTampering
from voice.errors import BadInput
from voice.models import Assistant, Tool
from voice.protocol import VOICES, JsonObject, function_tool

READY_SECONDS = 20.0
"""A browser that has not opened its data channel by then never will."""


def session_for(assistant: Assistant, user: Any, *, voice: str = "") -> JsonObject:
    """The session for this person: only tools that are enabled and open to them are in it."""
    hearing: JsonObject = {"turn_detection": assistant.turn_detection}
    transcription = {"model": settings.REALTIME_TRANSCRIPTION_MODEL}
    if assistant.language:
        transcription["language"] = assistant.language
    if settings.REALTIME_TRANSCRIPTION_MODEL:
        hearing["transcription"] = transcription
    if assistant.noise_reduction:
        hearing["noise_reduction"] = {"type": assistant.noise_reduction}
    return {
        "type": "realtime",
        "model": assistant.model or settings.REALTIME_MODEL,
        "instructions": assistant.instructions,
        "output_modalities": ["audio"],
        "audio": {"input": hearing, "output": {"voice": chosen_voice(assistant, voice)}},
        "tools": [
            function_tool(tool.name, tool.description, tool.parameters) for tool in tools_for(assistant, user)
        ],
        "tool_choice": "auto",
    }


def written_session_for(assistant: Assistant, user: Any) -> JsonObject:
    """The same words and tools without sound, as a `session.update`; the model is named when it is opened."""
    spoken = session_for(assistant, user)
    same = {name: spoken[name] for name in ("type", "instructions", "tools", "tool_choice")}
    return {**same, "output_modalities": ["text"]}


def tools_for(assistant: Assistant, user: Any) -> list[Tool]:
    """The tools of an assistant that this person may use now."""
    return list(Tool.objects.open_to(user).filter(assistants=assistant, enabled=True))


def chosen_voice(assistant: Assistant, voice: str) -> str:
    """The person's choice, else the assistant's, else the site's. Raises BadInput for an unknown one."""
    if voice and voice not in VOICES:
        raise BadInput(f"There is no voice called {voice[:40]}.", field="voice")
    return voice or assistant.voice or str(settings.REALTIME_VOICE)


def max_seconds(assistant: Assistant) -> int:
    """Longest call with this assistant; the site's own limit stands above it."""
    return min(assistant.max_seconds or settings.CALL_MAX_SECONDS, settings.CALL_MAX_SECONDS)


def opening_for(user: AbstractUser) -> str:
    """What the model is told about the person before the first word; nothing when we know nothing."""
    name = user.get_full_name().strip()
    return f"You are talking with {name}." if name else ""


def plan_for(
    *,
    left_s: float,
    greeting: str,
    opening: str,
    paced: bool,
    waits_for_browser: bool = True,
    session: JsonObject | None = None,
    on_tampering: OnTampering = "note",
) -> CallPlan:
    """The limits of a call that has `left_s` seconds left."""
    return CallPlan(
        max_s=left_s,
        idle_s=float(settings.CALL_IDLE_SECONDS),
        ready_s=READY_SECONDS if waits_for_browser else None,
        paced=paced,
        greeting=greeting,
        opening=opening,
        session=session or {},
        on_tampering=on_tampering,
    )
