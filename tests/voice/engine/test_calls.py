"""Every call ends, and leaves nothing behind."""

import asyncio

import aiohttp

from tests.voice.engine.browser import Browser

KEY = {"Authorization": "Bearer sk-test"}


async def calls_of(engine):
    async with aiohttp.ClientSession() as http, http.get(engine.replace("/v1", "/healthz")) as response:
        return (await response.json())["calls"]


async def wait_for_calls(engine, count, timeout_s=5.0):
    async with asyncio.timeout(timeout_s):
        while True:
            if await calls_of(engine) == count:
                return
            await asyncio.sleep(0.02)


async def post_offer(engine, offer):
    headers = {**KEY, "Content-Type": "application/sdp"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{engine}/realtime/calls", headers=headers, data=offer) as response,
    ):
        assert response.status == 201
        return response.headers["Location"].rsplit("/", 1)[-1]


async def test_a_browser_that_never_comes_ends_the_call(start_engine):
    engine = await start_engine(connect_timeout_s=0.3)
    browser = Browser(engine)
    await post_offer(engine, await browser.offer())
    assert await calls_of(engine) == 1
    await wait_for_calls(engine, 0)
    await browser.close()


async def test_a_browser_that_leaves_ends_the_call(engine):
    browser = await Browser(engine).dial()
    assert await calls_of(engine) == 1
    await browser.close()
    await wait_for_calls(engine, 0)


async def test_a_session_ends_at_its_longest(start_engine):
    engine = await start_engine(session_max_s=0.3)
    browser = await Browser(engine).dial()
    error = (await browser.wait("error"))["error"]
    assert error["code"] == "session_expired"
    await wait_for_calls(engine, 0)
    await browser.close()


async def test_hanging_up_in_mid_reply_frees_every_task(engine):
    before = len(asyncio.all_tasks())
    browser = await Browser(engine).dial()
    browser.type("What can you do?")
    await browser.wait("output_audio_buffer.started")
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{engine}/realtime/calls/{browser.call_id}/hangup", headers=KEY) as response,
    ):
        assert (response.status, await response.read()) == (200, b"")
    assert await calls_of(engine) == 0
    await browser.close()
    async with asyncio.timeout(5):
        while True:
            if len(asyncio.all_tasks()) <= before:
                return
            await asyncio.sleep(0.02)


async def test_a_call_nobody_has_joined_yet_can_be_hung_up(engine):
    browser = Browser(engine)
    call_id = await post_offer(engine, await browser.offer())
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{engine}/realtime/calls/{call_id}/hangup", headers=KEY) as response,
    ):
        assert response.status == 200
    assert await calls_of(engine) == 0
    await browser.close()


async def test_the_sideband_of_a_call_that_ends_is_closed(engine):
    browser = await Browser(engine).dial()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{engine}/realtime?call_id={browser.call_id}", headers=KEY) as sideband,
    ):
        await browser.close()
        async with asyncio.timeout(5):
            message = await sideband.receive()
        assert (message.type, sideband.close_code) == (aiohttp.WSMsgType.CLOSE, 1000)
    await wait_for_calls(engine, 0)


async def test_several_calls_at_once_are_all_answered(engine):
    browsers = await asyncio.gather(*(Browser(engine).dial() for _ in range(5)))
    assert await calls_of(engine) == 5
    for browser in browsers:
        browser.type("thanks")
    await asyncio.gather(*(browser.wait("output_audio_buffer.stopped") for browser in browsers))
    await asyncio.gather(*(browser.close() for browser in browsers))
    await wait_for_calls(engine, 0)
