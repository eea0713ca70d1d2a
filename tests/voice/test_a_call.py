"""A whole call on real parts: the site, Redis, the engine, a WebRTC peer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
from asgiref.sync import sync_to_async

from tests.voice.conftest import Engine, Site
from tests.voice.engine.browser import Browser
from voice.models import Tool, Turn, Usage


def rows(model: Any, **where: Any) -> list[Any]:
    return list(model.objects.filter(**where))


async def test_call_greets_answers_with_a_tool_and_is_stored(site: Site, peer: Browser, engine: Engine):
    call = await site.start_call(peer)
    assert (call["control"], call["room"]) == ("sideband", f"call.{call['id']}")
    assert "this is Home" in await peer.reply()
    peer.type("What time is it?")
    await peer.reply(2)
    status = await site.status(call["id"])
    assert status["state"] == "live"
    assert [(run["name"], run["status"]) for run in status["tool_runs"]] == [("get_current_time", "done")]
    assert json.loads(status["tool_runs"][0]["output"])["timezone"] == "UTC"
    ended = await site.http.post(f"/voice/calls/{call['id']}/end")
    assert ended.json()["reason"] == "user"
    assert engine.calls() == 0
    turns = await sync_to_async(rows)(Turn, conversation_id=call["id"])
    assert [turn.role for turn in turns] == ["assistant", "user", "assistant"]
    assert turns[1].text == "What time is it?"
    usage = await sync_to_async(rows)(Usage, conversation_id=call["id"], kind="response")
    assert len(usage) >= 3
    assert all(row.total_tokens == row.input_tokens + row.output_tokens > 0 for row in usage)


async def test_tool_switched_off_in_mid_call_is_answered_and_the_call_goes_on(site: Site, peer: Browser):
    call = await site.start_call(peer)
    await peer.reply()
    await sync_to_async(Tool.objects.filter(name="get_current_time").update)(enabled=False)
    peer.type("What time is it?")
    await peer.reply(2)
    status = await site.status(call["id"])
    assert json.loads(status["tool_runs"][0]["output"]) == {"error": "Clock has been switched off."}
    peer.type("Thank you")
    assert await peer.reply(3)


async def test_page_that_closes_its_connection_ends_the_call(site: Site, peer: Browser, engine: Engine):
    call = await site.start_call(peer)
    await peer.close()
    async with asyncio.timeout(10):
        while (await site.status(call["id"]))["state"] != "ended":
            await asyncio.sleep(0.05)
    assert (await site.status(call["id"]))["reason"] == "browser_left"
    assert engine.calls() == 0


async def test_minted_secret_makes_a_call_elsewhere_and_attach_gives_it_tools(site: Site, peer: Browser):
    minted = await site.http.post("/voice/session", json={})
    assert minted.status_code == 201
    assert minted.headers["Cache-Control"] == "no-store"
    body = minted.json()
    assert body["client_secret"]["value"] == body["value"]
    headers = {"Authorization": f"Bearer {body['value']}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient() as http:
        answer = await http.post(body["calls_url"], content=await peer.offer(), headers=headers)
    assert answer.status_code == 201
    await peer.accept(answer.text)
    call_id = answer.headers["Location"].rsplit("/", 1)[-1]
    attached = await site.http.post(f"/voice/calls/{body['id']}/attach", json={"call_id": call_id})
    assert attached.json() == {"control": "sideband"}
    peer.type("What time is it?")
    await peer.reply()
    status = await site.status(body["id"])
    assert (status["state"], status["control"]) == ("live", "sideband")
    assert [run["status"] for run in status["tool_runs"]] == ["done"]


async def test_attach_of_an_unknown_call_is_404_and_can_be_tried_again(site: Site):
    minted = (await site.http.post("/voice/session", json={})).json()
    for _ in range(2):
        reply = await site.http.post(f"/voice/calls/{minted['id']}/attach", json={"call_id": "rtc_nobody"})
        assert (reply.status_code, reply.json()["error"]["field"]) == (404, "call_id")
    assert (await site.status(minted["id"]))["control"] == "courier"
