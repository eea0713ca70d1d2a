"""Counts how long nobody has spoken since the assistant did, when the session asks for that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class IdleTimer:
    """Runs one callback once nobody has spoken for a while; stopping it is always safe."""

    def __init__(self, on_idle: Callable[[int], None]) -> None:
        self._on_idle = on_idle
        self._handle: asyncio.TimerHandle | None = None

    def start(self, idle_ms: int | None) -> None:
        """Count from now; None counts nothing."""
        self.stop()
        if idle_ms is not None:
            loop = asyncio.get_running_loop()
            self._handle = loop.call_later(idle_ms / 1000, self._on_idle, idle_ms)

    def stop(self) -> None:
        """Count no more."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
