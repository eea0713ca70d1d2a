"""A call without media over `wss …/realtime?model=`: text in, text out, tools; strict like the rest."""

import asyncio
import json

import aiohttp
import pytest

from tests.voice.engine.browser import SERVER_EVENT, WEATHER_TOOL
from voice.protocol import client_event, user_text_item

KEY = {"Authorization": "Bearer sk-test"}
WRITTEN = {"type": "realtime", "output_modalities": ["text"], "instructions": "x", "tools": [WEATHER_TOOL]}


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as one:
        yield one


class Written:
    """One socket; every event is checked against the official client's types."""

    def __init__(self, socket):
        self.socket = socket
        self.events = []

    async def send(self, kind, **fields):
        await self.socket.send_json(client_event(kind, **fields))

    async def type(self, words):
        await self.send("conversation.item.create", item=user_text_item(words))
        await self.send("response.create")

    async def wait(self, kind):
        """The next event of that type."""
        async with asyncio.timeout(5):
            while True:
                event = json.loads((await self.socket.receive()).data)
                SERVER_EVENT.validate_python(event)
                self.events.append(event)
                if event["type"] == kind:
                    return event


@pytest.fixture
async def written(http, engine):
    async with http.ws_connect(f"{engine}/realtime?model=gpt-realtime-2.1-mini", headers=KEY) as socket:
        one = Written(socket)
        created = await one.wait("session.created")
        assert created["session"]["model"] == "gpt-realtime-2.1-mini"
        await one.send("session.update", session=WRITTEN)
        await one.wait("session.updated")
        yield one


async def test_what_is_typed_is_answered_in_writing(written):
    await written.type("What can you do?")
    assert "weather" in (await written.wait("response.output_text.done"))["text"].lower()
    done = (await written.wait("response.done"))["response"]
    assert (done["status"], done["output_modalities"]) == ("completed", ["text"])
    assert done["usage"]["output_token_details"]["audio_tokens"] == 0
    assert not [event for event in written.events if "audio" in event["type"]]


async def test_tools_are_called_and_their_outputs_read_and_a_missing_argument_is_asked_for(written):
    await written.type("What is the weather?")
    asked = (await written.wait("response.output_text.done"))["text"]
    assert asked.endswith("?")
    await written.wait("response.done")
    await written.type("Delft")
    call = (await written.wait("response.function_call_arguments.done"))["call_id"]
    await written.wait("response.done")
    output = {"type": "function_call_output", "call_id": call, "output": '{"result": "Dry in Delft."}'}
    await written.send("conversation.item.create", item=output)
    await written.send("response.create")
    assert (await written.wait("response.output_text.done"))["text"] == "Dry in Delft."


async def test_sound_is_refused_and_nothing_hangs(written):
    await written.send("session.update", session={"type": "realtime", "output_modalities": ["audio"]})
    await written.type("Hello")
    error = (await written.wait("error"))["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "session.output_modalities")
    await written.send("input_audio_buffer.append", audio="")
    assert (await written.wait("error"))["error"]["code"] == "invalid_event_for_transport"
    await written.send("response.create", response={"output_modalities": ["text"]})
    assert (await written.wait("response.done"))["response"]["status"] == "completed"


async def test_one_response_at_a_time_and_wrong_events_are_named(written):
    await written.socket.send_json({"type": "session.update", "event_id": "mine", "session": {}})
    error = (await written.wait("error"))["error"]
    assert (error["code"], error["event_id"]) == ("missing_required_parameter", "mine")
    await written.socket.send_str("{")
    assert (await written.wait("error"))["error"]["code"] == "invalid_event"


async def calls_of(http, engine):
    async with http.get(engine.replace("/v1", "/healthz")) as response:
        return (await response.json())["calls"]


async def test_the_call_ends_with_its_socket_and_counts_until_then(http, start_engine):
    engine = await start_engine(max_calls=1)
    url = f"{engine}/realtime?model=gpt-realtime"
    async with http.ws_connect(url, headers=KEY):
        assert await calls_of(http, engine) == 1
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(url, headers=KEY)
        assert caught.value.status == 429
    async with asyncio.timeout(5):
        while await calls_of(http, engine):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("query", "key", "status"),
    [
        ("", "sk-test", 400),
        ("?model=", "sk-test", 400),
        ("?model=gpt-4o-realtime-preview", "sk-test", 404),
        ("?model=gpt-realtime", "", 401),
        ("?model=gpt-realtime", "ek_unknown", 401),
    ],
)
async def test_wrong_openings_are_refused_before_the_handshake(http, engine, query, key, status):
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(f"{engine}/realtime{query}", headers={"Authorization": f"Bearer {key}"})
    assert caught.value.status == status


async def test_a_secret_opens_its_session_once(http, engine):
    body = {"session": {**WRITTEN, "model": "gpt-realtime"}}
    async with http.post(f"{engine}/realtime/client_secrets", headers=KEY, json=body) as response:
        secret = {"Authorization": f"Bearer {(await response.json())['value']}"}
    url = f"{engine}/realtime?model=gpt-realtime"
    async with http.ws_connect(url, headers=secret) as socket:
        one = Written(socket)
        assert (await one.wait("session.created"))["session"]["output_modalities"] == ["text"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await http.ws_connect(url, headers=secret)
    assert caught.value.status == 401
