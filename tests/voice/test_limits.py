"""The site's own limits: calls at once, minutes a day, and who decides at the limit."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from tests.voice.conftest import Site, make_user, site_of
from tests.voice.money import conversation_of, spend
from tests.voice.scripted_provider import OFFER, ScriptedProvider
from tests.voice.web_process import web_process
from voice import records
from voice.errors import MinutesUsed, TooManyCalls
from voice.limits import grant_s, shows_cost, used_s
from voice.models import AuditEvent, Budget, CallLimits, Conversation
from voice.periods import Span, day_of


def limit(**values: Any) -> None:
    CallLimits.objects.update_or_create(pk=CallLimits.SINGLE, defaults=values)


@transaction.atomic
def granted(user: Any, wanted_s: int = 900) -> int:
    return grant_s(user.pk, wanted_s)


def running(user: Any, *, left: timedelta, began: timedelta = timedelta(0)) -> Conversation:
    now = timezone.now()
    values: dict[str, Any] = {"expires_at": now + left, "ended_at": None, "end_reason": ""}
    return conversation_of(user, started_at=now - began, **values)


@pytest.fixture
def ada(db: None) -> Any:
    return make_user("ada")


def test_without_limits_a_call_gets_what_it_asks_for(ada: Any):
    running(ada, left=timedelta(minutes=5))
    assert granted(ada) == 900


def test_all_lines_taken_is_refused_with_the_time_to_the_first_end(ada: Any):
    limit(calls_at_once=2)
    running(ada, left=timedelta(seconds=30))
    assert granted(ada) == 900
    running(ada, left=timedelta(minutes=9))
    with pytest.raises(TooManyCalls) as refused:
        granted(ada)
    assert refused.value.message == "All lines of this site are taken. Try again in a moment."
    assert 25 <= (refused.value.retry_after_s or 0) <= 30


def test_a_secret_that_nobody_used_takes_no_line(ada: Any):
    limit(calls_at_once=1)
    unused: dict[str, Any] = {"minted": True, "provider_call_id": "", "ended_at": None, "end_reason": ""}
    conversation_of(ada, **unused)
    assert granted(ada) == 900


def test_a_call_gets_no_more_than_is_left_of_the_day(ada: Any):
    limit(user_minutes_a_day=2, minutes_a_day=100)
    conversation_of(ada, started_at=day_of(timezone.now()).start)  # 44 s of 120
    assert granted(ada) == 76
    assert granted(make_user("bob")) == 120


def test_minutes_that_are_used_up_come_back_at_midnight(ada: Any):
    limit(user_minutes_a_day=1)
    began = day_of(timezone.now()).start
    conversation_of(ada, started_at=began)
    with pytest.raises(MinutesUsed) as refused:
        granted(ada)
    assert refused.value.message == "Your minutes for today are used up. New ones come at midnight."
    assert abs((refused.value.retry_after_s or 0) - (day_of(began).end - timezone.now()).total_seconds()) < 5


def test_a_running_call_counts_with_all_it_was_given(ada: Any):
    limit(minutes_a_day=10)
    day = day_of(timezone.now())
    call = running(ada, left=timedelta(minutes=9, seconds=50))
    until_midnight = min(call.expires_at, day.end)
    assert used_s(Conversation.objects.all(), day) == (until_midnight - call.started_at).total_seconds()
    if call.expires_at < day.end:
        with pytest.raises(MinutesUsed) as refused:
            granted(make_user("bob"))
        assert (refused.value.retry_after_s or 0) == 60


def test_a_call_over_midnight_counts_on_both_days_with_its_part(ada: Any):
    today = day_of(timezone.now())
    yesterday = Span(today.start - timedelta(days=1), today.start)
    conversation_of(ada, started_at=today.start - timedelta(seconds=10))  # 44 s
    rows = Conversation.objects.all()
    assert (used_s(rows, yesterday), used_s(rows, today)) == (10, 34)


def test_costs_are_shown_unless_the_operator_says_no(ada: Any):
    CallLimits.objects.all().delete()
    assert shows_cost()
    limit(show_cost=False)
    assert not shows_cost()


async def post(site: Site, path: str = "/voice/calls/", **body: Any) -> tuple[int, str, int]:
    reply = await site.http.post(path, json={"sdp": OFFER} if path == "/voice/calls/" else body)
    error = reply.json().get("error", {})
    return reply.status_code, error.get("code", ""), int(reply.headers.get("Retry-After", 0))


@pytest.mark.parametrize(
    ("code", "limits"),
    [("too_many_calls", {"calls_at_once": 0}), ("minutes_used", {"minutes_a_day": 0})],
)
async def test_limits_are_429_before_the_provider_is_asked(
    scripted_site: Site, provider: ScriptedProvider, code: str, limits: dict[str, int]
):
    await sync_to_async(limit)(**limits)
    for path in ("/voice/calls/", "/voice/session"):
        status, found, retry_after_s = await post(scripted_site, path)
        assert (status, found, retry_after_s > 0) == (429, code, True)
    assert provider.authorizations == []
    assert await Conversation.objects.acount() == 0


async def test_a_spent_budget_is_429_with_a_kind_sentence_and_written_down(
    scripted_site: Site, provider: ScriptedProvider
):
    ada = scripted_site.user
    await Budget.objects.acreate(user=ada, amount="0.50", period="day")
    await sync_to_async(spend)(await sync_to_async(conversation_of)(ada), "0.50")
    reply = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    assert (reply.status_code, reply.json()["error"]) == (
        429,
        {
            "code": "budget_reached",
            "message": "Your budget for today is used up. Calls are possible again tomorrow.",
        },
    )
    assert 0 < int(reply.headers["Retry-After"]) <= 25 * 3600
    assert provider.authorizations == []
    assert await AuditEvent.objects.filter(action="budget_reached", actor=ada).acount() == 1


async def test_minted_call_beyond_a_limit_is_hung_up(scripted_site: Site, provider: ScriptedProvider):
    await sync_to_async(limit)(calls_at_once=1)
    opened = await sync_to_async(records.open_conversation)(
        scripted_site.user.pk, None, provider="compatible", minted=True
    )
    await sync_to_async(running)(await sync_to_async(make_user)("bob"), left=timedelta(minutes=5))
    status, code, _ = await post(scripted_site, f"/voice/calls/{opened.id}/attach", call_id="rtc_9")
    assert (status, code) == (429, "too_many_calls")
    assert provider.hung_up == ["rtc_9"]


async def test_attaching_late_costs_no_minutes_and_attaching_twice_gives_none(scripted_site: Site):
    ada = scripted_site.user
    opened = await sync_to_async(records.open_conversation)(ada.pk, None, provider="compatible", minted=True)
    minted = Conversation.objects.filter(pk=opened.id)
    earlier = timezone.now() - timedelta(minutes=9)
    await minted.aupdate(started_at=earlier, expires_at=earlier + timedelta(minutes=15))
    first = await sync_to_async(records.attach_minted)(opened.id, ada.pk, "rtc_9")
    again = await sync_to_async(records.attach_minted)(opened.id, ada.pk, "rtc_9")
    row = await minted.aget()
    assert row.expires_at - row.started_at == timedelta(minutes=15)
    assert first.expires_at == again.expires_at == row.expires_at


async def test_two_processes_at_the_last_line_make_one_call(
    demo: Any, provider: ScriptedProvider, settings: Any
):
    await sync_to_async(limit)(calls_at_once=1)
    provider.delay_s = 0.2
    users = [await sync_to_async(make_user)(f"u{number}") for number in range(6)]
    with web_process(provider.base_url) as one, web_process(provider.base_url) as other:
        clients = [
            await sync_to_async(web.client_for)(user)
            for user, web in zip(users, [one, other] * 3, strict=True)
        ]
        replies = await asyncio.gather(
            *(client.post("/voice/calls/", json={"sdp": OFFER}) for client in clients)
        )
        assert sorted(reply.status_code for reply in replies) == [201, *[429] * 5]
        assert all(reply.headers["Retry-After"] for reply in replies if reply.status_code == 429)
        await asyncio.gather(*(client.aclose() for client in clients))
    assert provider.made == 1


async def test_the_line_is_free_again_when_its_call_ended(scripted_site: Site):
    await sync_to_async(limit)(calls_at_once=1)
    first = await scripted_site.http.post("/voice/calls/", json={"sdp": OFFER})
    bob = await sync_to_async(make_user)("bob")
    async with site_of(scripted_site.owner, bob) as theirs:
        assert (await post(theirs))[0] == 429
        await scripted_site.http.post(f"/voice/calls/{first.json()['id']}/end")
        assert (await post(theirs))[0] == 201
