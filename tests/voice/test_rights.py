"""A call has the tools its person may use, and loses one with the right to it."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group

from tests.voice.conftest import Site, make_user, site_of
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from voice.models import Conversation, Tool


def for_growers(name: str) -> Group:
    group, _ = Group.objects.get_or_create(name="growers")
    Tool.objects.get(name=name).groups.add(group)
    return group


def issued(call_id: str) -> set[str]:
    return {tool["name"] for tool in Conversation.objects.get(pk=call_id).session["tools"]}


async def start(site: Site) -> str:
    reply = await site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert reply.status_code == 201, reply.text
    await site.http.post(f"/voice/calls/{reply.json()['id']}/ready")
    return str(reply.json()["id"])


async def test_a_call_is_given_only_the_tools_its_person_may_use(scripted_site: Site):
    group = await sync_to_async(for_growers)("get_weather")
    await sync_to_async(Tool.objects.filter(name="list_rooms").update)(enabled=False)
    outside = await sync_to_async(issued)(await start(scripted_site))
    grower, boss = await sync_to_async(lambda: (make_user("g"), make_user("b", is_superuser=True)))()
    await sync_to_async(grower.groups.add)(group)
    for person in (grower, boss):
        async with site_of(scripted_site.owner, person) as theirs:
            assert await sync_to_async(issued)(await start(theirs)) == outside | {"get_weather"}
    assert "get_current_time" in outside and not outside & {"get_weather", "list_rooms"}


@pytest.mark.parametrize("name", ["get_weather", "nothing"])
async def test_what_the_call_was_not_given_does_not_exist_in_it(
    scripted_site: Site, provider: ScriptedProvider, name: str
):
    await sync_to_async(for_growers)("get_weather")
    call_id = await start(scripted_site)
    await provider.respond("rtc_1", "r", ("c1", name, '{"location": "Delft"}'))
    await provider.until("response.create", count=2)
    body = {"call_id": "c2", "name": name, "arguments": '{"location": "Delft"}'}
    relayed = await scripted_site.http.post(f"/voice/calls/{call_id}/tools/", json=body)
    assert provider.outputs()["c1"] == {"error": f"There is no tool called {name}."}
    assert relayed.json()["output"] == f'{{"error": "There is no tool called {name}."}}'


def lose_the_group(user: Any) -> None:
    user.groups.clear()


def lose_the_account(user: Any) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize("lose", [lose_the_group, lose_the_account])
async def test_a_right_lost_in_mid_call_refuses_the_next_run_with_a_sentence(
    scripted_site: Site, provider: ScriptedProvider, lose: Any
):
    group = await sync_to_async(for_growers)("get_current_time")
    await sync_to_async(scripted_site.user.groups.add)(group)
    await start(scripted_site)
    await provider.respond("rtc_1", "r1", ("c1", "get_current_time", "{}"))
    await provider.until("response.create", count=2)
    assert "time" in provider.outputs()["c1"]
    await sync_to_async(lose)(scripted_site.user)
    await provider.respond("rtc_1", "r2", ("c2", "get_current_time", "{}"))
    await provider.until("response.create", count=3)
    title = await sync_to_async(lambda: str(Tool.objects.get(name="get_current_time")))()
    assert provider.outputs()["c2"] == {"error": f"You are not allowed to use {title} any more."}
