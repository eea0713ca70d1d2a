"""The pages a person sees: talk, own conversations, one conversation."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from voice.costs import cost_of_call
from voice.exports import FORMATS, export
from voice.limits import shows_cost
from voice.models import Assistant, Conversation, Tool
from voice.protocol import VOICES
from voice.provider import provider_config
from voice.session_config import max_seconds

PAGE_SIZE = 25


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
        "tools": {
            tool.name: {"title": tool.title or tool.name, "icon": tool.icon} for tool in Tool.objects.all()
        },
        "urls": {
            "calls": reverse("voice:calls"),
            "conversations": reverse("voice:conversations"),
            "login": f"{reverse('login')}?next={reverse('voice:talk')}",
        },
        "is_staff": user.is_staff,
    }


def _assistant(assistant: Assistant) -> dict[str, Any]:
    return {
        "slug": assistant.slug,
        "name": assistant.name,
        "summary": assistant.summary,
        "voice": assistant.voice or settings.REALTIME_VOICE,
        "max_seconds": max_seconds(assistant),
        "keep_days": assistant.keep_days,
        "by_hand": assistant.turn_detection is None,
    }


@require_GET
@login_required
def conversations(request: HttpRequest) -> HttpResponse:
    """Own conversations, newest first, searchable by what was said."""
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    rows = Conversation.objects.filter(user=_person(request)).exclude(minted=True, provider_call_id="")
    if query:
        said = Q(turns__text__icontains=query) | Q(assistant_name__icontains=query)
        rows = rows.filter(said).distinct()
    page = Paginator(rows.prefetch_related("turns", "tool_runs"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "voice/conversations.html", {"page": page, "query": query})


@require_GET
@login_required
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """One own conversation to read, or to keep as a file (`?format=json|csv|vtt|txt`)."""
    row = get_object_or_404(Conversation, pk=conversation_id, user=_person(request))
    kind = request.GET.get("format", "")
    if kind:
        return _file(row, kind)
    turns, runs = list(row.turns.all()), list(row.tool_runs.select_related("approval"))
    entries: list[dict[str, Any]] = [{"kind": "turn", "at": turn.started_at, "turn": turn} for turn in turns]
    entries += [{"kind": "tool", "at": run.started_at, "run": run} for run in runs]
    entries.sort(key=lambda entry: entry["at"])
    context = {
        "conversation": row,
        "entries": entries,
        "turn_count": len(turns),
        "run_count": len(runs),
        "cost": cost_of_call(row) if shows_cost() or request.user.is_staff else None,
    }
    return render(request, "voice/conversation.html", context)


def _file(row: Conversation, kind: str) -> HttpResponse:
    if kind not in FORMATS:
        raise Http404(f"There is no export as {kind[:20]}.")
    wanted = FORMATS[kind]
    response = HttpResponse(export(row, kind), content_type=wanted.content_type)
    name = f"conversation-{row.started_at:%Y-%m-%d-%H%M}.{wanted.suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _person(request: HttpRequest) -> Any:
    """Who is logged in; `login_required` has made sure that somebody is."""
    return request.user
