"""The unmodified `openai` client runs against the engine."""

import json

import openai
import pytest
from aiohttp import ClientSession

from tests.voice.engine.browser import SERVER_EVENT, SESSION, Browser


@pytest.fixture
async def client(engine):
    """The official client, pointed at the engine."""
    async with openai.AsyncOpenAI(base_url=engine, api_key="sk-any", max_retries=0) as one:
        yield one


@pytest.fixture
async def guest(engine):
    """A browser that has not called yet."""
    one = Browser(engine)
    yield one
    await one.close()


def call_id_of(answer):
    return answer.response.headers["location"].rsplit("/", 1)[-1]


async def test_a_minted_secret_starts_a_call_with_the_session_it_stands_for(client, guest, engine):
    secret = await client.realtime.client_secrets.create(session=SESSION)
    assert secret.value.startswith("ek_")
    assert secret.session.type == "realtime"
    async with openai.AsyncOpenAI(base_url=engine, api_key=secret.value, max_retries=0) as page:
        answer = await page.realtime.calls.create(sdp=await guest.offer())
        await guest.accept(answer.text)
        assert guest.of("session.created")[0]["session"]["instructions"] == SESSION["instructions"]
        with pytest.raises(openai.AuthenticationError, match="already been used"):
            await page.realtime.calls.create(sdp=await guest.offer())


async def test_a_sideband_sees_and_steers_the_call_until_it_is_hung_up(client, guest):
    answer = await client.realtime.calls.create(sdp=await guest.offer(), session=SESSION)
    call_id = call_id_of(answer)
    await guest.accept(answer.text)
    kinds = []
    async with client.realtime.connect(call_id=call_id) as sideband:
        await sideband.session.update(session={"type": "realtime", "instructions": "Whisper."})
        await sideband.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "thanks"}]}
        )
        await sideband.response.create()
        async for event in sideband:
            SERVER_EVENT.validate_python(event.model_dump())
            kinds.append(event.type)
            if event.type == "output_audio_buffer.stopped":
                break
        assert kinds[0] == "session.updated"
        assert [kind for kind in guest.types() if kind != "session.created"] == kinds
        await client.realtime.calls.hangup(call_id)
        with pytest.raises(openai.NotFoundError, match="No session found") as caught:
            await client.realtime.calls.hangup(call_id)
        assert caught.value.code == "call_id_not_found"
        async for event in sideband:
            kinds.append(event.type)
    async with ClientSession() as http, http.get(f"{client.base_url}".replace("/v1/", "/healthz")) as health:
        assert json.loads(await health.text())["calls"] == 0
