"""Questions that come together are read together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from rooms import lookup
from rooms.database import DatabaseThread
from rooms.errors import Unavailable
from rooms.lookup import Lookup


class Reader:
    """Answers with squares, when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def read(self, numbers: Sequence[int]) -> dict[int, int]:
        self.may_answer.wait(5)
        self.batches.append(list(numbers))
        return {number: number * number for number in numbers}


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
async def squares(reader):
    thread = DatabaseThread("test")
    made: Lookup[int, int] = Lookup(thread, reader.read)
    yield made
    reader.may_answer.set()
    await made.aclose()
    await thread.aclose()


async def test_what_is_asked_during_a_read_is_read_next_and_once(squares, reader):
    reader.may_answer.clear()
    first = asyncio.create_task(squares.find(1))
    await asyncio.sleep(0.02)
    later = [asyncio.create_task(squares.find(number)) for number in (2, 3, 2, 1)]
    await asyncio.sleep(0.02)
    reader.may_answer.set()
    assert await asyncio.gather(first, *later) == [1, 4, 9, 4, 1]
    assert reader.batches == [[1], [2, 3, 1]]


async def test_an_answer_is_never_older_than_its_question(squares, reader):
    assert await squares.find(2) == 4
    assert await squares.find(2) == 4
    assert reader.batches == [[2], [2]]


async def test_a_batch_has_its_bound(squares, reader):
    squares._batches._most = 3
    assert await asyncio.gather(*map(squares.find, range(7))) == [n * n for n in range(7)]
    assert max(map(len, reader.batches)) == 3


async def test_a_failed_read_is_told_to_all_who_asked_and_the_next_one_works(squares, reader):
    squares._read = lambda numbers: 1 // 0
    faults = await asyncio.gather(squares.find(1), squares.find(2), return_exceptions=True)
    assert [type(fault) for fault in faults] == [ZeroDivisionError, ZeroDivisionError]
    squares._read = lambda numbers: dict.fromkeys(numbers, 7)
    assert await squares.find(1) == 7


async def test_who_leaves_takes_nothing_from_the_others(squares, reader):
    reader.may_answer.clear()
    gone, stays = asyncio.create_task(squares.find(3)), asyncio.create_task(squares.find(3))
    await asyncio.sleep(0.02)
    gone.cancel()
    reader.may_answer.set()
    assert await stays == 9


async def test_a_database_that_does_not_answer_is_not_waited_for_without_end(squares, reader, monkeypatch):
    monkeypatch.setattr(lookup, "ANSWER_TIMEOUT_S", 0.05)
    reader.may_answer.clear()
    with pytest.raises(Unavailable):
        await squares.find(1)
