"""Random histories against a simple model: recovery is complete, or false with one gap, and nothing else."""

import json
import random

import pytest

from rooms.frames import Position
from rooms.register import Register
from tests.rooms.conftest import make_limits
from tests.rooms.test_register import DEVICE

SIZE = 8


class Model:
    """What a room is: all that was ever published in it, and the newest of it that is kept."""

    def __init__(self) -> None:
        self.all: list[Position] = []

    def expected(self, since: Position, epoch: str) -> list[int] | None:
        """Offsets a reader must be given, or None when it cannot be given all."""
        top = self.all[-1].offset
        if since.epoch != epoch or since.offset < top - SIZE:
            return None
        return list(range(since.offset + 1, top + 1))


@pytest.mark.parametrize("seed", range(5))
async def test_whoever_comes_back_gets_all_or_is_told(redis, namespace, history, seed):
    chance = random.Random(seed)
    register = Register(redis, namespace, make_limits(history_size=SIZE))
    model = Model()
    for step in range(60):
        if step and chance.random() < 0.1:
            await redis.hset(f"\x01{namespace}r:gen", "run", f"run {step}")
            await register.tops([DEVICE])
            # A bridge listens again at once.
            await redis.hset(f"\x01{namespace}r:gen", "heard", 1)
        for _ in range(chance.randint(1, 4)):
            done = await register.publish(DEVICE, b"x", source="http")
            model.all.append(done.position)
        since = chance.choice(model.all[-3 * SIZE :])
        await compare(history, model, since, limit=chance.choice([3, 500]))


async def compare(history, model, since, *, limit):
    epoch = model.all[-1].epoch
    expected = model.expected(since, epoch)
    reading = await history.read(DEVICE, since=since, last=2, limit=limit)
    offsets = [json.loads(frame)["offset"] for frame in reading.frames]
    if expected is None:
        assert reading.recovered is False
        assert offsets == [place.offset for place in model.all[-2:]]
        (gap,) = [json.loads(text) for text in reading.gaps]
        assert gap["from"] == since.as_body()
        assert gap["to"]["epoch"] == epoch
        return
    assert (reading.recovered, reading.gaps) == (True, [])
    assert offsets == expected[:limit]
    assert reading.more == (len(expected) > limit)
    assert reading.position.offset == (offsets[-1] if offsets else since.offset)
