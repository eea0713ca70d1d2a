"""A cancellation that gets lost is sent again."""

import asyncio

from rooms.tasks import end_tasks


async def test_task_that_loses_a_cancellation_is_ended():
    lost = []

    async def loses_one():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            lost.append(1)
        await asyncio.sleep(60)

    task = asyncio.create_task(loses_one())
    await asyncio.sleep(0)
    assert await end_tasks(task) == []
    assert task.cancelled() and lost == [1]


async def test_what_a_task_raised_is_handed_out():
    async def fails():
        raise ValueError("no")

    task = asyncio.create_task(fails())
    await asyncio.sleep(0)
    (error,) = await end_tasks(task)
    assert isinstance(error, ValueError)
