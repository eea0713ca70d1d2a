"""What happens at the wrong moment: ends during creation, lost hang-ups, late answers, broken lines."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection
from django.db.models import F

from tests.voice.conftest import Site
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice import records
from voice.call import TurnData
from voice.models import Conversation, Turn
from voice.models.conversations import Source
from voice.transcripts import store_turn


async def until(what: Any, *, within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not await what():
            await asyncio.sleep(0.02)


async def post(site: Site, **extra: Any) -> dict[str, Any]:
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER, **extra})
    return {"status": reply.status_code, **reply.json()}


async def test_call_replaced_while_it_is_being_made_never_lives(
    scripted_site: Site, provider: ScriptedProvider
):
    provider.delay_s = 0.3
    first = asyncio.create_task(post(scripted_site))
    await until(Conversation.objects.aexists)
    second = await post(scripted_site, replace=True)
    assert ((await first)["status"], second["status"]) == (409, 201)
    assert [str(call) for call in scripted_site.owner.live] == [second["id"]]
    assert provider.hung_up == ["rtc_1"]


async def test_call_ended_while_the_line_is_being_joined_is_hung_up(
    scripted_site: Site, provider: ScriptedProvider
):
    provider.sideband_status = 404
    making = asyncio.create_task(post(scripted_site))
    await until(Conversation.objects.filter(provider_call_id="rtc_1").aexists)
    row = await Conversation.objects.aget()
    await scripted_site.http.post(f"/voice/calls/{row.pk}/end")
    provider.sideband_status = 101
    assert (await making)["status"] == 409
    assert scripted_site.owner.live == {}
    assert "rtc_1" in provider.hung_up


async def test_hang_up_that_fails_is_tried_again_and_confirmed(
    scripted_site: Site, provider: ScriptedProvider
):
    call = (await post(scripted_site))["id"]
    provider.refuse_hang_ups = 2
    await scripted_site.http.post(f"/voice/calls/{call}/end")
    await until(Conversation.objects.filter(hung_up_at__isnull=False).aexists)
    assert provider.hung_up == ["rtc_1"]


async def test_hang_up_never_confirmed_is_found_by_the_sweeper(scripted_site: Site):
    call = (await post(scripted_site))["id"]
    await scripted_site.http.post(f"/voice/calls/{call}/end")
    row = Conversation.objects.filter(pk=call)
    await until(row.filter(hung_up_at__isnull=False).aexists)
    assert await sync_to_async(records.not_hung_up)() == []
    await row.aupdate(hung_up_at=None, ended_at=F("ended_at") - records.HANG_UP_GRACE)
    assert [str(found) for found, _ in await sync_to_async(records.not_hung_up)()] == [call]


async def test_slow_creation_keeps_its_lease_and_one_driver(scripted_site: Site, provider: ScriptedProvider):
    provider.delay_s = 4.5  # longer than a lease
    made = await post(scripted_site)
    assert (made["status"], provider.joined) == (201, 1)
    assert await scripted_site.owner.leases.holder(next(iter(scripted_site.owner.live)))


async def test_two_attaches_at_once_make_one_driver(scripted_site: Site, provider: ScriptedProvider):
    row = await sync_to_async(records.open_conversation)(
        scripted_site.user.pk, None, provider="compatible", minted=True
    )
    path = f"/voice/calls/{row.id}/attach"
    replies = await asyncio.gather(
        *(scripted_site.http.post(path, json={"call_id": "rtc_9"}) for _ in range(2))
    )
    assert [reply.status_code for reply in replies] == [200, 200]
    assert (provider.joined, len(scripted_site.owner.live)) == (1, 1)


async def test_database_error_after_the_provider_answered_hangs_up(
    scripted_site: Site, provider: ScriptedProvider
):
    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE") and "provider_call_id" in sql:
            raise OperationalError("disk full")
        return execute(sql, *rest)

    writer = scripted_site.owner.writer
    guard = await writer.run(lambda: connection.execute_wrapper(refuse))
    await writer.run(guard.__enter__)
    assert (await post(scripted_site))["status"] == 500
    await writer.run(guard.__exit__, None, None, None)
    assert provider.hung_up == ["rtc_1"]
    assert (await Conversation.objects.aget()).end_reason == "failed"


async def test_rejoined_line_does_not_wait_for_a_response_it_missed(
    scripted_site: Site, provider: ScriptedProvider
):
    call = (await post(scripted_site))["id"]
    await scripted_site.http.post(f"/voice/calls/{call}/ready")
    await provider.until("response.create")
    await provider.respond("rtc_1", "r1", ("c1", "get_current_time", "{}"))
    await provider.until("response.create", count=2)
    await provider.say("rtc_1", "response.created", response={"id": "r2", "status": "in_progress"})
    await asyncio.sleep(0.05)
    await provider.sockets.pop("rtc_1").close()
    await provider.finish_response("rtc_1", "r3", ("c2", "get_current_time", "{}"))
    await provider.until("response.create", count=3)
    assert set(provider.outputs()) == {"c1", "c2"}


@pytest.mark.parametrize("arguments", ['{"timezone": "\\ud83d"}', '{"timezone": "a\\u0000b"}'])
async def test_text_no_database_takes_does_not_end_a_call(
    scripted_site: Site, provider: ScriptedProvider, arguments: str
):
    call = (await post(scripted_site))["id"]
    await scripted_site.http.post(f"/voice/calls/{call}/ready")
    await provider.until("response.create")
    await provider.respond("rtc_1", "r1", ("c1", "get_current_time", arguments))
    await provider.until("response.create", count=2)
    assert "time zone" in provider.outputs()["c1"]["error"]
    assert (await scripted_site.status(call))["state"] == "live"


async def test_tool_the_call_was_not_given_does_not_run(scripted_site: Site):
    call = (await post(scripted_site))["id"]
    await Conversation.objects.filter(pk=call).aupdate(session={"tools": []})
    body = {"call_id": "c1", "name": "get_current_time", "arguments": "{}"}
    reply = await scripted_site.http.post(f"/voice/calls/{call}/tools/", json=body)
    assert json.loads(reply.json()["output"]) == {"error": "There is no tool called get_current_time."}


@pytest.mark.parametrize("started_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_turn_lies_within_its_call_whatever_the_browsers_clock_says(
    scripted_site: Site, started_at: str
):
    call = (await post(scripted_site))["id"]
    body = {"item_id": "i", "role": "user", "text": "hi", "started_at": started_at}
    assert (await scripted_site.http.post(f"/voice/calls/{call}/turns/", json=body)).status_code == 200
    turn = await Turn.objects.select_related("conversation").aget()
    assert turn.conversation.started_at <= turn.started_at
    body["started_at"] = "2026-01-01T00:00:00"
    assert (await scripted_site.http.post(f"/voice/calls/{call}/turns/", json=body)).status_code == 422


async def test_fragment_of_a_broken_line_does_not_replace_what_the_page_saw(scripted_site: Site):
    call = (await post(scripted_site))["id"]
    body = {"item_id": "a1", "role": "assistant", "text": "Hello there, the bus leaves at nine."}
    await scripted_site.http.post(f"/voice/calls/{call}/turns/", json=body)
    turn = await Turn.objects.aget()
    fragment = TurnData("a1", "assistant", "Hello there,", "Hello there,", turn.started_at, interrupted=True)
    await sync_to_async(store_turn)(turn.conversation_id, fragment)
    kept = await Turn.objects.aget()
    assert (kept.text, kept.source) == ("Hello there, the bus leaves at nine.", Source.BROWSER)
