"""The list of rooms."""

from __future__ import annotations

import asyncio
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group

from rooms.models import Room
from rooms.names import room_from_text
from rooms.parts import Parts
from tests.rooms.api.conftest import Opener, make_key, make_person

LIST = "/api/rooms/"


async def publish(parts: Parts, *rooms: str, payload: bytes = b"1") -> None:
    for room in rooms:
        await parts.register.publish(room_from_text(room), payload, source="http", command=False)


async def names(http: Any, **query: Any) -> list[str]:
    reply = await http.get(LIST, params=query)
    assert reply.status_code == 200, reply.text
    return [entry["room"] for entry in reply.json()["rooms"]]


async def test_rooms_are_listed_with_all_that_is_known(site: Opener, parts: Parts):
    watcher = await site(person=await sync_to_async(make_person)("ada", is_superuser=True))
    await publish(parts, "device01", payload=b"21.5")
    await Room.objects.acreate(name="device01", title="Greenhouse", unit="°C", expected_interval_s=60)
    await parts.presence.beat({room_from_text("device01"): 3})
    body = (await watcher.get(LIST)).json()
    entry = body["rooms"][0]
    assert entry.keys() == {
        *("room", "title", "unit", "epoch", "offset", "data", "at"),
        *("rate_per_min", "interval_ms", "watchers", "late"),
    }
    assert (entry["room"], entry["title"], entry["unit"]) == ("device01", "Greenhouse", "°C")
    assert (entry["offset"], entry["data"], entry["watchers"]) == (1, "21.5", 3)
    assert (entry["interval_ms"], entry["late"]) == (60_000, False)
    assert body["next"] is None


async def test_what_is_no_text_is_listed_as_base64(site: Opener, parts: Parts):
    http = await site(person=await sync_to_async(make_person)("ada", is_superuser=True))
    await publish(parts, "camera", payload=b"\xff\xfe")
    entry = (await http.get(LIST)).json()["rooms"][0]
    assert (entry["base64"], "data" in entry) == ("//4=", False)


async def test_newest_first_searched_and_in_pages(site: Opener, parts: Parts):
    http = await site(person=await sync_to_async(make_person)("ada", is_superuser=True))
    await publish(parts, *(f"device{n}" for n in range(5)))
    await asyncio.sleep(0.003)  # the list goes by milliseconds
    await publish(parts, "Kitchen")
    assert (await names(http))[0] == "Kitchen"
    assert await names(http, search="kitch") == ["Kitchen"]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2, "search": "device"}
    while True:
        body = (await http.get(LIST, params=query)).json()
        seen += [entry["room"] for entry in body["rooms"]]
        if body["next"] is None:
            break
        query["after"] = body["next"]
    assert sorted(seen) == [f"device{n}" for n in range(5)]


async def test_only_what_the_caller_may_view(site: Opener, parts: Parts):
    await publish(parts, "open", "ours", "closed", "sensors/1")
    group = await Group.objects.acreate(name="growers")
    ours = await Room.objects.acreate(name="ours")
    await ours.view_groups.aadd(group)
    await Room.objects.acreate(name="closed")
    person = await sync_to_async(make_person)("ada")
    assert await names(await site(person=person)) == []
    await person.groups.aadd(group)
    assert await names(await site(person=person)) == ["ours"]
    reader = await site(key=await sync_to_async(make_key)("sensors/*", can_read=True))
    assert await names(reader) == ["sensors/1"]
    writer = await site(key=await sync_to_async(make_key)("sensors/*"))
    assert await names(writer) == []


async def test_calls_and_joined_rooms_are_not_listed(site: Opener, parts: Parts):
    http = await site(person=await sync_to_async(make_person)("ada", is_superuser=True))
    await parts.register.publish(room_from_text("call.x"), b"{}", source="call")
    await parts.register.enter(room_from_text("only joined"))
    assert await names(http) == []


async def test_a_short_page_goes_on_where_little_may_be_viewed(site: Opener, parts: Parts):
    await publish(parts, "mine", *(f"other{n}" for n in range(30)))
    reader = await site(key=await sync_to_async(make_key)("mine", can_read=True))
    seen: list[str] = []
    after = ""
    for _ in range(10):
        body = (await reader.get(LIST, params={"limit": 1, "after": after})).json()
        seen += [entry["room"] for entry in body["rooms"]]
        after = body["next"]
        if after is None:
            break
    assert seen == ["mine"]


async def test_a_wrong_cursor_is_refused(site: Opener):
    http = await site(person=await sync_to_async(make_person)("ada", is_superuser=True))
    reply = await http.get(LIST, params={"after": "nonsense"})
    assert (reply.status_code, reply.json()["error"]["field"]) == (400, "after")
