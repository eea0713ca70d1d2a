"""A browser's half of a call for tests: real WebRTC by aiortc, silence for a microphone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack

PATIENCE_S = 10.0


class Peer:
    """Offers, connects, keeps every event of its data channel. Close it."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.events: list[dict[str, Any]] = []
        self.opened = asyncio.Event()
        self.channel_closed = asyncio.Event()
        self._changed = asyncio.Event()
        self._drains: list[asyncio.Task[None]] = []

    async def offer(self) -> str:
        self.connection.addTrack(AudioStreamTrack())
        self._channel = self.connection.createDataChannel("oai-events")
        self._channel.on("open", self.opened.set)
        self._channel.on("close", self.channel_closed.set)
        self._channel.on("message", self._on_message)
        self.connection.on("track", self._on_track)
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return str(self.connection.localDescription.sdp)

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(PATIENCE_S):
            await self.opened.wait()

    def send(self, event: dict[str, Any]) -> None:
        self._channel.send(json.dumps(event))

    def say(self, text: str) -> None:
        """Type a message and ask for an answer."""
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        self.send({"type": "conversation.item.create", "item": item})
        self.send({"type": "response.create"})

    async def until(self, kind: str, *, count: int = 1, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The `count`-th event of that type, waited for."""
        async with asyncio.timeout(patience_s):
            while len(found := [event for event in self.events if event["type"] == kind]) < count:
                self._changed.clear()
                await self._changed.wait()
        return found[count - 1]

    async def until_said(self, *, count: int = 1) -> str:
        """The transcript of the `count`-th spoken reply."""
        return str((await self.until("response.output_audio_transcript.done", count=count))["transcript"])

    async def close(self) -> None:
        await self.connection.close()
        for task in self._drains:
            task.cancel()
        await asyncio.gather(*self._drains, return_exceptions=True)

    def _on_message(self, message: str) -> None:
        self.events.append(json.loads(message))
        self._changed.set()

    def _on_track(self, track: Any) -> None:
        self._drains.append(asyncio.ensure_future(self._drain(track)))

    async def _drain(self, track: Any) -> None:
        while True:
            await track.recv()
