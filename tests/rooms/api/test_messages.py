"""Publishing and reading over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from redis.asyncio import Redis

from rooms.frames import Position
from rooms.models import DeviceKey
from rooms.names import room_from_text
from rooms.parts import Parts
from tests.rooms.api.conftest import Opener, make_key, make_person

DEVICE = "/api/rooms/device01/messages"


async def device(site: Opener, *, patterns: str = "*", can_read: bool = True) -> Any:
    return await site(key=await sync_to_async(make_key)(patterns, can_read=can_read))


async def test_a_published_message_has_a_place_and_is_read_back(site: Opener):
    http = await device(site)
    first = await http.post(DEVICE, content=b"21.5")
    second = await http.post(DEVICE, content=b"22")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json().keys() == {"room", "epoch", "offset"}
    assert second.json() == {"room": "device01", "epoch": first.json()["epoch"], "offset": 2}
    reply = await http.get(DEVICE)
    assert reply.status_code == 200
    body = reply.json()
    assert body.keys() == {"epoch", "offset", "recovered", "messages", "gaps"}
    assert (body["epoch"], body["offset"], body["recovered"]) == (first.json()["epoch"], 2, None)
    assert [message["data"] for message in body["messages"]] == ["21.5", "22"]
    message = body["messages"][0]
    assert message.keys() == {"type", "room", "epoch", "offset", "at", "data"}
    assert (message["type"], message["room"], message["offset"]) == ("message", "device01", 1)
    assert body["gaps"] == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"hello",
        b'{"t": 21.5,\n "u": "\\u00b0C"}',
        b"NaN",
        b"\"quoted\" 'and' \\back",
        "grün 🌱\u2028".encode(),
        b"a=1&b=2&csrfmiddlewaretoken=x",
        b"x" * 60_000,
        b"\x00\x01\x02",
    ],
    ids=lambda payload: repr(payload[:16]),
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
async def test_a_payload_is_kept_unchanged(site: Opener, payload: bytes, kind: str):
    http = await device(site)
    reply = await http.post(DEVICE, content=payload, headers={"Content-Type": kind})
    assert reply.status_code == 201, reply.text
    message = (await http.get(DEVICE)).json()["messages"][0]
    assert message["data"].encode() == payload


async def test_what_is_no_text_comes_as_base64(site: Opener):
    http = await device(site)
    payload = bytes(range(256))
    await http.post(DEVICE, content=payload, headers={"Content-Type": "multipart/form-data; boundary=x"})
    message = (await http.get(DEVICE)).json()["messages"][0]
    assert base64.b64decode(message["base64"]) == payload
    assert "data" not in message


@pytest.mark.parametrize(
    "name",
    [
        "a:b",
        "home/kitchen",
        "living room",
        "ünit/🌡",
        "x" * 200,
        "é" * 100,
        "messages",
        "a/messages",
        "100%",
        "?#",
    ],
    ids=lambda name: name[:12],
)
async def test_any_room_can_be_named(site: Opener, name: str):
    http = await device(site)
    address = f"/api/rooms/{quote(name, safe='')}/messages"
    reply = await http.post(address, content=b"1")
    assert (reply.status_code, reply.json().get("room")) == (201, name)
    assert (await http.get(address)).json()["messages"][0]["room"] == name


async def test_a_name_with_slashes_needs_no_escape(site: Opener):
    http = await device(site)
    reply = await http.post("/api/rooms/home/kitchen/temp/messages", content=b"1")
    assert reply.json()["room"] == "home/kitchen/temp"


@pytest.mark.parametrize("name", ["x" * 257, "a%0Ab", "a%00b", "%2E%2E"])
async def test_what_cannot_name_a_room_is_refused(site: Opener, name: str):
    http = await device(site)
    reply = await http.post(f"/api/rooms/{name}/messages", content=b"1")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_room")


@pytest.mark.parametrize(
    "raw", ["/api/rooms/%FF/messages", "/api/rooms/%ZZ/messages", "/api/rooms/a%2/messages"]
)
async def test_a_broken_address_is_refused_and_names_no_other_room(site: Opener, parts: Parts, raw: str):
    key = await sync_to_async(make_key)()
    http = await site(key=key, scope={"raw_path": raw.encode()})
    reply = await http.post(DEVICE, content=b"1")
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "bad_encoding")
    assert (await parts.registry.list()).rooms == []


async def test_a_broken_query_is_refused(site: Opener):
    http = await site(key=await sync_to_async(make_key)(), scope={"query_string": b"epoch=%FF"})
    assert (await http.get(DEVICE)).json()["error"]["code"] == "bad_encoding"


async def test_too_much_is_refused_before_it_is_read(site: Opener, settings: Any, parts: Parts):
    http = await device(site)
    assert (await http.post(DEVICE, content=b"x" * 65_536)).status_code == 201
    for size in (65_537, 3_000_000):
        reply = await http.post(DEVICE, content=b"x" * size)
        assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")

    async def chunks() -> Any:
        for _ in range(40):
            yield b"x" * 100_000

    reply = await http.post(DEVICE, content=chunks())
    assert (reply.status_code, reply.json()["error"]["code"]) == (413, "too_large")
    assert (await parts.registry.list()).rooms[0].position.offset == 1


async def test_an_idempotency_key_publishes_once(site: Opener, parts: Parts):
    http = await device(site)
    headers = {"Idempotency-Key": "reading 7"}
    replies = [await http.post(DEVICE, content=b"21.5", headers=headers) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201, 201, 201]
    assert len({json.dumps(reply.json()) for reply in replies}) == 1
    other = await http.post(DEVICE, content=b"22", headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
    elsewhere = await http.post("/api/rooms/device02/messages", content=b"22", headers=headers)
    assert elsewhere.status_code == 201
    too_long = await http.post(DEVICE, content=b"1", headers={"Idempotency-Key": "k" * 201})
    assert too_long.status_code == 422
    assert len((await http.get(DEVICE)).json()["messages"]) == 1


async def test_since_gives_all_that_came_after(site: Opener):
    http = await device(site)
    places = [(await http.post(DEVICE, content=str(n).encode())).json() for n in range(5)]
    place = {"since": 2, "epoch": places[0]["epoch"]}
    body = (await http.get(DEVICE, params=place)).json()
    assert body["recovered"] is True
    assert [message["data"] for message in body["messages"]] == ["2", "3", "4"]
    assert "more" not in body
    some = (await http.get(DEVICE, params={**place, "limit": 2})).json()
    assert [message["data"] for message in some["messages"]] == ["2", "3"]
    assert (some["more"], some["offset"]) == (True, 4)


async def test_an_unknown_epoch_is_one_gap(site: Opener):
    http = await device(site)
    await http.post(DEVICE, content=b"1")
    body = (await http.get(DEVICE, params={"since": 0, "epoch": "other.1"})).json()
    assert body["recovered"] is False
    assert [gap["reason"] for gap in body["gaps"]] == ["epoch"]
    assert body["gaps"][0]["from"] == {"epoch": "other.1", "offset": 0}


@pytest.mark.parametrize(
    ("query", "field"),
    [("since=1", "epoch"), ("since=-1&epoch=x", "since"), ("since=x&epoch=x", "since")]
    + [(f"limit={limit}", "limit") for limit in ("0", "1001", "many")],
)
async def test_a_wrong_parameter_is_named(site: Opener, query: str, field: str):
    reply = await (await device(site)).get(f"{DEVICE}?{query}")
    assert reply.status_code == 422
    assert (reply.json()["error"]["code"], reply.json()["error"]["field"]) == ("bad_input", field)


async def test_a_device_hears_what_is_published_unchanged_and_once(site: Opener, redis: Redis):
    http = await device(site)
    async with redis.pubsub() as heard:
        await heard.subscribe("device01")
        await http.post(DEVICE, content=b'{"on": true}')
        await http.post(DEVICE, content=b"last")
        payloads = []
        async with asyncio.timeout(5):
            async for message in heard.listen():
                if message["type"] == "message":
                    payloads.append(message["data"])
                if payloads[-1:] == [b"last"]:
                    break
    assert payloads == [b'{"on": true}', b"last"]


async def test_rights_are_asked(site: Opener, parts: Parts):
    writer = await device(site, patterns="device0*", can_read=False)
    assert (await writer.post(DEVICE, content=b"1")).status_code == 201
    for reply in (
        await writer.get(DEVICE),
        await writer.post("/api/rooms/other/messages", content=b"1"),
        await writer.post("/api/rooms/call.x/messages", content=b"1"),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_allowed")
    watcher = await site(person=await sync_to_async(make_person)("ada", "view_room"))
    assert (await watcher.get(DEVICE)).status_code == 200
    assert (await watcher.post(DEVICE, content=b"2")).status_code == 403
    assert [state.room for state in (await parts.registry.list()).rooms] == ["device01"]


async def test_not_even_a_superuser_publishes_to_a_call(site: Opener, redis: Redis, namespace: str):
    root = await site(person=await sync_to_async(make_person)("root", is_superuser=True, is_staff=True))
    reply = await root.post("/api/rooms/call.0/messages", content=b"1")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "not_allowed")
    assert await redis.keys(f"*{namespace}*m:*") == []


async def test_a_person_publishes_by_session_with_the_csrf_token(site: Opener, parts: Parts):
    ada = await site(person=await sync_to_async(make_person)("ada", "publish_room", "view_room"))
    assert (await ada.post(DEVICE, content=b"1")).status_code == 201
    del ada.headers["X-CSRFToken"]
    reply = await ada.post(DEVICE, content=b"2")
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "csrf_failed")
    assert (await ada.get(DEVICE)).json()["offset"] == 1


async def test_redis_away_is_503_with_the_time_to_wait(site: Opener, settings: Any):
    http = await device(site)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    for reply in (
        await http.post(DEVICE, content=b"1"),
        await http.get(DEVICE),
        await http.get("/api/rooms/"),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) >= 1


async def test_a_message_told_by_a_place_is_the_one_in_the_register(site: Opener, parts: Parts):
    reply = (await (await device(site)).post(DEVICE, content=b"1")).json()
    tops = await parts.register.tops([room_from_text("device01")])
    assert tops == {"device01": Position(reply["epoch"], reply["offset"])}
    assert await DeviceKey.objects.acount() == 1


async def test_too_much_in_one_second_is_429_for_that_caller(site: Opener, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("rooms.api.pace.PUBLISHES_PER_S", 3)
    eager, other = await device(site), await device(site)
    replies = [await eager.post(DEVICE, content=b"1") for _ in range(20)]
    refused = [reply for reply in replies if reply.status_code != 201]
    assert refused
    assert {(reply.status_code, reply.json()["error"]["code"]) for reply in refused} == {
        (429, "rate_limited")
    }
    assert refused[0].headers["Retry-After"] == "1"
    assert (await other.post(DEVICE, content=b"1")).status_code == 201


async def test_a_database_that_is_away_is_503(site: Opener):
    http = await device(site)
    await sync_to_async(run_sql)("ALTER TABLE rooms_devicekey RENAME TO rooms_devicekey_away")
    try:
        reply = await http.post(DEVICE, content=b"1")
    finally:
        await sync_to_async(run_sql)("ALTER TABLE rooms_devicekey_away RENAME TO rooms_devicekey")
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "unavailable")
    assert int(reply.headers["Retry-After"]) >= 1


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
