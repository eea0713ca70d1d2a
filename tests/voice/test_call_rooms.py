"""What the room of a call hears, and when it is gone."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from redis.asyncio import Redis

from rooms.connections import open_redis
from rooms.keys import Keys
from rooms.names import room_from_text
from rooms.parts import parts_on
from tests.voice.conftest import Site
from tests.voice.engine.browser import Browser
from voice.call_rooms import KEPT_S, LIMIT, CallRooms, room_of, turn_body
from voice.models import Conversation, ToolRun, Turn, Usage

Heard = list[dict[str, Any]]


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_server)
    yield client
    await client.aclose()


async def heard_in(redis: Redis, call_id: str) -> Heard:
    history = parts_on(redis, settings.ROOMS_NAMESPACE).history
    reading = await history.read(room_from_text(f"call.{call_id}"), last=500)
    return [json.loads(json.loads(frame)["data"]) for frame in reading.frames]


async def until_heard(redis: Redis, call_id: str, what: Callable[[Heard], bool]) -> Heard:
    async with asyncio.timeout(10):
        while not what(heard := await heard_in(redis, call_id)):
            await asyncio.sleep(0.02)
    return heard


def has_ended(heard: Heard) -> bool:
    return any(said.get("state") == "ended" for said in heard)


def rows(model: Any, call_id: str) -> list[Any]:
    return list(model.objects.filter(conversation_id=call_id))


async def life_of(redis: Redis, call_id: str) -> list[int]:
    keys, room = Keys(settings.ROOMS_NAMESPACE), room_from_text(f"call.{call_id}")
    return [await redis.ttl(keys.meta(room)), await redis.ttl(keys.stream(room))]


async def test_a_room_hears_what_is_stored(site: Site, peer: Browser, redis: Redis):
    call = await site.start_call(peer)
    await peer.reply()
    peer.type("What time is it?")
    await peer.reply(2)
    await site.http.post(f"/voice/calls/{call['id']}/end")
    heard = await until_heard(redis, call["id"], has_ended)

    states = [(said["state"], said["reason"]) for said in heard if said["type"] == "state"]
    assert states == [("connecting", None), ("live", None), ("ended", "user")]
    assert heard[0]["expires_at"] == call["expires_at"]
    assert 0 < heard[0]["ends_in_s"] <= 900
    assert heard[0]["control"] == "sideband"

    turns = {said["item_id"]: said for said in heard if said["type"] == "turn"}
    stored = await sync_to_async(rows)(Turn, call["id"])
    assert {row.item_id: (row.role, row.text, row.heard_text) for row in stored} == {
        item_id: (said["role"], said["text"], said["heard_text"]) for item_id, said in turns.items()
    }
    assert len(stored) == 3

    runs = [said for said in heard if said["type"] == "tool_run"]
    assert [run["status"] for run in runs] == ["running", "done"]
    run = (await sync_to_async(rows)(ToolRun, call["id"]))[0]
    assert (runs[1]["call_id"], runs[1]["name"]) == (run.call_id, "get_current_time")
    assert (runs[1]["output"], runs[1]["duration_ms"]) == (run.output, run.duration_ms)

    used = sum(said["total_tokens"] for said in heard if said["type"] == "usage")
    assert used == sum(row.total_tokens for row in await sync_to_async(rows)(Usage, call["id"])) > 0


async def test_a_room_lives_ten_minutes_longer_than_its_call(site: Site, peer: Browser, redis: Redis):
    call = await site.start_call(peer)
    await until_heard(redis, call["id"], lambda heard: len(heard) > 1)
    assert min(await life_of(redis, call["id"])) > KEPT_S
    await site.http.post(f"/voice/calls/{call['id']}/end")
    await until_heard(redis, call["id"], has_ended)
    async with asyncio.timeout(5):
        while max(await life_of(redis, call["id"])) > KEPT_S:
            await asyncio.sleep(0.02)
    assert min(await life_of(redis, call["id"])) > KEPT_S - 60


async def test_a_call_ended_over_its_owners_head_says_so_once(site: Site, peer: Browser, redis: Redis):
    call = await site.start_call(peer)
    await site.owner.force_end(uuid.UUID(call["id"]), "operator")
    async with asyncio.timeout(10):
        while site.owner.live:
            await asyncio.sleep(0.02)
    await site.owner.call_rooms.flush(5)
    ends = [said["reason"] for said in await heard_in(redis, call["id"]) if said.get("state") == "ended"]
    assert ends == ["operator"]


async def test_turns_that_the_page_reports_are_heard_once(site: Site, peer: Browser, redis: Redis):
    call = await site.start_call(peer)
    body = {"item_id": "item_x", "role": "user", "text": "Hello"}
    for _ in range(2):
        assert (await site.http.post(f"/voice/calls/{call['id']}/turns/", json=body)).status_code == 200
    await site.owner.call_rooms.flush(5)
    told = [said["text"] for said in await heard_in(redis, call["id"]) if said.get("item_id") == "item_x"]
    assert set(told) == {"Hello"}


async def test_a_drain_says_the_end_before_it_leaves(site: Site, peer: Browser, redis: Redis):
    call = await site.start_call(peer)
    await site.owner.drain(10)
    heard = await heard_in(redis, call["id"])
    assert heard[-1]["reason"] == "shutdown"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("road", ["one", "several"])
def test_erasing_a_conversation_erases_its_room_at_once(redis_server: str, road: str):
    root = get_user_model().objects.create_superuser("root")
    admin = Client()
    admin.force_login(root)
    now = timezone.now()
    row = Conversation.objects.create(
        user=root, provider="local", model="m", expires_at=now, ended_at=now, end_reason="user"
    )

    async def say() -> None:
        redis = open_redis(redis_server)
        said = parts_on(redis, settings.ROOMS_NAMESPACE).register
        await said.publish(room_of(row.pk), b'{"type": "turn"}', source="call")
        await redis.aclose()

    async def heard() -> Heard:
        redis = open_redis(redis_server)
        found = await heard_in(redis, str(row.pk))
        await redis.aclose()
        return found

    asyncio.run(say())
    assert len(asyncio.run(heard())) == 1
    if road == "one":
        admin.post(f"/admin/voice/conversation/{row.pk}/delete/", {"post": "yes"})
    else:
        chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        admin.post("/admin/voice/conversation/", chosen)
    assert not Conversation.objects.exists()
    assert asyncio.run(heard()) == []


async def test_a_redis_that_is_away_costs_messages_and_nothing_else(caplog: pytest.LogCaptureFixture):
    redis = open_redis("redis://127.0.0.1:1/0")
    told = CallRooms(parts_on(redis, "t:").register)
    turn = Turn(conversation_id=uuid.uuid4(), item_id="item_1", text="Hello", started_at=timezone.now())
    told.start()
    for _ in range(LIMIT + 50):
        told.tell_turn(turn)
    await told.flush(0.05)
    await told.aclose()
    await redis.aclose()
    assert len([record for record in caplog.records if record.name == "voice.call_rooms"]) == 1
    assert "Hello" not in caplog.text


def test_nothing_stored_is_nothing_said():
    told = CallRooms(parts_on(open_redis("redis://127.0.0.1:1/0"), "t:").register)
    told.tell_turn(None)
    told.tell_run(None)
    told.tell_usage(None)
    told.tell_state(None)
    assert told.waits == 0


def test_long_texts_fit_into_a_message():
    turn = Turn(item_id="item_1", text="🌱" * 100_000, heard_text="🌱" * 100_000, started_at=timezone.now())
    assert len(json.dumps(turn_body(turn), ensure_ascii=False).encode()) <= 65_536
