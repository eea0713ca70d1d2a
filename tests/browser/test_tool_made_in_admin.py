"""A tool made in the admin while the site runs is used in the next spoken call, until it is off."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, wait_for_word
from tests.browser.site import Site, until

pytestmark = [pytest.mark.browser, pytest.mark.speech]

# Both words of its name are in the recording, so it fits the question better than the shipped weather tool.
NAME = "amsterdam_weather"
SCHEMA = {
    "type": "object",
    "properties": {"location": {"type": "string", "description": "Name of a town"}},
    "required": ["location"],
}


def test_tool_made_in_admin_is_used_in_the_next_spoken_call(site: Site, open_page: OpenPage) -> None:
    admin = open_page("operator", consents=False)
    make_tool(admin, site)
    give_to_home(admin, site)
    person = site.new_person()
    asked_before = len(site.weather.asked)
    talk = open_page(person, says="weather_amsterdam")
    ask_aloud(talk)
    assert site.weather.asked[asked_before:] == ["Amsterdam"]
    [run] = until(lambda: site.tool_runs(person), within_s=10)
    assert (run["name"], run["status"]) == (NAME, "done")
    assert json.loads(run["output"]) == {"result": "Amsterdam"}

    switch_off(admin, site)
    other = site.new_person()
    talk = open_page(other, says="weather_amsterdam")
    ask_aloud(talk)
    assert [run["name"] for run in site.tool_runs(other)] == ["get_weather"]
    assert NAME in issued_tools(site, person)
    assert NAME not in issued_tools(site, other)


def make_tool(page: Page, site: Site) -> None:
    """By the form: its preview follows the schema, and it asks for a request when there is one."""
    page.goto(f"{site.url}/admin/voice/tool/add/")
    page.fill("[name=name]", NAME)
    page.fill("[name=description]", "Looks up the weather of a town.")
    page.fill("[name=parameters]", json.dumps(SCHEMA))
    expect(page.locator(".schema-preview label")).to_contain_text("location (text)")
    expect(page.locator("[name=http_url]")).to_be_hidden()
    page.select_option("[name=kind]", "http")
    page.fill("[name=http_url]", f"{site.weather.url}/search")
    page.fill("[name=http_query]", '{"name": "{location}"}')
    page.fill("[name=http_pick]", "results.0.name")
    page.click("[name=_save]")
    expect(page.locator(".success")).to_contain_text("was added successfully")


def give_to_home(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/admin/voice/assistant/")
    page.click("#result_list a:has-text('Home')")
    page.select_option("#id_tools_from", label=NAME)
    page.click("#id_tools_add, #id_tools_add_link")
    page.click("[name=_save]")
    expect(page.locator(".success")).to_contain_text("was changed successfully")


def switch_off(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/admin/voice/tool/?q={NAME}")
    page.uncheck("[name=form-0-enabled]")
    page.click("[name=_save]")
    expect(page.locator(".success")).to_contain_text("1 tool was changed successfully")


def ask_aloud(page: Page) -> None:
    page.click("#act")
    expect(page.locator(".tool + .turn.them")).to_contain_text("Amsterdam", timeout=40_000)
    wait_for_word(page, "Listening", within_s=40)
    page.click("#act")
    wait_for_word(page, "Ended")


def issued_tools(site: Site, person: str) -> list[str]:
    """The tools of the session as it was given to the provider."""
    [row] = site.rows(
        "SELECT c.session FROM voice_conversation c JOIN auth_user u ON u.id = c.user_id"
        " WHERE u.username = ?",
        person,
    )
    return [tool["name"] for tool in json.loads(row["session"])["tools"]]


def test_operator_tries_a_tool_on_the_bench(site: Site, open_page: OpenPage) -> None:
    page = open_page("operator", consents=False)
    page.goto(f"{site.url}/admin/voice/tool/?q=get_weather")
    page.click("text=Try it")
    page.fill("[name=arg-location]", "Ghent")
    page.click("button[value=run]")
    expect(page.locator(".bench-result")).to_contain_text('"location": "Ghent"')
    expect(page.locator(".bench-result h2")).to_contain_text("Done in")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
