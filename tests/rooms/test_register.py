"""The register script: places, bounds, keys, commands, generations."""

import asyncio
import json

import pytest

from rooms.errors import Conflict, LostLease, NotAllowed, PlaceMoved, TooLarge
from rooms.frames import Position, message_frame
from rooms.names import group_channel_of, room_from_text
from rooms.register import FeedPlace, RawMessage, Register
from tests.rooms.conftest import make_limits

DEVICE = room_from_text("device01")


async def publish_numbers(register, count, room=DEVICE, first=1):
    return [await register.publish(room, str(n).encode(), source="http") for n in range(first, first + count)]


async def test_offsets_are_contiguous_from_one(register):
    places = [done.position for done in await publish_numbers(register, 5)]
    assert [place.offset for place in places] == [1, 2, 3, 4, 5]
    assert len({place.epoch for place in places}) == 1


async def test_many_publishers_at_once_share_the_offsets(register):
    tasks = [register.publish(DEVICE, b"x", source="http") for _ in range(50)]
    done = await asyncio.gather(*tasks)
    assert sorted(one.position.offset for one in done) == list(range(1, 51))


async def test_epoch_is_random_and_generation(register):
    place = await register.enter(DEVICE)
    random, _, generation = place.epoch.partition(".")
    assert random.isalnum() and generation.isdigit()
    assert place.offset == 0
    assert (await register.publish(DEVICE, b"1", source="http")).position == Position(place.epoch, 1)


@pytest.mark.parametrize(
    "payload",
    [b"hello", b'{"a": 1}', b'"', "😀".encode(), b"NaN", b"\xff\xfe", b"", b"x" * 61440, b"a\nb\x01\\"],
    ids=["text", "json", "quote", "emoji", "nan", "bytes", "nothing", "60kB", "controls"],
)
async def test_group_channel_carries_the_finished_frame(redis, namespace, register, payload):
    async with redis.pubsub() as heard:
        await heard.subscribe(group_channel_of(DEVICE, namespace))
        await heard.get_message(timeout=1)
        done = await register.publish(DEVICE, payload, source="http")
        frame = (await heard.get_message(timeout=1))["data"].decode()
    assert frame == message_frame(DEVICE, done.position, done.at_ms, payload)
    body = json.loads(frame)
    assert ("data" in body) == (payload != b"\xff\xfe")
    assert body.get("data", "").encode() == (payload if "data" in body else b"")


async def test_command_follows_its_marker_on_the_plain_channel(redis, namespace, register):
    room = room_from_text(f"device {namespace}")
    async with redis.pubsub() as heard:
        await heard.subscribe(room)
        await heard.psubscribe(f"\x01{namespace}bridge.*")
        await register.publish(room, b"on", source="socket")
        await register.publish(room, b"off", source="http", command=False)
        messages = []
        while message := await heard.get_message(timeout=0.2):
            if message["type"] in ("message", "pmessage"):
                messages.append((message["channel"].decode(), message["data"]))
    assert messages == [(f"\x01{namespace}bridge.skip", room.encode()), (room, b"on")]


async def test_same_idempotency_key_is_registered_once(register):
    first = await register.publish(DEVICE, b"on", source="http", idempotency_key="k1")
    again = await register.publish(DEVICE, b"on", source="http", idempotency_key="k1")
    assert again.position == first.position
    assert (first.duplicate, again.duplicate) == (False, True)
    with pytest.raises(Conflict):
        await register.publish(DEVICE, b"off", source="http", idempotency_key="k1")
    other = room_from_text("device02")
    assert not (await register.publish(other, b"off", source="http", idempotency_key="k1")).duplicate


async def test_history_is_bounded_by_count(redis, namespace, history):
    register = Register(redis, namespace, make_limits(history_size=10))
    await publish_numbers(register, 25)
    reading = await history.read(DEVICE, last=500)
    assert [json.loads(frame)["offset"] for frame in reading.frames] == list(range(16, 26))


async def test_history_is_bounded_by_bytes(redis, namespace, history):
    register = Register(redis, namespace, make_limits(history_bytes=3000))
    for _ in range(200):
        await register.publish(DEVICE, b"small", source="http")
    await register.publish(DEVICE, b"x" * 2500, source="http")
    reading = await history.read(DEVICE, last=500)
    sizes = [len(json.loads(frame)["data"]) for frame in reading.frames]
    assert sizes[-1] == 2500
    assert 10 < len(sizes) < 40


async def test_history_is_bounded_by_age(redis, namespace, history, settings):
    settings.ROOMS_HISTORY_TTL_S = 1
    register = Register(redis, namespace, make_limits(history_ttl_s=1))
    first = await register.publish(DEVICE, b"old", source="http")
    while (await redis.time())[0] * 1000 <= first.at_ms + 1000:
        await asyncio.sleep(0.05)
    second = await register.publish(DEVICE, b"new", source="http")
    reading = await history.read(DEVICE, last=500)
    assert [json.loads(frame)["data"] for frame in reading.frames] == ["new"]
    assert second.position == Position(first.position.epoch, 2)


async def test_payload_above_the_limit_is_refused_or_takes_its_place_without_data(redis, namespace, history):
    register = Register(redis, namespace, make_limits(message_bytes=10))
    with pytest.raises(TooLarge):
        await register.publish(DEVICE, b"x" * 11, source="http")
    await redis.hset(f"\x01{namespace}r:bridge", "fence", "7")
    await register.publish_raw([RawMessage(DEVICE, b"x" * 11), RawMessage(DEVICE, b"y")], 7)
    frames = [json.loads(frame) for frame in (await history.read(DEVICE, last=2)).frames]
    assert [frame["offset"] for frame in frames] == [1, 2]
    assert frames[0]["too_large"] == 11 and "data" not in frames[0]
    assert frames[1]["data"] == "y"


async def test_old_fence_registers_nothing(redis, namespace, register):
    await redis.hset(f"\x01{namespace}r:bridge", "fence", "8")
    with pytest.raises(LostLease):
        await register.publish_raw([RawMessage(DEVICE, b"late")], 7)
    assert await register.tops([DEVICE]) == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["late batch first", "late batch last"])
async def test_batch_given_up_and_sent_again_is_registered_once(redis, namespace, register, order):
    """A command that waited in the network longer than its sender arrives after all."""
    await redis.hset(f"\x01{namespace}r:bridge", "fence", "7")
    given_up = [RawMessage(DEVICE, b"1")], FeedPlace("7:1", 1)
    again = [RawMessage(DEVICE, b"1"), RawMessage(DEVICE, b"2")], FeedPlace("7:1", 2)
    batches = [given_up, again]
    batch, place = batches[order[0]]
    await register.publish_raw(batch, 7, place, after=FeedPlace("", 0))
    late, late_place = batches[order[1]]
    with pytest.raises(PlaceMoved):
        await register.publish_raw(late, 7, late_place, after=FeedPlace("", 0))
    assert (await register.tops([DEVICE]))[DEVICE].offset == len(batch)


async def test_a_message_that_is_not_listed_makes_no_room_to_be_found(register, registry, history):
    await register.publish(DEVICE, b"1", source="http", listed=False)
    assert (await registry.list()).rooms == []
    assert len((await history.read(DEVICE, last=1)).frames) == 1


async def test_rooms_beyond_the_most_are_relayed_without_history(redis, namespace, history, registry):
    register = Register(redis, namespace, make_limits(rooms=2))
    for name in ("a", "b", "c", "c"):
        done = await register.publish(room_from_text(name), b"1", source="http")
    assert (done.position.offset, done.kept) == (2, False)
    assert (await history.read(room_from_text("c"), last=10)).frames == []
    assert [state.room for state in (await registry.list()).rooms] == ["b", "a"]
    fill = await registry.fill()
    assert (fill.rooms, fill.unkept) == (2, 2)


async def test_room_of_a_call_takes_only_what_the_call_says(register, registry, history):
    call = room_from_text("call.1")
    with pytest.raises(NotAllowed):
        await register.publish(call, b"x", source="http")
    await register.publish(call, b"x", source="call")
    assert len((await history.read(call, last=5)).frames) == 1
    assert (await registry.list()).rooms == []


async def test_forgotten_room_begins_anew(register, history):
    (before,) = await publish_numbers(register, 1)
    await register.forget(DEVICE)
    assert await register.tops([DEVICE]) == {}
    after = await register.publish(DEVICE, b"1", source="http")
    assert after.position.offset == 1 and after.position.epoch != before.position.epoch
    assert len((await history.read(DEVICE, last=10)).frames) == 1


async def test_limited_life_is_not_prolonged_by_messages(redis, namespace, register):
    await publish_numbers(register, 1)
    await register.limit_life(DEVICE, 600)
    await publish_numbers(register, 1)
    for key in await redis.keys(f"\x01{namespace}r:[mh]:*"):
        assert 0 < await redis.pttl(key) <= 600_000


async def test_script_is_loaded_again_where_redis_forgot_it(redis, register):
    await publish_numbers(register, 1)
    await redis.script_flush()
    assert (await publish_numbers(register, 1))[0].position.offset == 2


async def test_another_run_of_redis_is_another_epoch_with_the_same_messages(
    redis, namespace, register, history
):
    before = (await publish_numbers(register, 3))[-1].position
    await redis.hset(f"\x01{namespace}r:gen", "run", "another")
    after = (await publish_numbers(register, 1, first=4))[0].position
    assert after.offset == 4 and after.epoch != before.epoch
    frames = [json.loads(frame) for frame in (await history.read(DEVICE, last=10)).frames]
    assert [frame["data"] for frame in frames] == ["1", "2", "3", "4"]
    assert [frame["epoch"] for frame in frames] == [before.epoch] * 3 + [after.epoch]


async def test_unpublished_epoch_changes_with_the_run_for_readers_too(redis, namespace, register):
    before = (await publish_numbers(register, 3))[-1].position
    await redis.hset(f"\x01{namespace}r:gen", "run", "another")
    top = (await register.tops([DEVICE]))[DEVICE]
    assert top.offset == 3 and top.epoch != before.epoch
