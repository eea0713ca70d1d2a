"""Start and end of a web process: its calls and sockets begin with the event loop and are drained at its end.

Two roads lead here, and each process takes one. Daphne has no lifespan: its reactor is told of both moments
while asgi.py is imported. Other servers (uvicorn, hypercorn) send lifespan messages. Draining happens once
and takes at most `settings.SHUTDOWN_SECONDS`; what it cannot finish is left to the leases and their sweeper.
"""

import asyncio
import logging
from typing import Any, Protocol

from django.conf import settings

log = logging.getLogger(__name__)


class Owner(Protocol):
    """Who holds this process' live calls."""

    async def start(self) -> None:
        """Begin to own calls; the event loop runs."""

    async def drain(self, timeout_s: float, /) -> None:
        """Hand over or hang up every own call within the time."""


class Rooms(Owner, Protocol):
    """Who holds this process' sockets."""

    async def aclose(self) -> None:
        """Let go of what publishing needs."""


class Lifetime:
    """The two moments of one web process, whoever announces them."""

    def __init__(self, owner: Owner, rooms: Rooms | None = None) -> None:
        self.owner = owner
        self.rooms = rooms
        self.is_draining = False
        self._started = False
        # Daphne forgets what its triggers start, so the task is held here until it has ended.
        self._starting: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start rooms and the owner; an exception means that this process cannot serve."""
        self._started = True
        if self.rooms:
            await self.rooms.start()
        await self.owner.start()

    async def end(self) -> None:
        """Drain, once; never raises and never outlasts its time by more than half a second."""
        if self.is_draining:
            return
        self.is_draining = True
        if not self._started:
            return
        seconds = float(settings.SHUTDOWN_SECONDS)
        try:
            await asyncio.wait_for(self._drain(seconds), seconds + 0.5)
        except TimeoutError:
            log.error("Draining took longer than SHUTDOWN_SECONDS=%g; leases end what is left.", seconds)
        except Exception:  # the edge of the process: whatever happened, it goes on to stop
            log.exception("Draining failed; leases end what is left.")

    async def _drain(self, seconds: float) -> None:
        parts = [part for part in (self.rooms, self.owner) if part]
        faults = await asyncio.gather(*(part.drain(seconds) for part in parts), return_exceptions=True)
        if self.rooms:
            await self.rooms.aclose()  # last, because calls that end still publish
        for fault in faults:
            if fault:
                raise fault

    def register_with_reactor(self, reactor: Any) -> None:
        """Hear of both moments from Twisted's reactor; does nothing where another loop runs the site."""
        reactor.callWhenRunning(self._begin_in_reactor, reactor)
        reactor.addSystemEventTrigger("before", "shutdown", self._end_in_reactor)

    def _begin_in_reactor(self, reactor: Any) -> None:
        def report(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                log.critical("The owner of calls did not start; this process stops.", exc_info=error)
                reactor.stop()

        self._starting = asyncio.ensure_future(self.begin())
        self._starting.add_done_callback(report)

    def _end_in_reactor(self) -> Any:
        from twisted.internet.defer import Deferred

        return Deferred.fromFuture(asyncio.ensure_future(self.end()))
