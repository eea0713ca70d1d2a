"""An HTTP tool against a real service: what is sent, what comes back, what goes wrong."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.voice.outbound.service import Service
from voice.errors import ToolError
from voice.models import Tool
from voice.outbound.refusals import AddressRefused, NotSetUp, Refused, Silent, Unfit, Unreachable, Unusable
from voice.outbound.secrets import MASK
from voice.outbound.transport import Outbound
from voice.tools.http.running import run_http

KEY = "s3cret-k3y"


@pytest.fixture(autouse=True)
def secrets(settings: Any) -> None:
    settings.TOOL_SECRETS = ("KEY",)
    settings.TOOL_SECRET_VALUES = {"KEY": KEY}


def tool(url: str, **fields: Any) -> Tool:
    return Tool(name="stock", kind="http", http_url=url, **{"timeout_s": 5, **fields})


async def test_arguments_go_where_the_operator_put_them(allowed: Service, outbound: Outbound):
    made = tool(
        f"{allowed.url}/stock/{{article}}?fixed=1",
        http_method="POST",
        http_query={"days": "{days}", "tag": "{tags}", "unit": "in {unit}"},
        http_headers={"X-Key": "${ENV:KEY}", "X-Article": "{article}"},
        http_body={"article": "{article}", "count": "{days}", "note": "{note}"},
    )
    values = {"article": "a b/1?&#%2e", "days": 3, "tags": ["x", "y&z"]}
    await run_http(made, values, outbound)
    [sent] = allowed.seen
    assert sent["method"] == "POST"
    assert sent["target"] == "/stock/a%20b%2F1%3F%26%23%252e?fixed=1&days=3&tag=x&tag=y%26z"
    assert (sent["headers"]["x-key"], sent["headers"]["x-article"]) == (KEY, "a b/1?&#%2e")
    assert sent["headers"]["content-type"] == "application/json"
    assert json.loads(sent["body"]) == {"article": "a b/1?&#%2e", "count": 3}


@pytest.mark.parametrize(
    ("path", "pick", "output"),
    [
        ("/json/" + quote('{"now": {"t": 21.5}}'), "", {"now": {"t": 21.5}}),
        ("/json/" + quote('{"now": {"t": 21.5}}'), "now.t", {"result": 21.5}),
        ("/json/" + quote('[{"n": "a"}, {"n": "b"}]'), "*.n", {"result": ["a", "b"]}),
        ("/text/dry%20and%20warm", "", {"result": "dry and warm"}),
        ("/text/21.5", "", {"result": 21.5}),
        ("/empty", "", {"result": "Done."}),
    ],
)
async def test_answer_becomes_the_output(
    allowed: Service, outbound: Outbound, path: str, pick: str, output: dict[str, Any]
):
    assert await run_http(tool(allowed.url + path, http_pick=pick), {}, outbound) == output


@pytest.mark.parametrize(
    ("path", "error", "sentence"),
    [
        ("/status/404", Refused, "The service behind this tool answered with the error 404."),
        ("/status/500", Refused, "The service behind this tool answered with the error 500."),
        ("/json/nonsense", Unusable, "The service behind this tool gave an answer I cannot use."),
        ("/json/NaN", Unusable, "The service behind this tool gave an answer I cannot use."),
        ("/json/" + "%5B" * 5000, Unusable, "The service behind this tool gave an answer I cannot use."),
        ("/big", Unusable, "The service behind this tool gave an answer I cannot use."),
        ("/gzip", Unusable, "The service behind this tool gave an answer I cannot use."),
        ("/slow/0.5", Silent, "The service behind this tool did not answer in time."),
    ],
)
async def test_failure_is_one_sentence(
    allowed: Service, outbound: Outbound, path: str, error: type[ToolError], sentence: str
):
    with pytest.raises(error) as failed:
        await run_http(tool(allowed.url + path, timeout_s=0.3), {}, outbound)
    assert failed.value.message == sentence


async def test_nobody_there_is_said_so(allowed: Service, outbound: Outbound):
    allowed.close()
    with pytest.raises(Unreachable) as failed:
        await run_http(tool(f"{allowed.url}/${{ENV:KEY}}"), {}, outbound)
    assert failed.value.message == "The service behind this tool cannot be reached right now."
    assert failed.value.detail == f"No usable connection to {allowed.at}."


async def test_part_that_is_not_there_is_named_to_operators(allowed: Service, outbound: Outbound):
    with pytest.raises(Unusable) as failed:
        await run_http(tool(f"{allowed.url}/json/%7B%7D", http_pick="now.t"), {}, outbound)
    assert "nothing at now.t" in failed.value.detail


async def test_secret_that_the_service_repeats_is_masked(allowed: Service, outbound: Outbound):
    keyed = {"http_headers": {"X-Key": "${ENV:KEY}"}}
    echoed = await run_http(tool(f"{allowed.url}/echo", **keyed), {}, outbound)
    assert echoed["headers"]["x-key"] == MASK
    assert KEY not in json.dumps(echoed)
    with pytest.raises(Refused) as failed:
        await run_http(tool(f"{allowed.url}/status/403", **keyed), {}, outbound)
    assert failed.value.detail == f"It answered 403: no: {MASK}"


async def test_secret_and_arguments_stay_out_of_the_log(
    allowed: Service, outbound: Outbound, caplog: pytest.LogCaptureFixture
):
    made = tool(f"{allowed.url}/stock/{{article}}", http_query={"key": "${ENV:KEY}"})
    with caplog.at_level("INFO"):
        await run_http(made, {"article": "pacemaker"}, outbound)
        allowed.close()
        with pytest.raises(ToolError):
            await run_http(made, {"article": "pacemaker"}, outbound)
    assert len(allowed.seen) == 1
    assert "pacemaker" not in caplog.text and KEY not in caplog.text


async def test_secret_that_is_not_listed_sends_nothing(allowed: Service, outbound: Outbound):
    with pytest.raises(NotSetUp):
        await run_http(tool(f"{allowed.url}/x", http_headers={"X": "${ENV:DJANGO_SECRET_KEY}"}), {}, outbound)
    assert allowed.seen == []


async def test_redirect_on_the_same_host_keeps_the_headers(allowed: Service, outbound: Outbound):
    url = f"{allowed.url}/redirect?to=/echo"
    await run_http(tool(url, http_headers={"X-Key": "${ENV:KEY}"}), {}, outbound)
    assert [request["headers"].get("x-key") for request in allowed.seen] == [KEY, KEY]


async def test_redirect_to_another_host_gets_no_secrets(allowed: Service, outbound: Outbound, settings: Any):
    settings.TOOL_PRIVATE_HOSTS = (allowed.at, f"localhost:{allowed.port}")
    target = quote(f"http://localhost:{allowed.port}/echo", safe="")
    made = tool(
        f"{allowed.url}/redirect?to={target}",
        http_query={"k": "${ENV:KEY}"},
        http_headers={"X-Key": "${ENV:KEY}", "X-Plain": "yes"},
    )
    await run_http(made, {}, outbound)
    first, second = allowed.seen
    assert first["headers"]["x-key"] == KEY
    assert second["headers"]["host"] == f"localhost:{allowed.port}"
    assert second["headers"]["x-plain"] == "yes"
    assert KEY not in json.dumps(second)


async def test_redirect_to_another_host_gets_no_body(allowed: Service, outbound: Outbound, settings: Any):
    settings.TOOL_PRIVATE_HOSTS = (allowed.at, f"localhost:{allowed.port}")
    target = quote(f"http://localhost:{allowed.port}/echo", safe="")
    posted = {"http_method": "POST", "http_body": {"a": 1}}
    with pytest.raises(Unusable):
        await run_http(tool(f"{allowed.url}/redirect?status=307&to={target}", **posted), {}, outbound)
    assert len(allowed.seen) == 1
    await run_http(tool(f"{allowed.url}/redirect?status=303&to={target}", **posted), {}, outbound)
    assert (allowed.seen[-1]["method"], allowed.seen[-1]["body"]) == ("GET", "")


async def test_redirects_end(allowed: Service, outbound: Outbound):
    with pytest.raises(Unusable):
        await run_http(tool(f"{allowed.url}/round"), {}, outbound)
    assert len(allowed.seen) == 4


async def test_argument_that_fits_nowhere_sends_nothing(allowed: Service, outbound: Outbound):
    for fields, value in (({}, ".."), ({"http_headers": {"X": "{a}"}}, "é"), ({}, "x/../../admin")):
        with pytest.raises(Unfit):
            await run_http(tool(f"{allowed.url}/at/{{a}}", **fields), {"a": value}, outbound)
    assert allowed.seen == []


async def test_row_that_says_nonsense_fails_with_a_sentence(outbound: Outbound):
    with pytest.raises(AddressRefused):
        await run_http(tool("nonsense"), {}, outbound)
