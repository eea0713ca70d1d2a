"""The room tools: names as they are heard, and the person's own rights."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from rooms.connections import open_redis
from rooms.models import Room
from rooms.names import room_from_text
from rooms.parts import Parts, parts_on
from voice.engine.brain.sentences import say_result
from voice.errors import ToolError
from voice.tools.context import ToolContext
from voice.tools.rooms import list_rooms, publish_to_room, read_room

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def make_person(*codenames: str, **values: Any) -> int:
    person = get_user_model().objects.create_user(uuid.uuid4().hex, **values)
    person.user_permissions.set(
        Permission.objects.filter(content_type__app_label="rooms", codename__in=codenames)
    )
    return int(person.pk)


@dataclass
class Desk:
    """The tools at hand for one person after another."""

    rooms: Parts
    http: httpx.AsyncClient

    def of(self, person: int) -> ToolContext:
        return ToolContext(person, uuid.uuid4(), self.http, self.rooms)

    async def said(self, room: str, payload: bytes) -> None:
        await self.rooms.register.publish(room_from_text(room), payload, source="http")

    async def last(self, room: str) -> bytes | None:
        named = room_from_text(room)
        state = (await self.rooms.registry.states([named])).get(named)
        return state.payload if state else None


@pytest.fixture
async def desk(redis_server: str) -> AsyncIterator[Desk]:
    redis = open_redis(redis_server)
    async with httpx.AsyncClient() as http:
        yield Desk(parts_on(redis, f"t{secrets.token_hex(4)}:"), http)
    await redis.aclose()


async def test_rooms_are_listed_as_the_person_may_see_them(desk: Desk):
    await desk.said("device01", b"21.5")
    await desk.said("closed", b"1")
    await Room.objects.acreate(name="closed")
    watcher = desk.of(await make_person("view_room"))
    told = await list_rooms(watcher, {})
    assert told == {
        "rooms": [{"room": "device01", "data": "21.5", "age": "just now", "late": False}],
        "more": False,
    }
    assert (await list_rooms(watcher, {"search": "kitchen"}))["rooms"] == []
    assert (await list_rooms(desk.of(await make_person()), {}))["rooms"] == []
    everything = await list_rooms(desk.of(await make_person(is_superuser=True)), {})
    assert {one["room"] for one in everything["rooms"]} == {"device01", "closed"}
    assert "device01 with 21.5" in say_result(json.dumps(told))


@pytest.mark.parametrize(
    ("heard", "room"),
    [
        ("device01", "device01"),
        ("device1", "device01"),
        ("Device 01", "device01"),
        ("device001", "device01"),
        ("greenhouse temp", "greenhouse/temp"),
        ("greenhous/temp", "greenhouse/temp"),
        ("Front Door", "d7"),
        ("Keller", "keller"),
    ],
)
async def test_the_nearest_room_is_read(desk: Desk, heard: str, room: str):
    for name in ("device01", "device02", "greenhouse/temp", "d7", "keller"):
        await desk.said(name, name.encode())
    await Room.objects.acreate(name="d7", title="Front door")
    told = await read_room(desk.of(await make_person(is_superuser=True)), {"room": heard})
    assert (told["room"], told["data"]) == (room, room)


async def test_a_value_is_told_with_unit_and_age(desk: Desk):
    await desk.said("device01", b"21.5")
    await Room.objects.acreate(name="device01", title="Greenhouse", unit="°C")
    told = await read_room(desk.of(await make_person(is_superuser=True)), {"room": "device01"})
    assert told["spoken"] == "Greenhouse says 21.5 °C, just now."
    assert say_result(json.dumps(told)) == told["spoken"]


@pytest.mark.parametrize(
    ("payload", "spoken"),
    [
        (b'{"t": 21.5, "unit": "C", "deep": {}}', "says t 21.5, unit C,"),
        (b"NaN", "says NaN,"),
        (b"[1, 2]", "says [1, 2],"),
        (b"\xff\xfe", "says something that is no text,"),
    ],
)
async def test_any_payload_can_be_told(desk: Desk, payload: bytes, spoken: str):
    await desk.said("device01", payload)
    told = await read_room(desk.of(await make_person(is_superuser=True)), {"room": "device01"})
    assert spoken in told["spoken"]


@pytest.mark.parametrize("name", ["nowhere", "call.x", "closed"])
async def test_what_may_not_be_seen_is_not_there(desk: Desk, name: str):
    await desk.said("device01", b"1")
    await desk.said("closed", b"1")
    await desk.rooms.register.publish(room_from_text("call.x"), b"{}", source="call")
    await Room.objects.acreate(name="closed")
    with pytest.raises(ToolError, match="no room called"):
        await read_room(desk.of(await make_person("view_room")), {"room": name})


async def test_publishing_reaches_the_room_that_sounds_like_it(desk: Desk):
    await desk.said("device01", b"off")
    person = desk.of(await make_person("publish_room"))
    told = await publish_to_room(person, {"room": "device1", "message": "on"})
    assert (told["room"], told["offset"]) == ("device01", 2)
    assert await desk.last("device01") == b"on"
    assert say_result(json.dumps(told)) == "I sent on to device01."


async def test_a_name_nobody_has_is_a_new_room(desk: Desk):
    await desk.said("device01", b"off")
    person = desk.of(await make_person("publish_room"))
    assert (await publish_to_room(person, {"room": "device0", "message": "on"}))["room"] == "device0"
    assert await desk.last("device01") == b"off"


@pytest.mark.parametrize("name", ["device01", "device1", "call.x", "new"])
async def test_without_the_right_nothing_is_published(desk: Desk, name: str):
    await desk.said("device01", b"off")
    for person in (await make_person("view_room"), await make_person()):
        with pytest.raises(ToolError, match="may not publish"):
            await publish_to_room(desk.of(person), {"room": name, "message": "on"})
    assert await desk.last("device01") == b"off"
    assert await desk.last(name) in (b"off", None)


async def test_a_closed_room_is_refused_and_no_other_takes_its_place(desk: Desk):
    await desk.said("device01", b"off")
    await Room.objects.acreate(name="device01")
    with pytest.raises(ToolError, match="may not publish to device01"):
        await publish_to_room(
            desk.of(await make_person("publish_room")), {"room": "device1", "message": "on"}
        )
    assert await desk.last("device1") is None


async def test_not_even_a_superuser_speaks_in_a_call(desk: Desk):
    with pytest.raises(ToolError, match="may not publish"):
        await publish_to_room(
            desk.of(await make_person(is_superuser=True)), {"room": "call.x", "message": "on"}
        )


async def test_redis_away_is_said(redis_server: str):
    redis = open_redis("redis://127.0.0.1:1/0")
    async with httpx.AsyncClient() as http:
        away = Desk(parts_on(redis, "t:"), http).of(await make_person(is_superuser=True))
        for tool, arguments in (
            (list_rooms, {}),
            (read_room, {"room": "device01"}),
            (publish_to_room, {"room": "device01", "message": "on"}),
        ):
            with pytest.raises(ToolError, match="cannot be reached"):
                await tool(away, arguments)
    await redis.aclose()
