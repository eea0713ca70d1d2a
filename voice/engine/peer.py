"""The WebRTC side of one call: answers an offer, carries the data channel and both audio tracks.

Promises to read every incoming track, to listen on 127.0.0.1 as well, and to say once how the connection
fares: `connected` is set when media can flow, `on_gone` runs when the other side has left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

import aioice.ice
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidAccessError, InvalidStateError

from voice.engine.errors import Refusal
from voice.protocol import DATA_CHANNEL

log = logging.getLogger(__name__)

_MOST_BUFFERED = 8 * 1024 * 1024
_CLOSE_TIMEOUT_S = 3.0
_CONSENT_INTERVAL_S = 3
_CONSENT_FAILURES = 4


def prepare_stack() -> None:
    """Adjust the ICE library for the whole process; doing it twice changes nothing.

    aioice never offers 127.0.0.1 and then cannot answer a browser on a machine without a network; it
    also needs 30 s to notice that a browser has gone, here 12 s.
    """
    aioice.ice.CONSENT_INTERVAL = _CONSENT_INTERVAL_S
    aioice.ice.CONSENT_FAILURES = _CONSENT_FAILURES
    gather = aioice.ice.get_host_addresses
    if getattr(gather, "with_loopback", False):
        return

    def with_loopback(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        found = gather(use_ipv4=use_ipv4, use_ipv6=use_ipv6)
        return [*found, "127.0.0.1"] if use_ipv4 and "127.0.0.1" not in found else found

    with_loopback.with_loopback = True  # type: ignore[attr-defined]
    aioice.ice.get_host_addresses = with_loopback
    for name in ("aioice", "aiortc"):
        # They log addresses of the people who call at INFO.
        logging.getLogger(name).setLevel(logging.WARNING)


class Peer:
    """One peer connection, seen from a call."""

    def __init__(
        self,
        track: MediaStreamTrack,
        *,
        on_open: Callable[[], None],
        on_message: Callable[[str | bytes], None],
        on_audio: Callable[[MediaStreamTrack], Coroutine[None, None, None]],
        on_gone: Callable[[str], None],
    ) -> None:
        self.connected = asyncio.Event()
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track = track
        self._channel: RTCDataChannel | None = None
        self._on_open, self._on_message = on_open, on_message
        self._on_audio, self._on_gone = on_audio, on_gone
        self._listening: asyncio.Task[None] | None = None
        self._pc.on("datachannel", self._take_channel)
        self._pc.on("track", self._take_track)
        self._pc.on("connectionstatechange", self._follow_state)

    async def answer(self, offer: str) -> str:
        """Return the SDP answer, all candidates included. Raises Refusal when the offer is unusable."""
        try:
            await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            self._pc.addTrack(self._track)
            await self._pc.setLocalDescription(await self._pc.createAnswer())
        except (
            ValueError,
            KeyError,
            IndexError,
            AttributeError,
            TypeError,
            AssertionError,
            InvalidAccessError,
            InvalidStateError,
        ) as exc:
            # The parser has no error of its own: a line it dislikes surfaces as any of these.
            raise Refusal(
                "invalid_offer", "The SDP offer was refused: it could not be read.", param="sdp"
            ) from exc
        return self._pc.localDescription.sdp

    def send(self, text: str) -> None:
        """Send one message on the data channel, if it is open; a browser that stopped reading is let go."""
        channel = self._channel
        if channel is None or channel.readyState != "open":
            return
        if channel.bufferedAmount > _MOST_BUFFERED:
            self._on_gone("not_reading")
            return
        channel.send(text)

    async def close(self) -> None:
        """Close everything; never takes longer than a few seconds."""
        self._track.stop()
        try:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await self._pc.close()
        except TimeoutError:
            log.warning("A peer connection did not close in time")
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    def _take_channel(self, channel: RTCDataChannel) -> None:
        if self._channel is not None:
            channel.close()
            return
        if channel.label != DATA_CHANNEL:
            log.info("A client named its data channel differently; accepted")
        self._channel = channel
        channel.on("message", self._on_message)
        channel.on("close", lambda: self._on_gone("hung_up"))
        self._on_open()

    def _take_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio" and self._listening is None:
            self._listening = asyncio.create_task(self._on_audio(track))
            self._listening.add_done_callback(self._note_deaf)

    def _follow_state(self) -> None:
        state = self._pc.connectionState
        if state == "connected":
            self.connected.set()
        elif state in ("failed", "closed"):
            self._on_gone("hung_up" if self.connected.is_set() else "not_connected")

    def _note_deaf(self, task: asyncio.Task[None]) -> None:
        """End a call that cannot be heard any more."""
        if not task.cancelled() and task.exception() is not None:
            log.error("Listening to a call failed", exc_info=task.exception())
            self._on_gone("engine_error")
