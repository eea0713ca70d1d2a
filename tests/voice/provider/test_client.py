"""What the client says on the wire to each kind of provider."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.voice.scripted_provider import ScriptedProvider, serving
from voice.errors import ProviderError
from voice.provider import Provider, ProviderConfig

SESSION = {"type": "realtime", "model": "m"}
AZURE = ProviderConfig(
    "azure", "Azure OpenAI", "https://r.example/openai/v1", "az-key", "AZURE_OPENAI_API_KEY", two_step=True
)
OPENAI = ProviderConfig("openai", "OpenAI", "https://api.example/v1", "sk-key", "OPENAI_API_KEY")


class Wire:
    """Keeps requests and answers them from a list."""

    def __init__(self, *replies: httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self._replies = list(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self._replies.pop(0)


def provider(config: ProviderConfig, *replies: httpx.Response) -> tuple[Provider, Wire]:
    wire = Wire(*replies)
    return Provider(config, httpx.MockTransport(wire)), wire


def made_call() -> httpx.Response:
    return httpx.Response(201, text="v=0\r\n", headers={"Location": "/v1/realtime/calls/rtc_7?x=1"})


def secret(**extra: Any) -> httpx.Response:
    return httpx.Response(200, json={"value": "ek_1", "expires_at": 5, "session": {"id": "sess_1"}, **extra})


async def test_call_is_one_multipart_request_with_the_key():
    client, wire = provider(OPENAI, made_call())
    made = await client.create_call("v=0 offer", SESSION, user_id=1)
    assert (made.call_id, made.answer) == ("rtc_7", "v=0\r\n")
    request = wire.requests[0]
    assert str(request.url) == "https://api.example/v1/realtime/calls"
    assert request.headers["Authorization"] == "Bearer sk-key"
    body = request.content.decode()
    assert 'name="sdp"\r\nContent-Type: application/sdp\r\n\r\nv=0 offer' in body
    assert json.dumps(SESSION) in body
    assert "filename" not in body


async def test_azure_mints_first_and_calls_with_the_secret():
    client, wire = provider(AZURE, secret(), made_call())
    await client.create_call("v=0 offer", SESSION, user_id=1)
    mint, call = wire.requests
    assert mint.headers["api-key"] == "az-key"
    assert json.loads(mint.content) == {"session": SESSION}
    assert call.headers["Authorization"] == "Bearer ek_1"
    assert call.headers["Content-Type"] == "application/sdp"
    assert call.content == b"v=0 offer"
    assert "api-key" not in call.headers


async def test_safety_identifier_is_stable_and_says_nothing():
    client, wire = provider(OPENAI, made_call(), made_call(), made_call())
    for user_id in (1, 1, 2):
        await client.create_call("v=0", SESSION, user_id=user_id)
    names = [request.headers["OpenAI-Safety-Identifier"] for request in wire.requests]
    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 32


@pytest.mark.parametrize("reply", [httpx.Response(200, text="hm"), httpx.Response(200, json={"value": "ek"})])
async def test_secret_that_cannot_be_used_is_an_error(reply: httpx.Response):
    client, _ = provider(OPENAI, reply)
    with pytest.raises(ProviderError, match="without a usable secret"):
        await client.mint(SESSION, user_id=1)


async def test_hanging_up_twice_is_fine():
    gone = httpx.Response(404, json={"error": {"code": "call_id_not_found", "message": "No session found"}})
    client, wire = provider(OPENAI, httpx.Response(200), gone)
    await client.hang_up("rtc_7")
    await client.hang_up("rtc_7")
    assert wire.requests[0].url.path == "/v1/realtime/calls/rtc_7/hangup"


async def test_sideband_is_not_compressed():
    async with serving(ScriptedProvider()) as scripted:
        client = Provider(ProviderConfig("compatible", "Some", scripted.base_url, "key", "REALTIME_API_KEY"))
        sideband = await client.attach("rtc_1")
        await scripted.say("rtc_1", "rate_limits.updated")
        assert json.loads(await anext(sideband.events()))["type"] == "rate_limits.updated"
        assert not scripted.sockets["rtc_1"].compress
        await sideband.close()
        await client.aclose()
