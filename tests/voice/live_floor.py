"""What tests of the live floor stand on: staff with some rights, and what became of a call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from tests.voice.conftest import Site, make_user, site_of
from tests.voice.scripted_provider import OFFER
from voice.models import AuditEvent, Conversation

FLOOR = "/voice/live/calls/"


def make_staff(name: str, *codenames: str) -> Any:
    """A person with just these permissions."""
    person = make_user(name)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


@asynccontextmanager
async def staff_of(site: Site, name: str, *codenames: str) -> AsyncIterator[httpx.AsyncClient]:
    """Their logged-in client at the same site."""
    person = await sync_to_async(make_staff)(name, *codenames)
    async with site_of(site.owner, person) as theirs:
        yield theirs.http


async def start(site: Site) -> str:
    """A call with the scripted provider."""
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["error"]["code"]


@sync_to_async
def audited() -> list[tuple[str, str, Any]]:
    """Actor, action and detail of each audit row, oldest first."""
    return list(AuditEvent.objects.order_by("id").values_list("actor_name", "action", "detail"))


async def until_ended(call: str, reason: str, *, within_s: float = 5) -> None:
    """Wait until the record says that the call is over, and why."""
    async with asyncio.timeout(within_s):
        while not (row := await Conversation.objects.aget(pk=call)).ended_at:
            await asyncio.sleep(0.02)
    assert row.end_reason == reason
