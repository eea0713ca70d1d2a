"""The engine as a process: opens its port when ready, leaves when told, says what keeps it from starting."""

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import aiohttp
import pytest

from tests.voice.engine.browser import Browser

_ROOT = Path(__file__).resolve().parents[3]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
async def start():
    """Start engines as processes; none outlives the test."""
    started = []

    async def one(**environment):
        started.append(await spawn(environment))
        return started[-1]

    yield one
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def spawn(environment):
    # The tests' settings would empty these variables again.
    given = {"DJANGO_SETTINGS_MODULE": "realtime_site.settings", "ENGINE_SPEECH": "off", **environment}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "manage.py",
        "runengine",
        cwd=_ROOT,
        env={**os.environ, **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def wait_healthy(port):
    async with asyncio.timeout(20), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/healthz") as response:
                    return await response.json()
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_leaves_soon_after_a_signal_with_a_call_running(start, number):
    port = free_port()
    process = await start(ENGINE_PORT=str(port))
    assert await wait_healthy(port) == {"status": "ok", "calls": 0, "speech": False}
    browser = await Browser(f"http://127.0.0.1:{port}/v1").dial()
    browser.type("What can you do?")
    await browser.wait("output_audio_buffer.started")
    told_at = time.monotonic()
    process.send_signal(number)
    async with asyncio.timeout(5):
        assert await process.wait() == 0
    assert time.monotonic() - told_at < 3
    await browser.close()


@pytest.mark.parametrize(
    ("environment", "words"), [({}, b"ENGINE_PORT"), ({"ENGINE_BIND": "0.0.0.0"}, b"ENGINE_API_KEY")]
)
async def test_what_keeps_it_from_starting_is_named(start, environment, words):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = await start(ENGINE_PORT=str(taken.getsockname()[1]), **environment)
        async with asyncio.timeout(20):
            output, _ = await process.communicate()
    assert process.returncode == 1
    assert words in output
    assert b"Traceback" not in output
