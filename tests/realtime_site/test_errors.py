"""Refusals: one JSON shape for programs, pages for people, always the true status."""

import pytest
from django.test import AsyncClient, Client, RequestFactory

from realtime_site.errors import error_response, json_errors, wants_json

PATHS = ["/voice/calls/none/such/", "/voice/session/none", "/voice/tools/none", "/api/none"]


@pytest.mark.parametrize("path", PATHS)
def test_unknown_addresses_of_programs_answer_json(path, db):
    answer = Client().get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


async def test_the_same_under_asgi(db):
    answer = await AsyncClient().get("/api/none")
    assert answer.status_code == 404 and answer.json()["error"]["code"] == "not_found"


def test_unknown_addresses_of_people_answer_a_page(db):
    answer = Client().get("/none")
    assert answer.status_code == 404 and answer["Content-Type"].startswith("text/html")


def test_a_missing_csrf_token_is_json_for_programs_and_a_page_for_people(db, settings):
    client = Client(enforce_csrf_checks=True)
    settings.ROOT_URLCONF = "tests.realtime_site.refusing_urls"
    programs = client.post("/api/open")
    assert programs.status_code == 403 and programs.json()["error"]["code"] == "csrf_failed"
    people = client.post("/open")
    assert people.status_code == 403 and people["Content-Type"].startswith("text/html")


def test_a_wrong_method_keeps_its_allow_header(db, settings):
    settings.ROOT_URLCONF = "tests.realtime_site.refusing_urls"
    answer = Client().delete("/api/open")
    assert answer.status_code == 405 and answer["Allow"] == "GET, POST"
    assert answer.json()["error"]["code"] == "method_not_allowed"


def test_a_crash_tells_nothing_of_itself(db, settings):
    settings.ROOT_URLCONF = "tests.realtime_site.refusing_urls"
    answer = Client(raise_request_exception=False).get("/api/crash")
    assert answer.status_code == 500 and answer.json()["error"]["code"] == "server_error"
    assert "hunter2" not in answer.content.decode()


def test_a_views_own_json_is_left_alone(rf: RequestFactory):
    own = error_response(409, code="in_call", message="Already in a call.", field="assistant")
    answer = json_errors(lambda request: own)(rf.get("/voice/calls/"))
    assert answer is own
    assert b'"field": "assistant"' in own.content


@pytest.mark.parametrize(
    ("path", "programs"),
    [
        ("/voice/calls", True),
        ("/voice/calls/", True),
        ("/voice/callsign", False),
        ("/voice/", False),
        ("/api/x", True),
    ],
)
def test_which_addresses_are_for_programs(path, programs):
    assert wants_json(path) is programs


def test_every_answer_says_who_may_use_the_microphone(db):
    assert "microphone=(self)" in Client().get("/healthz")["Permissions-Policy"]
