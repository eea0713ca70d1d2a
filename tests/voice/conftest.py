"""What voice tests stand on: the real engine without its speech models, and a site in this process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core.asgi import get_asgi_application
from django.test import Client

from tests.voice.engine.browser import Browser
from tests.voice.scripted_provider import ScriptedProvider, serving
from voice.calls import CallOwner
from voice.demo import ensure_demo
from voice.tools.context import CodeTool
from voice.tools.registry import CODE_TOOLS

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0
ORIGIN = "http://testserver"
CSRF = "t" * 32


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Engine:
    """A running engine process; `calls()` is what it says of itself."""

    port: int

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def calls(self) -> int:
        return int(httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).json()["calls"])


def wait_for_http(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, f"{url}: the process ended with {process.returncode}"
        try:
            if httpx.get(url, timeout=2).status_code < 500:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"{url} did not answer within {START_S} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The local engine as its own process, in no-speech mode."""
    found = Engine(free_port())
    environment = os.environ | {
        "ENGINE_SPEECH": "off",
        "ENGINE_PORT": str(found.port),
        "DJANGO_SETTINGS_MODULE": "realtime_site.settings",
    }
    with subprocess.Popen([sys.executable, "manage.py", "runengine"], cwd=ROOT, env=environment) as process:
        try:
            wait_for_http(f"http://127.0.0.1:{found.port}/healthz", process)
            yield found
        finally:
            process.terminate()
            process.wait(timeout=10)


@dataclass
class Site:
    """The site in this process, one logged-in person, and the owner of calls behind it."""

    http: httpx.AsyncClient
    owner: CallOwner
    user: Any

    async def start_call(self, peer: Browser, **extra: Any) -> dict[str, Any]:
        """POST a call for this peer and connect it."""
        reply = await self.http.post("/voice/calls/", json={"sdp": await peer.offer(), **extra})
        assert reply.status_code == 201, reply.text
        body: dict[str, Any] = reply.json()
        await peer.accept(body["sdp"])
        assert (await self.http.post(f"/voice/calls/{body['id']}/ready")).status_code == 204
        return body

    async def status(self, call_id: str) -> dict[str, Any]:
        reply = await self.http.get(f"/voice/calls/{call_id}")
        assert reply.status_code == 200, reply.text
        found: dict[str, Any] = reply.json()
        return found


def log_in(user: Any) -> httpx.Cookies:
    """A session for this person, with the CSRF cookie of a page visit."""
    client = Client()
    client.force_login(user)
    cookies = httpx.Cookies({"sessionid": client.cookies["sessionid"].value})
    cookies.set("csrftoken", CSRF)
    return cookies


def make_user(name: str, **extra: Any) -> Any:
    return get_user_model().objects.create_user(name, password=uuid.uuid4().hex, **extra)


@pytest.fixture
def demo(transactional_db: None) -> Any:
    """The demo assistant, and a person."""
    ensure_demo()
    return make_user("ada")


@asynccontextmanager
async def started_owner(tools: tuple[CodeTool, ...] = CODE_TOOLS) -> AsyncIterator[CallOwner]:
    """An owner of calls on this loop, drained at the end."""
    made = CallOwner(tools)
    await made.start()
    try:
        yield made
    finally:
        await made.drain(5)


def application_with(owner: CallOwner) -> Any:
    """The site's Django application with this owner in every scope."""
    django = get_asgi_application()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await django({**scope, "call_owner": owner}, receive, send)

    return application


@asynccontextmanager
async def site_of(owner: CallOwner, user: Any) -> AsyncIterator[Site]:
    transport = httpx.ASGITransport(app=application_with(owner), raise_app_exceptions=False)
    cookies = await sync_to_async(log_in)(user)
    headers = {"X-CSRFToken": CSRF, "Origin": ORIGIN}
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, cookies=cookies, headers=headers, timeout=20
    ) as http:
        yield Site(http, owner, user)


@pytest.fixture
async def site(engine: Engine, demo: Any, settings: Any) -> AsyncIterator[Site]:
    """The site with the real engine behind it."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REALTIME_BASE_URL = engine.base_url
    async with started_owner() as owner, site_of(owner, demo) as made:
        yield made


@pytest.fixture
async def provider() -> AsyncIterator[ScriptedProvider]:
    async with serving(ScriptedProvider()) as made:
        yield made


@pytest.fixture
def code_tools() -> tuple[CodeTool, ...]:
    """The functions behind tools; a module may have its own."""
    return CODE_TOOLS


@pytest.fixture
async def scripted_site(
    provider: ScriptedProvider, demo: Any, settings: Any, code_tools: tuple[CodeTool, ...]
) -> AsyncIterator[Site]:
    """The site with a scripted provider behind it."""
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REALTIME_BASE_URL = provider.base_url
    settings.REALTIME_PROVIDER = "compatible"
    settings.REALTIME_API_KEY = "sk-secret-key"
    async with started_owner(code_tools) as owner, site_of(owner, demo) as made:
        yield made


@pytest.fixture
async def peer() -> AsyncIterator[Browser]:
    made = Browser()
    yield made
    await made.close()
