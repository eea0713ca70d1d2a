"""Reading back: recovery is all or nothing."""

import json

import pytest

from rooms.frames import Position
from rooms.history import History
from rooms.names import room_from_text
from rooms.register import Register
from tests.rooms.conftest import make_limits
from tests.rooms.test_register import DEVICE, publish_numbers


def numbers(reading):
    return [int(json.loads(frame)["data"]) for frame in reading.frames]


async def test_reader_who_missed_nothing_is_recovered(register, history):
    top = (await publish_numbers(register, 3))[-1].position
    reading = await history.read(DEVICE, since=top)
    assert (reading.recovered, reading.frames, reading.gaps, reading.position) == (True, [], [], top)


async def test_reader_gets_everything_after_its_place(register, history):
    done = await publish_numbers(register, 5)
    reading = await history.read(DEVICE, since=done[1].position)
    assert reading.recovered is True
    assert numbers(reading) == [3, 4, 5]
    assert not reading.more


async def test_without_a_place_the_newest_are_read_and_recovered_is_none(register, history):
    await publish_numbers(register, 5)
    reading = await history.read(DEVICE, last=2)
    assert (reading.recovered, reading.gaps) == (None, [])
    assert numbers(reading) == [4, 5]


async def test_trimmed_messages_are_one_gap_up_to_what_is_known(redis, namespace, history):
    register = Register(redis, namespace, make_limits(history_size=3))
    done = await publish_numbers(register, 10)
    epoch = done[0].position.epoch
    reading = await history.read(DEVICE, since=done[1].position, last=2)
    assert reading.recovered is False
    assert numbers(reading) == [9, 10]
    (gap,) = [json.loads(text) for text in reading.gaps]
    assert gap["from"] == {"epoch": epoch, "offset": 2}
    assert gap["to"] == {"epoch": epoch, "offset": 9}
    assert gap["reason"] == "trimmed"
    assert gap["since_ms"] <= gap["until_ms"]


async def test_first_kept_message_right_after_the_place_is_enough(redis, namespace, history):
    register = Register(redis, namespace, make_limits(history_size=3))
    done = await publish_numbers(register, 10)
    reading = await history.read(DEVICE, since=done[6].position)
    assert reading.recovered is True
    assert numbers(reading) == [8, 9, 10]
    assert (await history.read(DEVICE, since=done[5].position)).recovered is False


async def test_another_epoch_is_one_gap_whatever_the_offset(register, history):
    await publish_numbers(register, 3)
    reading = await history.read(DEVICE, since=Position("other.1", 3), last=1)
    assert reading.recovered is False
    assert numbers(reading) == [3]
    (gap,) = [json.loads(text) for text in reading.gaps]
    assert (gap["reason"], gap["from"]) == ("epoch", {"epoch": "other.1", "offset": 3})


async def test_empty_redis_at_the_same_offset_never_looks_complete(redis, namespace, register, history):
    before = (await publish_numbers(register, 3))[-1].position
    for key in await redis.keys(f"\x01{namespace}*"):
        await redis.delete(key)
    await publish_numbers(register, 3)
    reading = await history.read(DEVICE, since=before)
    assert reading.position.offset == before.offset
    assert reading.recovered is False
    assert len(reading.gaps) == 1


async def test_place_ahead_of_the_room_is_not_recovered(register, history):
    top = (await publish_numbers(register, 3))[-1].position
    reading = await history.read(DEVICE, since=Position(top.epoch, 9))
    assert reading.recovered is False
    assert len(reading.gaps) == 1


async def test_long_recovery_is_read_on_from_the_last_message(register, history):
    first, *_, top = await publish_numbers(register, 23)
    place, got, more = first.position, [], True
    while more:
        reading = await history.read(DEVICE, since=place, limit=10)
        assert reading.recovered is True
        place, more = reading.position, reading.more
        got += numbers(reading)
    assert got == list(range(2, 24))
    assert place == top.position


async def test_answer_is_bounded_in_bytes(register, history):
    first = await register.publish(DEVICE, b"0", source="http")
    for _ in range(10):
        await register.publish(DEVICE, b"x" * 60_000, source="http")
    reading = await history.read(DEVICE, since=first.position)
    assert reading.more and reading.recovered
    assert 0 < sum(len(frame) for frame in reading.frames) <= 262_144
    newest = await history.read(DEVICE, last=500)
    assert sum(len(frame) for frame in newest.frames) <= 262_144
    assert json.loads(newest.frames[-1])["offset"] == 11


async def test_many_small_messages_fit_the_bytes_with_their_heads(register, history):
    long = room_from_text("x" * 200)
    await publish_numbers(register, 500, room=long)
    reading = await history.read(long, last=500, max_bytes=20_000)
    assert 0 < sum(len(frame) for frame in reading.frames) <= 20_000


async def test_recovery_across_a_restart_waits_until_the_bridge_listens(redis, namespace, register, history):
    before = (await publish_numbers(register, 3))[-1].position
    await redis.hset(f"\x01{namespace}r:gen", "run", "another")
    started = (await redis.time())[0]
    reading = await History(redis, namespace, settle_s=0.3).read(DEVICE, since=before)
    assert reading.recovered is False
    (gap,) = [json.loads(text) for text in reading.gaps]
    assert gap["reason"] == "epoch"
    assert (await redis.time())[0] >= started


@pytest.mark.parametrize("name", ["a:b", "a/b c", "ünï", "x" * 256])
async def test_any_name_works(register, history, name):
    room = room_from_text(name)
    await publish_numbers(register, 1, room=room)
    assert json.loads((await history.read(room, last=1)).frames[0])["room"] == name


async def test_gap_between_epochs_ends_where_the_new_one_begins(redis, namespace, register, history):
    before = await publish_numbers(register, 5)
    await redis.hset(f"\x01{namespace}r:gen", mapping={"run": "another"})
    after = await publish_numbers(register, 2, first=6)
    reading = await history.read(DEVICE, since=before[2].position, last=4)
    assert numbers(reading) == [4, 5, 6, 7]
    (gap,) = [json.loads(text) for text in reading.gaps]
    assert gap["from"]["offset"] == 3
    assert gap["to"] == {"epoch": after[0].position.epoch, "offset": 6}
