"""Rooms in a real browser: what devices publish is seen in its room only, found, charted and answered."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.rooms_page import go, go_to_room, one, part, rows, too_wide, with_name
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_a_published_message_is_seen_in_its_room_and_only_there(site: Site, open_page: OpenPage) -> None:
    page = go_to_room(open_page("operator"), site, "device01", "device02")
    site.publish("device01", "hello")
    expect(rows(page, "device01").first).to_contain_text("hello")
    site.publish("device02", "for the other")
    expect(rows(page, "device02").first).to_contain_text("for the other")
    expect(one(page, "device01")).not_to_contain_text("for the other")
    expect(part(page, "device01", "sum")).to_have_text(re.compile(r"^(\d+) of \1 received since "))


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


def test_everything_fits_on_a_phone(site: Site, open_page: OpenPage) -> None:
    long_name = "greenhouse/" + "very-long-name-" * 8
    for name in (*(f"filler{n}" for n in range(14)), long_name, "phone"):
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


def test_older_messages_come_back_to_the_first_one(site: Site, open_page: OpenPage) -> None:
    site.publish_many("older", map(str, range(450)))
    page = go_to_room(open_page("operator"), site, "older")
    expect(rows(page, "older").first).to_contain_text("449")
    expect(part(page, "older", "sum")).to_have_text(re.compile("^300 of 300 received since "))
    for shown in (200, 300, 400, 450):
        part(page, "older", "older").click()
        expect(rows(page, "older")).to_have_count(shown)
    expect(rows(page, "older").last.locator("td").last).to_have_text("0")
    expect(part(page, "older", "older")).to_be_hidden()
