"""Processes and Redis that go away: every socket hears everything in order, or is told of exactly one gap."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from rooms.connections import open_redis
from rooms.names import Room
from rooms.register import Register
from tests.rooms.browser import Browser, data_of, welcomed
from tests.rooms.conftest import make_limits
from tests.rooms.own_redis import OwnRedis, own_redis
from tests.rooms.web import rooms_web
from tests.voice.conftest import make_user
from tests.voice.web_process import WebProcess

ROOM = Room("device01")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnRedis]:
    with own_redis(tmp_path) as made:
        yield made


@pytest.fixture
def user(transactional_db: None) -> Any:
    return make_user("ada", is_superuser=True)


@pytest.fixture
def web(own: OwnRedis, namespace: str, user: Any) -> Iterator[WebProcess]:
    with rooms_web(namespace, REDIS_URL=own.url) as made:
        yield made


@pytest.fixture
async def redis(own: OwnRedis) -> AsyncIterator[Redis]:
    client = open_redis(own.url)
    yield client
    await client.aclose()


@pytest.fixture
def register(redis: Redis, namespace: str) -> Register:
    return Register(redis, namespace, make_limits())


@pytest.fixture
async def browser(web: WebProcess, user: Any) -> AsyncIterator[Browser]:
    async with welcomed(web.url, user) as made:
        yield made


async def publish(register: Register, *texts: str) -> None:
    for text in texts:
        await register.publish(ROOM, text.encode(), source="http")


async def hear_until(browser: Browser, text: str) -> list[dict[str, Any]]:
    """Everything up to the message with that text."""
    found = [await browser.hear()]
    while found[-1].get("data") != text:
        found.append(await browser.hear())
    return found


async def test_two_processes_deliver_once_to_each_socket(own, web, namespace, user, register):
    with rooms_web(namespace, REDIS_URL=own.url) as second:
        async with welcomed(web.url, user) as one, welcomed(second.url, user) as two:
            await one.join(ROOM)
            await two.join(ROOM)
            await one.say(type="publish", room=ROOM, data="by one", id=1)
            await hear_until(two, "by one")
            await publish(register, "by http", "end")
            heard = [m for m in await hear_until(one, "end") if m["type"] == "message"]
            assert data_of(*heard) == ["by one", "by http", "end"]
            assert [m["offset"] for m in heard] == [1, 2, 3]
            assert data_of(*(await hear_until(two, "end"))) == ["by http", "end"]


async def test_redis_back_with_its_data_is_one_gap_and_offsets_go_on(browser, own, redis, register):
    place = await browser.join(ROOM)
    await publish(register, "a", "b")
    await hear_until(browser, "b")
    await asyncio.to_thread(own.stop)
    assert (await browser.ask(type="join", room="other"))["code"] == "unavailable"
    await asyncio.to_thread(own.start)
    await redis.connection_pool.disconnect()
    await publish(register, "c", "d")
    found = await hear_until(browser, "d")
    assert [one["type"] for one in found] == ["gap", *["message"] * (len(found) - 1)]
    gap, first = found[0], found[1]
    assert gap["reason"] == "epoch" and gap["from"] == {"epoch": place["epoch"], "offset": 2}
    assert gap["to"] == {"epoch": first["epoch"], "offset": first["offset"]}
    assert found[-1]["offset"] == 4 and first["epoch"] != place["epoch"]
    assert data_of(*(await browser.join(ROOM, last=9))["messages"]) == ["a", "b", "c", "d"]


async def test_redis_back_empty_lets_nobody_believe_to_be_complete(browser, own, redis, register):
    place = await browser.join(ROOM)
    await publish(register, "a", "b")
    await hear_until(browser, "b")
    await asyncio.to_thread(own.stop, signal.SIGKILL)
    await asyncio.to_thread(own.start, empty=True)
    await redis.connection_pool.disconnect()
    await publish(register, "c", "d")
    found = await hear_until(browser, "d")
    assert [one["type"] for one in found].count("gap") == 1 and found[0]["type"] == "gap"
    assert found[-1]["offset"] == 2 and found[-1]["epoch"] != place["epoch"]
    again = await browser.join(ROOM, since={"epoch": place["epoch"], "offset": 2})
    assert again["recovered"] is False and len(again["gaps"]) == 1


async def test_a_cut_subscription_loses_nothing(browser, redis, register):
    await browser.join(ROOM)

    async def cut_now_and_then() -> None:
        for _ in range(4):
            await asyncio.sleep(0.3)
            await redis.client_kill_filter(_type="pubsub")

    async def publish_numbers() -> None:
        for number in range(1, 301):
            await publish(register, str(number))
            await asyncio.sleep(0.005)

    cutting = asyncio.create_task(cut_now_and_then())
    publishing = asyncio.create_task(publish_numbers())
    found = await hear_until(browser, "300")
    await asyncio.gather(cutting, publishing)
    assert data_of(*found) == [str(number) for number in range(1, 301)]


async def test_sockets_are_told_of_a_restart(browser, web):
    await browser.join(ROOM)
    web.process.send_signal(signal.SIGTERM)
    assert await browser.close_code() == 4001
    assert await asyncio.to_thread(web.process.wait, 15) == 0


async def test_many_sockets_are_all_told_of_a_restart(web, user):
    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(welcomed(web.url, user)) for _ in range(250)]
        for one in browsers[::5]:
            await one.join(ROOM)
        web.process.send_signal(signal.SIGTERM)
        assert {await one.close_code() for one in browsers} == {4001}
    assert await asyncio.to_thread(web.process.wait, 15) == 0


async def test_a_killed_process_does_not_count_as_watching(own, web, namespace, user):
    with rooms_web(namespace, REDIS_URL=own.url) as second:
        async with welcomed(web.url, user) as one, welcomed(second.url, user) as two:
            await one.join(ROOM)
            await two.join(ROOM)
            await one.hear_clockwork("presence", 5, room=ROOM, watchers=2)
            second.stop(signal.SIGKILL)
            await one.hear_clockwork("presence", 25, room=ROOM, watchers=1)


async def test_an_idle_socket_lives_and_hears_afterwards(browser, register):
    await browser.join(ROOM)
    assert await browser.silent(12)
    await publish(register, "still here")
    assert (await browser.hear())["data"] == "still here"


async def test_heartbeats_carry_positions(browser, register):
    place = await browser.join(ROOM)
    await publish(register, "a")
    await browser.hear()
    found = await browser.hear_clockwork("heartbeat", 30)
    assert found["rooms"] == {ROOM: {"epoch": place["epoch"], "offset": 1}}


async def test_a_storm_of_returning_sockets_does_not_reach_redis(web, user, redis, register):
    await publish(register, *(str(number) for number in range(40)))

    async def scripts_run() -> int:
        stats = await redis.info("commandstats")
        return sum(int(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"]) for name in ("evalsha", "eval"))

    async with AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(welcomed(web.url, user)) for _ in range(60)]
        epoch = (await browsers[0].join(ROOM))["epoch"]
        before = await scripts_run()
        joined = await asyncio.gather(
            *(one.join(ROOM, since={"epoch": epoch, "offset": n % 40}) for n, one in enumerate(browsers))
        )
        assert await scripts_run() == before
    assert all(one["recovered"] and one["offset"] == 40 for one in joined)
    assert [len(one["messages"]) for one in joined] == [40 - n % 40 for n in range(60)]
