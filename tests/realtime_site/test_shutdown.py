"""The two moments of a web process: the owner of calls starts with the loop and is drained before its end."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from realtime_site.serving import Message, Site, refuse_socket
from realtime_site.shutdown import Lifetime
from tests.realtime_site.site_copy import free_port, wait_for


class Owner:
    """Writes down what it was asked to do."""

    def __init__(self, drains_for_s: float = 0.0, fault: Exception | None = None) -> None:
        self.heard: list[object] = []
        self._drains_for_s = drains_for_s
        self._fault = fault

    async def start(self) -> None:
        self.heard.append("start")

    async def drain(self, seconds: float) -> None:
        self.heard.append(seconds)
        if self._fault:
            raise self._fault
        await asyncio.sleep(self._drains_for_s)


class Exchange:
    """Both ends of one ASGI connection."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self._messages.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_lifespan_starts_and_drains(settings):
    owner = Owner()
    exchange = Exchange({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    await Site(refuse_socket, Lifetime(owner))({"type": "lifespan"}, exchange.receive, exchange.send)
    assert owner.heard == ["start", float(settings.SHUTDOWN_SECONDS)]
    assert [m["type"] for m in exchange.sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_draining_happens_once_and_only_after_a_start():
    owner = Owner()
    never_started = Lifetime(owner)
    await never_started.end()
    assert owner.heard == []
    lifetime = Lifetime(owner)
    await lifetime.begin()
    await asyncio.gather(lifetime.end(), lifetime.end())
    assert len(owner.heard) == 2


async def test_draining_ends_in_time_and_says_so(settings, caplog):
    settings.SHUTDOWN_SECONDS = 0
    lifetime = Lifetime(Owner(drains_for_s=60))
    await lifetime.begin()
    await asyncio.wait_for(lifetime.end(), 5)
    assert "SHUTDOWN_SECONDS" in caplog.text


async def test_a_failing_drain_does_not_keep_the_process(caplog):
    lifetime = Lifetime(Owner(fault=RuntimeError("broken")))
    await lifetime.begin()
    await lifetime.end()
    assert "Draining failed" in caplog.text


class Rooms(Owner):
    """Also says when it lets go of Redis."""

    async def aclose(self) -> None:
        self.heard.append("closed")


async def test_rooms_begin_first_and_let_go_last(settings):
    heard: list[object] = []
    owner, rooms = Owner(drains_for_s=0.02), Rooms()
    owner.heard = rooms.heard = heard
    lifetime = Lifetime(owner, rooms)
    await lifetime.begin()
    await lifetime.end()
    assert heard == ["start", "start", settings.SHUTDOWN_SECONDS, settings.SHUTDOWN_SECONDS, "closed"]


async def test_rooms_let_go_even_when_calls_fail_to_drain(caplog):
    rooms = Rooms()
    lifetime = Lifetime(Owner(fault=RuntimeError("broken")), rooms)
    await lifetime.begin()
    await lifetime.end()
    assert rooms.heard[-1] == "closed" and "Draining failed" in caplog.text


async def test_scopes_carry_the_owner_and_rooms():
    owner, rooms, seen = Owner(), Rooms(), []

    async def router(scope, receive, send):
        seen.append(scope)

    exchange = Exchange()
    site = Site(router, Lifetime(owner, rooms))
    await site({"type": "http", "path": "/"}, exchange.receive, exchange.send)
    assert seen[0]["call_owner"] is owner and seen[0]["rooms_hub"] is rooms and seen[0]["path"] == "/"


@pytest.mark.parametrize(("kind", "answer"), [("http", 503), ("websocket", 4001)])
async def test_new_requests_are_sent_elsewhere_while_draining(kind, answer):
    lifetime = Lifetime(Owner())
    await lifetime.begin()
    await lifetime.end()
    exchange = Exchange({"type": "websocket.connect"})
    await Site(refuse_socket, lifetime)({"type": kind}, exchange.receive, exchange.send)
    assert exchange.sent[0].get("status", exchange.sent[0].get("code")) == answer


DRAINING_SITE = """
import asyncio
import os
import pathlib
import daphne.server  # installs the reactor, as Django's app does
from twisted.internet import reactor
from realtime_site.shutdown import Lifetime
from django.conf import settings

settings.configure(SHUTDOWN_SECONDS=5)
heard = pathlib.Path(os.environ["HEARD"])

class Owner:
    async def start(self):
        heard.write_text("start ")

    async def drain(self, seconds):
        await asyncio.sleep(0.05)
        heard.write_text(heard.read_text() + "drained")

lifetime = Lifetime(Owner())
lifetime.register_with_reactor(reactor)

async def application(scope, receive, send):
    await receive()
"""


def test_daphne_drains_on_sigterm(tmp_path: Path):
    """The real server: the reactor waits for the drain before it stops."""
    heard = tmp_path / "heard"
    (tmp_path / "draining_site.py").write_text(DRAINING_SITE, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "daphne", "-p", str(free_port()), "draining_site:application"]
    environment = {**os.environ, "HEARD": str(heard), "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as server:
        try:
            wait_for(heard.exists)
            server.send_signal(signal.SIGTERM)
            _, said = server.communicate(timeout=10)
        finally:
            server.kill()
    assert heard.read_text(encoding="utf-8") == "start drained", said
