"""A person's own conversations: to find, to read, to keep as files, to erase.

Erasing asks first and cannot be undone: an "undo" would mean that the words are still there. The page that
asks offers the file instead.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods

from voice.costs import cost_of_call
from voice.erasure import count, erase
from voice.exports import FORMATS, export
from voice.limits import shows_cost
from voice.listing import ENDINGS, PERIODS, Filters, give_titles, own_conversations
from voice.models import Assistant, Conversation, Tool
from voice.retention import erased_on
from voice.timeline import strip_of
from voice.views.files import attachment, file_answer

PAGE_SIZE = 25


@require_GET
@login_required
def conversations(request: HttpRequest) -> HttpResponseBase:
    """Own conversations, newest first, searched and narrowed; with `?format=` the chosen ones as one file."""
    filters = Filters.read(request.GET)
    rows = filters.of(_person(request).pk)
    if kind := request.GET.get("format", ""):
        return file_answer(request, rows, _known(kind))
    shown = rows.defer("session").prefetch_related("tool_runs")
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    give_titles(page.object_list)
    context = {
        "page": page,
        "filters": filters,
        "total_s": _total_s(page),
        "assistants": Assistant.objects.open_to(request.user),
        "tools": Tool.objects.all(),
        "endings": {value: words for value, (words, _) in ENDINGS.items()},
        "periods": {value: words for value, (words, _) in PERIODS.items()},
    }
    return render(request, "voice/conversations.html", context)


def _total_s(page: Any) -> float | None:
    """How long they took, when all of them are on this page."""
    return sum(row.duration_s for row in page.object_list) if page.paginator.num_pages == 1 else None


@require_GET
@login_required
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """One own conversation to read, or to keep as a file (`?format=json|csv|vtt|txt`)."""
    row = _own(request, conversation_id)
    if kind := request.GET.get("format", ""):
        wanted = FORMATS[_known(kind)]
        response = HttpResponse(export(row, kind), content_type=wanted.content_type)
        return attachment(response, f"conversation-{row.started_at:%Y-%m-%d-%H%M}.{wanted.suffix}")
    turns, runs = list(row.turns.all()), list(row.tool_runs.select_related("approval"))
    entries: list[dict[str, Any]] = [{"kind": "turn", "at": turn.started_at, "turn": turn} for turn in turns]
    entries += [{"kind": "tool", "at": run.started_at, "run": run} for run in runs]
    entries.sort(key=lambda entry: entry["at"])
    context = {
        "conversation": row,
        "entries": entries,
        "turn_count": len(turns),
        "run_count": len(runs),
        "strip": strip_of(row, turns, runs),
        "erased_on": erased_on(row) if row.ended_at else None,
        "cost": cost_of_call(row) if shows_cost() or _person(request).is_staff else None,
    }
    return render(request, "voice/conversation.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def erase_one(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Ask, then erase one own conversation."""
    row = _own(request, conversation_id)
    if row.ended_at is None:
        messages.info(request, "This call is still running. End it first, then erase it.")
        return redirect("voice:conversation", conversation_id)
    rows = own_conversations(row.user_id).filter(pk=row.pk)
    if request.method == "POST":
        erase(rows, actor=request.user, by="self")
        messages.success(request, "Erased. That the call took place and what it used is still counted.")
        return redirect("voice:conversations")
    return render(request, "voice/erase.html", {"conversation": row, "counts": count(rows)})


@require_http_methods(["GET", "POST"])
@login_required
def erase_many(request: HttpRequest) -> HttpResponse:
    """Ask, then erase what the filters leave of one's own; not what came after the question."""
    filters = Filters.read(request.GET)
    rows = filters.of(_person(request).pk)
    if request.method == "POST":
        asked_at = parse_datetime(request.POST.get("asked_at", ""))
        if asked_at is None or asked_at.tzinfo is None:
            messages.error(request, "Nothing was erased: the question was not answered. Ask again.")
            return redirect("voice:conversations")
        counts = erase(rows.filter(ended_at__lte=asked_at), actor=request.user, by="self")
        messages.success(request, f"Erased: {counts}.")
        return redirect("voice:conversations")
    context = {"filters": filters, "counts": count(rows), "asked_at": timezone.now().isoformat()}
    return render(request, "voice/erase.html", context)


def _own(request: HttpRequest, conversation_id: uuid.UUID) -> Conversation:
    rows = Conversation.objects.filter(erased_at__isnull=True).select_related("assistant", "user")
    return get_object_or_404(rows, pk=conversation_id, user=_person(request))


def _known(kind: str) -> str:
    if kind not in FORMATS:
        raise Http404(f"There is no export as {kind[:20]}.")
    return kind


def _person(request: HttpRequest) -> Any:
    """Who is logged in; `login_required` has made sure that somebody is."""
    return request.user
