"""When a call cannot start: words for the person, and nothing left open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, check_nothing_left_open, wait_for_word
from tests.browser.site import Site, free_port, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]


class RefusesEveryKey(BaseHTTPRequestHandler):
    """A provider that knows no key at all."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"error": {"type": "invalid_request_error", "code": "invalid_api_key", "message": "No."}}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def strict_provider() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusesEveryKey)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def test_a_refused_microphone_is_named_and_nothing_stays_open(site: Site, open_page: OpenPage) -> None:
    page = open_page(site.new_person(), consents=False)
    page.click("#act")
    wait_for_word(page, "Could not start")
    expect(page.locator("#said")).to_have_text(
        "This site may not use the microphone: it is blocked in your browser."
    )
    expect(page.locator("#cure")).to_contain_text("Open the lock beside the address")
    expect(page.locator("#act")).to_have_text("Try again")
    check_nothing_left_open(page)
    assert site.calls_at_engine() == 0


def test_a_wrong_key_is_named_and_the_microphone_goes_off(
    site: Site, open_page: OpenPage, strict_provider: str
) -> None:
    url = site.start_web(
        free_port(), REALTIME_PROVIDER="openai", OPENAI_API_KEY="sk-wrong", REALTIME_BASE_URL=strict_provider
    )
    page = open_page(site.new_person(), url=url)
    page.click("#act")
    wait_for_word(page, "Could not start")
    expect(page.locator("#said")).to_contain_text("OPENAI_API_KEY")
    expect(page.locator("#act")).to_have_text("Copy for the operator")
    assert page.evaluate("window.seen.streams.length") == 1
    check_nothing_left_open(page)
    assert "sk-wrong" not in page.content()


def test_a_call_elsewhere_can_be_ended_from_here(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    first = open_page(person)
    first.click("#act")
    first.wait_for_selector("#main.live #act.ends")
    second = open_page(person, browser=first.context.browser)
    second.click("#act")
    wait_for_word(second, "Could not start")
    expect(second.locator("#said")).to_contain_text("already in a call")
    check_nothing_left_open(second)
    expect(second.locator("#act")).to_have_text("End it and start here")
    second.click("#act")
    second.wait_for_selector("#main.live #act.ends")
    wait_for_word(first, "Ended", within_s=20)
    expect(first.locator("#said")).to_contain_text("You started another call, so this one ended.")
    check_nothing_left_open(first)
    second.click("#act")
    wait_for_word(second, "Ended")
    until(lambda: site.calls_at_engine() == 0, within_s=10)


def test_cancelling_while_connecting_leaves_nothing_behind(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person)
    page.click("#act")
    page.wait_for_selector("#act.stop, #act.ends")
    page.keyboard.press("Escape")
    if page.locator("#act.ends").count():  # it was quicker than the key
        page.click("#act")
    page.wait_for_function("() => ['Ready', 'Ended'].includes(document.getElementById('word').textContent)")
    check_nothing_left_open(page)
    until(lambda: site.calls_at_engine() == 0, within_s=10)


def test_leaving_the_page_ends_the_call(site: Site, open_page: OpenPage) -> None:
    person = site.new_person()
    page = open_page(person)
    page.click("#act")
    page.wait_for_selector("#main.live #act.ends")
    page.goto(f"{site.url}/voice/conversations/")
    until(lambda: site.calls_at_engine() == 0, within_s=10)
    [row] = site.rows(
        "SELECT c.* FROM voice_conversation c JOIN auth_user u ON u.id = c.user_id WHERE u.username = ?",
        person,
    )
    assert row["ended_at"] is not None
