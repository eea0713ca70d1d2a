"""A real Chromium on a real site. Each test gets its own browser, since the microphone is a start-up flag."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.site import PASSWORD, Site, until

SPEECH = Path(__file__).resolve().parents[1] / "voice" / "data"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
FAKE_DEVICE = "--use-fake-device-for-media-stream"
FAKE_CONSENT = "--use-fake-ui-for-media-stream"

# Remembers what the page opens, so that a test can measure it and see it closed. A recording has no echo of
# the loudspeaker in it; the canceller, finding none, at times takes the first word of an interruption for it.
WATCH = """
(() => {
  const seen = { peers: [], streams: [], contexts: [] };
  window.seen = seen;
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) { super(...args); seen.peers.push(this); }
  };
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(...args) { super(...args); seen.contexts.push(this); }
  };
  if (!navigator.mediaDevices) return;
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async ({ audio }) => {
    const stream = await ask({ audio: { ...audio, echoCancellation: false } });
    seen.streams.push(stream);
    return stream;
  };
})();
"""

LEFT_OPEN = """() => [
  ...window.seen.peers.filter((peer) => peer.connectionState !== 'closed').map(() => 'peer'),
  ...window.seen.streams.flatMap((stream) => stream.getTracks())
    .filter((track) => track.readyState !== 'ended').map(() => 'track'),
  ...window.seen.contexts.filter((context) => context.state !== 'closed').map(() => 'context'),
]"""

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts a Chromium whose microphone plays a recording (or silence), or that refuses the microphone.

    For one test only: the driver's event loop must be gone before an asynchronous test runs.
    """
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium on this machine: make test installs it"
    with sync_playwright() as playwright:
        browsers: list[Browser] = []

        def start(*, says: str = "", consents: bool = True) -> Browser:
            recording = [f"--use-file-for-fake-audio-capture={SPEECH / says}.wav%noloop"] if says else []
            consent = [FAKE_CONSENT] if consents else []
            flags = [*FLAGS, FAKE_DEVICE, *consent, *recording]
            browsers.append(playwright.chromium.launch(executable_path=program, args=flags))
            return browsers[-1]

        yield start
        for browser in browsers:
            browser.close()


@pytest.fixture
def open_page(launch: Callable[..., Browser], site: Site) -> OpenPage:
    """Opens the talk page as a person who is logged in; fails on any error the page throws."""

    def start(person: str, *, url: str = "", browser: Browser | None = None, **options: Any) -> Page:
        context = (browser or launch(**options)).new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(15_000)
        log_in(page, url or site.url, person)
        return page

    return start


def log_in(page: Page, url: str, person: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/voice/")
    page.fill("[name=username]", person)
    page.fill("[name=password]", password)
    page.click("button:has-text('Log in')")
    page.wait_for_url("**/voice/")


def check_nothing_left_open(page: Page) -> None:
    """The microphone is off at once; the connection goes when the server has hung up."""
    now: list[str] = page.evaluate(LEFT_OPEN)
    assert set(now) <= {"peer"}
    until(lambda: page.evaluate(LEFT_OPEN) == [], within_s=5)


def word(page: Page) -> str:
    return page.inner_text("#word")


def wait_for_word(page: Page, wanted: str, *, within_s: float = 15) -> None:
    page.wait_for_function(
        "wanted => document.getElementById('word').textContent === wanted",
        arg=wanted,
        timeout=within_s * 1000,
    )
