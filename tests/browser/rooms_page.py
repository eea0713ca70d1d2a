"""The pages of rooms as a test looks at them: rooms by name, their parts, their rows."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from tests.browser.site import Site


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


TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')]
    .filter((node) => node.getBoundingClientRect().right > innerWidth && !node.closest('.sr'))
    .map((node) => `${node.tagName} ${node.className}`)"""


def too_wide(page: Page) -> list[str]:
    """What of the page does not fit the width of the screen."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found
