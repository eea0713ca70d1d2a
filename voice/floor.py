"""The live floor: which calls run now and how each stands, for staff with `voice.watch_call`.

Reading costs a constant number of queries, however many calls run. Words come as they are stored, so
redacted; those of a call that is over are given for as long as its room has them (`KEPT_S`), and after that,
like those of an erased call, to nobody here.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Sum, Window
from django.db.models.fields.json import KT
from django.db.models.functions import RowNumber
from django.utils import timezone

from voice.approvals import approvals_of
from voice.budgets import site_budget_today
from voice.call_rooms import question_body, run_body, state_body, turn_body
from voice.costs import CallCost, cost_of_rows, costs_of_calls
from voice.errors import CallEnded, NotFound
from voice.limits import counted_calls
from voice.models import Conversation, ToolApproval, ToolRun, Turn, Usage
from voice.periods import day_of
from voice.protocol import JsonObject
from voice.watching import END, WHISPER, shows_words, tells_person

LONGEST_LAST = 200
"""Characters of the words that the list shows of each call."""


def floor_for(watcher: Any) -> JsonObject:
    """`GET /voice/live/calls/`: the calls that run, oldest first, and what this person may do to them."""
    running = _with_voice(counted_calls().filter(ended_at__isnull=True)).order_by("started_at", "pk")
    budget = site_budget_today()
    today = Usage.objects.filter(at__gte=day_of(timezone.now()).start)
    return {
        "calls": _bodies(running),
        "spent_today": cost_of_rows(today).as_json(),
        "budget_today": None if budget is None else CallCost(budget, "priced").as_json(),
        "first_word_ms": None,  # nobody stores it
        "may_end": watcher.has_perm(END),
        "may_whisper": watcher.has_perm(WHISPER),
        "tells_watched": tells_person(),
    }


def find_call(conversation_id: uuid.UUID) -> Conversation:
    """A call, running or over. Raises NotFound, also for a secret that nobody has used yet."""
    row = _with_voice(counted_calls().filter(pk=conversation_id)).first()
    if row is None:
        raise NotFound("There is no such call.")
    return row


def find_running(conversation_id: uuid.UUID) -> Conversation:
    """The same, for what needs a running call. Raises NotFound, CallEnded."""
    row = find_call(conversation_id)
    if row.ended_at is not None:
        raise CallEnded("This call is over.")
    return row


def detail_of(row: Conversation) -> JsonObject:
    """`GET /voice/live/calls/<id>/`: what the list says, all that is stored of the call, and its usage."""
    [body] = _bodies([row])
    return {
        **body,
        "timeline": _timeline(row) if shows_words(row) else [],
        "usage": _usage(row),
    }


def _with_voice(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Rows with their voice, without their long session."""
    rows = rows.select_related("user").defer("session", "greeting")
    return rows.annotate(voice=KT("session__audio__output__voice"))


def _bodies(rows: Collection[Any] | QuerySet[Any]) -> list[JsonObject]:
    calls = list(rows)
    last = _last_turns([row.pk for row in calls if shows_words(row)])
    asking = _open_questions([row.pk for row in calls])
    costs = costs_of_calls(calls)
    return [_body(row, last.get(row.pk), asking.get(row.pk), costs[row.pk]) for row in calls]


def _last_turns(calls: Collection[uuid.UUID]) -> dict[uuid.UUID, Turn]:
    """The newest words of each call; numbered, because PostgreSQL seeks "the first of each" in all turns."""
    newest = Window(RowNumber(), partition_by="conversation", order_by=["-started_at", "-id"])
    spoken = Turn.objects.filter(conversation__in=calls).exclude(text="").annotate(place=newest)
    return {turn.conversation_id: turn for turn in spoken.filter(place=1)}


def _open_questions(calls: Collection[uuid.UUID]) -> dict[uuid.UUID, ToolApproval]:
    """The question that ends first, of each call that waits for an answer."""
    open_ones = ToolApproval.objects.filter(
        run__conversation__in=calls, decision="", expires_at__gt=timezone.now()
    )
    found = open_ones.select_related("run").order_by("-expires_at")
    return {row.run.conversation_id: row for row in found}


def _body(row: Any, last: Turn | None, asking: ToolApproval | None, cost: CallCost) -> JsonObject:
    state = state_body(row)
    del state["type"]
    question = None if asking is None else question_body(asking)
    return {
        "id": str(row.pk),
        "user": {"id": row.user_id, "name": row.user.get_username()},
        "assistant": row.assistant_name,
        "model": row.model,
        "voice": row.voice or "",
        "started_at": row.started_at.isoformat(),
        "max_seconds": round((row.expires_at - row.started_at).total_seconds()),
        **state,
        "last": None if last is None else _last(last),
        "asking": question and {"title": question["title"], "ends_in_s": question["ends_in_s"]},
        "cost": cost.as_json(),
        "tampering": ", ".join(row.tampering),
    }


def _last(turn: Turn) -> JsonObject:
    return {"role": str(turn.role), "text": (turn.heard_text or turn.text)[:LONGEST_LAST]}


def _timeline(row: Conversation) -> list[JsonObject]:
    """Turns, runs and questions as the call's room tells them, by their time; a question follows its run."""
    turns = [(turn.started_at, turn_body(turn)) for turn in Turn.objects.filter(conversation=row)]
    runs = [(run.started_at, run_body(run)) for run in ToolRun.objects.filter(conversation=row)]
    asked = [(asked.run.started_at, question_body(asked)) for asked in approvals_of(row.pk)]
    return [body for _, body in sorted([*turns, *runs, *asked], key=_moment)]


def _moment(entry: tuple[datetime, JsonObject]) -> datetime:
    return entry[0]


def _usage(row: Conversation) -> JsonObject:
    """What the call has used, in tokens; `cached_share` of all that was read."""
    used = Usage.objects.filter(call=row.pk).aggregate(
        heard=Sum("input_audio"),
        spoken=Sum("output_audio"),
        read=Sum("input_tokens"),
        cached=Sum("cached_tokens"),
    )
    interrupted = Turn.objects.filter(conversation=row, interrupted=True).count()
    return {
        "input_audio_tokens": used["heard"] or 0,
        "output_audio_tokens": used["spoken"] or 0,
        "cached_share": round(used["cached"] / used["read"], 3) if used["read"] else None,
        "interrupted": interrupted,
        "first_word_ms": None,
    }
