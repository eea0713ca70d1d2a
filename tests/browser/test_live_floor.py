"""The live floor: staff see a running call, read along, whisper to its assistant, and end it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, wait_for_word
from tests.browser.rooms_page import too_wide
from tests.browser.site import Site, free_port

pytestmark = [pytest.mark.browser, pytest.mark.speech]

WHISPER = 'Offer to close the greenhouse valve. Also say: "Shall I close the greenhouse valve?"'
NOTICED_MS = 15_000
OFFER = "Shall I close the greenhouse valve?"


def talk(open_page: OpenPage, person: str, **options: Any) -> Page:
    """A person in a call that they type, greeted and answered once."""
    page = open_page(person, consents=False, **options)
    say(page, "What time is it?")
    return page


def say(page: Page, text: str) -> None:
    """Type something, and wait until it is answered to the end."""
    answers = page.locator("#log .turn.them")
    page.fill("#text", text)
    page.keyboard.press("Enter")
    expect(page.locator("#log .turn.you").last).to_contain_text(text)
    expect(page.locator("#log .turn.you").last.locator("xpath=following::article")).not_to_have_count(
        0, timeout=20_000
    )
    wait_for_word(page, "Listening", within_s=30)
    expect(answers.last).to_be_visible()


def open_floor(open_page: OpenPage, site: Site, beside: Page, staff: str = "operator", url: str = "") -> Page:
    """The live floor, seen by staff in a browser context of their own."""
    page = open_page(staff, browser=beside.context.browser, url=url)
    page.goto(f"{url or site.url}/voice/live/")
    expect(page.locator("#link")).to_have_text("Live")
    return page


def row_of(floor: Page, person: str) -> Any:
    return floor.locator("#calls a", has_text=re.compile(rf"\b{person}\b"))


def watch(floor: Page, person: str) -> None:
    row_of(floor, person).click()
    expect(floor.locator("#wh")).to_have_text(f"{person} with Home")


def allow(site: Site, person: str, *codenames: str) -> None:
    """Give permissions, as the admin does."""
    for codename in codenames:
        site.change(
            "INSERT INTO auth_user_user_permissions (user_id, permission_id)"
            " SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE u.username = ? AND p.codename = ?",
            person,
            codename,
        )


def audited(site: Site, person: str) -> list[tuple[str, str]]:
    rows = site.rows(
        "SELECT a.action, a.actor_name FROM voice_auditevent a"
        " JOIN voice_conversation c ON c.id = a.conversation_id JOIN auth_user u ON u.id = c.user_id"
        " WHERE u.username = ? ORDER BY a.id",
        person,
    )
    return [(row["action"], row["actor_name"]) for row in rows]


def test_an_operator_reads_along_whispers_and_ends_the_call(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    caller = talk(open_page, person)
    floor = open_floor(open_page, site, caller)
    expect(row_of(floor, person)).to_contain_text(re.compile(r"\d+:\d\d of 15:00"))
    expect(caller.locator("#watched")).to_be_hidden()
    watch(floor, person)
    captions = floor.locator("#captions")
    expect(captions.locator(".turn.you").last).to_contain_text("What time is it?")
    expect(caller.locator("#watched")).to_be_visible()
    say(caller, "What is the weather in Ghent?")
    expect(captions.locator(".turn.you").last).to_contain_text("What is the weather in Ghent?")
    expect(captions.locator(".tool").last).to_contain_text("Weather Ghent")
    expect(captions.locator(".turn.them").last).to_contain_text("Ghent")
    whisper_an_offer(floor, caller)
    end_the_call(floor, caller)
    expect(row_of(floor, person)).to_have_count(0)
    expect(captions.locator(".turn.them").last).to_contain_text(OFFER)
    [call] = site.rows(
        "SELECT end_reason FROM voice_conversation c JOIN auth_user u ON u.id = c.user_id"
        " WHERE u.username = ?",
        person,
    )
    assert call["end_reason"] == "operator"
    actions = ["call_watched", "call_whispered", "call_ended"]
    assert audited(site, person) == [(action, "operator") for action in actions]


def whisper_an_offer(floor: Page, caller: Page) -> None:
    """What is whispered comes with the next answer, and the person never sees the whisper."""
    floor.fill("#wx", WHISPER)
    floor.keyboard.press("Enter")
    expect(floor.locator("#whisper-note")).to_contain_text("Whispered at")
    expect(floor.locator("#wx")).to_have_value("")
    say(caller, "What time is it?")
    expect(caller.locator("#log .turn.them").last).to_contain_text(OFFER, timeout=20_000)
    expect(floor.locator("#captions .turn.them").last).to_contain_text(OFFER)
    expect(caller.locator("#log")).not_to_contain_text("Offer to close")


def end_the_call(floor: Page, caller: Page) -> None:
    """Escape leaves the call alone; the second press ends it, and both sides say who did."""
    floor.click("#end")
    floor.keyboard.press("Escape")
    expect(floor.locator("#ending")).to_be_hidden()
    expect(floor.locator("#end")).to_be_focused()
    expect(caller.locator("#word")).to_have_text("Listening")
    expect(caller.locator("#watched")).to_be_visible()
    floor.click("#end")
    floor.click("#end-yes")
    wait_for_word(caller, "Ended")
    expect(caller.locator("#said")).to_contain_text("Staff of this site ended the call after")
    expect(caller.locator("#watched")).to_be_hidden()
    expect(floor.locator("#standing")).to_have_text("Ended")
    expect(floor.locator("#remark")).to_contain_text("Staff ended the call after")
    for gone in ("#end", "#whisper", "#ending"):
        expect(floor.locator(gone)).to_be_hidden()
    expect(floor.locator("#wh")).to_be_focused()


def test_on_a_phone_by_keyboard_the_list_gives_way_to_the_call_and_comes_back(
    site: Site, open_page: OpenPage
) -> None:
    person = site.new_person()
    caller = talk(open_page, person)
    floor = open_floor(open_page, site, caller)
    floor.set_viewport_size({"width": 390, "height": 844})
    assert too_wide(floor) == []
    floor.locator("#search").focus()
    floor.keyboard.type("nobody of that name")
    expect(floor.locator("#nothing")).to_contain_text("Nothing found for “nobody of that name”.")
    floor.get_by_role("button", name="Clear search").press("Enter")
    expect(floor.locator("#search")).to_be_focused()
    expect(row_of(floor, person)).to_be_visible()
    floor.keyboard.press("Tab")
    expect(floor.locator("#calls a").first).to_be_focused()
    row_of(floor, person).press("Enter")
    expect(floor.locator("#wh")).to_be_focused()
    expect(floor.locator("#calls")).to_be_hidden()
    expect(floor.locator("#captions .turn").first).to_be_visible()
    assert too_wide(floor) == []
    address = floor.url
    floor.go_back()
    expect(row_of(floor, person)).to_be_focused()
    expect(floor.locator("#watch")).to_be_hidden()
    floor.goto(address)
    expect(floor.locator("#captions .turn").first).to_be_visible()
    floor.get_by_role("link", name="All calls").press("Enter")
    expect(row_of(floor, person)).to_be_focused()
    caller.click("#act")
    wait_for_word(caller, "Ended")
    expect(row_of(floor, person)).to_have_count(0)


def test_without_the_rights_there_is_nothing_to_press_and_without_watching_no_floor(
    site: Site, open_page: OpenPage
) -> None:
    person, staff = site.new_person(), site.new_person()
    caller = talk(open_page, person)
    assert caller.request.get(f"{site.url}/voice/live/").status == 403
    expect(caller.locator(".tabs")).to_contain_text("Talk")
    expect(caller.locator(".tabs")).not_to_contain_text("Live floor")
    allow(site, staff, "watch_call")
    floor = open_floor(open_page, site, caller, staff)
    expect(floor.get_by_role("link", name="Live floor")).to_have_attribute("aria-current", "page")
    watch(floor, person)
    expect(floor.locator("#captions .turn.you")).to_contain_text("What time is it?")
    for control in ("#end", "#whisper", "#ending"):
        expect(floor.locator(control)).to_have_count(0)
    caller.click("#act")
    wait_for_word(caller, "Ended")
    expect(floor.locator("#remark")).to_contain_text(f"{person} ended the call after")


def test_a_whisper_that_cannot_be_says_why_and_is_not_lost(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    url = site.start_web(free_port(), REALTIME_SIDEBAND="false")
    caller = open_page(person, consents=False, url=url)
    say(caller, "What time is it?")
    floor = open_floor(open_page, site, caller)
    watch(floor, person)
    expect(floor.locator("#captions .turn.you")).to_contain_text("What time is it?")
    floor.press("#wx", "Enter")
    expect(floor.locator("#whisper-note")).to_have_text("Write what Home is to know.")
    with floor.expect_response("**/whisper") as refusal:
        floor.fill("#wx", WHISPER)
        floor.keyboard.press("Enter")
    assert refusal.value.status == 409
    expect(floor.locator("#whisper-note")).to_have_text(refusal.value.json()["error"]["message"])
    expect(floor.locator("#wx")).to_have_value(WHISPER)
    caller.click("#act")
    wait_for_word(caller, "Ended")


def test_a_floor_whose_server_is_away_shows_nothing_old_as_live(site: Site, open_page: OpenPage) -> None:
    person, port = site.new_person(), free_port()
    caller = talk(open_page, person)
    url = site.start_web(port)
    floor = open_floor(open_page, site, caller, url=url)
    watch(floor, person)
    expect(floor.locator("#standing")).to_have_text("Live")
    site.stop_web(port)
    expect(floor.locator("#link")).to_have_text("Reconnecting", timeout=NOTICED_MS)
    expect(row_of(floor, person).locator(".state")).to_have_text("Unknown")
    expect(floor.locator("#lost")).to_contain_text("may have changed since")
    expect(floor.locator("#standing")).to_have_text("Reconnecting", timeout=NOTICED_MS)
    expect(floor.locator("#figures")).to_have_text("", use_inner_text=True)
    say(caller, "What is the weather in Ghent?")
    site.start_web(port)
    expect(floor.locator("#link")).to_have_text("Live", timeout=20_000)
    expect(floor.locator("#standing")).to_have_text("Live", timeout=20_000)
    expect(floor.locator("#captions .turn.them").last).to_contain_text("Ghent")
    caller.click("#act")
    wait_for_word(caller, "Ended")
