"""Assistants as operators shape them: rehearsed in writing, and spoken to with turns ended by hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, wait_for_word
from tests.browser.site import Site, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]


def test_an_operator_rehearses_an_assistant_in_writing(site: Site, open_page: OpenPage) -> None:
    conversations = len(site.rows("SELECT id FROM voice_conversation"))
    page = open_page("operator")
    page.goto(f"{site.url}/admin/voice/assistant/")
    page.get_by_role("link", name="Rehearse").first.click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#lines")).to_contain_text("Hello, this is Home.")
    page.keyboard.type("What is the weather in Amsterdam?")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    page.keyboard.press("Enter")
    expect(page.locator("#lines summary")).to_contain_text("Weather: Done")
    expect(page.locator("#lines .line").last).to_contain_text("In Amsterdam")
    expect(page.locator("#state")).to_contain_text("Your turn.")
    page.goto(f"{site.url}/voice/")
    until(lambda: site.calls_at_engine() == 0, within_s=10)
    assert len(site.rows("SELECT id FROM voice_conversation")) == conversations


def test_a_turn_is_spoken_while_the_button_is_held(site: Site, open_page: OpenPage) -> None:
    [before] = site.rows("SELECT turn_detection FROM voice_assistant WHERE slug = 'home'")
    site.change("UPDATE voice_assistant SET turn_detection = NULL WHERE slug = 'home'")
    try:
        page = open_page(site.new_person(), says="weather_amsterdam")
        page.click("#act")
        wait_for_word(page, "Speaking", within_s=20)
        talk = page.get_by_role("button", name="Hold to talk")
        box = talk.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.wait_for_timeout(6_000)  # the recording: three seconds of silence, then the question
        page.mouse.up()
        expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=20_000)
        expect(page.locator(".turn.you")).to_contain_text("Amsterdam")
        page.click("#act")
        wait_for_word(page, "Ended")
    finally:
        site.change(
            "UPDATE voice_assistant SET turn_detection = ? WHERE slug = 'home'", before["turn_detection"]
        )
