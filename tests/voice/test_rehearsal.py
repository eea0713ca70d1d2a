"""Typing to an assistant in the admin: its prompt, its tools, its limits, and no trace but the audit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Permission
from django.test import Client

from tests.voice.conftest import Engine, log_in, make_user, started_owner
from tests.voice.scripted_provider import ScriptedProvider
from voice.calls import CallOwner
from voice.models import Assistant, AuditEvent, Conversation, Tool, ToolRun
from voice.rehearsal import plan
from voice.routing import websocket_urlpatterns
from voice.session_config import session_for, written_session_for

HOST = "testserver"


class Page:
    """The rehearsal page's socket."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket
        self.told: list[dict[str, Any]] = []

    async def say(self, **body: Any) -> None:
        await self.socket.send_json_to(body)

    async def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The next message of that type that has these values."""
        async with asyncio.timeout(5):
            while True:
                told: dict[str, Any] = await self.socket.receive_json_from(timeout=5)
                self.told.append(told)
                if told["type"] == kind and wanted.items() <= told.items():
                    return told

    async def ask(self, text: str) -> None:
        await self.say(type="say", text=text)
        await self.until("busy", busy=True)


@pytest.fixture
def operator(demo: Any) -> Any:
    return make_user("operator", is_staff=True, is_superuser=True)


@pytest.fixture
async def owner(engine: Engine, operator: Any, settings: Any) -> AsyncIterator[CallOwner]:
    settings.ALLOWED_HOSTS = [HOST]
    settings.REALTIME_BASE_URL = engine.base_url
    async with started_owner() as made:
        yield made


async def connect(owner: CallOwner, user: Any, origin: str = f"http://{HOST}") -> WebsocketCommunicator:
    cookies = await sync_to_async(log_in)(user)
    pk = await sync_to_async(lambda: Assistant.objects.get(slug="home").pk)()
    sockets: Any = list(websocket_urlpatterns)
    routed: Any = URLRouter(sockets)

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await routed({**scope, "call_owner": owner}, receive, send)

    headers = [
        (b"host", HOST.encode()),
        (b"origin", origin.encode()),
        (b"cookie", f"sessionid={cookies['sessionid']}".encode()),
    ]
    return WebsocketCommunicator(application, f"/ws/rehearsal/{pk}/", headers=headers)


@asynccontextmanager
async def rehearsing(owner: CallOwner, user: Any, *, dry: bool = False) -> AsyncIterator[Page]:
    socket = await connect(owner, user)
    connected, _ = await socket.connect()
    assert connected
    page = Page(socket)
    await page.say(type="begin", dry=dry)
    try:
        yield page
    finally:
        await socket.disconnect()


def kept() -> list[int]:
    return [Conversation.objects.count(), ToolRun.objects.count()]


def audited() -> list[tuple[str, str, dict[str, Any]]]:
    rows = AuditEvent.objects.order_by("id")
    return [(row.action, row.actor_name, row.detail) for row in rows]


async def test_the_assistant_greets_answers_and_uses_its_tools_for_real(
    owner: CallOwner, operator: Any, engine: Engine
):
    async with rehearsing(owner, operator) as page:
        assert (await page.until("ready"))["model"] == "gpt-realtime-2.1-mini"
        assert "this is Home" in (await page.until("said", role="assistant"))["text"]
        await page.until("busy", busy=False)
        await page.ask("What time is it?")
        assert (await page.until("tool"))["name"] == "get_current_time"
        done = await page.until("tool_done")
        assert (done["status"], "time" in json.loads(done["output"])) == ("done", True)
        answer = await page.until("said", role="assistant")
        assert "".join(told["text"] for told in page.told if told["type"] == "delta").endswith(answer["text"])
        assert (await page.until("usage"))["total_tokens"] > 0
        await page.until("busy", busy=False)
        assert engine.calls() == 1
    async with asyncio.timeout(5):
        while engine.calls():
            await asyncio.sleep(0.02)
    assert await sync_to_async(kept)() == [0, 0]
    detail = {"tool": "get_current_time", "assistant": "home", "rehearsal": True}
    assert await sync_to_async(audited)() == [("tool_tried", "operator", detail)]


async def test_dry_tools_are_checked_and_not_run(owner: CallOwner, operator: Any):
    async with rehearsing(owner, operator, dry=True) as page:
        await page.until("ready")
        await page.until("busy", busy=False)
        await page.ask("What time is it?")
        assert (await page.until("tool_done"))["status"] == "dry"
        assert "was not used" in (await page.until("said", role="assistant"))["text"]
    assert await sync_to_async(audited)() == []


@pytest.mark.parametrize(
    ("approve", "status", "action"), [(True, "done", "tool_approved"), (False, "denied", "tool_denied")]
)
async def test_a_tool_that_asks_first_asks_the_rehearser(
    owner: CallOwner, operator: Any, approve: bool, status: str, action: str
):
    await sync_to_async(Tool.objects.filter(name="get_current_time").update)(ask_first=True)
    async with rehearsing(owner, operator) as page:
        await page.until("ready")
        await page.until("busy", busy=False)
        await page.ask("What time is it?")
        asked = await page.until("ask")
        await page.say(type="decide", call_id=asked["call_id"], approve=approve)
        assert (await page.until("tool_done"))["status"] == status
        await page.until("busy", busy=False)
    assert (await sync_to_async(audited)())[0][:2] == (action, "operator")


async def test_it_ends_after_its_turns(owner: CallOwner, operator: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voice.rehearsal.session.MOST_TURNS", 1)
    async with rehearsing(owner, operator) as page:
        await page.until("ready")
        await page.until("busy", busy=False)
        await page.ask("Hello")
        await page.until("busy", busy=False)
        await page.say(type="say", text="Hello")
        assert (await page.until("over"))["reason"] == "turn_limit"
        assert (await page.socket.receive_output(5))["code"] == 1000


async def test_it_ends_after_its_time(owner: CallOwner, operator: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plan, "LONGEST_S", 0.2)
    async with rehearsing(owner, operator) as page:
        assert (await page.until("over"))["reason"] == "time_limit"


async def test_words_wait_for_the_answer_and_wrong_messages_are_named(owner: CallOwner, operator: Any):
    await sync_to_async(Tool.objects.filter(name="get_current_time").update)(ask_first=True)
    async with rehearsing(owner, operator) as page:
        await page.until("ready")
        await page.until("busy", busy=False)
        await page.ask("What time is it?")
        await page.until("ask")
        await page.say(type="say", text="Too soon")
        assert (await page.until("error"))["message"] == "Wait for the answer first."
        await page.say(type="say", text="")
        assert (await page.until("error"))["message"].startswith("say.text:")
        await page.say(type="begin")
        assert (await page.until("error"))["message"] == "Not now."


async def test_only_who_may_change_assistants_may_rehearse(owner: CallOwner, operator: Any, demo: Any):
    viewer = await sync_to_async(make_user)("viewer", is_staff=True)
    view = await sync_to_async(Permission.objects.get)(codename="view_assistant")
    await sync_to_async(viewer.user_permissions.add)(view)
    for person in (demo, viewer):
        socket = await connect(owner, person)
        await socket.connect()
        assert (await socket.receive_output(5)) == {"type": "websocket.close", "code": 4503}
    foreign = await connect(owner, operator, origin="http://elsewhere.example")
    assert (await foreign.connect())[0] is False


async def test_a_right_lost_in_mid_rehearsal_closes_it(owner: CallOwner, operator: Any):
    async with rehearsing(owner, operator) as page:
        await page.until("ready")
        operator.is_superuser = False
        await sync_to_async(operator.save)()
        await page.say(type="say", text="Hello")
        async with asyncio.timeout(5):
            while (told := await page.socket.receive_output(5))["type"] != "websocket.close":
                continue
        assert told["code"] == 4503


async def test_a_provider_that_cannot_be_reached_is_named(
    provider: ScriptedProvider, operator: Any, settings: Any
):
    settings.ALLOWED_HOSTS = [HOST]
    settings.REALTIME_BASE_URL = provider.base_url
    provider.sideband_status = 401
    async with started_owner() as owner, rehearsing(owner, operator) as page:
        assert "refused the key" in (await page.until("error"))["message"]
        assert (await page.until("over"))["reason"] == "failed"


def test_the_session_is_the_calls_own_without_sound(demo: Any):
    home = Assistant.objects.get()
    spoken, written = session_for(home, demo), written_session_for(home, demo)
    assert written["output_modalities"] == ["text"]
    for name in ("instructions", "tools", "tool_choice"):
        assert written[name] == spoken[name]


def test_the_page_opens_for_who_may_change_assistants(operator: Any, demo: Any):
    client = Client()
    url = f"/admin/voice/assistant/{Assistant.objects.get().pk}/rehearse/"
    assert client.get(url).status_code == 302
    client.force_login(operator)
    page = client.get(url).content.decode()
    assert "Rehearse Home" in page and "/ws/rehearsal/" in page
    operator.is_superuser = False
    operator.save()
    assert client.get(url).status_code == 403
