"""A provider that is down, refuses, is at its limit, late or odd: status, sentence, nothing left open."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.voice.conftest import Site, free_port, site_of, started_owner
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice.models import Conversation
from voice.provider import Provider


async def refused(site: Site, **body: Any) -> tuple[int, dict[str, Any]]:
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER, **body})
    return reply.status_code, reply.json()


async def assert_nothing_left(site: Site) -> None:
    """The record is closed, no call is driven, only the owner's caretakers run."""
    row = await sync_to_async(Conversation.objects.get)()
    assert (row.state, row.end_reason) == ("ended", "failed")
    assert site.owner.live == {}
    assert len(site.owner._tasks) == len(site.owner._care)


@pytest.mark.parametrize(
    ("status", "code", "ours", "sentence"),
    [
        (401, "invalid_api_key", 502, "The provider refused the key (401): check REALTIME_API_KEY"),
        (403, "model_not_found", 502, "The provider refused the key (403): check REALTIME_API_KEY"),
        (429, "insufficient_quota", 429, "The provider is at its limit (insufficient_quota). Check its plan"),
        (429, "rate_limit_exceeded", 429, "The provider is at its limit (rate_limit_exceeded). Wait"),
        (400, "unknown_parameter", 502, "The provider refused the call (400 unknown_parameter): nope"),
        (400, "invalid_offer", 422, "The browser's offer was not understood. Reload the page."),
        (503, "", 502, "The provider failed (503)."),
    ],
)
async def test_provider_that_says_no(
    scripted_site: Site, provider: ScriptedProvider, status: int, code: str, ours: int, sentence: str
):
    provider.status, provider.error = status, {"code": code, "message": "nope"}
    got, body = await refused(scripted_site)
    assert got == ours
    assert body["error"]["message"].startswith(sentence)
    await assert_nothing_left(scripted_site)


async def test_limit_of_the_provider_says_when_to_come_back(scripted_site: Site, provider: ScriptedProvider):
    provider.status, provider.headers = 429, {"Retry-After": "7"}
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "7")


async def test_answer_without_location_is_refused(scripted_site: Site, provider: ScriptedProvider):
    provider.location = False
    status, body = await refused(scripted_site)
    assert (status, body["error"]["code"]) == (502, "provider_error")
    assert "no Location" in body["error"]["message"]
    await assert_nothing_left(scripted_site)


async def test_answer_that_is_not_sdp_is_refused_and_hung_up(scripted_site: Site, provider: ScriptedProvider):
    provider.answer = "<html>"
    status, body = await refused(scripted_site)
    assert (status, body["error"]["code"]) == (502, "provider_error")
    assert provider.hung_up == ["rtc_1"]
    await assert_nothing_left(scripted_site)


async def test_provider_that_is_late_is_504(scripted_site: Site, provider: ScriptedProvider):
    provider.delay_s = 5.0
    owner = scripted_site.owner
    await owner.provider.aclose()
    owner.provider = Provider(dataclasses.replace(owner.provider.config, timeout_s=0.2))
    status, body = await refused(scripted_site)
    assert (status, body["error"]["code"]) == (504, "provider_silent")
    await assert_nothing_left(scripted_site)


async def test_provider_that_is_down_is_502(demo: Any, settings: Any):
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.REALTIME_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    async with started_owner() as owner, site_of(owner, demo) as site:
        status, body = await refused(site)
        assert (status, body["error"]["code"]) == (502, "provider_unreachable")
        assert (
            body["error"]["message"]
            == "The engine in the box is not running. Operator: start it with make run."
        )
        await assert_nothing_left(site)


@pytest.mark.parametrize("sdp", ["", "hello", "v=0\r\nm=video 9", OFFER.replace("a=fingerprint", "a=x")])
async def test_offer_that_is_none_never_reaches_the_provider(
    scripted_site: Site, provider: ScriptedProvider, sdp: str
):
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": sdp})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "sdp")
    assert provider.authorizations == []
    assert await sync_to_async(Conversation.objects.count)() == 0


async def test_call_without_a_sideband_has_the_page_for_courier(
    scripted_site: Site, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
):
    provider.sideband_status = 500
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert (reply.status_code, reply.json()["control"]) == (201, "courier")
    call = f"/voice/calls/{reply.json()['id']}"
    ran = await scripted_site.http.post(f"{call}/tools/", json={"call_id": "c", "name": "get_current_time"})
    assert '"timezone": "UTC"' in ran.json()["output"]
    turn = {"item_id": "i1", "role": "user", "text": "hello"}
    for _ in range(2):
        assert (await scripted_site.http.post(f"{call}/turns/", json=turn)).status_code == 200
    assert (await scripted_site.status(reply.json()["id"]))["stored"] == ["i1"]
    assert (await scripted_site.http.post(f"{call}/end")).json()["reason"] == "user"
    assert provider.hung_up == ["rtc_1"]


async def test_key_offer_and_speech_stay_out_of_the_log(
    scripted_site: Site, provider: ScriptedProvider, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    await provider.say(
        "rtc_1",
        "conversation.item.input_audio_transcription.completed",
        item_id="i",
        transcript="my pin is 1234",
    )
    await provider.respond("rtc_1", "r", ("c1", "get_weather", '{"location": 5, "pin": "1234"}'))
    async with asyncio.timeout(5):
        while "c1" not in provider.outputs():
            await asyncio.sleep(0.02)
    assert "sk-secret-key" not in reply.text
    for secret in ("sk-secret-key", "ice-ufrag", "1234"):
        assert secret not in caplog.text
    assert provider.authorizations == ["Bearer sk-secret-key"]
