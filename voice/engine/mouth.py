"""Speaks: turns a clause into audio in a worker thread, remembering what it has spoken lately.

Two voices: Piper, and silence of a plausible length for an engine without speech. Audio is mono s16 at
48 kHz.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from voice.engine.playback import BYTES_PER_MS, RATE_HZ

if TYPE_CHECKING:
    import numpy as np
    from piper import PiperVoice as Piper

SPOKEN_CHARS_PER_S = 15.0
_SILENT_REPLY_MS = 2000
_REMEMBERED = 96
_REMEMBERED_MS = 6000
_PAUSES_MS = {".": 220, "!": 220, "?": 220, ",": 90, ";": 120, ":": 120}


class Voice(Protocol):
    """Turns text into audio; blocks, and is called from a worker thread only."""

    def speak(self, text: str, speed: float = 1.0) -> bytes:
        """Return the clause as audio."""
        ...


class PiperVoice:
    """A Piper voice held in memory, run on one thread."""

    def __init__(self, model: Path) -> None:
        import onnxruntime  # type: ignore[import-untyped]
        from piper import PiperConfig
        from piper import PiperVoice as Piper

        options = onnxruntime.SessionOptions()
        # A second thread makes it slower on a busy two-core machine (real-time factor 0.35 against 0.12).
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        config = PiperConfig.from_dict(json.loads(Path(f"{model}.json").read_text(encoding="utf-8")))
        self._piper: Piper = Piper(session=session, config=config)

    def speak(self, text: str, speed: float = 1.0) -> bytes:
        """Return the clause as audio, a pause for its punctuation included."""
        from piper import SynthesisConfig

        spoken = text.strip()
        wanted = SynthesisConfig(length_scale=self._piper.config.length_scale / speed)
        spoken_chunks = self._piper.synthesize(spoken, syn_config=wanted)
        chunks = [(chunk.audio_int16_array, chunk.sample_rate) for chunk in spoken_chunks]
        audio = b"".join(resample(samples, rate_hz) for samples, rate_hz in chunks)
        pause_ms = _PAUSES_MS.get(spoken[-1:], 0)
        return audio + bytes(pause_ms * BYTES_PER_MS)


class SilentVoice:
    """Says nothing for as long as saying it would take."""

    def speak(self, text: str, speed: float = 1.0) -> bytes:
        """Return silence."""
        return bytes(int(len(text) * 1000 / SPOKEN_CHARS_PER_S / speed) * BYTES_PER_MS)


class Mouth:
    """Speaks clauses of every call, one at a time, and keeps the audio of recent short ones."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="mouth")
        self._remembered: OrderedDict[tuple[str, float], bytes] = OrderedDict()

    @property
    def silent(self) -> bool:
        """Whether this mouth only keeps time."""
        return isinstance(self._voice, SilentVoice)

    async def speak(self, clause: str, *, reply_chars: int, speed: float = 1.0) -> bytes:
        """Return a clause's audio; a silent mouth shortens it so that the reply takes two seconds at most."""
        if self.silent:
            shrink = min(1.0, _SILENT_REPLY_MS / (reply_chars * 1000 / SPOKEN_CHARS_PER_S))
            return bytes(int(len(self._voice.speak(clause, speed)) * shrink) // 2 * 2)
        key = (clause.strip(), speed)
        if key in self._remembered:
            self._remembered.move_to_end(key)
            return self._remembered[key]
        loop = asyncio.get_running_loop()
        return self._keep(key, await loop.run_in_executor(self._worker, self._voice.speak, clause, speed))

    def learn(self, clauses: list[str]) -> None:
        """Speak clauses ahead of time; blocks, for the time before the port opens."""
        for clause in clauses:
            self._keep((clause.strip(), 1.0), self._voice.speak(clause))

    def close(self) -> None:
        """Take no more work."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _keep(self, key: tuple[str, float], audio: bytes) -> bytes:
        if len(audio) <= _REMEMBERED_MS * BYTES_PER_MS:
            self._remembered[key] = audio
        while len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return audio


def resample(samples: np.ndarray, rate_hz: int) -> bytes:
    """Return int16 mono samples at the playback rate."""
    from av import AudioFrame, AudioResampler

    frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate_hz
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return b"".join(one.to_ndarray().tobytes() for one in frames)
