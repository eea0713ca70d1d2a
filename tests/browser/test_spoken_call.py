"""Real speech from a real Chromium: asked aloud, answered aloud, stored, and cut short when interrupted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, check_nothing_left_open, log_in, wait_for_word
from tests.browser.site import Site, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]

INBOUND = """async () => {
  const peer = window.seen.peers.at(-1);
  const reports = [...(await peer.getStats()).values()];
  const { totalAudioEnergy, packetsReceived } = reports.find(({ type }) => type === 'inbound-rtp');
  return { totalAudioEnergy, packetsReceived };
}"""

# Both sounds as they are, every few milliseconds. The browser's statistics are no use for this: their
# `audioLevel` and energy fall slowly, so they still show a sound that ended 300 ms ago.
SAMPLE = """() => {
  const context = new AudioContext();
  const watch = (track) => {
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const wave = new Float32Array(512);
    return () => {
      analyser.getFloatTimeDomainData(wave);
      return Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
    };
  };
  const you = watch(window.seen.streams.at(-1).getAudioTracks()[0]);
  const them = watch(window.seen.peers.at(-1).getReceivers()[0].track);
  window.samples = [];
  const take = () => window.samples.push({ at: performance.now(), you: you(), them: them() });
  const sampling = setInterval(take, 8);
  window.stopSampling = () => { clearInterval(sampling); context.close(); };
}"""

YOURS = 0.01  # RMS; the recording is silence or speech, nothing between
THEIRS = 0.01
MOST_MS = 500
SILENCE_MS = 2000


def test_a_spoken_question_is_answered_aloud_and_stored(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person, says="weather_amsterdam")
    asked_before = len(site.weather.asked)
    page.click("#act")
    expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=40_000)
    energy_before = page.evaluate(INBOUND)["totalAudioEnergy"]
    answer = page.locator(".tool + .turn.them")
    expect(answer).to_contain_text("Amsterdam", timeout=20_000)
    wait_for_word(page, "Listening", within_s=40)
    assert page.evaluate(INBOUND)["totalAudioEnergy"] > energy_before + 0.01
    assert site.weather.asked[asked_before:] == ["Amsterdam"]
    page.click("#act")
    wait_for_word(page, "Ended")
    check_nothing_left_open(page)
    until(lambda: site.calls_at_engine() == 0, within_s=10)
    check_record(site, person)
    check_admin(site, page)


def check_record(site: Site, person: str) -> None:
    """Both sides' words and the tool run are rows."""
    turns = until(lambda: [turn for turn in site.said(person) if "Amsterdam" in turn["text"]], within_s=10)
    assert {turn["role"] for turn in turns} == {"user", "assistant"}
    question = next(turn["text"].lower() for turn in turns if turn["role"] == "user")
    assert "weather" in question
    [run] = site.tool_runs(person)
    assert (run["name"], run["status"], run["source"]) == ("get_weather", "done", "sideband")


def check_admin(site: Site, page: Page) -> None:
    """An operator reads the same in admin."""
    [row] = site.rows("SELECT id FROM voice_conversation ORDER BY started_at DESC LIMIT 1")
    page.context.clear_cookies()
    log_in(page, site.url, "operator")
    page.goto(f"{site.url}/admin/voice/conversation/{row['id'].replace('-', '')}/change/")
    text = page.inner_text("body")
    assert "Amsterdam" in text
    assert "get_weather" in text


def test_an_interruption_stops_the_sound_and_keeps_only_what_was_heard(
    site: Site, open_page: OpenPage
) -> None:
    person = site.new_person()
    page = open_page(person, says="interrupt")
    page.click("#act")
    page.wait_for_function("() => window.seen.peers.at(-1)?.connectionState === 'connected'")
    page.evaluate(SAMPLE)
    expect(page.locator(".turn.you")).to_have_count(2, timeout=40_000)
    cut = page.locator(".turn.them", has_text="You interrupted").last
    expect(cut).to_be_visible(timeout=10_000)
    expect(page.locator(".turn.you").last).to_contain_text("time", timeout=15_000)
    page.evaluate("window.stopSampling()")
    late_ms = silent_after_ms(page.evaluate("window.samples"))
    print(f"sound stopped {late_ms:.0f} ms after the person began to speak")
    assert late_ms <= MOST_MS
    shown = cut.locator("p:nth-of-type(2)").inner_text()
    page.click("#act")
    wait_for_word(page, "Ended")
    turn = until(lambda: interrupted_turn(site, person, shown), within_s=10)
    assert turn["heard_text"].strip() == shown.strip()
    assert turn["heard_exact"]


def interrupted_turn(site: Site, person: str, shown: str) -> dict[str, Any] | None:
    turns = [turn for turn in site.said(person) if turn["interrupted"]]
    return next((turn for turn in reversed(turns) if turn["heard_text"][:20] == shown[:20]), None)


def silent_after_ms(samples: list[dict[str, float]]) -> float:
    """From when the person began to speak, after a silence, until the assistant's voice was gone."""
    yours = [sample["at"] for sample in samples if sample["you"] > YOURS]
    onset = [now for before, now in zip(yours, yours[1:], strict=False) if now - before > SILENCE_MS][-1]
    theirs = [sample["at"] for sample in samples if sample["them"] > THEIRS]
    # It pauses between sentences; a second holds more than any pause.
    assert any(onset - 1000 < at <= onset for at in theirs), "the assistant was not speaking at that moment"
    return max((at for at in theirs if onset <= at < onset + 1500), default=onset) - onset
