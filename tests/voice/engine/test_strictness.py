"""Where the hosted API is strict the engine is too: HTTP, secrets, sidebands, events."""

import asyncio
import io
import json

import aiohttp
import pytest

from tests.voice.engine.browser import SESSION, Browser
from voice.protocol import client_event

KEY = {"Authorization": "Bearer sk-test"}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as one:
        yield one


async def refusal(response):
    error = (await response.json())["error"]
    assert set(error) == {"message", "type", "code", "param"}
    return response.status, error["code"]


@pytest.mark.parametrize(
    "path", ["/realtime/sessions", "/realtime/transcription_sessions", "/realtime?model=x"]
)
async def test_endpoints_of_the_beta_are_gone(http, engine, path):
    async with http.post(engine + path, headers=KEY, json={}) as response:
        assert await refusal(response) == (400, "beta_api_shape_disabled")


async def test_the_beta_header_is_refused(http, engine):
    headers = {**KEY, "OpenAI-Beta": "realtime=v1"}
    async with http.post(f"{engine}/realtime/client_secrets", headers=headers, json={}) as response:
        assert await refusal(response) == (400, "beta_api_shape_disabled")
    async with http.ws_connect(f"{engine}/realtime?call_id=rtc_1", headers=headers) as socket:
        assert (await socket.receive_json())["error"]["code"] == "beta_api_shape_disabled"
        await socket.receive()
        assert socket.close_code == 4000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"session": {"model": "gpt-realtime"}}, "missing_required_parameter"),
        ({"session": {"type": "realtime", "voice": "echo"}}, "unknown_parameter"),
        ({"model": "gpt-realtime"}, "unknown_parameter"),
        ({"expires_after": {"anchor": "created_at", "seconds": 5}}, "invalid_value"),
        ([], "invalid_value"),
    ],
)
async def test_a_wrong_session_mints_no_secret(http, engine, body, code):
    async with http.post(f"{engine}/realtime/client_secrets", headers=KEY, json=body) as response:
        assert await refusal(response) == (400, code)


async def test_a_request_without_a_key_is_refused(http, engine):
    async with http.post(f"{engine}/realtime/client_secrets", json={}) as response:
        assert await refusal(response) == (401, "invalid_api_key")
    headers = {"Authorization": "Bearer ek_unknown", "Content-Type": "application/sdp"}
    async with http.post(f"{engine}/realtime/calls", headers=headers, data=b"v=0") as response:
        assert await refusal(response) == (401, "invalid_api_key")


async def test_a_set_key_is_asked_for(http, start_engine):
    engine = await start_engine(api_key="right")
    async with http.post(f"{engine}/realtime/client_secrets", headers=KEY, json={}) as response:
        assert await refusal(response) == (401, "invalid_api_key")


@pytest.mark.parametrize("offer", ["", "hello", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"])
async def test_an_offer_that_is_none_is_a_bad_request(http, engine, offer):
    headers = {**KEY, "Content-Type": "application/sdp"}
    async with http.post(f"{engine}/realtime/calls", headers=headers, data=offer) as response:
        assert await refusal(response) == (400, "invalid_offer")


async def test_an_offer_the_stack_cannot_read_is_a_bad_request_and_leaves_no_call(http, engine):
    browser = Browser(engine)
    broken = (
        (await browser.offer()).replace("a=setup:actpass", "a=setup:nonsense").replace("a=mid:", "a=mud:")
    )
    headers = {**KEY, "Content-Type": "application/sdp"}
    async with http.post(f"{engine}/realtime/calls", headers=headers, data=broken) as response:
        assert await refusal(response) == (400, "invalid_offer")
    async with http.get(engine.replace("/v1", "/healthz")) as response:
        assert (await response.json())["calls"] == 0
    await browser.close()


async def test_unknown_models_are_refused(http, engine):
    session = {"session": {"type": "realtime", "model": "gpt-4o-realtime-preview-2024-12-17"}}
    async with http.post(f"{engine}/realtime/client_secrets", headers=KEY, json=session) as response:
        assert await refusal(response) == (404, "model_not_found")


@pytest.mark.parametrize("path", ["/nothing", "/realtime/calls/rtc_1/hangup"])
async def test_what_is_not_there_is_said_in_the_apis_shape(http, engine, path):
    async with http.post(engine + path, headers=KEY) as response:
        assert (await refusal(response))[0] == 404


async def test_a_secret_opens_no_sideband(http, browser, engine):
    for key, status in (("ek_1", 404), ("", 401)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(
                f"{engine}/realtime?call_id={browser.call_id}", headers={"Authorization": f"Bearer {key}"}
            )
        assert caught.value.status == status


async def test_a_page_of_another_origin_may_call_and_read_the_location(http, engine):
    asked = {"Origin": "http://elsewhere", "Access-Control-Request-Headers": "x-openai-agents-sdk"}
    async with http.options(f"{engine}/realtime/calls", headers=asked) as response:
        assert response.status == 204
        assert "X-OpenAI-Agents-SDK" in response.headers["Access-Control-Allow-Headers"]
        assert "Location" in response.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "session.update", "session": {"instructions": "x"}}, "missing_required_parameter"),
        ({"type": "session.update", "session": {"type": "realtime", "voice": "echo"}}, "unknown_parameter"),
        ({"type": "session.update"}, "missing_required_parameter"),
        ({"type": "response.create", "response": {"modalities": ["text"]}}, "unknown_parameter"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "input_audio_buffer.commit"}, "input_audio_buffer_commit_empty"),
        ({"type": "input_audio_buffer.append", "audio": ""}, "invalid_event_for_transport"),
        ({"type": "conversation.item.retrieve", "item_id": "no"}, "item_not_found"),
        ({"type": "conversation.item.create", "item": {"type": "message"}}, "missing_required_parameter"),
        ({"type": "conversation.item.create", "item": {"type": "weird"}}, "invalid_value"),
        ({"type": "transcription_session.update"}, "invalid_value"),
        ({"type": "response.cancel", "extra": 1}, "unknown_parameter"),
    ],
)
async def test_a_wrong_event_is_answered_by_an_error_that_names_it(browser, event, code):
    browser.send_text(json.dumps({**event, "event_id": "event_mine"}))
    error = (await browser.wait("error"))["error"]
    assert (error["code"], error["event_id"]) == (code, "event_mine")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"no": "type"}'])
async def test_what_is_no_event_is_answered_by_an_error(browser, text):
    browser.send_text(text)
    assert (await browser.wait("error"))["error"]["code"] == "invalid_event"


async def test_one_response_at_a_time(browser):
    browser.type("What can you do?")
    created = await browser.wait("response.created")
    browser.send_text(json.dumps(client_event("response.create")))
    error = (await browser.wait("error"))["error"]
    assert error["code"] == "conversation_already_has_active_response"
    assert created["response"]["id"] in error["message"]


async def test_calls_beyond_the_cap_are_refused_with_429(http, start_engine):
    engine = await start_engine(max_calls=1)
    first = await Browser(engine).dial()
    second = Browser(engine)
    headers = {**KEY, "Content-Type": "application/sdp"}
    async with http.post(f"{engine}/realtime/calls", headers=headers, data=await second.offer()) as response:
        assert await refusal(response) == (429, "rate_limit_exceeded")
    await asyncio.gather(first.close(), second.close())


async def test_items_are_retrieved_deleted_and_keep_their_given_id(browser):
    item = {
        "id": "mine",
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": "hi"}],
    }
    browser.send("conversation.item.create", item=item)
    browser.send("conversation.item.retrieve", item_id="mine")
    found = (await browser.wait("conversation.item.retrieved"))["item"]
    assert found == {**item, "status": "completed"}
    assert None not in found.values()
    browser.send("conversation.item.delete", item_id="mine")
    await browser.wait("conversation.item.deleted")


async def test_a_quoted_greeting_is_spoken(browser):
    words = 'Say exactly this and nothing else: "Hello, this is Home. What would you like to know?"'
    browser.send("response.create", response={"instructions": words})
    await browser.wait("response.done")
    assert browser.said().endswith("Hello, this is Home. What would you like to know?")


async def test_a_huge_part_is_refused(http, engine):
    form = aiohttp.FormData()
    form.add_field("sdp", io.BytesIO(b"x" * 1_100_000), content_type="application/sdp")
    async with http.post(f"{engine}/realtime/calls", headers=KEY, data=form) as response:
        assert (await refusal(response))[0] == 413


async def test_session_of_a_multipart_call_is_validated(http, engine):
    browser = Browser(engine)
    form = aiohttp.FormData()
    form.add_field("sdp", await browser.offer(), content_type="application/sdp")
    form.add_field("session", json.dumps({**SESSION, "modalities": []}), content_type="application/json")
    async with http.post(f"{engine}/realtime/calls", headers=KEY, data=form) as response:
        assert await refusal(response) == (400, "unknown_parameter")
    await browser.close()
