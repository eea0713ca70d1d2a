"""The talk page follows its call through the call's room, and asks the server when it cannot."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import OpenPage, wait_for_word
from tests.browser.site import Site, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]


class Overheard:
    """What a page's sockets heard of calls, and how often it asked how its call stands."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.sockets: list[WebSocket] = []
        self.asked: list[str] = []
        self._frames: list[dict[str, Any]] = []
        page.on("websocket", self._follow)
        page.on("request", lambda request: self._count(request.method, request.url))

    def _follow(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda text: self._frames.append(json.loads(text)))

    def _count(self, method: str, url: str) -> None:
        if method == "GET" and "/voice/calls/" in url:
            self.asked.append(url)

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The call's own messages of this kind."""
        self.page.wait_for_timeout(20)  # lets Playwright hand over what the browser has heard
        frames = [inner for frame in self._frames for inner in frame.get("messages", [frame])]
        bodies = [json.loads(frame["data"]) for frame in frames if frame["type"] == "message"]
        return [body for body in bodies if body["type"] == kind]


def ask_for_the_weather(page: Page) -> None:
    page.fill("#text", "What is the weather in Amsterdam?")
    page.keyboard.press("Enter")
    expect(page.locator(".tool .wx")).to_contain_text("Light rain", timeout=20_000)


def test_a_call_is_followed_through_its_room(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person(), consents=False)
    overheard = Overheard(page)
    ask_for_the_weather(page)
    until(lambda: "done" in [run["status"] for run in overheard.said("tool_run")], within_s=10)
    until(lambda: "live" in [state["state"] for state in overheard.said("state")], within_s=10)
    until(lambda: "user" in [turn["role"] for turn in overheard.said("turn")], within_s=10)
    page.click("#act")
    wait_for_word(page, "Ended")
    [socket] = overheard.sockets
    until(socket.is_closed, within_s=5)
    # One look when the line opened, and at most one before a turn would have been posted again.
    assert len(overheard.asked) <= 2


def test_without_its_room_the_page_asks_every_ten_seconds(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person(), consents=False)
    page.route_web_socket("**/ws/rooms/", lambda socket: socket.close(code=1011))
    overheard = Overheard(page)
    ask_for_the_weather(page)
    until(lambda: overheard.said("state") == [] and len(overheard.asked) >= 3, within_s=35)
    page.click("#act")
    wait_for_word(page, "Ended")
    assert overheard.said("tool_run") == []
