"""The measurements of the voice bench with the engine in the box and WebRTC peers, each in its own process.

Latency is a peer's: from the model's function call on its data channel to the output standing in the
conversation, so data channel, engine and Python's WebRTC are in it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.process_figures import footprint
from bench.voice_row import Held, Meter, Row, talked_of
from bench.voice_rows import HOLD_S, SETTLE_S
from bench.voice_stage import Stage

COUNTS = (1, 10, 20)
EVERY_S = 6.0
"""The engine answers in real time, and a question into its answer is refused."""
TALK_S = 30.0
PROCESSES = ("web", "engine", "peers")


@dataclass(frozen=True)
class Peers:
    """The process of `bench/voice_peers.py` and its two pipes."""

    process: subprocess.Popen[bytes]

    def do(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give one order and wait for its answer."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the peers have left"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def leave(self) -> None:
        """Have them end their calls."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


def start_peers(stage: Stage, url: str) -> Peers:
    """Peers that know the site and have no call yet."""
    return Peers(stage.start_bench("peers", "voice_peers.py", url, is_piped=True))


async def engine_rows(stage: Stage, peers: Peers, connections: Callable[[], int]) -> list[Row]:
    """Held and talking at each count."""
    rows = []
    for calls in COUNTS:
        await asyncio.to_thread(peers.do, {"calls": calls})
        await asyncio.sleep(SETTLE_S)
        meter = Meter(stage, PROCESSES)
        await asyncio.sleep(HOLD_S)
        shares, found = meter.shares(), footprint(stage.pid("web"))
        held = Held(shares, found.pss_kib, found.threads, connections())
        meter = Meter(stage, PROCESSES)
        talked = talked_of(await asyncio.to_thread(peers.do, {"every_s": EVERY_S, "for_s": TALK_S}))
        rows.append(Row("engine", "talk", calls, talked, meter.shares(), held))
    return rows
