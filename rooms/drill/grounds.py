"""What some faults stand on: larger messages, a crowd, processes whose clocks are wrong. Undone
afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rooms.drill.stage import Stage

# So many bytes a second reach each socket while some do not read.
FLOOD_BYTES_PER_S = 1_000_000
LARGEST_PAD = 60_000
# A crowd's messages are few: the drill's own process must read them all.
CROWD_DELIVERIES_PER_S = 3000
WRONG_BY_S = 600


@asynccontextmanager
async def swollen_messages(stage: Stage) -> AsyncIterator[None]:
    """Messages so large that a reader who stops is found in seconds."""
    stage.publisher.change(pad=min(LARGEST_PAD, int(FLOOD_BYTES_PER_S / stage.sizes.rate)))
    try:
        await stage.crowd.goes_on()
        yield
    finally:
        stage.publisher.change()


@asynccontextmanager
async def storm_crowd(stage: Stage) -> AsyncIterator[None]:
    """As many sockets as `--storm` says, in a room that is not too loud for one drill to hear."""
    size = max(stage.sizes.storm, stage.sizes.sockets)
    stage.publisher.change(rate=max(1.0, min(stage.sizes.rate, CROWD_DELIVERIES_PER_S / size)))
    try:
        await stage.crowd.gather(size)
        yield
    finally:
        stage.publisher.change()
        await stage.crowd.dismiss(stage.sizes.sockets)


@asynccontextmanager
async def wrong_clocks(stage: Stage) -> AsyncIterator[None]:
    """One bridge ten minutes fast, one as slow, web fast; at the end all are right again."""
    own = stage.own
    for post, shift_s in zip(own.bridges, (WRONG_BY_S, -WRONG_BY_S), strict=True):
        await own.replace_bridge(post, shift_s=shift_s)
        await own.bridges_stand()
    await own.replace_web(shift_s=WRONG_BY_S)
    await stage.crowd.goes_on()
    try:
        yield
    finally:
        for post in own.bridges:
            await own.replace_bridge(post)
        await own.replace_web()
        await own.bridges_stand()
        await stage.crowd.goes_on()
