"""What comes while a batch is under way is the next batch."""

from __future__ import annotations

import asyncio

import pytest

from rooms.batches import Batches


class Work:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go_on = asyncio.Event()

    async def do(self, items):
        self.batches.append(list(items))
        await self.may_go_on.wait()
        return [item * 10 for item in items]


async def test_the_next_batch_gathers_while_one_is_under_way():
    work = Work()
    batches: Batches[int, int] = Batches(work.do, most=10)
    first = batches.add(1)
    await asyncio.sleep(0)
    later = [batches.add(number) for number in (2, 2, 3)]
    work.may_go_on.set()
    assert await asyncio.gather(first, *later) == [10, 20, 20, 30]
    assert work.batches == [[1], [2, 2, 3]]


async def test_one_answer_may_be_a_fault():
    async def do(items):
        return [ValueError(item) if item == 2 else item for item in items]

    batches: Batches[int, int] = Batches(do, most=10)
    good, bad = batches.add(1), batches.add(2)
    assert await good == 1
    with pytest.raises(ValueError, match="2"):
        await bad


async def test_closing_leaves_nobody_waiting():
    work = Work()
    batches: Batches[int, int] = Batches(work.do, most=1)
    waiting = [batches.add(1), batches.add(2)]
    await asyncio.sleep(0)
    await batches.aclose()
    assert all(future.cancelled() for future in waiting)
