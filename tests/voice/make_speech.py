"""Makes the recorded questions in `tests/voice/data/`, once: `python -m tests.voice.make_speech`.

Needs Debian's `flite` and its voice slt, another voice than the engine's own. A recording begins with three
seconds of silence, since Chromium plays it from the moment the microphone opens, and ends with silence.
"""

import subprocess
import tempfile
import wave
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_RATE_HZ = 16_000
_RECORDINGS: dict[str, list[str | float]] = {
    "weather_amsterdam": [3.0, "What is the weather in Amsterdam?", 12.0],
    "interrupt": [3.0, "Tell me everything you can do.", 9.0, "Stop. What time is it?", 12.0],
}


def _speak(text: str) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".wav") as spoken:
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", spoken.name], check=True, timeout=30)
        with wave.open(spoken.name) as recording:
            if (recording.getframerate(), recording.getnchannels()) != (_RATE_HZ, 1):
                raise SystemExit("flite's voice slt is expected to speak 16 kHz mono")
            frames: bytes = recording.readframes(recording.getnframes())
            return frames


def _make(name: str, parts: list[str | float]) -> None:
    with wave.open(str(_DATA / f"{name}.wav"), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(_RATE_HZ)
        for part in parts:
            silence = bytes(int(part * _RATE_HZ) * 2) if isinstance(part, float) else b""
            recording.writeframes(_speak(part) if isinstance(part, str) else silence)


if __name__ == "__main__":
    _DATA.mkdir(exist_ok=True)
    for name, parts in _RECORDINGS.items():
        _make(name, parts)
