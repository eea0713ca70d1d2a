"""The conversation row through a call's life, where a test of whole calls would not show it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from voice.models import Conversation, EndReason
from voice.records import CREATION_GRACE, MINTED_GRACE, Unended, unended_calls

pytestmark = pytest.mark.django_db


def conversation(*, age: timedelta = timedelta(), **fields: Any) -> Conversation:
    user, _ = get_user_model().objects.get_or_create(username="ada")
    started = timezone.now() - age
    values = {"provider": "local", "model": "m", "expires_at": started + timedelta(hours=1), **fields}
    return Conversation.objects.create(user=user, started_at=started, **values)


def test_a_call_without_an_id_is_hopeless_when_its_time_is_over():
    running = conversation(provider_call_id="rtc_1")
    stuck = conversation(age=CREATION_GRACE + timedelta(seconds=1))
    unused = conversation(age=MINTED_GRACE + timedelta(seconds=1), minted=True)
    conversation(age=CREATION_GRACE - timedelta(seconds=5))
    conversation(age=MINTED_GRACE - timedelta(seconds=5), minted=True)
    conversation(provider_call_id="rtc_2", ended_at=timezone.now(), end_reason=EndReason.USER)
    found = {Unended(running.pk, False), Unended(stuck.pk, True), Unended(unused.pk, True)}
    assert set(unended_calls()) == found


def test_looking_for_calls_reads_no_session():
    """Every process looks every second, and a session is kilobytes of JSON."""
    for number in range(3):
        conversation(provider_call_id=f"rtc_{number}", session={"instructions": "x"})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(unended_calls()) == 3
    assert len(queries) == 1
    assert '"session"' not in queries[0]["sql"]
