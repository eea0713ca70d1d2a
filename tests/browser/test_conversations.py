"""Conversations as a person finds, takes along and erases them, in a browser on the real site."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.site import ROOT, Site

pytestmark = pytest.mark.browser

_FILL = """
import django
django.setup()
from django.contrib.auth import get_user_model
from tests.voice.recorded import record_call, say, use
from voice.search import index_conversation
user = get_user_model().objects.get(username={person!r})
for number in range(60):
    row = record_call(user, days_ago=number, end_reason="user" if number % 2 else "provider_lost")
    say(row, f"Question {{number}}", "Answer")
    index_conversation(row.pk)
use(row)
"""


def test_calls_are_narrowed_exported_and_erased(site: Site, open_page: OpenPage, tmp_path: Path) -> None:
    person = site.new_person()
    fill = [sys.executable, "-c", _FILL.format(person=person)]
    subprocess.run(fill, cwd=ROOT, env=site.environment(), check=True, timeout=60)
    page = open_page(person)
    page.click("text=Conversations")
    expect(page.locator("[role=status]").first).to_contain_text("60 conversations")
    page.wait_for_load_state()
    page.select_option("[name=ended]", "trouble")
    expect(page.locator("[role=status]").first).to_contain_text("30 conversations")
    assert page.url.endswith("/voice/conversations/?ended=trouble")

    page.click("text=Export these")
    expect(page.locator("h1")).to_have_text("Export 30 conversations")
    page.wait_for_load_state()
    with page.expect_download() as downloading:
        page.click("text=Table (CSV)")
    downloading.value.save_as(tmp_path / "all.csv")
    expect(page.locator("#progress")).to_have_text("All 30 are in the file.")
    with (tmp_path / "all.csv").open() as file:
        assert len({row["conversation"] for row in csv.DictReader(file)}) == 30

    page.click("text=Back")
    page.click("text=Erase these")
    page.click("text=Erase for good")
    expect(page.locator(".told")).to_contain_text("Erased: 30 conversations, 60 turns")
    expect(page.locator("[role=status]").nth(1)).to_contain_text("30 conversations")
    page.fill("[name=q]", "question 59")
    page.keyboard.press("Enter")
    page.click(".talks a")
    page.click(".strip a >> nth=0")
    expect(page.locator(".turn:target")).to_contain_text("Question 59")
