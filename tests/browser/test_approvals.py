"""A tool that asks first, asked for aloud: approved, denied, not answered, and the tab closed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, wait_for_word
from tests.browser.site import Site, free_port, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]

HEARD_S = 40_000


@pytest.fixture
def asks_first(site: Site) -> Iterator[Callable[[int], None]]:
    """Has the weather tool ask first, with so many seconds to answer."""

    def begin(ask_s: int = 30) -> None:
        site.change("UPDATE voice_tool SET ask_first = 1, ask_s = ? WHERE name = 'get_weather'", ask_s)

    yield begin
    site.change("UPDATE voice_tool SET ask_first = 0, ask_s = 30 WHERE name = 'get_weather'")


def ask_aloud(open_page: OpenPage, person: str) -> Page:
    """Asks for the weather; comes back when the card is there."""
    page = open_page(person, says="weather_amsterdam")
    page.click("#act")
    expect(page.locator(".ask")).to_contain_text("Home wants to use “Weather”", timeout=HEARD_S)
    expect(page.locator(".ask dd")).to_have_text("Amsterdam")
    return page


def run_of(site: Site, person: str, status: str) -> dict[str, Any]:
    """The person's one run, when it has come to that."""
    runs = until(lambda: [run for run in site.tool_runs(person) if run["status"] == status], within_s=10)
    assert len(site.tool_runs(person)) == 1
    found: dict[str, Any] = runs[0]
    return found


def audited(site: Site, person: str) -> list[tuple[str, str]]:
    rows = site.rows(
        "SELECT a.action, a.actor_name, a.detail FROM voice_auditevent a"
        " JOIN voice_conversation c ON c.id = a.conversation_id JOIN auth_user u ON u.id = c.user_id"
        " WHERE u.username = ?",
        person,
    )
    assert all("Amsterdam" not in row["detail"] for row in rows)
    return [(row["action"], row["actor_name"]) for row in rows]


def test_a_spoken_wish_is_approved_in_another_tab_and_the_card_goes_in_both(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    asks_first()
    person = site.new_person()
    page = ask_aloud(open_page, person)
    assert page.evaluate("document.activeElement.className") == "tool ask"
    page.keyboard.press("Escape")
    other = page.context.new_page()
    other.goto(f"{site.url}/voice/")
    card = other.locator(".ask")
    expect(card).to_contain_text("Your other call wants to use “Weather”")
    expect(page.locator(".ask")).to_be_visible()
    assert run_of(site, person, "waiting")["output"] == ""
    other.reload()
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".tool .wx")).to_contain_text("Light rain")
    run_of(site, person, "done")
    assert audited(site, person) == [("tool_approved", person)]


def test_a_spoken_wish_is_denied_by_keyboard_and_the_assistant_says_so(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    asks_first()
    person = site.new_person()
    page = ask_aloud(open_page, person)
    wait_for_word(page, "Waiting for you")
    expect(page.locator("#ask-now")).to_contain_text("Home wants to use “Weather”")
    expect(page.get_by_role("button", name="Deny")).to_be_enabled()
    for key in ("Tab", "Tab", "Tab", "Enter"):  # the arguments, Approve, Deny
        page.keyboard.press(key)
    expect(page.locator(".turn.them").last).to_contain_text("You said no", timeout=20_000)
    expect(page.locator(".tool .end")).to_contain_text("You denied it")
    assert json.loads(run_of(site, person, "denied")["output"])["approval"] == "deny"
    assert audited(site, person) == [("tool_denied", person)]


def test_a_spoken_wish_that_nobody_answers_is_denied_by_itself(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    asks_first(5)
    person = site.new_person()
    page = ask_aloud(open_page, person)
    expect(page.locator(".ask time")).to_have_text("0:03")
    expect(page.locator(".turn.them").last).to_contain_text("I got no answer in time", timeout=20_000)
    expect(page.locator(".ask")).to_have_count(0)
    expect(page.locator(".tool .end")).to_contain_text("Denied by itself")
    assert audited(site, person) == [("tool_unanswered", "")]


def test_a_tab_closed_before_the_answer_ends_the_call_and_marks_the_run(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    asks_first()
    person = site.new_person()
    ask_aloud(open_page, person).close()
    run = run_of(site, person, "denied")
    assert "The call ended before Weather was approved." in run["output"]
    [call] = site.rows("SELECT end_reason FROM voice_conversation WHERE id = ?", run["conversation_id"])
    assert call["end_reason"] == "browser_left"
    until(lambda: site.calls_at_engine() == 0, within_s=15)
    assert audited(site, person) == [("tool_unanswered", "")]


def test_a_card_on_a_phone_takes_no_typing_away_and_always_is_asked_once(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    asks_first()
    person = site.new_person()
    page = open_page(person, consents=False)
    page.set_viewport_size({"width": 390, "height": 844})
    page.fill("#text", "What is the weather in Amsterdam?")
    page.keyboard.press("Enter")
    page.keyboard.type("and ")
    card = page.locator(".ask")
    expect(card).to_be_visible(timeout=20_000)
    page.keyboard.type("then")
    assert page.input_value("#text") == "and then"
    for button in ("Approve", "Deny", "Always in this call"):
        expect(page.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Always in this call").click()
    expect(page.locator(".tool .wx")).to_have_count(1)
    page.fill("#text", "What is the weather in Ghent?")
    page.keyboard.press("Enter")
    expect(page.locator(".tool .wx")).to_have_count(2, timeout=20_000)
    expect(card).to_have_count(0)
    page.click("#act")
    wait_for_word(page, "Ended")
    assert audited(site, person) == [("tool_approved", person)] * 2


def test_a_courier_call_asks_the_same(
    site: Site, open_page: OpenPage, asks_first: Callable[..., None]
) -> None:
    url = site.start_web(free_port(), REALTIME_SIDEBAND="false")
    asks_first()
    person = site.new_person()
    page = open_page(person, url=url, consents=False)
    page.fill("#text", "What is the weather in Ghent?")
    page.keyboard.press("Enter")
    page.locator(".ask").get_by_role("button", name="Approve").click(timeout=20_000)
    expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=20_000)
    expect(page.locator(".tool + .turn.them")).to_contain_text("Ghent", timeout=20_000)
    assert run_of(site, person, "done")["source"] == "browser"
    assert audited(site, person) == [("tool_approved", person)]
