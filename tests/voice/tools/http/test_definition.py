"""What an operator may write as a request; slips are named with their field."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from voice.tools.http.definition import problems

PARAMETERS = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a"]}


def found(**fields: Any) -> dict[str, str]:
    values: dict[str, Any] = {
        "http_method": "GET",
        "http_url": "https://api.example.org/x",
        "http_query": {},
        "http_headers": {},
        "http_body": None,
        "http_pick": "",
        "parameters": PARAMETERS,
    }
    return dict(problems(SimpleNamespace(**values | fields)))


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    settings.TOOL_SECRETS = ("KEY",)


def test_sound_request_has_no_problem():
    assert not found(
        http_method="POST",
        http_url="https://api.example.org:8443/v1/{a}/x-${ENV:KEY}?fixed=1",
        http_query={"b": "{b}"},
        http_headers={"Authorization": "Bearer ${ENV:KEY}", "X-A": "{a}"},
        http_body={"a": "{a}", "list": ["{b}"]},
    )


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "api.example.org",
            "ftp://a/",
            "https://{a}/",
            "https://{a}.example.org/",
            "https://x:{a}/",
            "//a/",
        ),
        *(
            "https://user:pw@example.org/",
            "https://exa mple.org/",
            "https://a\\b/",
            "https://a/#b",
            "https:///x",
        ),
        "https://${ENV:KEY}/",
    ],
)
def test_address_without_a_plain_host_is_refused(url: str):
    assert "plain host name" in found(http_url=url)["http_url"]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"http_url": "https://x/{b}"}, "http_url", "the parameters must require it"),
        ({"http_url": "https://x/?q={a}"}, "http_url", "stand under Query"),
        ({"http_url": "https://x:99999/"}, "http_url", "from 1 to 65535"),
        ({"http_url": "https://x/{a"}, "http_url", "stands alone"),
        ({"http_query": {"q": "{c}"}}, "http_query", "{c} is not among the parameters"),
        ({"http_query": {"q": 1}}, "http_query", "object of texts"),
        ({"http_query": ["q"]}, "http_query", "object of texts"),
        ({"http_headers": {"X": "${ENV:OTHER}"}}, "http_headers", "OTHER is not in TOOL_SECRETS"),
        ({"http_headers": {"Host": "evil"}}, "http_headers", "set by the site itself"),
        ({"http_headers": {"Bad Name": "x"}}, "http_headers", "not the name of a header"),
        ({"http_headers": {"Authorization": "Bearer abc"}}, "http_headers", "must come from a secret"),
        ({"http_body": {"a": 1}}, "http_body", "GET sends no body"),
    ],
)
def test_slip_is_named_with_its_field(fields: dict[str, Any], field: str, words: str):
    assert words in found(**fields)[field]
