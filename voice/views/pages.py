"""The talk page. A person's conversations are in `voice/views/conversations.py`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from voice.models import Assistant, Keep, Tool
from voice.protocol import VOICES
from voice.provider import provider_config
from voice.session_config import max_seconds


@require_GET
@login_required
@ensure_csrf_cookie
def talk(request: HttpRequest) -> HttpResponse:
    """The talk page. What it hands to the browser holds no key, no instructions and no tool definitions."""
    return render(request, "voice/talk.html", {"talk": talk_config(request.user)})


def talk_config(user: Any) -> dict[str, Any]:
    """What `static/voice/main.js` is configured with."""
    config = provider_config()
    assistants = list(Assistant.objects.open_to(user))
    return {
        "assistants": [_assistant(assistant) for assistant in assistants],
        "default": assistants[0].slug if assistants else None,
        "voices": list(VOICES),
        "provider": {"kind": config.kind, "name": config.name},
        "ice_servers": list(settings.ICE_SERVERS),
        "tools": tool_faces(),
        "urls": {
            "calls": reverse("voice:calls"),
            "conversations": reverse("voice:conversations"),
            "login": f"{reverse('login')}?next={reverse('voice:talk')}",
        },
        "is_staff": user.is_staff,
    }


def tool_faces() -> dict[str, Any]:
    """What a page shows of tools, by their names."""
    return {tool.name: {"title": tool.title or tool.name, "icon": tool.icon} for tool in Tool.objects.all()}


def _assistant(assistant: Assistant) -> dict[str, Any]:
    return {
        "slug": assistant.slug,
        "name": assistant.name,
        "summary": assistant.summary,
        "voice": assistant.voice or settings.REALTIME_VOICE,
        "max_seconds": max_seconds(assistant),
        "keep_days": 0 if assistant.keep == Keep.NOTHING else assistant.keep_days,
        "by_hand": assistant.turn_detection is None,
    }
