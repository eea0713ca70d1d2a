"""`/voice/live/`: the live floor. Staff see running calls, read along, whisper to the model, and end a call.

Each of the three has its own permission. A first look, a whisper and an end are written down.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from voice import floor
from voice.calls import staff
from voice.errors import BadOrder, NoControl, NotAllowed
from voice.models import Conversation
from voice.protocol import JsonObject
from voice.views.answers import answers_json, body_of, owner_of
from voice.views.pages import tool_faces
from voice.views.shapes import EndOthersBody, WhisperBody
from voice.watching import END, WATCH, WATCHED, WATCHED_WORDS, WHISPER, note_watcher


@require_GET
@login_required
@permission_required(WATCH, raise_exception=True)
@ensure_csrf_cookie
def live(request: HttpRequest) -> HttpResponse:
    """The page; its scripts ask for everything that changes."""
    urls = {"calls": reverse("voice:live_calls"), "login": f"{reverse('login')}?next="}
    return render(request, "voice/live.html", {"live": {"urls": urls, "tools": tool_faces()}})


@answers_json("GET")
async def calls(request: HttpRequest) -> HttpResponse:
    """The calls that run, and what today has cost."""
    watcher = await _allowed(request, WATCH, "watch running calls of others")
    return _fresh(await sync_to_async(floor.floor_for)(watcher))


@answers_json("GET")
async def call(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """One call with all that is stored of it. The first look of each watcher is written down and told."""
    watcher = await _allowed(request, WATCH, "watch running calls of others")
    body, tells = await sync_to_async(_look)(watcher, conversation_id)
    if tells:
        owner_of(request).call_rooms.tell_notice(conversation_id, WATCHED, WATCHED_WORDS)
    return _fresh(body)


def _look(watcher: Any, conversation_id: uuid.UUID) -> tuple[JsonObject, bool]:
    """The answer, and whether the person in the call is to be told now."""
    row = floor.find_call(conversation_id)
    tells = note_watcher(watcher, row)
    return floor.detail_of(row), tells


@answers_json("POST")
async def end(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """End somebody's call; the answer does not wait for the end."""
    actor = await _allowed(request, END, "end calls of others")
    body_of(request, EndOthersBody, refusal=BadOrder)
    await sync_to_async(floor.find_running)(conversation_id)
    owner = owner_of(request)
    await asyncio.shield(owner.spawn(staff.end(owner, conversation_id, actor)))
    return JsonResponse({"ending": True}, status=202)


@answers_json("POST")
async def whisper(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """Tell the model what the person in the call does not hear."""
    actor = await _allowed(request, WHISPER, "whisper into calls of others")
    body = body_of(request, WhisperBody, refusal=BadOrder)
    row = await sync_to_async(floor.find_running)(conversation_id)
    if row.control != Conversation.Control.SIDEBAND:
        raise NoControl("This server has no line of its own into this call, so nothing can be whispered.")
    owner = owner_of(request)
    whispering = staff.whisper(owner, conversation_id, actor, text=body.text, respond=body.respond)
    await asyncio.shield(owner.spawn(whispering))
    return JsonResponse({"whispered": True}, status=202)


async def _allowed(request: HttpRequest, permission: str, deed: str) -> Any:
    """Who asks. Raises NotAllowed."""
    user = await request.auser()
    if not await user.ahas_perm(permission):
        raise NotAllowed(f"You may not {deed}. Ask the operator for the permission.")
    return user


def _fresh(body: JsonObject) -> JsonResponse:
    """An answer about now, which nobody on the way keeps."""
    answer = JsonResponse(body)
    answer["Cache-Control"] = "no-store"
    return answer
