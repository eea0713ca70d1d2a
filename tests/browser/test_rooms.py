"""Rooms in a real browser: what devices publish is seen in its room only, complete or with its exact gap."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
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


def go(page: Page, site: Site, path: str, *, url: str = "") -> Page:
    page.goto(f"{url or site.url}{path}")
    return page


def go_to_room(page: Page, site: Site, *names: str, url: str = "") -> Page:
    go(page, site, "/rooms/room?" + "&".join(f"name={quote(name, safe='')}" for name in names), url=url)
    for name in names:
        expect(part(page, name, "link")).to_have_text("Live")
    return page


def with_name(room: str) -> str:
    """A selector of what shows that room."""
    return f"[data-room={json.dumps(room, ensure_ascii=False)}]"


def one(page: Page, room: str) -> Locator:
    return page.locator(f"section{with_name(room)}")


def part(page: Page, room: str, name: str) -> Locator:
    return one(page, room).locator(f"[data-part={name}]")


def rows(page: Page, room: str) -> Locator:
    return part(page, room, "rows").locator("tr")


def too_wide(page: Page) -> list[str]:
    """What of the page does not fit the width of the screen."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? []
          : [...document.querySelectorAll('body *')].filter((node) => node.getBoundingClientRect().right > innerWidth && !node.closest('.sr'))
          .map((node) => `${node.tagName} ${node.className}`)"""
    )
    return found


def test_a_published_message_is_seen_in_its_room_and_only_there(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "device01", "device02")
    site.publish("device01", "hello")
    expect(rows(page, "device01").first).to_contain_text("hello")
    site.publish("device02", "for the other")
    expect(rows(page, "device02").first).to_contain_text("for the other")
    expect(rows(page, "device01")).to_have_count(1)
    expect(part(page, "device01", "sum")).to_have_text(re.compile("^1 of 1 received since "))


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ("NaN", "NaN text"),
        ('say "hi" <b>&amp;</b>', 'say "hi" <b>&amp;</b> text'),
        ("grün 🙂", "grün 🙂 text"),
        ('{"t":23.4,"unit":"°C"}', '{"t": 23.4, "unit": "°C"}'),
        ("9007199254740993123", "9007199254740993123"),
    ],
)
def test_a_payload_is_shown_as_it_was_published(
    site: Site, open_page: OpenPage, payload: str, shown: str
) -> None:
    room = f"payload {payload[:6]}"
    page = go_to_room(open_page("operator"), site, room)
    site.publish(room, payload)
    expect(rows(page, room).first.locator("td").last).to_have_text(shown)
    page.get_by_role("button", name="Raw").click()
    expect(rows(page, room).first.locator("td").last).to_have_text(payload)


@pytest.mark.parametrize("room", ["a:b/c d", "ünï 🙂", "q?x=1&y#z%41", "x" * 200])
def test_a_room_of_any_name_is_found_and_opened(site: Site, open_page: OpenPage, room: str) -> None:
    page = go(open_page("operator"), site, "/rooms/")
    expect(page.locator("#link")).to_have_text("Live")
    site.publish(room, "21.5")
    tile = page.locator(with_name(room))
    page.fill("#search", room[:40])
    expect(tile).to_contain_text("21.5", timeout=15_000)
    tile.locator("a").click()
    expect(rows(page, room).first).to_contain_text("21.5")


def test_the_wall_finds_rooms_by_itself_and_moves_with_them(site: Site, open_page: OpenPage) -> None:
    page = go(open_page("viewer"), site, "/rooms/")
    site.publish("wall/found", "1")
    page.fill("#search", "wall/found")
    tile = page.locator("[data-room='wall/found']")
    expect(tile.locator(".val, .v")).to_contain_text("1", timeout=15_000)
    site.publish("wall/found", "2")
    expect(tile.locator(".val, .v")).to_contain_text("2")
    expect(tile).to_contain_text("0 s ago")
    expect(tile).to_contain_text("1 s ago")
    page.fill("#search", "no such room")
    expect(page.locator("#nothing")).to_contain_text("Nothing found for “no such room”")


def test_the_newest_activity_stands_first(site: Site, open_page: OpenPage) -> None:
    for name in ("order/a", "order/b", "order/c"):
        site.publish(name, "1")
    page = go(open_page("operator"), site, "/rooms/")
    page.fill("#search", "order/")
    names = "[...document.querySelectorAll('main [data-room]')].map((tile) => tile.dataset.room)"
    page.wait_for_function(f"{names}.join() === 'order/c,order/b,order/a'")


def test_a_room_nobody_published_to_says_so(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "silent")
    expect(part(page, "silent", "none")).to_have_text("Nothing was published here in the last 24 h.")
    expect(part(page, "silent", "older")).to_be_hidden()


def test_what_is_sent_comes_back_by_the_common_road(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "sending")
    part(page, "sending", "text").fill('{"open": 35}')
    page.keyboard.press("Control+Enter")
    expect(part(page, "sending", "sent")).to_have_text("Sent, 1")
    expect(part(page, "sending", "text")).to_have_value("")
    expect(rows(page, "sending")).to_have_count(1)
    expect(rows(page, "sending").first).to_contain_text('"open": 35')


def test_who_may_only_view_has_no_send_box(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("viewer"), site, "sending")
    expect(page.get_by_role("button", name="Send")).to_have_count(0)


def test_who_may_not_view_is_told_what_to_do(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person())
    expect(page.get_by_role("link", name="Rooms", exact=True)).to_have_count(0)
    go(page, site, "/rooms/room?name=secret")
    expect(part(page, "secret", "link")).to_have_text("Not allowed")
    expect(part(page, "secret", "sum")).to_have_text("Ask the operator for a group that may view this room.")


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


def test_rows_can_be_filtered_cleared_and_kept_as_files(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "files")
    site.publish_many("files", ['{"t": 21.5}', '{"t": 23.5}', "calibrating"])
    expect(rows(page, "files")).to_have_count(3)
    page.fill("[data-part=filter]", "t > 23")
    expect(rows(page, "files")).to_have_count(1)
    page.click("summary[aria-label=Export]")
    with page.expect_download() as as_csv:
        page.click("[data-part=csv]")
    lines = as_csv.value.path().read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["kind", "message"]
    assert '"{""t"": 23.5}"' in lines[1]
    page.fill("[data-part=filter]", "")
    page.click("summary[aria-label=Export]")
    with page.expect_download() as as_json:
        page.click("[data-part=json]")
    kept = json.loads(as_json.value.path().read_text(encoding="utf-8"))
    assert [message["data"] for message in kept["messages"]] == ['{"t": 21.5}', '{"t": 23.5}', "calibrating"]
    part(page, "files", "clear").click()
    expect(rows(page, "files")).to_have_count(0)


def test_numbers_become_a_chart_by_themselves(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "chart")
    for value in (21.5, 22.5):
        site.publish("chart", json.dumps({"t": value, "unit": "°C", "battery": 0.9}))
    plot = one(page, "chart").locator("[role=img]").first
    expect(plot).to_have_attribute("aria-label", re.compile(r"^t over 5.min: lowest 21\.5, highest 22\.5"))
    expect(one(page, "chart").locator("details.chart")).to_contain_text("battery")
    expect(part(page, "chart", "value")).to_contain_text("22.5")
    expect(part(page, "chart", "value")).to_contain_text("°C")


def test_a_flood_is_received_to_the_last_message(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "flood")
    for start in range(0, 5000, 50):
        site.publish_many("flood", map(str, range(start, start + 50)))
    expect(rows(page, "flood").first).to_contain_text("4999")
    expect(part(page, "flood", "sum")).to_have_text(re.compile("^5,000 of 5,000 received"))
    assert rows(page, "flood").count() <= 100, "the page keeps a bounded number of rows"
    expect(part(page, "flood", "missed")).to_be_hidden()


def test_everything_fits_on_a_phone(site: Site, open_page: OpenPage) -> None:
    long_name = "greenhouse/" + "very-long-name-" * 8
    for name in (long_name, "phone"):
        site.publish(name, json.dumps({"t": 21.5, "note": "x" * 300}))
    page = open_page("operator")
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, site, "/rooms/")
    page.fill("#search", "greenhouse/very")
    expect(page.locator(f"[data-room='{long_name}']")).to_be_visible()
    assert too_wide(page) == []
    go_to_room(page, site, long_name, "phone")
    expect(rows(page, "phone")).to_have_count(1)
    assert too_wide(page) == []
    expect(one(page, "phone").get_by_role("button", name="Send")).to_be_visible()


def test_the_stream_is_worked_by_keyboard(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "keys")
    site.publish("keys", "21.5")
    row = rows(page, "keys").first
    expect(row).to_contain_text("21.5")
    row.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("1 in ")
    expect(row.get_by_role("button", name="Copy")).to_be_visible()


def test_ten_lines_of_another_page_are_enough(site: Site, open_page: OpenPage) -> None:
    page = go(open_page("operator"), site, "/static/rooms/example.html")
    site.publish("device01", "hello, ten lines")
    expect(page.locator("li").last).to_have_text("hello, ten lines")
