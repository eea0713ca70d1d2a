"""Some of the sockets stop reading: exactly those must be cut, and web's memory must stay bounded."""

from __future__ import annotations

import asyncio

from rooms.drill.stage import Stage
from rooms.sinks import QUEUE_BYTES

SLOW_OF = 5
# More than kernels keep for one connection on both sides, and the queue.
FLOOD_BYTES = 10_000_000
LONGEST_S = 45.0
# What web may grow by: each slow socket's queue twice (it is joined when it moves), and its tails.
SLACK_BYTES = 24 << 20
_LOOK_S = 0.1


async def slow_readers(stage: Stage) -> list[str]:
    """Stop some, flood all, look at web's memory; then read on, and count who was cut."""
    crowd = stage.crowd.watchers
    slow = set(crowd[:: max(1, SLOW_OF)])
    ends = {watcher: len(watcher.ends) for watcher in crowd}
    before = stage.own.web.child.resident_bytes()
    for watcher in slow:
        watcher.stop_reading()
    most = await _flood(stage)
    others = [watcher for watcher in crowd if watcher not in slow and len(watcher.ends) > ends[watcher]]
    for watcher in slow:
        watcher.read_again()
    stage.publisher.change()
    await stage.crowd.goes_on()
    spared = [watcher for watcher in slow if len(watcher.ends) == ends[watcher]]
    complaints = [f"{len(spared)} of {len(slow)} that did not read were not cut"] if spared else []
    if others:
        complaints.append(f"{len(others)} that read well were cut")
    allowed = 2 * QUEUE_BYTES * len(slow) + SLACK_BYTES
    if before and most - before > allowed:
        grown = (most - before) >> 20
        complaints.append(f"web's memory grew by {grown} MiB, where {allowed >> 20} MiB are allowed")
    return complaints


async def _flood(stage: Stage) -> int:
    """Until enough was published for every slow socket to be full; the most memory that web had."""
    first, most = stage.publisher.latest, 0
    loop = asyncio.get_running_loop()
    began = loop.time()
    pad = stage.publisher.pad
    while (stage.publisher.latest - first) * pad < FLOOD_BYTES and loop.time() - began < LONGEST_S:
        most = max(most, stage.own.web.child.resident_bytes() or 0)
        await asyncio.sleep(_LOOK_S)
    return most
