"""WebRTC peers in a process of their own: each makes a call on the site, types questions, holds a stop-watch.

A peer sees on its data channel when the model asked for the tool and when the site's output stood in the
conversation; the time between is what is measured. Reads lines of JSON from standard input and answers each
with one: `{"calls": 10}` makes calls until that many run, `{"every_s": 6, "for_s": 30}` has all of them ask.
End of input ends the calls. Run by `bench/voice_load.py`: `voice_peers.py <site's URL>`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.login import log_in  # noqa: E402
from bench.round_trips import round_trips_ms  # noqa: E402
from bench.voice_stage import PASSWORD  # noqa: E402
from tests.voice.engine.browser import Browser  # noqa: E402

QUESTION = "What time is it?"
LAST_ANSWER_S = 8.0
APART_S = 0.5
"""Between two set-ups: DTLS in Python takes its time."""


class Peers:
    """All peers of this process, in calls of one person."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._peers: list[tuple[Browser, str]] = []

    async def do(self, order: dict[str, Any]) -> dict[str, Any]:
        if "calls" in order:
            new = order["calls"] - len(self._peers)
            await asyncio.gather(*(self._call(after_s=APART_S * number) for number in range(new)))
            return {"calls": len(self._peers)}
        return await self._talk(order["every_s"], order["for_s"])

    async def _call(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        peer = Browser()
        reply = await self._http.post("/voice/calls/", json={"sdp": await peer.offer()})
        assert reply.status_code == 201, reply.text
        await peer.accept(reply.json()["sdp"])
        assert (await self._http.post(f"/voice/calls/{reply.json()['id']}/ready")).status_code == 204
        await peer.wait("output_audio_buffer.stopped", timeout_s=30)
        self._peers.append((peer, reply.json()["id"]))

    async def _talk(self, every_s: float, for_s: float) -> dict[str, Any]:
        marks = [len(peer.events) for peer, _ in self._peers]
        began = time.perf_counter()
        share = every_s / len(self._peers)
        asked = await asyncio.gather(
            *(self._ask(peer, share * place, every_s, for_s) for place, (peer, _) in enumerate(self._peers))
        )
        await asyncio.sleep(LAST_ANSWER_S)
        took_s = time.perf_counter() - began
        samples = [
            sample
            for (peer, _), mark in zip(self._peers, marks, strict=True)
            for sample in round_trips_ms(peer.events[mark:], peer.at[mark:])
        ]
        return {"samples_ms": samples, "late": sum(asked) - len(samples), "took_s": took_s}

    async def _ask(self, peer: Browser, after_s: float, every_s: float, for_s: float) -> int:
        await asyncio.sleep(after_s)
        times = max(1, int(for_s / every_s))
        for _ in range(times):
            peer.type(QUESTION)
            await asyncio.sleep(every_s)
        return times

    async def close(self) -> None:
        for peer, call in self._peers:
            await self._http.post(f"/voice/calls/{call}/end")
            await peer.close()
        await self._http.aclose()


async def run(url: str) -> None:
    peers = Peers(await log_in(url, "speaker0", PASSWORD))
    loop = asyncio.get_running_loop()
    try:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(await peers.do(json.loads(line))), flush=True)
    finally:
        await peers.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="WebRTC peers of bench/voice_load.py.")
    parser.add_argument("url")
    asyncio.run(run(parser.parse_args().url))


if __name__ == "__main__":
    main()
