"""The watchers of a drill, as many as a fault needs; each a task that is ended for certain."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from rooms.drill.errors import StepFailed
from rooms.drill.publisher import Publisher
from rooms.drill.verdict import Delivery, Finding, judge
from rooms.drill.waiting import until
from rooms.drill.watcher import Door, Watcher

PATIENCE_S = 60.0
_AT_ONCE = 50


class Crowd:
    """Everybody watches the same room."""

    def __init__(self, door: Door, publisher: Publisher) -> None:
        self.door = door
        self._publisher = publisher
        self._tasks: dict[Watcher, asyncio.Task[None]] = {}
        self._marks: dict[Watcher, int] = {}

    @property
    def watchers(self) -> list[Watcher]:
        return list(self._tasks)

    async def gather(self, size: int) -> None:
        """Open sockets until there are so many and all have heard a number. Raises StepFailed."""
        while len(self._tasks) < size:
            for _ in range(min(_AT_ONCE, size - len(self._tasks))):
                watcher = Watcher(self.door)
                self._tasks[watcher] = asyncio.create_task(watcher.run())
            await self._all(lambda watcher: watcher.has_joined, "not every socket could join")
        await self.goes_on()

    async def goes_on(self) -> int:
        """Wait until all have heard a number that was not published yet; that number. Raises StepFailed."""
        newest = self._newest + 1
        await self._all(lambda watcher: watcher.last >= newest, "not every socket went on")
        return newest

    @property
    def _newest(self) -> int:
        """A socket may hear a number before the publisher has said that it was taken."""
        return max(self._publisher.latest, *(watcher.last for watcher in self._tasks), 0)

    async def dismiss(self, size: int) -> None:
        """Close the newest sockets, until so many are left."""
        leaving = self.watchers[size:]
        tasks = [self._tasks.pop(watcher) for watcher in leaving]
        for watcher, task in zip(leaving, tasks, strict=True):
            self._marks.pop(watcher, None)
            watcher.cut()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def mark(self) -> None:
        """What comes from here on is judged; each one's last number is where it stands."""
        self._marks = {
            watcher: max(place for place, event in enumerate(watcher.record) if isinstance(event, Delivery))
            for watcher in self._tasks
        }

    async def judge(self) -> list[Finding]:
        """Let everybody catch up, then say what each one was told since the mark."""
        upto = self._newest + 1
        with contextlib.suppress(StepFailed):  # who did not catch up is found below, by its last number
            await self.goes_on()
        await self._publisher.has_said(self._newest)
        records = {watcher: watcher.record[mark:] for watcher, mark in self._marks.items()}
        firsts = [record[0].number for record in records.values() if isinstance(record[0], Delivery)]
        first = min(firsts, default=0)
        taken = {number: at_ms for number, at_ms in self._publisher.taken.items() if number >= first}
        return [
            judge(record, taken, upto=upto, is_slow=watcher.is_slow) for watcher, record in records.items()
        ]

    def forget(self) -> None:
        """Drop what was judged just now and go on from there, so that a long watch does not grow."""
        for watcher in self._tasks:
            last = max(place for place, event in enumerate(watcher.record) if isinstance(event, Delivery))
            del watcher.record[:last]
            watcher.ends.clear()
        self._publisher.forget(min(watcher.last for watcher in self._tasks))
        self.mark()

    async def _all(self, has: Callable[[Watcher], bool], otherwise: str) -> None:
        async def have() -> bool:
            for watcher, task in self._tasks.items():
                if watcher.refused:
                    raise StepFailed(f"a socket was refused: {watcher.refused}")
                if task.done() and not task.cancelled() and (exc := task.exception()):
                    raise exc
            return all(has(watcher) for watcher in self._tasks)

        await until(have, PATIENCE_S, otherwise)
