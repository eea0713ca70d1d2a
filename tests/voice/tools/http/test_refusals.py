"""No way to write an address leads a tool to a private one."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.voice.outbound.service import Service
from voice.models import Tool
from voice.outbound.refusals import AddressRefused
from voice.outbound.transport import Outbound
from voice.tools.http.running import run_http

SENTENCE = "This tool points to an address that it may not reach."
HOSTS = [
    *("127.0.0.1", "[::1]", "localhost", "169.254.169.254", "2130706433", "017700000001", "0x7f000001"),
    *("0177.0.0.1", "0x7f.0.0.1", "127.1", "0", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1"),
    *("127.0.0.1.", "①②⑦.0.0.1", "[fe80::1]", "127。0。0。1", "user@127.0.0.1", "127.0.0.1\\@example.org"),
]
ELSEWHERE = ["https://[::1]/", "http://169.254.169.254/latest/", "ftp://127.0.0.1/", "file:///etc/passwd"]


def tool_at(url: str, **fields: Any) -> Tool:
    return Tool(name="stock", kind="http", http_url=url, timeout_s=5, **fields)


@pytest.fixture(params=["nothing listed", "another port listed"])
def lists(request: pytest.FixtureRequest, service: Service, settings: Any) -> Service:
    """A service that runs on this machine and that no tool was allowed to reach."""
    other = f"127.0.0.1:{service.port ^ 1}"
    settings.TOOL_PRIVATE_HOSTS = (other,) if "another" in request.param else ()
    return service


async def check_refused(url: str, outbound: Outbound) -> None:
    with pytest.raises(AddressRefused) as refused:
        async with asyncio.timeout(5):
            await run_http(tool_at(url), {}, outbound)
    assert refused.value.message == SENTENCE


@pytest.mark.parametrize("host", HOSTS)
async def test_private_address_is_refused_however_it_is_written(
    lists: Service, outbound: Outbound, host: str
):
    await check_refused(f"http://{host}:{lists.port}/", outbound)
    assert lists.seen == []


@pytest.mark.parametrize(("host", "status"), [*((host, 302) for host in HOSTS), ("127.0.0.1", 307)])
async def test_redirect_to_a_private_address_is_refused(
    allowed: Service, outbound: Outbound, host: str, status: int
):
    """The first hop is allowed; the second goes to another port of this machine."""
    target = quote(f"http://{host}:{allowed.port ^ 1}/", safe="")
    await check_refused(f"{allowed.url}/redirect?status={status}&to={target}", outbound)
    assert len(allowed.seen) == 1


@pytest.mark.parametrize("target", ELSEWHERE)
async def test_redirect_to_another_scheme_or_the_metadata_service_is_refused(
    allowed: Service, outbound: Outbound, target: str
):
    await check_refused(f"{allowed.url}/redirect?to={quote(target, safe='')}", outbound)


async def test_argument_cannot_name_the_host(allowed: Service, outbound: Outbound):
    for url in (
        "http://{host}/",
        f"http://{{host}}:{allowed.port}/",
        "{host}",
        f"http://{allowed.at}@{{host}}/",
    ):
        with pytest.raises(AddressRefused):
            await run_http(tool_at(url), {"host": "127.0.0.1"}, outbound)
    assert allowed.seen == []


async def test_public_host_that_is_not_listed_is_refused(outbound: Outbound, settings: Any):
    settings.TOOL_HOSTS = ("api.example.org",)
    await check_refused("https://example.com/", outbound)
