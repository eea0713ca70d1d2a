"""Waiting for what other processes do, who tell nobody when they have done it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rooms.drill.errors import StepFailed

_LOOK_S = 0.05


async def until(has_come: Callable[[], Awaitable[bool]], within_s: float, otherwise: str) -> None:
    """Look until it has come. Raises StepFailed with the words `otherwise`."""
    try:
        async with asyncio.timeout(within_s):
            while not await has_come():  # noqa: ASYNC110  (other processes set no event)
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as exc:
        raise StepFailed(f"{otherwise} within {within_s:g} s") from exc
