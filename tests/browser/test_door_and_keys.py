"""Logging in and out, and a call driven by the keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, check_nothing_left_open, wait_for_word
from tests.browser.site import PASSWORD, Site

pytestmark = [pytest.mark.browser, pytest.mark.speech]


def press_until_focused(page: Page, selector: str, key: str = "Tab") -> None:
    """Go on by keyboard until the element has the focus, as somebody without a pointer does."""
    for _ in range(30):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{selector} cannot be reached with {key}")


def test_a_wrong_password_is_refused_in_words(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person)
    page.context.clear_cookies()
    page.goto(f"{site.url}/voice/conversations/")
    page.fill("[name=username]", person)
    page.fill("[name=password]", "wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("That name and password do not belong together.")
    expect(page.locator("[name=username]")).to_have_value(person)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/voice/conversations/")


def test_after_five_wrong_passwords_the_door_waits(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person)
    page.context.clear_cookies()
    page.goto(f"{site.url}/accounts/login/")
    for _ in range(5):
        page.fill("[name=username]", person)
        page.fill("[name=password]", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
    page.fill("[name=username]", person)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("this waits a minute")


def test_logging_out_by_the_menu_leads_to_the_door(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    page.click("summary[aria-label$='account']")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    page.click("summary[aria-label$='account']")
    page.click("text=Log out")
    page.wait_for_url("**/accounts/login/*")
    page.goto(f"{site.url}/voice/")
    page.wait_for_url("**/accounts/login/?next=/voice/")


def test_a_session_that_ended_meanwhile_offers_the_login(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    page.context.clear_cookies(name="sessionid")
    page.click("#act")
    wait_for_word(page, "Could not start")
    expect(page.locator("#act")).to_have_text("Log in")
    check_nothing_left_open(page)


def test_a_whole_call_by_keyboard(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    press_until_focused(page, "#act")
    page.keyboard.press("Space")
    page.wait_for_selector("#main.live #act.ends")
    track = "() => window.seen.streams[0].getAudioTracks()[0].enabled"
    assert page.evaluate(track)
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    assert not page.evaluate(track)
    page.keyboard.down("Space")
    assert page.evaluate(track), "Space held opens the microphone"
    page.keyboard.up("Space")
    assert not page.evaluate(track)
    press_until_focused(page, "#act")
    page.keyboard.press("Enter")
    wait_for_word(page, "Ended")
    check_nothing_left_open(page)


def test_letters_typed_in_the_text_box_are_letters(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    page.click("#act")
    page.wait_for_selector("#main.live #act.ends")
    page.click("#text")
    page.keyboard.type("m m")
    expect(page.locator("#text")).to_have_value("m m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


def test_the_theme_is_remembered(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
