"""The floor: clients that do nothing but answer function calls, with `websockets` and no site behind them.

What a round trip takes here is the price of two processes, two sockets and JSON on this machine; what a site
takes more is its own. Run by `bench/voice_load.py`: `voice_bare.py <provider's base URL> <calls>`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from websockets.asyncio.client import connect

OUTPUT = json.dumps({"time": "14:05", "date": "Sunday 22 November 2026", "timezone": "Europe/Amsterdam"})


async def answer_calls(url: str) -> None:
    """One call's client: an output for each function call, then the request to go on."""
    async with connect(url, additional_headers={"Authorization": "Bearer key"}, proxy=None) as socket:
        async for text in socket:
            event = json.loads(text)
            if event["type"] != "response.done":
                continue
            for item in event["response"]["output"]:
                if item["type"] == "function_call":
                    await socket.send(json.dumps(_output(item["call_id"])))
                    await socket.send(json.dumps({"type": "response.create"}))


def _output(call_id: str) -> dict[str, Any]:
    item = {"type": "function_call_output", "call_id": call_id, "output": OUTPUT}
    return {"type": "conversation.item.create", "item": item}


async def run(base_url: str, calls: int) -> None:
    socket_url = "ws" + base_url.removeprefix("http")
    urls = [f"{socket_url}/realtime?call_id=bare_{number}" for number in range(calls)]
    await asyncio.gather(*(answer_calls(url) for url in urls))


def main() -> None:
    parser = argparse.ArgumentParser(description="Bare clients for bench/voice_load.py.")
    parser.add_argument("base_url")
    parser.add_argument("calls", type=int)
    wanted = parser.parse_args()
    asyncio.run(run(wanted.base_url, wanted.calls))


if __name__ == "__main__":
    main()
