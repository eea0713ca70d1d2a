"""How many sockets may come in at once: a storm of them must not harm those inside, nor the rest of the site.

Two bounds: sockets whose session is being looked up (they pile up only where the database is slower than they
come), and sockets in all, which leave some file descriptors for requests, Redis and the database. Whoever is
turned away is told when to come back, each at another time.
"""

from __future__ import annotations

import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager

MOST_COMING = 1000
KEPT_DESCRIPTORS = 256
_FIRST_WAIT_S = 1.0


class Admission:
    """One for each hub."""

    def __init__(self, *, most_coming: int = MOST_COMING, most_sockets: int | None = None) -> None:
        self._most_coming = most_coming
        self._most_sockets = most_sockets or _descriptors() - KEPT_DESCRIPTORS
        self._coming = 0

    @contextmanager
    def entering(self, inside: int) -> Iterator[float]:
        """Count a socket that comes in while `inside` are; 0, or the seconds it should wait and try again."""
        if self._coming >= self._most_coming or inside + self._coming >= self._most_sockets:
            crowd = self._coming / self._most_coming
            yield round(_FIRST_WAIT_S + random.uniform(0, 4 + 4 * crowd), 1)
            return
        self._coming += 1
        try:
            yield 0.0
        finally:
            self._coming -= 1


def _descriptors() -> int:
    """How many files and sockets this process may have open."""
    return max(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 2 * KEPT_DESCRIPTORS)
