"""The HTTP of the live floor: shapes, statuses, rights each way, what is written down."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from tests.voice.conftest import ORIGIN, Site, application_with, site_of
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from tests.voice.views.live_floor import FLOOR, audited, staff_of
from voice.models import Conversation

NOBODY = str(uuid.uuid4())
SHAPE = {
    *("id", "user", "assistant", "model", "voice", "started_at", "max_seconds", "state", "control"),
    *("expires_at", "ends_in_s", "reason", "ended_at", "last", "asking", "cost", "tampering"),
}


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


async def start(site: Site) -> str:
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


async def test_the_floor_lists_running_calls(scripted_site: Site, provider: ScriptedProvider):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        reply = await http.get(FLOOR)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    body = reply.json()
    [found] = body.pop("calls")
    assert set(found) == SHAPE
    assert found["id"] == call
    assert found["user"] == {"id": scripted_site.user.pk, "name": "ada"}
    assert (found["assistant"], found["voice"], found["state"]) == ("Home", "marin", "connecting")
    assert (found["max_seconds"], found["control"], found["tampering"]) == (900, "sideband", "")
    assert (found["last"], found["asking"], found["reason"], found["ended_at"]) == (None, None, None, None)
    assert body == {
        "spent_today": {"amount": "0.000000", "currency": "USD", "state": "priced"},
        "budget_today": None,
        "first_word_ms": None,
        "may_end": False,
        "may_whisper": False,
        "tells_watched": True,
    }
