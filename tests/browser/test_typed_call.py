"""A call without a microphone, typed from first to last."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, check_nothing_left_open, wait_for_word
from tests.browser.site import Site, free_port, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]


def test_a_typed_question_is_answered_without_a_microphone(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person, consents=False)
    asked_before = len(site.weather.asked)
    page.fill("#text", "What is the weather in Amsterdam?")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.you")).to_contain_text("What is the weather in Amsterdam?")
    expect(page.locator(".turn.you")).to_contain_text("typed")
    expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=20_000)
    assert site.weather.asked[asked_before:] == ["Amsterdam"]
    assert page.evaluate("window.seen.streams.length") == 0
    wait_for_word(page, "Speaking", within_s=20)
    page.click("#act")
    wait_for_word(page, "Ended")
    check_nothing_left_open(page)
    turns = until(lambda: [turn for turn in site.said(person) if turn["role"] == "user"], within_s=10)
    assert [turn["text"] for turn in turns] == ["What is the weather in Amsterdam?"]
    assert [run["name"] for run in site.tool_runs(person)] == ["get_weather"]
    [row] = site.rows("SELECT end_reason FROM voice_conversation ORDER BY started_at DESC LIMIT 1")
    assert row["end_reason"] == "user"


def test_without_a_sideband_the_page_carries_tools_and_turns(site: Site, open_page: OpenPage) -> None:
    url = site.start_web(free_port(), REALTIME_SIDEBAND="false")
    person = site.new_person()
    page = open_page(person, url=url, consents=False)
    page.fill("#text", "What is the weather in Ghent?")
    page.keyboard.press("Enter")
    expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=20_000)
    expect(page.locator(".tool + .turn.them")).to_contain_text("Ghent", timeout=20_000)
    [run] = site.tool_runs(person)
    assert (run["name"], run["status"], run["source"]) == ("get_weather", "done", "browser")
    wait_for_word(page, "Listening", within_s=30)
    page.click("#act")
    wait_for_word(page, "Ended")
    turns = until(lambda: [turn for turn in site.said(person) if "Ghent" in turn["text"]][1:], within_s=10)
    assert {turn["source"] for turn in turns} == {"browser"}
