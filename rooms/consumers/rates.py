"""How fast one socket may publish."""

from __future__ import annotations

import time

from rooms.errors import RateLimited


class Bucket:
    """So many at once, and so many a second in the long run."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._left = float(burst)
        self._filled_at = time.monotonic()

    def take(self) -> None:
        """Use one. Raises RateLimited."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left < 1:
            wait_s = round((1 - self._left) / self._per_second, 3)
            raise RateLimited("Too many messages. Wait a moment.", retry_in_s=wait_s)
        self._left -= 1
