"""Turns one utterance into words: Whisper (tiny.en) through CTranslate2, in a worker thread.

The encoder sees a 16 s window instead of 30 s, which halves the time; a shorter one loops and garbles.
When the words repeat themselves or the length limit is hit the utterance is read again with the full
window.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE_HZ = 16_000
_WINDOW_S = 16.0
_FULL_WINDOW_S = 30.0
_FRAMES_PER_S = 100
_TOKENS_PER_S = 6
_BEAM = 5
_PROMPT_TOKENS = 80


class Recogniser(Protocol):
    """Turns audio into text; blocks, and is called from a worker thread only."""

    def read(self, samples: NDArray[np.int16], prompt: str) -> str:
        """Return what was said (mono at 16 kHz); `prompt` holds words likely to occur."""
        ...


class Whisper:
    """A Whisper model held in memory, run on one thread."""

    def __init__(self, model: Path) -> None:
        import ctranslate2  # type: ignore[import-untyped]
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor  # type: ignore[import-untyped]
        from faster_whisper.tokenizer import Tokenizer  # type: ignore[import-untyped]

        self._view = ctranslate2.StorageView.from_array
        self._model = ctranslate2.models.Whisper(
            str(model), device="cpu", compute_type="int8", intra_threads=1, inter_threads=1
        )
        self._features = FeatureExtractor()
        words = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokens = Tokenizer(words, self._model.is_multilingual, task="transcribe", language="en")

    def read(self, samples: NDArray[np.int16], prompt: str) -> str:
        """Return what was said."""
        audio = samples.astype(np.float32) / 32768.0
        length_s = len(audio) / RATE_HZ
        window_s = min(_FULL_WINDOW_S, max(_WINDOW_S, length_s + 1.0))
        text, cut = self._decode(audio, prompt, window_s, int(_TOKENS_PER_S * length_s) + 8)
        if window_s < _FULL_WINDOW_S and (cut or repeats_itself(text)):
            text, _ = self._decode(audio, "", _FULL_WINDOW_S, 100)
        return text

    def _decode(
        self, audio: NDArray[np.float32], prompt: str, window_s: float, max_tokens: int
    ) -> tuple[str, bool]:
        start = [*self._prompt_tokens(prompt), *self._tokens.sot_sequence, self._tokens.no_timestamps]
        features = self._view(self._window(audio, window_s))
        result = self._model.generate(features, [start], beam_size=_BEAM, max_length=len(start) + max_tokens)[
            0
        ]
        ids = result.sequences_ids[0]
        return str(self._tokens.decode(ids)).strip(), len(ids) >= max_tokens

    def _window(self, audio: NDArray[np.float32], window_s: float) -> NDArray[np.float32]:
        padded = np.pad(audio, (0, max(0, int(window_s * RATE_HZ) - len(audio))))
        count = int(window_s * _FRAMES_PER_S) // 2 * 2
        features = self._features(padded)[:, :count]
        features = np.pad(features, ((0, 0), (0, count - features.shape[1])))
        return np.ascontiguousarray(features[None], dtype=np.float32)

    def _prompt_tokens(self, prompt: str) -> list[int]:
        if not prompt:
            return []
        return [self._tokens.sot_prev, *self._tokens.encode(f" {prompt}")[-_PROMPT_TOKENS:]]


class Hearing:
    """Reads utterances of every call, one at a time."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        self._recogniser = recogniser
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._waiting = 0

    @property
    def deaf(self) -> bool:
        """Whether nothing can be heard."""
        return self._recogniser is None

    @property
    def busy(self) -> bool:
        """Whether an utterance is being read, so that guesses should wait."""
        return self._waiting > 0

    def start(self, samples: NDArray[np.int16], prompt: str) -> asyncio.Future[str]:
        """Begin to read an utterance; cancelling the future drops it if it has not begun."""
        loop = asyncio.get_running_loop()
        if self._recogniser is None:
            nothing: asyncio.Future[str] = loop.create_future()
            nothing.set_result("")
            return nothing
        self._waiting += 1
        work: Future[str] = self._worker.submit(self._recogniser.read, samples, prompt)
        future = asyncio.wrap_future(work)
        future.add_done_callback(self._note_end)
        return future

    def close(self) -> None:
        """Take no more work."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _note_end(self, _: asyncio.Future[str]) -> None:
        self._waiting -= 1


def repeats_itself(text: str) -> bool:
    """Say whether three words in a row occur twice, the mark of a decoder gone round in circles."""
    words = re.sub(r"[^a-z' ]", "", text.lower()).split()
    seen: dict[tuple[str, ...], int] = {}
    for at in range(len(words) - 2):
        three = tuple(words[at : at + 3])
        if at - seen.setdefault(three, at) >= 3:
            return True
    return False
