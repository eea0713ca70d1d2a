"""The rooms that exist, and who watches them."""

import asyncio

from rooms.names import room_from_text
from rooms.presence import Presence
from tests.rooms.test_register import DEVICE, publish_numbers


async def test_rooms_are_found_by_their_messages_newest_first(register, registry):
    for name in ("one", "two", "Three"):
        await register.publish(room_from_text(name), name.encode(), source="http")
        await asyncio.sleep(0.002)
    await register.enter(room_from_text("only joined"))
    rooms = (await registry.list()).rooms
    assert [(state.room, state.payload) for state in rooms] == [
        ("Three", b"Three"),
        ("two", b"two"),
        ("one", b"one"),
    ]
    assert [state.room for state in (await registry.list(search="T")).rooms] == ["Three", "two"]


async def test_list_is_read_page_by_page(register, registry):
    for n in range(25):
        await register.publish(room_from_text(f"room {n}"), b"1", source="http")
    names, after = [], ""
    while True:
        page = await registry.list(after=after, limit=10)
        names += [state.room for state in page.rooms]
        if page.next is None:
            break
        after = page.next
    assert sorted(names) == sorted(f"room {n}" for n in range(25))


async def test_rate_and_interval_are_learned(register, registry):
    for _ in range(20):
        await register.publish(DEVICE, b"1", source="http")
        await asyncio.sleep(0.02)
    state = (await registry.states([DEVICE]))[DEVICE]
    assert 10 < state.interval_ms < 200
    assert 19 < state.rate_per_min <= 20
    assert not state.is_late()
    assert state.is_late(expected_ms=0.001) == (state.now_ms - state.at_ms > 5000)


async def test_states_give_place_and_last_value(register, registry):
    done = await publish_numbers(register, 3)
    state = (await registry.states([DEVICE]))[DEVICE]
    assert (state.position, state.payload, state.at_ms) == (done[-1].position, b"3", done[-1].at_ms)


async def test_watchers_are_added_up_over_processes(redis, namespace):
    one, two = Presence(redis, namespace), Presence(redis, namespace)
    await one.beat({DEVICE: 2})
    await two.beat({DEVICE: 3})
    assert await one.watchers([DEVICE]) == {DEVICE: 5}
    await one.beat({})
    assert await two.watchers([DEVICE]) == {DEVICE: 3}


async def test_watchers_of_a_killed_process_are_gone_after_its_lease(redis, namespace):
    dead, alive = Presence(redis, namespace, lease_s=0.1), Presence(redis, namespace)
    await dead.beat({DEVICE: 2})
    await alive.beat({DEVICE: 1})
    async with asyncio.timeout(3):
        while await alive.watchers([DEVICE]) != {DEVICE: 1}:
            await asyncio.sleep(0.02)
