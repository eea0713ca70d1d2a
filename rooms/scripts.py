"""Lua scripts on a Redis: sent by their hash, loaded where Redis does not know them (any more).

A script runs at most once for each `run`: nothing is sent again after a time-out or a broken connection,
because Redis may have run it; the caller learns `Unavailable`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

from rooms.errors import Unavailable

log = logging.getLogger(__name__)

Argument = str | bytes | int | float


class Script:
    """One script; its text is that of the named files, in their order."""

    def __init__(self, redis: Redis, *files: str) -> None:
        self._redis = redis
        self._text = "\n".join(_read(name) for name in files)
        self._hash = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:
        """Run it once. Raises Unavailable."""
        try:
            try:
                return await self._redis.evalsha(self._hash, len(keys), *keys, *arguments)
            except NoScriptError:
                # A run of Redis that has not seen the script has not run it either.
                return await self._redis.eval(self._text, len(keys), *keys, *arguments)
        except ResponseError as exc:
            # Out of memory, read only, not permitted: an operator must hear of it.
            log.warning("Redis refused a script of rooms: %s", exc)
            raise unavailable(exc) from exc
        except (RedisError, OSError) as exc:
            raise unavailable(exc) from exc


def unavailable(cause: Exception) -> Unavailable:
    """What a caller is told of Redis' troubles: never its words, which may hold an address."""
    return Unavailable(f"Rooms cannot be reached just now ({type(cause).__name__}).", retry_in_s=1)


@cache
def _read(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
