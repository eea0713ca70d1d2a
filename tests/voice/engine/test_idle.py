"""A long silence is noticed once, unless somebody speaks."""

import asyncio

from voice.engine.idle import IdleTimer


async def test_silence_is_noticed_once():
    told: asyncio.Queue[int] = asyncio.Queue()
    timer = IdleTimer(told.put_nowait)
    timer.start(10)
    assert await asyncio.wait_for(told.get(), 1) == 10
    assert told.empty()


async def test_speech_stops_the_count_and_none_counts_nothing():
    told: asyncio.Queue[int] = asyncio.Queue()
    timer = IdleTimer(told.put_nowait)
    timer.start(10)
    timer.stop()
    timer.start(None)
    await asyncio.sleep(0.03)
    assert told.empty()
