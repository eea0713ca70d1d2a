"""Rooms while something is away: nothing is lost silently, and nothing old looks new."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.rooms_page import go, go_to_room, one, part, rows
from tests.browser.site import Site, free_port

pytestmark = pytest.mark.browser

HISTORY = 1000


@pytest.fixture
def second_web(site: Site) -> Iterator[int]:
    """The port of a web process that a test may stop and start."""
    port = free_port()
    site.start_web(port)
    yield port
    site.stop_web(port)


def test_without_a_network_the_page_waits_and_then_has_everything(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "offline")
    site.publish("offline", "before")
    expect(rows(page, "offline")).to_have_count(1)
    page.context.set_offline(True)
    expect(part(page, "offline", "link")).to_have_text("No network")
    expect(part(page, "offline", "server")).to_be_hidden()
    site.publish("offline", "meanwhile")
    page.context.set_offline(False)
    expect(part(page, "offline", "link")).to_have_text("Live")
    expect(rows(page, "offline").first).to_contain_text("meanwhile")
    expect(rows(page, "offline")).to_have_count(2)
    expect(part(page, "offline", "sum")).to_have_text(re.compile("^2 of 2 received since "))


def test_a_restarted_server_costs_no_message(site: Site, open_page: OpenPage, second_web: int) -> None:
    url = f"http://127.0.0.1:{second_web}"
    page = go_to_room(open_page("operator"), site, "restart", url=url)
    site.publish("restart", "1")
    expect(rows(page, "restart")).to_have_count(1)
    site.stop_web(second_web)
    expect(part(page, "restart", "link")).to_have_text("Reconnecting")
    expect(page.locator("#lost")).to_contain_text("Values below are the last ones heard.")
    site.publish_many("restart", map(str, range(2, 52)))
    site.start_web(second_web)
    expect(part(page, "restart", "link")).to_have_text("Live", timeout=40_000)
    expect(part(page, "restart", "sum")).to_have_text(re.compile("^51 of 51 received since "))
    expect(page.locator("#lost")).to_be_hidden()


def test_what_cannot_be_fetched_is_one_exact_gap(site: Site, open_page: OpenPage, second_web: int) -> None:
    url = f"http://127.0.0.1:{second_web}"
    page = go_to_room(open_page("operator"), site, "gap", url=url)
    site.publish("gap", "21.5")
    expect(rows(page, "gap")).to_have_count(1)
    site.stop_web(second_web)
    expect(part(page, "gap", "link")).to_have_text("Reconnecting")
    site.publish_many("gap", (f"{20 + number % 9}" for number in range(HISTORY + 200)))
    site.start_web(second_web)
    expect(part(page, "gap", "link")).to_have_text("Live", timeout=40_000)
    expect(part(page, "gap", "missed")).to_have_text("900 missed before")
    expect(part(page, "gap", "sum")).to_have_text(re.compile("^300 of 300 received since "))
    page.fill("[data-part=filter]", "no row but a gap has this")
    expect(rows(page, "gap")).to_have_count(1)
    expect(rows(page, "gap").first).to_contain_text("900 messages missed, ")
    expect(one(page, "gap").locator(".pin")).to_have_text("900 missed")


def test_on_the_wall_nothing_is_live_while_the_link_is_down(
    site: Site, open_page: OpenPage, second_web: int
) -> None:
    site.publish("wall/lost", "21.5")
    page = go(open_page("operator"), site, "/rooms/", url=f"http://127.0.0.1:{second_web}")
    page.fill("#search", "wall/lost")
    state = page.locator("[data-room='wall/lost'] .state, [data-room='wall/lost'] .r").first
    expect(state).to_have_text(re.compile("Live|an? "))
    site.stop_web(second_web)
    expect(page.locator("#link")).to_have_text("Reconnecting")
    expect(state).to_have_text("Unknown")
    expect(page.locator("#server")).to_be_hidden()
    site.start_web(second_web)
    expect(page.locator("#link")).to_have_text("Live", timeout=40_000)
    expect(state).not_to_have_text("Unknown")


def test_a_pause_loses_nothing(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "pause")
    site.publish("pause", "1")
    expect(rows(page, "pause")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    expect(part(page, "pause", "link")).to_have_text("Live, paused here")
    site.publish_many("pause", ["2", "3"])
    expect(part(page, "pause", "waiting")).to_contain_text("2 waiting since ")
    expect(rows(page, "pause")).to_have_count(1)
    page.get_by_role("button", name="Go on").click()
    expect(rows(page, "pause")).to_have_count(3)


def test_a_flood_is_received_to_the_last_message(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "flood")
    for start in range(0, 5000, 50):
        site.publish_many("flood", map(str, range(start, start + 50)))
    expect(rows(page, "flood").first).to_contain_text("4999")
    expect(part(page, "flood", "sum")).to_have_text(re.compile("^5,000 of 5,000 received"))
    assert rows(page, "flood").count() <= 100, "the page keeps a bounded number of rows"
    expect(part(page, "flood", "missed")).to_be_hidden()


def test_a_session_that_ended_offers_the_login(site: Site, open_page: OpenPage, second_web: int) -> None:
    page = go_to_room(open_page("operator"), site, "session", url=f"http://127.0.0.1:{second_web}")
    site.stop_web(second_web)
    expect(part(page, "session", "link")).to_have_text("Reconnecting")
    page.context.clear_cookies(name="sessionid")
    site.start_web(second_web)
    expect(part(page, "session", "link")).to_have_text("Logged out", timeout=40_000)
    expect(part(page, "session", "sum")).to_have_text("Log in to go on.")
    part(page, "session", "login").click()
    page.wait_for_url("**/accounts/login/?next=%2Frooms%2Froom%3Fname%3Dsession")
