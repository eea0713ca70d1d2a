"""What tests of the live floor stand on: staff with some rights, and their half of HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission

from tests.voice.conftest import Site, make_user, site_of
from voice.models import AuditEvent

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


@sync_to_async
def audited() -> list[tuple[str, str, Any]]:
    """Actor, action and detail of each audit row, oldest first."""
    return list(AuditEvent.objects.order_by("id").values_list("actor_name", "action", "detail"))
