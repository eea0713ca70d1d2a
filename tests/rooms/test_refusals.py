"""What the socket refuses, and with which word: over a real daphne, the server unharmed afterwards."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Permission
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.rooms.browser import Browser, opened, welcomed
from tests.rooms.web import rooms_web
from tests.voice.conftest import log_in, make_user
from tests.voice.web_process import WebProcess


@pytest.fixture(scope="module")
def web(django_db_setup: Any, django_db_blocker: Any) -> Iterator[WebProcess]:
    with (
        django_db_blocker.unblock(),
        rooms_web(
            f"t{uuid.uuid4().hex[:8]}:",
            DJANGO_CSRF_TRUSTED_ORIGINS="https://wall.example,https://*.good.example",
        ) as made,
    ):
        yield made


@pytest.fixture
def user(transactional_db: None) -> Any:
    return make_user("ada", is_superuser=True)


@pytest.fixture
async def browser(web: WebProcess, user: Any) -> AsyncIterator[Browser]:
    async with welcomed(web.url, user) as made:
        yield made
        assert await made.ask(type="ping") == {"type": "pong"}


def may(user: Any, *codenames: str) -> Any:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "http://evil.example",
        "http://127.0.0.1:1",
        "null",
        "https://good.example.evil",
        "http://wall.example",
    ],
)
async def test_foreign_or_missing_origin_is_refused_at_the_handshake(web, user, origin):
    with pytest.raises(InvalidStatus) as caught:
        async with opened(web.url, user, Origin=origin):
            pass
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://wall.example", "https://a.good.example"])
async def test_trusted_origins_are_let_in(web, user, origin):
    async with opened(web.url, user, Origin=origin) as browser:
        assert (await browser.hear())["type"] == "welcome"


async def test_a_host_that_is_not_ours_is_refused(web, user):
    uri, origin = "ws://rebound.example/ws/rooms/", "http://rebound.example"
    with pytest.raises(InvalidStatus) as caught:
        await connect(uri, host="127.0.0.1", port=web.port, additional_headers={"Origin": origin}, proxy=None)
    assert caught.value.response.status_code == 403


async def test_an_address_without_a_socket_is_refused(web):
    with pytest.raises(InvalidStatus) as caught:
        async with opened(web.url + "/elsewhere"):
            pass
    assert caught.value.response.status_code == 403


async def test_logged_out_is_accepted_and_closed_without_a_frame(web):
    async with opened(web.url) as browser:
        with pytest.raises(ConnectionClosed):
            await browser.connection.recv()
        assert browser.connection.close_code == 4501


async def test_an_old_session_is_closed_the_same(web, user):
    cookies = await sync_to_async(log_in)(user)
    user.set_password("changed")
    await user.asave()
    async with opened(web.url, Cookie=f"sessionid={cookies['sessionid']}") as browser:
        assert await browser.close_code() == 4501


async def test_a_deactivated_person_is_told_so(web, user):
    cookies = await sync_to_async(log_in)(user)
    user.is_active = False
    await user.asave()
    async with opened(web.url, Cookie=f"sessionid={cookies['sessionid']}") as browser:
        assert await browser.close_code() == 4503


@pytest.mark.parametrize("text", ["", "hello", "[1]", "7", "null", '{"type":', "[" * 50_000])
async def test_text_that_is_no_object_closes(web, user, text):
    async with welcomed(web.url, user) as browser:
        await browser.connection.send(text)
        assert await browser.close_code() == 4500


@pytest.mark.parametrize(
    ("message", "code", "field"),
    [
        ({"type": "dance"}, "unknown_type", "type"),
        ({}, "bad_message", "type"),
        ({"type": 7}, "bad_message", "type"),
        ({"type": "join"}, "bad_message", "room"),
        ({"type": "join", "room": 5}, "bad_message", "room"),
        ({"type": "join", "room": "a", "last": -1}, "bad_message", "last"),
        ({"type": "join", "room": "a", "since": {"epoch": "x"}}, "bad_message", "since.offset"),
        ({"type": "join", "room": "a", "extra": 1}, "bad_message", "extra"),
        ({"type": "join", "room": ""}, "bad_room", "room"),
        ({"type": "join", "room": ".."}, "bad_room", "room"),
        ({"type": "join", "room": "a\nb"}, "bad_room", "room"),
        ({"type": "join", "room": "é" * 129}, "bad_room", "room"),
        ({"type": "join", "room": "\ud800"}, "bad_room", "room"),
        ({"type": "leave", "room": "never"}, "not_joined", "room"),
        ({"type": "publish", "room": "a"}, "bad_message", "data"),
        ({"type": "publish", "room": "a", "data": {"t": 1}}, "bad_message", "data"),
        ({"type": "publish", "room": "a", "data": "\ud800"}, "bad_message", "data"),
        ({"type": "publish", "room": "a", "data": "x" * 65_537}, "too_large", "data"),
        ({"type": "publish", "room": "call.1", "data": "x"}, "not_allowed", "room"),
        ({"type": "join", "room": "call.1"}, "not_allowed", "room"),
    ],
)
async def test_errors_name_themselves_and_keep_the_socket(browser, message, code, field):
    found = await browser.ask(**message)
    assert (found["type"], found["code"], found["field"]) == ("error", code, field)
    assert found["message"]


async def test_a_binary_frame_is_a_bad_message(browser):
    await browser.connection.send(b"{}")
    assert (await browser.hear())["code"] == "bad_message"


async def test_a_frame_beyond_all_measure_closes_for_good(web, user):
    async with welcomed(web.url, user) as browser:
        await browser.connection.send(json.dumps({"type": "publish", "room": "a", "data": "x" * (1 << 20)}))
        assert await browser.close_code() == 1009


async def test_a_socket_joins_a_hundred_rooms(browser):
    prefix = uuid.uuid4().hex[:8]
    for number in range(200):
        await browser.say(type="join", room=f"{prefix}-{number}")
    found = [await browser.hear() for _ in range(200)]
    assert [one["type"] for one in found] == ["joined"] * 100 + ["error"] * 100
    assert {one["code"] for one in found[100:]} == {"too_many_rooms"}
    assert (await browser.ask(type="leave", room=f"{prefix}-7"))["type"] == "left"
    assert (await browser.ask(type="join", room=f"{prefix}-150"))["type"] == "joined"


async def test_rights_are_asked_for_each_room(web, user):
    bob = await sync_to_async(make_user)("bob")
    await sync_to_async(may)(bob, "view_room")
    async with welcomed(web.url, bob) as browser:
        assert (await browser.ask(type="join", room="a"))["type"] == "joined"
        refused = await browser.ask(type="publish", room="a", data="x", id=5)
        assert refused["code"] == "not_allowed" and refused["room"] == "a" and refused["id"] == 5
    eve = await sync_to_async(make_user)("eve")
    async with welcomed(web.url, eve) as browser:
        assert (await browser.ask(type="join", room="a"))["code"] == "not_allowed"


async def test_publishing_too_fast_says_when_to_go_on(browser):
    room = uuid.uuid4().hex
    for number in range(150):
        await browser.say(type="publish", room=room, data=str(number), id=number)
    found = [await browser.hear() for _ in range(150)]
    refused = [one for one in found if one["type"] == "error"]
    assert refused and {one["code"] for one in refused} == {"rate_limited"}
    assert all(0 < one["retry_in_s"] <= 1 and "id" in one for one in refused)
    assert len(found) - len(refused) >= 100


async def test_more_than_a_turn_allows_is_refused_and_the_rest_is_done(browser):
    room = uuid.uuid4().hex
    for _ in range(1500):
        await browser.connection.send(json.dumps({"type": "join", "room": room}))
    found = [await browser.hear() for _ in range(1500)]
    assert {one["type"] if one["type"] == "joined" else one["code"] for one in found} <= {
        "joined",
        "rate_limited",
    }
