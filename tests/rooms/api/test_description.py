"""The API keeps what its own description promises, whatever is asked of it, on the site as it really runs."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from rooms.connections import open_redis
from rooms.names import room_from_text
from rooms.register import RawMessage, Register
from tests.fuzzing import examples
from tests.rooms.api.conftest import CSRF, cookies_of, make_key, make_person
from tests.rooms.conftest import make_limits
from tests.rooms.web import rooms_web
from tests.voice.web_process import WebProcess

pytestmark = pytest.mark.fuzz

NAMESPACE = "described:"
OPERATIONS = [
    ("/api/rooms/{room}/messages", "POST"),
    ("/api/rooms/{room}/messages", "GET"),
    ("/api/rooms/", "GET"),
]
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
DEVICE = "/api/rooms/device01/messages"


@pytest.fixture
def web(transactional_db: None, redis_server: str) -> Iterator[WebProcess]:
    """A web process with rooms that hold every kind of message."""
    asyncio.run(publish_some(redis_server))
    with rooms_web(NAMESPACE) as process:
        yield process


async def publish_some(url: str) -> None:
    redis = open_redis(url)
    register = Register(redis, NAMESPACE, make_limits(history_size=5, message_bytes=100))
    await redis.hset(f"\x01{NAMESPACE}r:bridge", "fence", "1")
    for name in ("device01", "a/b c", "ü😀"):
        payloads = [b"21.5", b"\xff\xfe", b"x" * 200, b'{"a":1}', "ü\u2028".encode(), b""]
        await register.publish_raw([RawMessage(room_from_text(name), one) for one in payloads], 1)
    await redis.aclose()


def callers(web: WebProcess) -> dict[str, requests.Session]:
    """By device key, and by session with its token."""
    device, person = requests.Session(), requests.Session()
    device.headers["Authorization"] = f"Bearer {make_key(can_read=True)}"
    person.cookies.update(dict(cookies_of(make_person("ada", "view_room", "publish_room"))))
    person.headers.update({"X-CSRFToken": CSRF, "Origin": web.url})
    return {"device": device, "person": person}


def check_refusal(reply: requests.Response) -> None:
    if reply.status_code >= 400:
        error = reply.json()["error"]
        assert {"code", "message"} <= error.keys() <= {"code", "message", "field"}
        assert error["code"] and error["message"]


def test_every_answer_is_as_described(web: WebProcess):
    schema = schemathesis.openapi.from_url(f"{web.url}/api/openapi.json")
    sessions = callers(web)
    for path, verb in OPERATIONS:
        operation = schema[path][verb]
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        ask(st.one_of([operation.as_strategy(mode) for mode in modes]), sessions)


def ask(cases: st.SearchStrategy[Any], sessions: dict[str, requests.Session]) -> None:
    @examples(40)
    @given(case=cases, caller=st.sampled_from(sorted(sessions)))
    def once(case: Any, caller: str) -> None:
        # Who asks is the session's to say.
        case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != "authorization"}
        case.cookies = {}
        answer = case.call(session=sessions[caller], timeout=30)
        case.validate_response(answer, checks=CHECKS)
        check_refusal(answer)

    once()


@examples(40)
@given(
    since=st.integers(0, 30) | st.integers(min_value=0),
    limit=st.integers(1, 1000),
    at=st.integers() | st.sampled_from([10**400, "", "nan", "inf", "1e5", " 7 "]),
    after=st.text(max_size=100),
)
def ask_about_places(web: WebProcess, session: Any, since: Any, limit: int, at: Any, after: str) -> None:
    """Places and cursors that look right, which no schema can make up."""
    epoch = session.get(f"{web.url}{DEVICE}").json()["epoch"]
    cursor = base64.urlsafe_b64encode(f"{at}:{after}".encode()).decode()
    for path, query in (
        (DEVICE, {"since": since, "epoch": epoch, "limit": limit}),
        ("/api/rooms/", {"after": cursor, "search": after}),
    ):
        answer = session.get(f"{web.url}{path}", params=query, timeout=30)
        assert answer.status_code in (200, 400, 422), (query, answer.text)
        check_refusal(answer)


def test_any_place_and_cursor_is_answered(web: WebProcess):
    for session in callers(web).values():
        ask_about_places(web, session)
