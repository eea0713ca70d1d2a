"""A provider in its own process that speaks the Realtime protocol and no media, and holds a stop-watch.

Makes calls, lets sidebands join, answers every `response.create` with a spoken answer, and, when asked by
`POST /talk`, has the first `calls` sidebands say turns of `bench/turn_script.py`, evenly spread over their
period. Answers with the milliseconds from the last byte of `response.done` (with a function call) given to
the socket until `function_call_output` came back. A turn that is due while the call's last one still runs is
counted in `late` and left out.

Run by `bench/voice_load.py`: `voice_provider.py <port>`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import WSMsgType, web

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench import turn_script  # noqa: E402
from bench.turn_script import Event  # noqa: E402
from tests.voice.scripted_provider import ANSWER  # noqa: E402

OUTPUT_WITHIN_S = 30.0
THINKING_S = 0.1
"""Between the end of a question and the model's function call, as a model would take (much longer)."""


@dataclass(frozen=True)
class Plan:
    """One stretch of talk. `spoken`: whole turns; else nothing but function calls."""

    calls: int
    every_s: float
    for_s: float
    spoken: bool


@dataclass
class Talk:
    """One call's sideband and what it waits for."""

    socket: web.WebSocketResponse
    outputs: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    answers: int = 0
    speaks: bool = True

    async def say(self, events: list[Event]) -> None:
        for event in events:
            await self.socket.send_str(json.dumps(event))


class Provider:
    """All calls of this process."""

    def __init__(self) -> None:
        self._talks: dict[str, Talk] = {}
        self._numbers = itertools.count(1)

    async def create(self, request: web.Request) -> web.Response:
        await request.read()
        place = f"/v1/realtime/calls/rtc_{next(self._numbers)}"
        return web.Response(
            text=ANSWER, status=201, headers={"Location": place}, content_type="application/sdp"
        )

    async def hang_up(self, request: web.Request) -> web.Response:
        if (talk := self._talks.get(request.match_info["call_id"])) is not None:
            await talk.socket.close()
        return web.Response()

    async def sideband(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        name = request.query["call_id"]
        talk = self._talks[name] = Talk(socket)
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._take(name, talk, json.loads(message.data))
        finally:
            del self._talks[name]
        return socket

    async def _take(self, name: str, talk: Talk, event: Event) -> None:
        if event["type"] == "response.create":
            talk.answers += 1
            reply = turn_script.answer if talk.speaks else turn_script.silence
            await talk.say(reply(f"{name}_{talk.answers}"))
            talk.answered.set()
        elif event["type"] == "conversation.item.create":
            item = event["item"]
            waiting = talk.outputs.get(item.get("call_id", ""))
            if waiting is not None and not waiting.done():
                waiting.set_result(time.perf_counter())
            await talk.say(turn_script.taken(item))

    async def state(self, request: web.Request) -> web.Response:
        return web.json_response({"calls": len(self._talks)})

    async def talk(self, request: web.Request) -> web.Response:
        plan = Plan(**await request.json())
        talks = list(self._talks.values())[: plan.calls]
        assert len(talks) == plan.calls, f"{len(talks)} calls are there, {plan.calls} wanted"
        began = time.perf_counter()
        speakers = (self._speak(talk, number, plan) for number, talk in enumerate(talks))
        spoken = await asyncio.gather(*speakers)
        samples = [sample for times, _ in spoken for sample in times]
        late = sum(late for _, late in spoken)
        took_s = time.perf_counter() - began
        return web.json_response({"samples_ms": samples, "late": late, "took_s": took_s})

    async def _speak(self, talk: Talk, number: int, plan: Plan) -> tuple[list[float], int]:
        """Turns of one call, each at its own moment of the period; with `every_s` 0 one after the other."""
        loop = asyncio.get_running_loop()
        due, until = loop.time() + plan.every_s * number / plan.calls, loop.time() + plan.for_s
        samples, late = [], 0
        talk.speaks = plan.spoken
        while due < until:
            await asyncio.sleep(due - loop.time())
            samples.append(await self._turn(talk, f"{time.monotonic_ns():x}_{number}", plan.spoken))
            due += plan.every_s
            if not plan.every_s:
                due = loop.time()
            while plan.every_s and due < loop.time():
                due, late = due + plan.every_s, late + 1
        return samples, late

    async def _turn(self, talk: Talk, turn: str, spoken: bool) -> float:
        if spoken:
            await talk.say(turn_script.question(turn))
            await asyncio.sleep(THINKING_S)
        output = talk.outputs[turn_script.call_id(turn)] = asyncio.get_running_loop().create_future()
        talk.answered.clear()
        await talk.say(turn_script.function_call(turn))
        sent = time.perf_counter()
        async with asyncio.timeout(OUTPUT_WITHIN_S):
            came = await output
            await talk.answered.wait()
        del talk.outputs[turn_script.call_id(turn)]
        return (came - sent) * 1000


def application() -> web.Application:
    """The provider's HTTP."""
    provider = Provider()
    app = web.Application()
    app.router.add_post("/v1/realtime/calls", provider.create)
    app.router.add_post("/v1/realtime/calls/{call_id}/hangup", provider.hang_up)
    app.router.add_get("/v1/realtime", provider.sideband)
    app.router.add_get("/state", provider.state)
    app.router.add_post("/talk", provider.talk)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description="The provider of bench/voice_load.py.")
    parser.add_argument("port", type=int)
    wanted = parser.parse_args()
    web.run_app(
        application(), host="127.0.0.1", port=wanted.port, access_log=None, print=None, shutdown_timeout=0.5
    )


if __name__ == "__main__":
    main()
