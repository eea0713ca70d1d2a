"""What the browser hears: a queue of clips and a track that plays it in real time, silence when it is empty.

Promises: a clip's `on_start` runs when its first sample leaves, `on_end` after its last; `clear`
silences the queue before the next 20 ms frame; `played_ms` says how much of what was queued since the
last `reset` has left. The track never stops by itself: stopping it would end the sender.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

RATE_HZ = 48_000
BYTES_PER_MS = RATE_HZ * 2 // 1000
_FRAME_SAMPLES = RATE_HZ // 50
_FRAME_BYTES = _FRAME_SAMPLES * 2
_STALL_S = 0.5
"""Later than this the clock starts anew: a burst of late frames would overrun the browser's buffer."""


@dataclass(slots=True, eq=False)
class Clip:
    """Some audio (mono s16 at 48 kHz) that belongs to `owner`; an empty one is a mark in the queue."""

    owner: str
    pcm: bytes
    on_start: Callable[[], None] | None = None
    on_end: Callable[[], None] | None = None
    offset: int = 0


class AudioQueue:
    """Clips waiting to be heard, in order."""

    def __init__(self) -> None:
        self._clips: deque[Clip] = deque()
        self._played: dict[str, int] = {}

    def put(self, clip: Clip) -> None:
        """Add a clip at the end."""
        self._clips.append(clip)

    def clear(self) -> None:
        """Drop everything, the rest of the clip being played included; no callback runs."""
        self._clips.clear()

    def drop_waiting(self) -> None:
        """Drop what has not begun to play and let the clip being played end."""
        self._clips = deque(clip for clip in self._clips if clip.offset)

    def idle(self) -> bool:
        """Say whether nothing waits."""
        return not self._clips

    def played_ms(self, owner: str) -> int:
        """Return how much of an owner's audio has left."""
        return self._played.get(owner, 0) // BYTES_PER_MS

    def forget(self, owner: str) -> None:
        """Drop the count kept for an owner."""
        self._played.pop(owner, None)

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes, padded with silence, running the callbacks passed on the way."""
        taken = bytearray()
        while self._clips and (len(taken) < size or not self._clips[0].pcm):
            taken += self._take_from(self._clips[0], size - len(taken))
        return bytes(taken.ljust(size, b"\0"))

    def _take_from(self, clip: Clip, room: int) -> bytes:
        if clip.offset == 0 and clip.on_start is not None:
            clip.on_start()
        piece = clip.pcm[clip.offset : clip.offset + room]
        clip.offset += len(piece)
        self._played[clip.owner] = self._played.get(clip.owner, 0) + len(piece)
        # A callback may have cleared the queue; then there is nothing to remove.
        if clip.offset >= len(clip.pcm) and self._clips and self._clips[0] is clip:
            self._clips.popleft()
            if clip.on_end is not None:
                clip.on_end()
        return piece


class PlaybackTrack(MediaStreamTrack):
    """The outgoing audio track: one 20 ms frame at a time, paced by the clock."""

    kind = "audio"

    def __init__(self, queue: AudioQueue) -> None:
        super().__init__()
        self._queue = queue
        self._start: float | None = None
        self._pts = 0

    async def recv(self) -> AudioFrame:
        """Wait until the next frame is due and return it."""
        if self.readyState != "live":
            raise MediaStreamError
        await self._wait_for_turn()
        frame = AudioFrame(format="s16", layout="mono", samples=_FRAME_SAMPLES)
        frame.planes[0].update(self._queue.take(_FRAME_BYTES))
        frame.pts = self._pts
        frame.sample_rate = RATE_HZ
        frame.time_base = Fraction(1, RATE_HZ)
        return frame

    async def _wait_for_turn(self) -> None:
        if self._start is None:
            self._start = time.perf_counter()
            return
        self._pts += _FRAME_SAMPLES
        wait_s = self._start + self._pts / RATE_HZ - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        elif wait_s < -_STALL_S:
            self._start -= wait_s
