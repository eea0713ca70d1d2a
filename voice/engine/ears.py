"""Listens to a call's incoming audio: turns with turn detection on, a plain buffer with it off.

Always drains the track: aiortc keeps unread frames without bound. What it finds is told to one callback,
in order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

from voice.engine.errors import Refusal
from voice.engine.hearing import RATE_HZ
from voice.engine.turns import CHUNK, Samples, TurnEvent, TurnFinder, TurnSettings
from voice.protocol import JsonObject

_BUFFER_S = 120
_LEAST_COMMIT_MS = 100


class VoiceDetector(Protocol):
    """Tells how likely a chunk holds a voice; keeps state, one per call."""

    def process(self, data: NDArray[np.float32]) -> float:
        """Return a probability for 512 samples at 16 kHz."""
        ...


OnTurn: TypeAlias = Callable[[TurnEvent], None]


class Ears:
    """One call's ears."""

    def __init__(self, detector: VoiceDetector | None, on_turn: OnTurn) -> None:
        self._detector = detector
        self._on_turn = on_turn
        self._finder: TurnFinder | None = None
        self._detection: JsonObject | None = None
        self._buffer: list[Samples] = []
        self._rest = np.zeros(0, np.int16)
        self._position = 0

    @property
    def position_ms(self) -> int:
        """How much audio has been heard since the call began."""
        return self._position * 1000 // RATE_HZ

    @property
    def speaking(self) -> bool:
        """Whether the person is in the middle of a turn."""
        return self._finder is not None and self._finder.speaking

    def configure(self, detection: JsonObject | None) -> None:
        """Listen with these turn detection settings from now on; unchanged ones disturb nothing."""
        if detection == self._detection:
            return
        self._detection = detection
        self._buffer.clear()
        self._finder = TurnFinder(TurnSettings.of(detection), self._position) if detection else None

    async def listen(self, track: MediaStreamTrack) -> None:
        """Hear the track until it ends."""
        resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, AudioFrame):
                for piece in resampler.resample(frame):
                    self.feed(piece.to_ndarray().reshape(-1).astype(np.int16, copy=False))

    def feed(self, samples: Samples) -> None:
        """Hear some audio (mono int16 at 16 kHz)."""
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) // CHUNK * CHUNK
        for at in range(0, whole, CHUNK):
            self._hear(heard[at : at + CHUNK])
        self._rest = heard[whole:]

    def commit(self) -> Samples:
        """Return what the buffer holds and empty it. Raises Refusal when that is too little."""
        samples = self._finder.take() if self._finder and self._finder.speaking else self._buffered()
        held_ms = len(samples) * 1000 / RATE_HZ
        if held_ms < _LEAST_COMMIT_MS:
            raise Refusal(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least "
                f"{_LEAST_COMMIT_MS}ms of audio, but buffer only has {held_ms:.2f}ms of audio.",
            )
        self._buffer.clear()
        return samples

    def clear(self) -> None:
        """Forget what the buffer holds."""
        self._buffer.clear()
        if self._finder:
            self._finder.reset()

    def _hear(self, chunk: Samples) -> None:
        self._position += CHUNK
        if self._finder is None:
            self._buffer.append(chunk)
            del self._buffer[: -_BUFFER_S * RATE_HZ // CHUNK]
            return
        probability = self._probability(chunk)
        for event in self._finder.feed(chunk, probability):
            self._on_turn(event)

    def _probability(self, chunk: Samples) -> float:
        if self._detector is None:
            return 0.0
        return self._detector.process((chunk / 32768.0).astype(np.float32))

    def _buffered(self) -> Samples:
        return np.concatenate(self._buffer) if self._buffer else np.zeros(0, np.int16)
