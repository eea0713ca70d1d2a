"""Who may watch a call, and that it is written down and told."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone
from redis.asyncio import Redis

from rooms.names import Room, room_from_text
from rooms.policies import NONE, Rights, is_listed, rights_for, tell_entered
from tests.voice.conftest import Site
from tests.voice.live_floor import FLOOR, audited, staff_of, start
from tests.voice.test_call_rooms import Heard, heard_in, redis
from voice.erasure import erase
from voice.models import CallPolicy, Conversation

__all__ = ["redis"]

pytestmark = pytest.mark.django_db(transaction=True)

MAY_VIEW = Rights(view=True, publish=False)


@sync_to_async
def make_person(name: str, *, may_watch: bool = False, **values: Any) -> Any:
    person = get_user_model().objects.create_user(name, **values)
    if may_watch:
        person.user_permissions.add(Permission.objects.get(codename="watch_call"))
    return person


async def make_call(person: Any) -> Room:
    row = await Conversation.objects.acreate(
        user=person, provider="local", model="m", expires_at=timezone.now()
    )
    return room_from_text(row.room)


async def test_a_call_is_seen_by_the_person_in_it_and_by_those_who_may_watch():
    ada = await make_person("ada")
    room = await make_call(ada)
    assert await rights_for(ada, room) == MAY_VIEW
    assert await rights_for(await make_person("bob"), room) == NONE
    assert await rights_for(await make_person("guard", may_watch=True), room) == MAY_VIEW
    assert await rights_for(await make_person("boss", is_staff=True), room) == NONE


async def test_not_even_a_superuser_publishes_to_a_call():
    room = await make_call(await make_person("ada"))
    assert await rights_for(await make_person("root", is_superuser=True, is_staff=True), room) == MAY_VIEW


async def test_calls_are_not_listed_and_a_call_without_record_is_nobodys():
    root = await make_person("root", is_superuser=True, is_staff=True)
    room = await make_call(root)
    assert not is_listed(room)
    for name in (f"call.{uuid.uuid4()}", "call.x", f"call.{room[5:].upper()}", f"call.{{{room[5:]}}}"):
        if name != room:
            assert await rights_for(root, room_from_text(name)) == NONE


# Written down and told ---------------------------------------------------------------------------------


def notices(heard: Heard) -> list[str]:
    return [said["code"] for said in heard if said["type"] == "notice"]


async def until_noticed(redis: Redis, call: str, count: int) -> None:
    """The room has heard that many notices, and no more follow at once."""
    async with asyncio.timeout(5):
        while len(notices(await heard_in(redis, call))) < count:
            await asyncio.sleep(0.02)
    assert notices(await heard_in(redis, call)) == ["watched"] * count


async def test_a_look_is_written_down_and_told_once_for_each_watcher(scripted_site: Site, redis: Redis):
    call = await start(scripted_site)
    async with (
        staff_of(scripted_site, "guard", "watch_call") as http,
        staff_of(scripted_site, "chief", "watch_call") as other,
    ):
        await http.get(FLOOR)
        assert await audited() == []
        assert (await scripted_site.status(call))["notices"] == []
        replies = await asyncio.gather(*(http.get(f"{FLOOR}{call}/") for _ in range(4)))
        assert {reply.status_code for reply in replies} == {200}
        await until_noticed(redis, call, 1)
        assert await audited() == [("guard", "call_watched", {})]
        for _ in range(2):
            assert (await other.get(f"{FLOOR}{call}/")).status_code == 200
        await until_noticed(redis, call, 2)
    assert [actor for actor, _, _ in await audited()] == ["guard", "chief"]
    # A page that comes back learns it too.
    [notice] = (await scripted_site.status(call))["notices"]
    assert (notice["code"], "read along" in notice["message"]) == ("watched", True)


async def test_a_site_may_watch_untold_but_not_unwritten(scripted_site: Site, redis: Redis):
    await sync_to_async(CallPolicy(tell_watched=False).save)()
    call = await start(scripted_site)
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        assert (await http.get(f"{FLOOR}{call}/")).status_code == 200
    await scripted_site.owner.call_rooms.flush(5)
    assert notices(await heard_in(redis, call)) == []
    assert (await scripted_site.status(call))["notices"] == []
    assert await audited() == [("guard", "call_watched", {})]


async def test_whoever_reads_the_room_without_the_floor_is_written_down_too(
    scripted_site: Site, redis: Redis
):
    call = await start(scripted_site)
    async with staff_of(scripted_site, "guard", "watch_call") as http:
        room = f"/api/rooms/call.{call}/messages"
        assert (await http.post(room, content=b"x")).status_code == 403
        assert await audited() == []
        for _ in range(2):
            assert (await http.get(room)).status_code == 200
        await until_noticed(redis, call, 1)
        assert (await http.get(f"{FLOOR}{call}/")).status_code == 200
    assert (await scripted_site.http.get(room)).status_code == 200
    await scripted_site.owner.call_rooms.flush(5)
    await until_noticed(redis, call, 1)
    assert await audited() == [("guard", "call_watched", {})]


async def test_the_own_room_is_no_watching_whatever_rights_the_person_has():
    root = await make_person("root", is_superuser=True)
    room = await make_call(root)
    await tell_entered(root, room)
    assert await rights_for(root, room) == MAY_VIEW
    assert await audited() == []


async def test_of_a_call_that_is_over_a_look_is_written_down_while_there_are_words(redis: Redis):
    ada, guard = await make_person("ada"), await make_person("guard", may_watch=True)
    rooms = [await make_call(ada) for _ in range(3)]
    now = timezone.now()
    for room, minutes in zip(rooms, (5, 11, 1), strict=True):
        row = Conversation.objects.filter(pk=room.removeprefix("call."))
        await row.aupdate(ended_at=now - timedelta(minutes=minutes), end_reason="user")
    await sync_to_async(erase)(Conversation.objects.filter(pk=rooms[2].removeprefix("call.")))
    for room in rooms:
        await tell_entered(guard, room)
    watched = [row for row in await audited() if row[1] == "call_watched"]
    assert len(watched) == 1
    for room in rooms:
        assert notices(await heard_in(redis, room.removeprefix("call."))) == []


async def test_a_redis_that_is_away_costs_the_notice_and_not_the_look(settings: Any):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    room = await make_call(await make_person("ada"))
    await tell_entered(await make_person("guard", may_watch=True), room)
    assert len(await audited()) == 1
