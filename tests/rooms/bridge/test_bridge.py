"""From plain PUBLISH to a place in a room."""

import json

import pytest

from rooms.bridge.state import read_state
from rooms.names import group_channel_of, room_from_text
from tests.rooms.bridge.conftest import numbers_in, passing_on, until


@pytest.fixture
def room(namespace):
    return room_from_text(f"{namespace}device 01/ü")


async def leads(bridge):
    await until(lambda: bridge.is_leading)


async def test_raw_publish_gets_its_place(redis, start_bridge, history, room):
    async with start_bridge() as bridge:
        await leads(bridge)
        for n in range(200):
            await redis.publish(room, str(n))
        await until(lambda: has(history, room, 200))
    assert await numbers_in(history, room) == list(range(200))


async def has(history, room, count):
    return len((await history.read(room, last=500)).frames) >= count


async def test_frames_go_to_the_group_as_they_come(redis, namespace, start_bridge, room):
    async with start_bridge() as bridge, redis.pubsub() as heard:
        await heard.subscribe(group_channel_of(room, namespace))
        await heard.get_message(timeout=1)
        await leads(bridge)
        await redis.publish(room, b"\xff\xfe")
        frame = json.loads((await heard.get_message(timeout=2))["data"])
    assert (frame["room"], frame["offset"], frame["base64"]) == (room, 1, "//4=")


async def test_command_is_registered_once_though_the_bridge_hears_it(
    redis, start_bridge, register, history, room
):
    async with start_bridge() as bridge:
        await leads(bridge)
        for n in range(50):
            if n % 2:
                await register.publish(room, str(n).encode(), source="http")
            else:
                await redis.publish(room, str(n))
                await until(lambda n=n: has(history, room, n + 1))
        await redis.publish(room, "50")
        await until(lambda: has(history, room, 51))
    assert await numbers_in(history, room) == list(range(51))


async def test_patterns_that_overlap_register_once(redis, namespace, start_bridge, history, room):
    async with start_bridge(patterns=[f"{namespace}dev*", f"{namespace}*"]) as bridge:
        await leads(bridge)
        for n in range(20):
            await redis.publish(room, str(n))
        await until(lambda: has(history, room, 20))
    assert await numbers_in(history, room) == list(range(20))


async def test_two_bridges_register_once(redis, start_bridge, history, room):
    async with start_bridge() as one, start_bridge() as two:
        await until(lambda: one.is_leading or two.is_leading)
        for n in range(100):
            await redis.publish(room, str(n))
        await until(lambda: has(history, room, 100))
        assert one.is_leading != two.is_leading
    assert await numbers_in(history, room) == list(range(100))


async def test_bridge_that_leaves_hands_over_without_a_gap(redis, namespace, start_bridge, history, room):
    async with start_bridge() as standby:
        await leads(standby)
        async with start_bridge() as second:
            await until(lambda: second.is_warm)
            standby.stop()
            for n in range(300):
                await redis.publish(room, str(n))
            await leads(second)
            await until(lambda: has(history, room, 300))
        assert await numbers_in(history, room) == list(range(300))
        assert (await history.read(room, last=500)).gaps == []


async def test_what_no_bridge_heard_is_told_once_and_kept(redis, namespace, start_bridge, history, room):
    async with start_bridge() as bridge:
        await leads(bridge)
        await redis.publish(room, "1")
        await until(lambda: has(history, room, 1))
    await redis.publish(room, "nobody hears")
    before = await history.read(room, last=1)
    async with redis.pubsub() as heard:
        await heard.subscribe(f"\x01{namespace}gaps")
        await heard.get_message(timeout=1)
        async with start_bridge() as bridge:
            told = json.loads((await heard.get_message(timeout=5))["data"])
            await leads(bridge)
            assert await heard.get_message(timeout=0.3) is None
    assert told["pattern"] == f"{namespace}*"
    assert told["since_ms"] < told["until_ms"]
    reading = await history.read(room, since=before.position)
    assert reading.recovered is True
    (gap,) = [json.loads(text) for text in reading.gaps]
    assert (gap["reason"], gap["from"], gap["to"]) == ("not_heard", None, None)
    assert (gap["since_ms"], gap["until_ms"]) == (told["since_ms"], told["until_ms"])


async def test_broken_link_of_the_leader_lets_the_standby_go_on(
    redis, namespace, start_bridge, history, room
):
    async with start_bridge() as first:
        await leads(first)
        async with start_bridge() as second:
            await until(lambda: second.is_warm)
            await redis.publish(room, "0")
            await until(lambda: has(history, room, 1))
            first._feed.cut()
            for n in range(1, 200):
                await redis.publish(room, str(n))
            await leads(second)
            await until(lambda: has(history, room, 200))
            assert await numbers_in(history, room) == list(range(200))
            assert (await history.read(room, last=500)).gaps == []


async def test_closed_link_is_opened_anew(redis, namespace, start_bridge, history, room):
    async with start_bridge() as bridge:
        await leads(bridge)
        for client in await redis.client_list(_type="pubsub"):
            if int(client["psub"]):
                await redis.execute_command("CLIENT", "KILL", "ID", client["id"])
        await until(lambda: not bridge.is_leading)
        await leads(bridge)
        await redis.publish(room, "1")
        await until(lambda: has(history, room, 1))


async def test_mute_link_is_opened_anew(redis_server, redis, start_bridge, history, room):
    async with passing_on(redis_server) as (url, mute, links), start_bridge(url=url) as bridge:
        await leads(bridge)
        mute.update(number for number, said in links.items() if b"PSUBSCRIBE" in said)
        assert mute
        await until(lambda: not bridge.is_leading)
        await leads(bridge)
        await redis.publish(room, "1")
        await until(lambda: has(history, room, 1))


async def test_state_names_a_missing_bridge(redis, namespace, start_bridge):
    assert "runbridge" in (await read_state(redis, namespace)).fault()
    async with start_bridge() as bridge:
        await leads(bridge)
        await until(lambda: is_well(redis, namespace))
    assert "runbridge" in (await read_state(redis, namespace)).fault()


async def is_well(redis, namespace):
    return (await read_state(redis, namespace)).fault() == ""
