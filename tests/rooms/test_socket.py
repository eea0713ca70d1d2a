"""The contract of `/ws/rooms/` over real servers, on every road to the socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from redis.asyncio import Redis

from rooms.names import Room
from rooms.register import Register
from tests.rooms.browser import Browser, data_of, opened, welcomed
from tests.rooms.web import ROADS, rooms_web
from tests.voice.conftest import make_user
from tests.voice.web_process import WebProcess


@pytest.fixture(scope="module")
def namespaces() -> dict[str, str]:
    return {road: f"t{uuid.uuid4().hex[:8]}:" for road in ROADS}


@pytest.fixture(scope="module")
def webs(
    django_db_setup: Any, django_db_blocker: Any, namespaces: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """One process a road for the whole module; every test has rooms of its own."""
    with ExitStack() as stack, django_db_blocker.unblock():
        yield {road: stack.enter_context(rooms_web(namespaces[road], road)) for road in ROADS}


@pytest.fixture(params=list(ROADS))
def road(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def namespace(road: str, namespaces: dict[str, str]) -> str:
    return namespaces[road]


@pytest.fixture
def web(road: str, webs: dict[str, WebProcess]) -> WebProcess:
    return webs[road]


@pytest.fixture
def user(transactional_db: None) -> Any:
    return make_user("ada", is_superuser=True)


@pytest.fixture
def room() -> Room:
    return Room(f"device-{uuid.uuid4().hex[:8]}")


@pytest.fixture
async def browser(web: WebProcess, user: Any) -> AsyncIterator[Browser]:
    async with welcomed(web.url, user) as made:
        yield made


async def publish(register: Register, room: Room, *texts: str) -> None:
    for text in texts:
        await register.publish(room, text.encode(), source="http")


async def test_first_frame_is_welcome(web, user):
    async with opened(web.url, user) as browser:
        found = await browser.hear()
    assert found["type"] == "welcome" and found["heartbeat_s"] == 25 and found["connection"]


async def test_join_of_a_new_room_has_a_place_and_no_messages(browser, room):
    found = await browser.join(room, last=50)
    assert found.pop("epoch")
    assert found == {
        "type": "joined",
        "room": room,
        "offset": 0,
        "recovered": None,
        "messages": [],
        "watchers": 1,
        "gaps": [],
    }


async def test_messages_arrive_live_in_order_and_only_in_their_room(browser, room, register):
    joined = await browser.join(room)
    await publish(register, Room(room + "-other"), "no")
    await publish(register, room, "a", '{"t": 21.5}', "üñ😀")
    found = [await browser.hear() for _ in range(3)]
    assert data_of(*found) == ["a", '{"t": 21.5}', "üñ😀"]
    assert [(m["type"], m["room"], m["offset"]) for m in found] == [("message", room, n) for n in (1, 2, 3)]
    assert {m["epoch"] for m in found} == {joined["epoch"]} and all(m["at"] > 1e12 for m in found)


async def test_last_gives_the_newest(browser, room, register):
    await publish(register, room, *"abcde")
    found = await browser.join(room, last=3)
    assert data_of(*found["messages"]) == ["c", "d", "e"] and found["offset"] == 5
    assert found["recovered"] is None


async def test_since_gives_exactly_what_was_missed(browser, room, register):
    await publish(register, room, *"abc")
    place = await browser.join(room)
    await browser.ask(type="leave", room=room)
    await publish(register, room, *"def")
    found = await browser.join(room, since={"epoch": place["epoch"], "offset": 2}, last=1)
    assert data_of(*found["messages"]) == ["c", "d", "e", "f"]
    assert found["recovered"] is True and found["gaps"] == []


async def test_another_epoch_is_one_gap_and_the_newest(browser, room, register):
    await publish(register, room, *"abc")
    found = await browser.join(room, since={"epoch": "other.1", "offset": 2}, last=2)
    assert found["recovered"] is False and data_of(*found["messages"]) == ["b", "c"]
    (gap,) = found["gaps"]
    assert gap["type"] == "gap" and gap["reason"] == "epoch"
    assert gap["from"] == {"epoch": "other.1", "offset": 2} and gap["to"]["offset"] == 2


async def test_many_missed_messages_come_in_pieces(browser, room, register):
    place = await browser.join(room)
    await browser.ask(type="leave", room=room)
    await publish(register, room, *(str(n) for n in range(620)))
    first = await browser.join(room, since={"epoch": place["epoch"], "offset": 0})
    assert first["more"] is True and first["recovered"] is True and len(first["messages"]) == 500
    second = await browser.join(room, since={"epoch": place["epoch"], "offset": first["offset"]})
    assert "more" not in second and second["offset"] == 620
    assert data_of(*first["messages"], *second["messages"]) == [str(n) for n in range(620)]
    await publish(register, room, "live")
    assert (await browser.hear())["offset"] == 621


async def test_publish_is_answered_and_comes_by_the_common_road(browser, room):
    await browser.join(room)
    await browser.say(type="publish", room=room, data='"quoted" \n line', id="p1")
    found = [await browser.hear(), await browser.hear()]
    by_type = {message["type"]: message for message in found}
    assert by_type["published"]["id"] == "p1" and by_type["published"]["offset"] == 1
    assert by_type["message"]["data"] == '"quoted" \n line' and by_type["message"]["offset"] == 1


async def test_publish_reaches_plain_subscribers_unchanged(browser, room, redis: Redis):
    async with redis.pubsub() as listener:
        await listener.subscribe(room)
        await browser.ask(type="publish", room=room, data="on", id=1)
        async with asyncio.timeout(5):
            while (heard := await listener.get_message(ignore_subscribe_messages=True, timeout=1)) is None:
                pass
    assert heard["data"] == b"on"


async def test_leave_ends_delivery(browser, room, register):
    await browser.join(room)
    assert await browser.ask(type="leave", room=room) == {"type": "left", "room": room}
    await publish(register, room, "unheard")
    assert await browser.silent()


async def test_joining_again_begins_anew_without_repeats(browser, room, register):
    await browser.join(room)
    await publish(register, room, "a")
    await browser.hear()
    found = await browser.join(room, last=1)
    assert data_of(*found["messages"]) == ["a"]
    await publish(register, room, "b")
    assert (await browser.hear())["data"] == "b"
    assert await browser.silent()


async def test_ping(browser):
    assert await browser.ask(type="ping") == {"type": "pong"}


@pytest.mark.parametrize("name", ["a:b/c d", "güneş/☀", "x" * 200, "%41"])
async def test_any_channel_name_is_a_room(browser, name, register):
    await browser.join(name)
    await publish(register, Room(name), "here")
    found = await browser.hear()
    assert found["room"] == name and found["data"] == "here"


@pytest.mark.parametrize("payload", [b"\xff\x00\x01", b"NaN", b'{"a":', b"x" * 60_000, b""])
async def test_payloads_arrive_unchanged(browser, room, register, payload):
    await browser.join(room)
    await register.publish(room, payload, source="http")
    found = await browser.hear()
    if payload.startswith(b"\xff"):
        assert found["base64"] == "/wAB" and "data" not in found
    else:
        assert found["data"].encode() == payload


async def test_watchers_are_told_on_change(browser, room, web, user):
    await browser.join(room)
    async with welcomed(web.url, user) as other:
        assert (await other.join(room))["watchers"] == 2
        await browser.hear_clockwork("presence", 5, room=room, watchers=2)
    await browser.hear_clockwork("presence", 5, room=room, watchers=1)


async def test_a_forgotten_room_is_gone_at_once_for_everybody(browser, room, register, web, user):
    place = await browser.join(room)
    await publish(register, room, "secret")
    await browser.hear()
    await register.forget(room)
    gap = await browser.hear()
    assert gap["type"] == "gap" and gap["from"] == {"epoch": place["epoch"], "offset": 1}
    async with welcomed(web.url, user) as other:
        found = await other.join(room, last=50)
        assert found["messages"] == [] and found["epoch"] != place["epoch"]
    await publish(register, room, "new")
    assert (await browser.hear())["data"] == "new"
