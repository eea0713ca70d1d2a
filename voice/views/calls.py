"""`/voice/calls/…` and `/voice/session`: the contract of a call, as JSON."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from voice import budgets, records, transcripts
from voice.approvals import approvals_of
from voice.call import UsageData
from voice.call.notices import TIME_LOW, WARN_BEFORE_S
from voice.call_rooms import approval_body
from voice.calls import NewCall, StartedCall, creation
from voice.costs import cost_of_call
from voice.errors import BadOffer, CallEnded
from voice.events import TokenUsage
from voice.limits import shows_cost
from voice.models import Conversation
from voice.models.conversations import Source
from voice.views.answers import answers_json, body_of, owner_of, user_id_of
from voice.views.shapes import AttachBody, EndBody, MintBody, NewCallBody, ToolCallBody, TurnBody, UsageBody
from voice.watching import WATCHED, WATCHED_WORDS, was_told


@answers_json("GET", "POST")
async def calls(request: HttpRequest) -> HttpResponse:
    """GET: own running calls. POST: start one."""
    if request.method == "POST":
        return await _start(request)
    owner = owner_of(request)
    running = await owner.writer.run(records.running_calls, await user_id_of(request))
    return JsonResponse({"calls": [await owner.writer.run(describe, row) for row in running]})


async def _start(request: HttpRequest) -> HttpResponse:
    began = time.monotonic()
    body = body_of(request, NewCallBody)
    refuse_bad_offer(body.sdp)
    owner = owner_of(request)
    user_id = await user_id_of(request)
    creating = owner.begin(
        NewCall(
            user_id,
            body.sdp,
            assistant=body.assistant,
            voice=body.voice,
            replace=body.replace,
        )
    )
    try:
        started = await asyncio.shield(creating.task)
    except asyncio.CancelledError:
        owner.abandon(creating)
        raise
    record = started.record
    answer = {
        "id": str(record.id),
        "sdp": started.answer,
        "model": record.model,
        "room": record.room,
        "expires_at": record.expires_at.isoformat(),
        "control": started.control,
    }
    response = JsonResponse(answer, status=201)
    response["Server-Timing"] = _timing(started, time.monotonic() - began)
    return response


def _timing(started: StartedCall, total_s: float) -> str:
    """Where the time of a call's set-up went, for the browser's network panel (W3C Server Timing)."""
    parts = {"provider": started.provider_s, "sideband": started.join_s}
    ours = total_s - sum(parts.values())
    return ", ".join(f"{name};dur={seconds * 1000:.1f}" for name, seconds in (parts | {"ours": ours}).items())


def refuse_bad_offer(sdp: str) -> None:
    """Refuse what no provider could answer. Raises BadOffer. Source: RFC 8866, RFC 8829 section 5.2."""
    wanted = ("m=audio", "a=fingerprint:", "a=ice-ufrag:", "a=ice-pwd:")
    if not sdp.startswith("v=0") or any(line not in sdp for line in wanted):
        raise BadOffer("The browser's offer was not understood. Reload the page.", field="sdp")


@answers_json("GET")
async def call(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """How a call stands: state, time left, what its tools did, which turns are stored."""
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    return JsonResponse(await owner.writer.run(describe, row))


def describe(row: Conversation) -> dict[str, Any]:
    """`GET /voice/calls/<id>`. `stored`: item ids of stored turns, so the page stops keeping those."""
    runs = row.tool_runs.values("call_id", "name", "status", "output")
    left_s = max(0.0, (row.expires_at - timezone.now()).total_seconds())
    return {
        "id": str(row.pk),
        "state": row.state,
        "expires_at": row.expires_at.isoformat(),
        "ends_in_s": 0 if row.ended_at else round(left_s),
        "reason": row.end_reason or None,
        "control": row.control,
        "tool_runs": list(runs),
        "approvals": [approval_body(asked) for asked in approvals_of(row.pk)],
        "stored": transcripts.stored_items(row.pk),
        "metered": transcripts.metered(row.pk),
        "cost": cost_of_call(row).as_json() if shows_cost() else None,
        "notices": [] if row.ended_at else notices(row, left_s),
    }


def notices(row: Conversation, left_s: float) -> list[dict[str, str]]:
    """What a running call's person should know now: of its limits, the gravest first, and who watches."""
    found = []
    standing = budgets.tightest({row.user_id}).get(row.user_id)
    if standing is not None and standing.is_spent:
        found.append({"code": "budget_reached", "message": standing.spent_sentence})
    elif standing is not None:
        found.append({"code": "budget_low", "message": standing.low_sentence})
    if left_s <= WARN_BEFORE_S:
        found.append({"code": "time_low", "message": TIME_LOW})
    if was_told(row.pk):
        found.append({"code": WATCHED, "message": WATCHED_WORDS})
    return found


@answers_json("POST")
async def ready(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The data channel is open: greeting and opening message go out, once."""
    row = await own_call(request, conversation_id)
    if row.ended_at is not None:
        raise CallEnded("This call is over.")
    await owner_of(request).ready(conversation_id)
    return HttpResponse(status=204)


@answers_json("POST")
async def end(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """End the call; one that is over answers the same."""
    body = body_of(request, EndBody)
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    if row.ended_at is None:
        # A page that leaves does not wait for the answer; the end must come all the same.
        await asyncio.shield(owner.spawn(owner.end(conversation_id, body.reason)))
        row = await own_call(request, conversation_id)
    ended_at = row.ended_at.isoformat() if row.ended_at else None
    return JsonResponse({"id": str(row.pk), "ended_at": ended_at, "reason": row.end_reason})


@answers_json("POST")
async def attach(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """A minted call exists now: join it."""
    body = body_of(request, AttachBody)
    owner = owner_of(request)
    joining = owner.spawn(creation.attach(owner, conversation_id, await user_id_of(request), body.call_id))
    return JsonResponse({"control": await asyncio.shield(joining)})


@answers_json("POST")
async def tools(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Run a function call the page saw; the same `call_id` runs once."""
    body = body_of(request, ToolCallBody)
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    if row.ended_at is not None:
        raise CallEnded("This call is over.")
    record = await owner.writer.run(records.record_of, row)
    running = owner.spawn(
        owner.tool_runs.output_of(record, body.call_id, body.name, body.arguments, source=Source.BROWSER)
    )
    return JsonResponse({"output": await asyncio.shield(running)})


@answers_json("POST")
async def turns(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Store a finished turn the page saw; the same `item_id` twice is once."""
    body = body_of(request, TurnBody)
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    turn = transcripts.turn_from_browser(
        body.item_id,
        body.role,
        body.text,
        heard_text=body.heard_text,
        interrupted=body.interrupted,
        started_at=_plausible(row, body.started_at),
    )
    stored = await owner.writer.run(transcripts.store_turn, conversation_id, turn, source=Source.BROWSER)
    owner.call_rooms.tell_turn(stored)
    if body.role == "user":
        await owner.human_acted(conversation_id)
    return JsonResponse({"item_id": body.item_id})


@answers_json("POST")
async def usage(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Store what the page saw being used; the same `source_id` twice is once."""
    body = body_of(request, UsageBody)
    owner = owner_of(request)
    row = await own_call(request, conversation_id)
    record = await owner.writer.run(records.record_of, row)
    used = TokenUsage.model_validate(body.usage.model_dump(exclude_none=True))
    data = UsageData(body.kind, body.source_id, used)
    model = record.model_for(body.kind)
    metered = await owner.writer.run(transcripts.meter, conversation_id, model, data, source=Source.BROWSER)
    owner.call_rooms.tell_usage(metered)
    return JsonResponse({"source_id": body.source_id})


def _plausible(row: Conversation, started_at: datetime | None) -> datetime:
    """A browser's clock may be anywhere; a turn lies between the call's start and now."""
    now = row.ended_at or timezone.now()
    return now if started_at is None else min(max(started_at, row.started_at), now)


@answers_json("POST")
async def session(request: HttpRequest) -> HttpResponse:
    """Mint a secret for another front end. The answer carries no instructions and no tools."""
    body = body_of(request, MintBody)
    owner = owner_of(request)
    record, minted = await asyncio.shield(
        owner.spawn(creation.mint(owner, await user_id_of(request), body.assistant))
    )
    echoed = minted.session
    secret = {"value": minted.value, "expires_at": minted.expires_at}
    answer = {
        "id": str(record.id),
        "room": record.room,
        "client_secret": secret,
        **secret,
        "session": {
            "id": echoed.get("id", ""),
            "type": "realtime",
            "model": echoed.get("model", record.model),
            "expires_at": echoed.get("expires_at", 0),
        },
        "calls_url": f"{owner.provider.config.base_url}/realtime/calls",
        "attach_url": request.build_absolute_uri(f"/voice/calls/{record.id}/attach"),
        "model": record.model,
    }
    response = JsonResponse(answer, status=201)
    response["Cache-Control"] = "no-store"
    return response


async def own_call(request: HttpRequest, conversation_id: uuid.UUID) -> Conversation:
    """The person's own conversation. Raises NotFound, also for somebody else's."""
    return await owner_of(request).writer.run(records.find_own, conversation_id, await user_id_of(request))
