"""A long export as a person meets it: a page that says how many there are and, while the file comes, how many
are done.

An order is kept in the cache for an hour: whose it is and which conversations it means. Rights are looked at
again when the file is asked for, and taking others' words is written down. Admin makes orders too.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from voice import audit
from voice.access import may_read_others
from voice.exports import FORMATS
from voice.listing import Filters
from voice.models import AuditAction, Conversation
from voice.views.files import file_answer

KEPT_S = 3600
FORMAT_WORDS = {
    "json": "Everything (JSON)",
    "csv": "Table (CSV)",
    "txt": "Plain text",
    "vtt": "Captions (VTT, zipped)",
}


@dataclass(frozen=True)
class Order:
    """Whose it is, which conversations, and the page to go back to. `of_others`: not only the actor's own."""

    actor_id: int
    ids: tuple[uuid.UUID, ...]
    back: str
    of_others: bool


def place_order(actor: Any, rows: QuerySet[Conversation], *, back: str, of_others: bool) -> str:
    """Keep an order; returns the address of its page."""
    ids = tuple(rows.filter(erased_at__isnull=True).order_by("started_at", "pk").values_list("pk", flat=True))
    token = secrets.token_urlsafe(16)
    cache.set(_key(token), Order(actor.pk, ids, back, of_others), KEPT_S)
    return reverse("voice:export", args=[token])


@require_POST
@login_required
def order(request: HttpRequest) -> HttpResponse:
    """Order the own conversations that the filters leave."""
    person: Any = request.user
    filters = Filters.read(request.GET)
    rows = filters.of(person.pk)
    back = f"{reverse('voice:conversations')}?{filters.query_string}"
    return redirect(place_order(person, rows, back=back, of_others=False))


@require_GET
@login_required
def page(request: HttpRequest, token: str) -> HttpResponse:
    """How many there are, and the formats."""
    found = _order(request, token)
    context = {
        "order": found,
        "total": len(found.ids),
        "token": token,
        "formats": FORMAT_WORDS,
    }
    return render(request, "voice/export.html", context)


@require_GET
@login_required
def progress(request: HttpRequest, token: str) -> JsonResponse:
    """`{"done", "total"}`: how many conversations of the running file have been sent."""
    found = _order(request, token)
    answer = JsonResponse({"done": cache.get(f"{_key(token)}:done", 0), "total": len(found.ids)})
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@login_required
def file(request: HttpRequest, token: str) -> HttpResponseBase:
    """The file itself."""
    found = _order(request, token)
    kind = request.GET.get("format", "")
    if kind not in FORMATS:
        raise Http404(f"There is no export as {kind[:20]}.")
    rows = Conversation.objects.filter(erased_at__isnull=True)
    if found.of_others:
        audit.record(
            AuditAction.TRANSCRIPT_EXPORTED, actor=request.user, conversations=len(found.ids), format=kind
        )
    else:
        rows = rows.filter(user_id=found.actor_id)
    done_key = f"{_key(token)}:done"
    cache.set(done_key, 0, KEPT_S)
    return file_answer(
        request, rows, kind, ids=found.ids, tell=lambda done: cache.set(done_key, done, KEPT_S)
    )


def _order(request: HttpRequest, token: str) -> Order:
    found = cache.get(_key(token))
    if (
        not isinstance(found, Order)
        or found.actor_id != request.user.pk
        or (found.of_others and not may_read_others(request.user))
    ):
        raise Http404("There is no such export (any more). Ask for it again.")
    return found


def _key(token: str) -> str:
    return f"voice:export:{token}"
