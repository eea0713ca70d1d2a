"""What the API's tests stand on: people, keys, and the site without its server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.asgi import get_asgi_application
from django.test import Client
from redis.asyncio import Redis

from rooms.models import DeviceKey
from rooms.parts import Parts, parts_on

ORIGIN = "http://testserver"
CSRF = "t" * 32


@pytest.fixture
def namespace(settings: Any) -> str:
    """Keys and channels of this test alone, also for the site."""
    settings.ROOMS_NAMESPACE = f"{uuid.uuid4().hex[:8]}:"
    return str(settings.ROOMS_NAMESPACE)


@pytest.fixture
async def parts(redis: Redis, namespace: str) -> Parts:
    return parts_on(redis, namespace)


def make_person(name: str, *codenames: str, **values: Any) -> Any:
    """A person with these permissions of rooms."""
    person = get_user_model().objects.create_user(name, **values)
    person.user_permissions.set(
        Permission.objects.filter(content_type__app_label="rooms", codename__in=codenames)
    )
    return person


def make_key(patterns: str = "*", *, can_read: bool = False) -> str:
    """A new device key, as its device knows it."""
    row = DeviceKey(name=uuid.uuid4().hex, patterns=patterns, can_read=can_read)
    key = row.give_key()
    row.save()
    return key


def cookies_of(person: Any) -> httpx.Cookies:
    client = Client()
    client.force_login(person)
    cookies = httpx.Cookies({"sessionid": client.cookies["sessionid"].value})
    cookies.set("csrftoken", CSRF)
    return cookies


Opener = Callable[..., Any]


@pytest.fixture
async def site(transactional_db: None, namespace: str, settings: Any) -> AsyncIterator[Opener]:
    """Opens a client of the site: `await site(person=…)`, `await site(key=…)` or `await site()`."""
    settings.ALLOWED_HOSTS = ["testserver"]
    opened: list[httpx.AsyncClient] = []
    application: Any = get_asgi_application()

    async def open_client(person: Any = None, key: str = "", scope: dict[str, Any] | None = None) -> Any:
        async def served(given: Any, receive: Any, send: Any) -> None:
            await application({**given, **(scope or {})}, receive, send)

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        cookies = await sync_to_async(cookies_of)(person) if person else None
        if person:
            headers |= {"X-CSRFToken": CSRF, "Origin": ORIGIN}
        transport = httpx.ASGITransport(app=served, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers, cookies=cookies)
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        await client.aclose()
