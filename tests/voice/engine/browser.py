"""A browser's part of a call, played with aiortc: microphone, data channel, ears.

Every event that arrives is validated against the official client's own types.
"""

import asyncio
import json
import time
import wave
from fractions import Fraction

import aiohttp
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

SERVER_EVENT = TypeAdapter(RealtimeServerEvent)
WEATHER_TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Current weather and a seven day forecast for a place.",
    "parameters": {
        "type": "object",
        "properties": {"location": {"type": "string", "description": "A city"}},
        "required": ["location"],
    },
}
TIME_TOOL = {
    "type": "function",
    "name": "get_current_time",
    "description": "The current date and time.",
    "parameters": {"type": "object", "properties": {"timezone": {"type": "string"}}},
}
SESSION = {
    "type": "realtime",
    "model": "gpt-realtime-2.1-mini",
    "instructions": "Be brief.",
    "tools": [WEATHER_TOOL, TIME_TOOL],
    "audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}},
}


class Microphone(MediaStreamTrack):
    """Speaks what it is given, in real time, and is silent otherwise."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self._samples = np.zeros(0, np.int16)
        self._start = None
        self._sent = 0

    def say(self, path, *, from_s=0.0, to_s=None):
        """Speak (a part of) a recording from now on."""
        with wave.open(str(path)) as recording:
            rate = recording.getframerate()
            samples = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
        part = samples[int(from_s * rate) : None if to_s is None else int(to_s * rate)]
        self._samples = np.concatenate([self._samples, np.repeat(part, 48_000 // rate)])

    def hum(self, ms):
        """Make a sound that stands for speech where no model listens."""
        wave_form = np.sin(np.arange(48 * ms) * 0.03) * 8000
        self._samples = np.concatenate([self._samples, wave_form.astype(np.int16)])
        return time.perf_counter()

    async def fall_silent(self):
        """Wait until everything has been spoken."""
        async with asyncio.timeout(30):
            while True:
                if not len(self._samples):
                    return
                await asyncio.sleep(0.02)

    async def recv(self):
        if self.readyState != "live":
            raise MediaStreamError
        self._start = self._start or time.perf_counter()
        wait_s = self._start + self._sent / 48_000 - time.perf_counter()
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        piece, self._samples = self._samples[:960], self._samples[960:]
        piece = np.pad(piece, (0, 960 - len(piece)))
        frame = AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._sent, Fraction(1, 48_000)
        self._sent += 960
        return frame


class Browser:
    """One call as a page would make it."""

    def __init__(self, base_url=""):
        self.base_url = base_url
        self.events = []
        self.at = []
        self.call_id = ""
        self.microphone = Microphone()
        self.loud_at = []
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._pc.addTrack(self.microphone)
        self._pc.on("track", self._take_track)
        self._channel = self._pc.createDataChannel("oai-events")
        self._channel.on("message", self._take_event)
        self._news = asyncio.Event()
        self._ears = None

    async def offer(self):
        """Return an offer to post."""
        await self._pc.setLocalDescription(await self._pc.createOffer())
        return self._pc.localDescription.sdp

    async def accept(self, answer):
        """Take the answer and wait for the channel."""
        await self._pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await self.wait("session.created")

    async def dial(self, session=SESSION, key="sk-test"):
        """Start a call the way a server does: multipart, with a key."""
        form = aiohttp.FormData()
        form.add_field("sdp", await self.offer(), content_type="application/sdp")
        form.add_field("session", json.dumps(session), content_type="application/json")
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{self.base_url}/realtime/calls", data=form, headers={"Authorization": f"Bearer {key}"}
            ) as response,
        ):
            text = await response.text()
            assert response.status == 201, text
            self.call_id = response.headers["Location"].rsplit("/", 1)[-1]
        await self.accept(text)
        return self

    def send(self, kind, **fields):
        """Send a client event."""
        self._channel.send(json.dumps({"type": kind, **fields}))

    def send_text(self, text):
        """Send whatever, event or not."""
        self._channel.send(text)

    def type(self, words):
        """Type a message and ask for an answer."""
        content = [{"type": "input_text", "text": words}]
        self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})
        self.send("response.create")

    def of(self, kind):
        """Return the events of a type so far."""
        return [event for event in self.events if event["type"] == kind]

    def types(self):
        """Return the types of all events so far, in order."""
        return [event["type"] for event in self.events]

    async def wait(self, kind, count=1, timeout_s=10.0):
        """Wait for the n-th event of a type and return it."""
        async with asyncio.timeout(timeout_s):
            while len(self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return self.of(kind)[count - 1]

    def said(self):
        """Return the words heard so far in all replies."""
        return "".join(event["delta"] for event in self.of("response.output_audio_transcript.delta"))

    async def reply(self, count=1):
        """Wait for the n-th spoken reply and return its words."""
        done = await self.wait("response.output_audio_transcript.done", count)
        return done["transcript"]

    async def close(self):
        """Leave."""
        await self._pc.close()
        if self._ears is not None:
            self._ears.cancel()
            await asyncio.gather(self._ears, return_exceptions=True)

    def _take_event(self, text):
        event = json.loads(text)
        SERVER_EVENT.validate_python(event)
        self.events.append(event)
        self.at.append(time.perf_counter())
        self._news.set()

    def _take_track(self, track):
        self._ears = asyncio.ensure_future(self._listen(track))

    async def _listen(self, track):
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            samples = frame.to_ndarray().astype(np.float32) / 32768
            if float(np.sqrt(np.mean(samples**2))) > 0.01:
                self.loud_at.append(time.perf_counter())
