"""Who is let in: keys and sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from rooms.models import DeviceKey
from tests.rooms.api.conftest import CSRF, Opener, make_key, make_person

DEVICE = "/api/rooms/device01/messages"


async def test_nobody_is_asked_to_log_in(site: Opener):
    http = await site()
    for reply in (
        await http.get(DEVICE),
        await http.post(DEVICE, content=b"1"),
        await http.get("/api/rooms/"),
    ):
        assert (reply.status_code, reply.json()["error"]["code"]) == (401, "not_logged_in")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("shown", ["Bearer wrong", "Bearer", "bearer  ", "Bearer é"])
async def test_a_wrong_key_is_refused_also_beside_a_session(site: Opener, shown: str):
    http = await site(person=await sync_to_async(make_person)("root", is_superuser=True))
    reply = await http.get(DEVICE, headers={"Authorization": shown.encode()})
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "bad_key")


async def test_another_scheme_leaves_the_session_to_speak(site: Opener):
    http = await site(person=await sync_to_async(make_person)("root", is_superuser=True))
    assert (await http.get(DEVICE, headers={"Authorization": "Basic eDp5"})).status_code == 200


async def test_a_key_needs_no_csrf_token_and_a_revoked_one_opens_nothing(site: Opener):
    http = await site(key=await sync_to_async(make_key)())
    assert (await http.post(DEVICE, content=b"1")).status_code == 201
    await DeviceKey.objects.aupdate(revoked_at=timezone.now())
    reply = await http.post(DEVICE, content=b"2")
    assert (reply.status_code, reply.json()["error"]["code"]) == (401, "bad_key")


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_payload_is_not_taken_for_a_form(site: Opener, kind: str):
    http = await site(person=await sync_to_async(make_person)("root", is_superuser=True))
    payload = b"&".join(b"a=1" for _ in range(5000))
    reply = await http.post(DEVICE, content=payload, headers={"Content-Type": kind})
    assert reply.status_code == 201, reply.text
    assert (await http.get(DEVICE)).json()["messages"][0]["data"].encode() == payload
    del http.headers["X-CSRFToken"]
    form = b"csrfmiddlewaretoken=" + CSRF.encode()
    reply = await http.post(DEVICE, content=form, headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "csrf_failed")


async def test_a_person_who_was_deactivated_is_out(site: Opener):
    person = await sync_to_async(make_person)("root", is_superuser=True)
    http = await site(person=person)
    assert (await http.get("/api/rooms/")).status_code == 200
    await type(person).objects.aupdate(is_active=False)
    assert (await http.get("/api/rooms/")).status_code == 401


async def test_last_use_is_written_at_most_once_a_minute(site: Opener):
    http = await site(key=await sync_to_async(make_key)())

    async def last_use() -> object:
        await http.post(DEVICE, content=b"1")
        return (await DeviceKey.objects.aget()).last_used_at

    first = await last_use()
    assert first is not None
    assert await last_use() == first
    a_minute_ago = timezone.now() - timedelta(seconds=61)
    await DeviceKey.objects.aupdate(last_used_at=a_minute_ago)
    again = await last_use()
    assert again not in (a_minute_ago, first)
