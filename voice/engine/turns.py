"""Finds turns in a stream of audio from the voice probability of each 32 ms chunk. Pure: no model, no clock.

Speech begins after three hot chunks (about 100 ms) and ends after the configured silence. In between a
short pause is reported too, so that reading the words can begin before the turn is over. Times count
from the start of the stream. Source of the settings: OpenAI platform documentation, "Voice activity
detection".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from voice.engine.hearing import RATE_HZ
from voice.protocol import JsonObject

Samples: TypeAlias = NDArray[np.int16]

CHUNK = 512
_PER_MS = RATE_HZ // 1000
_HOT_CHUNKS = 3
_HYSTERESIS = 0.15
_PAUSE_MS = 200
_LONGEST_MS = 28_000
"""One turn fits the recogniser's window; a longer one is cut there."""

_EAGERNESS_MS = {"low": 1200, "medium": 700, "auto": 700, "high": 400}


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """When speech counts as begun and as over."""

    threshold: float = 0.5
    prefix_ms: int = 300
    silence_ms: int = 500

    @classmethod
    def of(cls, detection: JsonObject) -> TurnSettings:
        """Read a session's turn detection; semantic detection is played by a silence per eagerness."""
        if detection["type"] == "semantic_vad":
            return cls(silence_ms=_EAGERNESS_MS[detection["eagerness"]])
        return cls(
            threshold=detection["threshold"],
            prefix_ms=detection["prefix_padding_ms"],
            silence_ms=detection["silence_duration_ms"],
        )


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak; `at_ms` includes the padding kept before it."""

    at_ms: int


@dataclass(frozen=True, slots=True, eq=False)
class SpeechPaused:
    """A pause too short to end the turn; the words so far are worth reading."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The pause was only a pause."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechStopped:
    """The turn is over; `samples` is all of it."""

    at_ms: int
    samples: Samples


TurnEvent: TypeAlias = SpeechStarted | SpeechPaused | SpeechResumed | SpeechStopped


@dataclass(slots=True)
class TurnFinder:
    """Takes one chunk at a time; `position` is the stream position in samples it starts at."""

    settings: TurnSettings
    position: int = 0
    _kept: list[Samples] = field(default_factory=list)
    _hot: int = 0
    _speaking: bool = False
    _silent: int = 0
    _paused: bool = False

    @property
    def speaking(self) -> bool:
        """Whether a turn is open."""
        return self._speaking

    def feed(self, chunk: Samples, probability: float) -> list[TurnEvent]:
        """Return what this chunk tells."""
        self.position += len(chunk)
        self._kept.append(chunk)
        return self._in_turn(probability) if self._speaking else self._before_turn(probability)

    def take(self) -> Samples:
        """Return the open turn's audio and forget it."""
        samples = self._samples()
        self.reset()
        return samples

    def reset(self) -> None:
        """Forget everything but the position."""
        self._kept.clear()
        self._hot = self._silent = 0
        self._speaking = self._paused = False

    def _before_turn(self, probability: float) -> list[TurnEvent]:
        self._hot = self._hot + 1 if probability >= self.settings.threshold else 0
        if self._hot < _HOT_CHUNKS:
            # The padding counts from the moment the speech became hot, not from its detection.
            keep = self.settings.prefix_ms * _PER_MS // CHUNK + 1 + self._hot
            del self._kept[:-keep]
            return []
        self._speaking, self._silent, self._paused = True, 0, False
        return [SpeechStarted((self.position - len(self._samples())) // _PER_MS)]

    def _in_turn(self, probability: float) -> list[TurnEvent]:
        if probability >= self.settings.threshold - _HYSTERESIS:
            self._silent = 0
            resumed: list[TurnEvent] = [SpeechResumed()] if self._paused else []
            self._paused = False
            too_long = len(self._kept) * CHUNK >= _LONGEST_MS * _PER_MS
            return [*resumed, self._stop()] if too_long else resumed
        self._silent += CHUNK
        if self._silent >= self.settings.silence_ms * _PER_MS:
            return [self._stop()]
        if self._silent >= _PAUSE_MS * _PER_MS and not self._paused:
            self._paused = True
            return [SpeechPaused(self._samples())]
        return []

    def _stop(self) -> SpeechStopped:
        at_ms = (self.position - self._silent) // _PER_MS
        return SpeechStopped(at_ms, self.take())

    def _samples(self) -> Samples:
        return np.concatenate(self._kept) if self._kept else np.zeros(0, np.int16)
