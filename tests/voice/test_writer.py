"""The calls' database thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from voice.writer import Writer


async def test_work_runs_in_one_thread_in_order():
    writer = Writer()
    seen: list[tuple[int, str]] = []

    def note(number: int) -> int:
        seen.append((number, threading.current_thread().name))
        return number

    assert await asyncio.gather(*(writer.run(note, number) for number in range(400))) == list(range(400))
    assert [number for number, _ in seen] == list(range(400))
    assert len({name for _, name in seen}) == 1
    await writer.aclose()


async def test_exceptions_come_back():
    writer = Writer()
    with pytest.raises(ZeroDivisionError):
        await writer.run(lambda: 1 // 0)
    await writer.aclose()
