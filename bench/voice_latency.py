"""How long a person waits for a voice: from the end of a question to the first sound of its answer, and
from the click to an open line.

Starts the whole site on free ports with a database of its own and a stand-in for Open-Meteo, then

* asks the same spoken question (one that needs the weather tool) `--turns` times in one call, as a WebRTC
  peer in real time, and takes the time from the last loud sample sent to the first loud frame heard;
* presses Start talking `--calls` times in headless Chromium and takes the time from the click to the open
  data channel, with our server's own share of it (Server-Timing, without provider and sideband).

Prints median and p95, writes `bench/results/voice_latency.json`. Run: `make bench-voice`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import httpx
import numpy as np
from playwright.async_api import Page, async_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.login import log_in  # noqa: E402
from bench.ports import free_port  # noqa: E402
from tests.voice.engine.browser import Browser  # noqa: E402  (the same peer that the tests speak with)

QUESTION = ROOT / "tests/voice/data/weather_amsterdam.wav"
PLACE = {"results": [{"name": "Amsterdam", "latitude": 52.37, "longitude": 4.89}]}
NOW = {
    "temperature_2m": 9.5,
    "relative_humidity_2m": 81,
    "wind_speed_10m": 14.2,
    "precipitation": 0.3,
    "weather_code": 61,
}
DAILY = {
    "time": [f"2026-01-0{day}" for day in range(1, 8)],
    "temperature_2m_max": [10.0] * 7,
    "temperature_2m_min": [4.0] * 7,
    "precipitation_sum": [1.0] * 7,
    "weather_code": [61] * 7,
}
CHROMIUM_FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
WATCH_CHANNEL = """
const make = RTCPeerConnection.prototype.createDataChannel;
RTCPeerConnection.prototype.createDataChannel = function (...words) {
  const channel = make.apply(this, words);
  channel.addEventListener('open', () => { window.openedAt = performance.now(); });
  return channel;
};
addEventListener('click', () => { window.clickedAt = performance.now(); window.openedAt = 0; }, true);
"""


class OpenMeteo(BaseHTTPRequestHandler):
    """Knows one place and its weather."""

    def do_GET(self) -> None:
        body = PLACE if "search" in self.path else {"current": NOW, "daily": DAILY}
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words: object) -> None:
        return None


@contextmanager
def running_site() -> Iterator[tuple[str, str, str]]:
    """The site with its engine; yields address, user name and password."""
    weather = ThreadingHTTPServer(("127.0.0.1", 0), OpenMeteo)
    Thread(target=weather.serve_forever, daemon=True).start()
    service = f"http://127.0.0.1:{weather.server_port}"
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that the .local of this folder, its login and its data stay as they are.
        site = Path(folder) / "site"
        shutil.copytree(ROOT, site, ignore=shutil.ignore_patterns(".venv", ".local", ".git", ".env"))
        environment = os.environ | {
            "ROOMTONE_PORT": str(port),
            "ENGINE_PORT": str(free_port()),
            "REALTIME_PROVIDER": "local",
            "CALLS_PER_USER": "10",
            "OPEN_METEO_GEOCODING_URL": f"{service}/search",
            "OPEN_METEO_FORECAST_URL": f"{service}/forecast",
        }
        log = Path(folder) / "up.log"
        with log.open("wb") as out:
            up = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=site, env=environment, stdout=out, stderr=out
            )
        try:
            url = f"http://localhost:{port}"
            wait_until_ready(url, up, log)
            found = re.search(r"Log in as (\S+) with the password (\S+)", log.read_text())
            assert found, "no login was printed"
            yield url, found[1], found[2]
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(30)
            weather.shutdown()


def wait_until_ready(url: str, up: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert up.poll() is None, log.read_text()[-2000:]
        try:
            if httpx.get(f"{url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("the site did not become ready within 120 s")


def loud_part(path: Path) -> tuple[float, float]:
    """Where speech begins and ends in a recording, in seconds."""
    with wave.open(str(path)) as recording:
        rate = recording.getframerate()
        samples = np.frombuffer(recording.readframes(recording.getnframes()), np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return loud[0] / rate, loud[-1] / rate


async def answer_times(url: str, name: str, password: str, turns: int) -> list[float]:
    """Seconds from the end of each question to the first sound of its answer."""
    begins, ends = loud_part(QUESTION)
    found = []
    async with aclosing(await log_in(url, name, password)) as http:
        peer = Browser()
        reply = await http.post("/voice/calls/", json={"sdp": await peer.offer()})
        assert reply.status_code == 201, reply.text
        call = reply.json()
        await peer.accept(call["sdp"])
        await http.post(f"/voice/calls/{call['id']}/ready")
        await peer.wait("output_audio_buffer.stopped", timeout_s=20)
        for turn in range(turns):
            await asyncio.sleep(0.5)
            peer.microphone.say(QUESTION, from_s=begins, to_s=ends)
            await peer.microphone.fall_silent()  # looks every 20 ms: so much may be missing
            spoken_at = time.perf_counter()
            await peer.wait("output_audio_buffer.started", turn + 2, timeout_s=20)
            await peer.wait("output_audio_buffer.stopped", turn + 2, timeout_s=30)
            found.append(min(at for at in peer.loud_at if at > spoken_at) - spoken_at)
        await http.post(f"/voice/calls/{call['id']}/end")
        await peer.close()
    return found


async def set_up_times(url: str, name: str, password: str, calls: int) -> tuple[list[float], list[float]]:
    """Seconds from click to open channel, and our own share of the server's part."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        page = await browser.new_page()
        await page.add_init_script(WATCH_CHANNEL)
        await page.goto(f"{url}/accounts/login/")
        await page.fill("[name=username]", name)
        await page.fill("[name=password]", password)
        await page.click("form button")
        await page.wait_for_url("**/voice/")
        rows = [await one_set_up(page) for _ in range(calls + 1)]
        await browser.close()
    warm = rows[1:]  # the first opens the browser's audio, which a person meets once
    return [row[0] for row in warm], [row[1] for row in warm]


async def one_set_up(page: Page) -> tuple[float, float]:
    async with page.expect_response(lambda reply: urlsplit(reply.url).path == "/voice/calls/") as waiting:
        await page.click("#act")
    reply = await waiting.value
    await page.wait_for_function("window.openedAt > 0")
    total = await page.evaluate("window.openedAt - window.clickedAt")
    timing = (await reply.all_headers())["server-timing"]
    ours = re.search(r"ours;dur=([\d.]+)", timing)
    assert ours
    await page.click("#act")
    await page.wait_for_function("document.querySelector('#word').textContent.startsWith('Ended')")
    return total / 1000, float(ours[1]) / 1000


def summary(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    row = {"median_ms": statistics.median(ordered) * 1000, "p95_ms": p95 * 1000, "n": len(ordered)}
    print(f"{name:52} median {row['median_ms']:7.0f} ms   p95 {row['p95_ms']:7.0f} ms   n {row['n']}")
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the wait for a voice.")
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--calls", type=int, default=10)
    wanted = parser.parse_args()
    with running_site() as (url, name, password):
        answers = asyncio.run(answer_times(url, name, password, wanted.turns))
        set_ups, ours = asyncio.run(set_up_times(url, name, password, wanted.calls))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    results = {
        "end_of_speech_to_first_sound": summary("end of speech to first sound (with one tool)", answers),
        "click_to_open_channel": summary("click to open data channel (Chromium)", set_ups),
        "our_share_of_set_up": summary("of that, our server without provider and sideband", ours),
    }
    target = ROOT / "bench/results/voice_latency.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
