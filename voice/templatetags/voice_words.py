"""How the reading pages say things: lengths, endings to the person it is about, tools by their titles."""

from __future__ import annotations

import json
from typing import Any

from django import template
from django.template.context import Context

from voice.models import Conversation, EndReason, Keep, Tool

register = template.Library()

_ENDINGS = {
    EndReason.USER: "You ended it",
    EndReason.BROWSER_LEFT: "The page was left",
    EndReason.TIME_LIMIT: "Time limit reached",
    EndReason.IDLE: "Ended after a long silence",
    EndReason.OPERATOR: "The operator ended it",
    EndReason.TAMPERED: "It was changed from outside the page",
    EndReason.REPLACED: "You started another call",
    EndReason.PROVIDER: "The provider ended it",
    EndReason.PROVIDER_LOST: "The line was lost and not found again",
    EndReason.SHUTDOWN: "The site was restarted",
    EndReason.NOT_CONNECTED: "The line never came up",
    EndReason.BUDGET: "The budget was used up",
    EndReason.FAILED: "It could not start",
}


@register.filter
def span(seconds: float) -> str:
    """`44 s` or `2 min 03 s`."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


@register.filter
def clock(seconds: float) -> str:
    """`0:44`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02}"


@register.filter
def took(milliseconds: int | None) -> str:
    """`412 ms`, `8.0 s`, or nothing when it was not measured."""
    if milliseconds is None:
        return ""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


@register.filter
def ending(conversation: Conversation) -> str:
    """Why it ended, said to the person who was in it."""
    if conversation.ended_at is None:
        return "Still running"
    return _ENDINGS.get(EndReason(conversation.end_reason), "Ended")


@register.filter
def said_first(conversation: Conversation) -> str:
    """What the person said first; stands for a title. Reads prefetched turns when there are any."""
    return next((turn.text for turn in conversation.turns.all() if turn.role == "user" and turn.text), "")


@register.filter
def untitled(conversation: Conversation) -> str:
    """What stands for the words where there are none."""
    return "Words are not kept" if conversation.keep == Keep.NOTHING else "Nothing was said"


@register.filter
def tools_used(conversation: Conversation) -> list[str]:
    """Names of the tools that ran, each once, the first four. Reads prefetched runs when there are any."""
    return list(dict.fromkeys(run.name for run in conversation.tool_runs.all()))[:4]


@register.filter
def readable_json(text: str) -> str:
    """JSON laid out when it is long; anything else as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    flat = json.dumps(value, ensure_ascii=False)
    return flat if len(flat) <= 72 else json.dumps(value, ensure_ascii=False, indent=2)


@register.filter
def asked(arguments: str) -> str:
    """The first text among a tool's arguments, such as the place of a weather question."""
    try:
        values = json.loads(arguments).values()
    except (ValueError, AttributeError):
        return ""
    return next((value[:40] for value in values if isinstance(value, str) and value), "")


@register.simple_tag(takes_context=True)
def tool_face(context: Context, name: str) -> dict[str, Any]:
    """`{"title", "icon"}` of a tool by name; the tools are read once a page."""
    faces = context.render_context.get("tool_faces")
    if faces is None:
        faces = {
            tool.name: {"title": tool.title or tool.name, "icon": tool.icon or "tool"}
            for tool in Tool.objects.all()
        }
        context.render_context["tool_faces"] = faces
    found: dict[str, Any] = faces.get(name, {"title": name, "icon": "tool"})
    return found
