"""Spoken turns through a whole call, with stand-ins for the models: a hum is speech, words are scripted."""

import time

import numpy as np
import pytest

from tests.voice.engine.browser import SESSION, Browser
from voice.engine.hearing import Hearing
from voice.engine.mouth import Mouth
from voice.engine.playback import BYTES_PER_MS
from voice.engine.speech import Speech

MS_PER_CHAR = 25


class Script:
    """A recogniser that hears what the test says is being said."""

    def __init__(self):
        self.words = ""
        self.read_at = []

    def read(self, samples, prompt):
        self.read_at.append(time.perf_counter())
        return self.words


class Loudness:
    """A voice detector that takes any sound for a voice."""

    def process(self, data):
        return 1.0 if float(np.sqrt(np.mean(data**2))) > 0.01 else 0.0


class Tone:
    """A voice that hums as long as saying the words would take."""

    def speak(self, text, speed=1.0):
        samples = len(text) * MS_PER_CHAR * BYTES_PER_MS // 2
        return (np.sin(np.arange(samples) * 0.05) * 6000).astype(np.int16).tobytes()


@pytest.fixture
def script():
    return Script()


@pytest.fixture
async def dial(start_engine, script):
    """Dial an engine whose models are stand-ins, with turn detection of the test's choice."""
    browsers = []
    speech = Speech(Hearing(script), Mouth(Tone()), Loudness)

    async def start(**detection):
        engine = await start_engine(speech)
        given = {"type": "server_vad", "silence_duration_ms": 300, **detection}
        found = None if detection.get("off") else given
        audio = {"input": {"transcription": {"model": "gpt-realtime-whisper"}, "turn_detection": found}}
        browsers.append(await Browser(engine).dial({**SESSION, "audio": audio}))
        return browsers[-1]

    yield start
    for browser in browsers:
        await browser.close()
    speech.close()


async def test_a_spoken_turn_comes_in_the_api_order(dial, script):
    browser = await dial()
    script.words = "Thank you."
    browser.microphone.hum(500)
    await browser.wait("output_audio_buffer.stopped")
    kinds = browser.types()
    turn = ["speech_started", "speech_stopped", "committed"]
    assert kinds[1:7] == [
        *(f"input_audio_buffer.{one}" for one in turn),
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert kinds.index("response.output_item.added") > kinds.index("response.created")
    heard = browser.of("conversation.item.input_audio_transcription.completed")[0]
    assert heard["transcript"] == "Thank you."
    assert heard["usage"]["type"] == "duration"
    started = browser.of("input_audio_buffer.speech_started")[0]
    assert browser.of("conversation.item.added")[0]["item"]["id"] == started["item_id"] == heard["item_id"]
    usage = browser.of("response.done")[0]["response"]["usage"]
    assert usage["input_token_details"]["audio_tokens"] >= 5
    assert usage["output_token_details"]["audio_tokens"] > 20
    assert browser.loud_at


async def test_words_are_read_before_the_silence_is_over(dial, script):
    browser = await dial(silence_duration_ms=600)
    script.words = "Thank you."
    browser.microphone.hum(400)
    await browser.wait("input_audio_buffer.speech_stopped")
    stopped_at = browser.at[browser.types().index("input_audio_buffer.speech_stopped")]
    await browser.wait("conversation.item.input_audio_transcription.completed")
    assert len(script.read_at) == 1
    assert stopped_at - script.read_at[0] > 0.2


async def test_an_interruption_silences_at_once_and_keeps_what_was_heard(dial, script):
    browser = await dial()
    script.words = "What can you do?"
    browser.microphone.hum(400)
    await browser.wait("response.output_audio_transcript.delta", 3)
    script.words = "Stop."
    onset = browser.microphone.hum(600)
    done = (await browser.wait("response.done"))["response"]
    after = browser.types()[browser.types().index("output_audio_buffer.cleared") :]
    assert after[:8] == [
        "output_audio_buffer.cleared",
        "conversation.item.truncated",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    [item] = done["output"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "turn_detected")
    assert (item["status"], item["content"][0]["transcript"]) == ("incomplete", browser.said())
    [truncated] = browser.of("conversation.item.truncated")
    spoken_ms = len(browser.said()) * MS_PER_CHAR
    assert truncated["item_id"] == item["id"]
    assert spoken_ms - 1500 < truncated["audio_end_ms"] <= spoken_ms
    deltas = len(browser.of("response.output_audio_transcript.delta"))
    await browser.wait("response.done", 2)
    assert len([one for one in browser.loud_at if onset + 0.5 < one < browser.at[-1] - 0.6]) == 0
    assert browser.of("response.output_audio_transcript.delta")[deltas]["delta"] == "Okay."


async def test_an_interruption_of_the_last_words_leaves_the_response_completed(dial, script):
    browser = await dial()
    script.words = "Thank you."
    browser.microphone.hum(400)
    await browser.wait("response.done")
    browser.microphone.hum(400)
    await browser.wait("conversation.item.truncated")
    assert browser.of("response.done")[0]["response"]["status"] == "completed"
    assert "output_audio_buffer.stopped" not in browser.types()


async def test_an_assistant_that_may_not_be_interrupted_goes_on(dial, script):
    browser = await dial(interrupt_response=False)
    script.words = "Thank you."
    browser.microphone.hum(400)
    await browser.wait("output_audio_buffer.started")
    browser.microphone.hum(400)
    await browser.wait("output_audio_buffer.stopped")
    assert "output_audio_buffer.cleared" not in browser.types()


async def test_no_answer_unless_asked_when_the_client_creates_responses(dial, script):
    browser = await dial(create_response=False)
    script.words = "Thank you."
    browser.microphone.hum(400)
    await browser.wait("conversation.item.input_audio_transcription.completed")
    assert "response.created" not in browser.types()
    browser.send("response.create")
    await browser.wait("output_audio_buffer.started")
    assert "built-in engine" in browser.said()


async def test_push_to_talk_commits_by_hand(dial, script):
    browser = await dial(off=True)
    script.words = "Thank you."
    browser.microphone.hum(400)
    await browser.microphone.fall_silent()
    browser.send("input_audio_buffer.commit")
    browser.send("response.create")
    await browser.wait("conversation.item.input_audio_transcription.completed")
    await browser.wait("output_audio_buffer.started")
    assert browser.said().startswith("Roomtone's built-in engine here.")
    await browser.wait("output_audio_buffer.stopped")
    assert browser.said().endswith("You are welcome.")
    assert "input_audio_buffer.speech_started" not in browser.types()


async def test_a_client_may_cancel_and_clear(dial, script):
    browser = await dial()
    browser.type("What can you do?")
    await browser.wait("output_audio_buffer.started")
    browser.send("response.cancel")
    browser.send("output_audio_buffer.clear")
    done = (await browser.wait("response.done"))["response"]
    assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
    await browser.wait("output_audio_buffer.cleared")
    browser.type("thank you")
    await browser.wait("output_audio_buffer.stopped")


async def test_a_cancelled_reply_ends_with_its_clause(dial, script):
    browser = await dial()
    browser.type("What can you do?")
    await browser.wait("output_audio_buffer.started")
    browser.send("response.cancel")
    await browser.wait("output_audio_buffer.stopped")
    assert browser.of("response.done")[0]["response"]["status"] == "cancelled"
    assert len(browser.of("response.output_audio_transcript.delta")) == 1


async def test_noise_without_words_is_answered_by_nothing(dial, script):
    browser = await dial()
    browser.microphone.hum(400)
    done = (await browser.wait("response.done"))["response"]
    assert (done["status"], done["output"]) == ("completed", [])
