"""With the real models: a recorded voice is understood, answered out loud, and may interrupt."""

import json
import wave
from pathlib import Path

import numpy as np
import pytest

from tests.voice.engine.browser import Browser
from voice.engine.config import EngineConfig
from voice.engine.server import load

pytestmark = pytest.mark.speech
DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="module")
def models():
    speech = load(EngineConfig())
    yield speech
    speech.close()


@pytest.fixture
async def browser(start_engine, models):
    one = await Browser(await start_engine(models)).dial()
    yield one
    await one.close()


def spans(path):
    """Return (from, to) in seconds for each utterance of a recording, 0.3 s of silence around it."""
    with wave.open(str(path)) as recording:
        rate = recording.getframerate()
        samples = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300) / rate
    cuts = np.flatnonzero(np.diff(loud) > 3.0)
    starts, ends = [loud[0], *loud[cuts + 1]], [*loud[cuts], loud[-1]]
    return [(max(0.0, start - 0.3), end + 0.3) for start, end in zip(starts, ends, strict=True)]


async def test_a_question_out_loud_is_answered_out_loud(browser):
    recording = DATA / "weather_amsterdam.wav"
    [(start, end)] = spans(recording)
    browser.microphone.say(recording, from_s=start, to_s=end)
    [call] = (await browser.wait("response.done"))["response"]["output"]
    assert (call["name"], json.loads(call["arguments"])) == ("get_weather", {"location": "Amsterdam"})
    heard = browser.of("conversation.item.input_audio_transcription.completed")[0]["transcript"].lower()
    assert "weather" in heard and "amsterdam" in heard
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": '{"temperature": 18.2}'}
    browser.send("conversation.item.create", item=output)
    browser.send("response.create")
    await browser.wait("output_audio_buffer.stopped", timeout_s=20)
    assert "18.2 degrees" in browser.said()
    assert len(browser.loud_at) > 50


async def test_a_voice_interrupts_a_long_answer(browser):
    recording = DATA / "interrupt.wav"
    first, second = spans(recording)
    browser.microphone.say(recording, from_s=first[0], to_s=first[1])
    await browser.wait("response.output_audio_transcript.delta", 2)
    browser.microphone.say(recording, from_s=second[0], to_s=second[1])
    done = (await browser.wait("response.done"))["response"]
    cut_at = browser.at[browser.types().index("output_audio_buffer.cleared")]
    assert done["status"] == "cancelled"
    assert done["output"][0]["content"][0]["transcript"] == browser.said()
    await browser.wait("response.done", 2)
    [call] = browser.of("response.done")[1]["response"]["output"]
    assert call["name"] == "get_current_time"
    assert max(browser.loud_at) < cut_at + 0.4
