"""The calls of the process: started, found, watched and ended, each exactly once.

A call ends when the client hangs up or vanishes, when nobody connects within the deadline, at the longest
session, and at shutdown; whatever the reason, everything it held is freed, and `close` waits for that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial

from voice.engine.call import Call
from voice.engine.client_events import handle
from voice.engine.config import EngineConfig
from voice.engine.errors import Refusal
from voice.engine.peer import Peer
from voice.engine.playback import PlaybackTrack
from voice.engine.session import Session
from voice.engine.speech import Speech
from voice.protocol import error_event

log = logging.getLogger(__name__)

_ANSWER_TIMEOUT_S = 10.0


@dataclass(slots=True, eq=False)
class _Live:
    call: Call
    peer: Peer | None = None
    watch: asyncio.Task[None] | None = field(default=None)


class Calls:
    """Every live call by id."""

    def __init__(self, config: EngineConfig, speech: Speech) -> None:
        self._config = config
        self._speech = speech
        self._live: dict[str, _Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._live)

    async def start(self, session: Session, offer: str) -> tuple[str, str]:
        """Start a call; return its id and the SDP answer. Raises Refusal."""
        self._refuse_beyond_the_most()
        peer, live = self._new(session)
        call = live.call
        self._live[call.id] = live
        try:
            async with asyncio.timeout(_ANSWER_TIMEOUT_S):
                answer = await peer.answer(offer)
        except BaseException:
            # Also when the client left meanwhile: the request is cancelled and nobody else knows this call.
            self._live.pop(call.id, None)
            self._hold(_close(live))
            raise
        live.watch = self._hold(self._watch(live))
        return call.id, answer

    def converse(self, session: Session) -> Call:
        """Start a call without media, for the one socket that carries it. Raises Refusal."""
        self._refuse_beyond_the_most()
        live = _Live(Call(session, self._speech, has_media=False))
        self._live[live.call.id] = live
        live.watch = self._hold(self._watch(live))
        return live.call

    def find(self, call_id: str) -> Call:
        """Return a live call. Raises Refusal (404)."""
        live = self._live.get(call_id)
        if live is None or live.peer is None or live.call.ended.is_set():
            raise Refusal(
                "call_id_not_found", "No session found for the provided call_id", param="", status=404
            )
        return live.call

    async def hang_up(self, call_id: str) -> None:
        """End a call and wait until it is gone. Raises Refusal (404)."""
        self.find(call_id).end("hung_up")
        live = self._live[call_id]
        if live.watch is not None:
            await asyncio.shield(live.watch)

    async def close(self) -> None:
        """End every call."""
        for live in list(self._live.values()):
            live.call.end("shutdown")
        # Also those no longer listed, which are still letting go of their sockets.
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _refuse_beyond_the_most(self) -> None:
        if len(self._live) >= self._config.max_calls:
            raise Refusal("rate_limit_exceeded", "The engine carries as many calls as it may.", status=429)

    def _new(self, session: Session) -> tuple[Peer, _Live]:
        call = Call(session, self._speech)
        peer = Peer(
            PlaybackTrack(call.talk.queue),
            on_open=lambda: call.outbox.emit("session.created", session=session.data),
            on_message=partial(handle, call),
            on_audio=call.ears.listen,
            on_gone=call.end,
        )
        call.outbox.attach(peer.send)
        return peer, _Live(call, peer)

    async def _watch(self, live: _Live) -> None:
        """Wait for the call's end, bring it about when it is overdue, and free everything."""
        call = live.call
        try:
            if live.peer is not None:
                await self._wait_connected(live.peer, live.call)
            async with asyncio.timeout(self._config.session_max_s):
                await call.ended.wait()
        except TimeoutError:
            call.outbox.send(
                error_event("session_expired", "Your session hit the maximum duration of 60 minutes.")
            )
            call.end("expired")
        finally:
            self._live.pop(call.id, None)
            await _close(live)
        log.info("A call ended: %s", call.end_reason)

    async def _wait_connected(self, peer: Peer, call: Call) -> None:
        waits = [
            asyncio.ensure_future(peer.connected.wait()),
            asyncio.ensure_future(call.ended.wait()),
        ]
        done, open_waits = await asyncio.wait(
            waits, timeout=self._config.connect_timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        for wait in open_waits:
            wait.cancel()
        if not done:
            call.end("not_connected")

    def _hold(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._let_go)
        return task

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("A call could not be ended cleanly", exc_info=task.exception())


async def _close(live: _Live) -> None:
    live.call.end("closed")
    await live.call.close()
    if live.peer is not None:
        await live.peer.close()
