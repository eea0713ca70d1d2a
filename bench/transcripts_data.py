"""Conversations to measure with, and the pages that are measured. Needs Django set up."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from voice.models import Assistant, Conversation, ToolRun, Turn, Usage
from voice.search import index_conversations

BATCH = 500
PEOPLE = 50
# Words come as often as words do: few often, most seldom.
VOCABULARY = [
    f"{first}{last}" for first in "bdfghjklmnprstvw" for last in ("ara", "olen", "imu", "este", "unda")
]
VOCABULARY = [f"{word}{tail}" for tail in ("", "n", "s", "tor", "lik") for word in VOCABULARY]
COMMON, RARE = "weather", "quicksilver"


class Filling:
    """Fills an empty database; the same seed gives the same words."""

    def __init__(self) -> None:
        self._random = random.Random(7)
        self._count = 0
        self._newest = timezone.now()
        users = get_user_model().objects
        self._staff = users.create_superuser("bench-staff", password=uuid.uuid4().hex)
        self._people = [users.create_user(f"person-{number}") for number in range(PEOPLE)]
        self._assistant = Assistant.objects.create(
            slug="bench", name="Bench", instructions="x", is_default=True
        )

    def up_to(self, conversations: int, turns: int) -> None:
        """As many conversations as that, each with so many turns, two tool runs and two usage rows."""
        while self._count < conversations:
            self._add(min(BATCH, conversations - self._count), turns)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _add(self, count: int, turns: int) -> None:
        rows = [self._conversation(self._count + number) for number in range(count)]
        Conversation.objects.bulk_create(rows)
        Turn.objects.bulk_create(self._turn(row, place) for row in rows for place in range(turns))
        ToolRun.objects.bulk_create(self._run(row, place) for row in rows for place in range(2))
        Usage.objects.bulk_create(
            Usage(conversation=row, kind="response", source_id=f"r{place}", model="m", total_tokens=100)
            for row in rows
            for place in range(2)
        )
        index_conversations(row.pk for row in rows)
        self._count += count

    def _conversation(self, number: int) -> Conversation:
        began = self._newest - timedelta(minutes=(10_000 - number) * 20)
        return Conversation(
            user=self._people[0 if self._is_of_first(number) else 1 + number % (PEOPLE - 1)],
            assistant=self._assistant,
            assistant_name="Bench",
            provider="local",
            model="m",
            provider_call_id=f"rtc_{number}",
            started_at=began,
            expires_at=began,
            ready_at=began,
            ended_at=began + timedelta(seconds=90),
            hung_up_at=began,
            end_reason="user",
        )

    def _is_of_first(self, number: int) -> bool:
        """The person whose own pages are timed: 50 of the first 100, then a tenth."""
        return number % (2 if number < 100 else 10) == 1

    def _turn(self, row: Conversation, place: int) -> Turn:
        words = self._random.choices(VOCABULARY, k=12)
        if place == 0:
            words.append(COMMON)
        if place == 1 and row.provider_call_id == "rtc_50":
            words.append(RARE)
        return Turn(
            conversation=row,
            item_id=f"i{place}",
            role="assistant" if place % 2 else "user",
            text=" ".join(words),
            heard_text=" ".join(words),
            started_at=row.started_at + timedelta(seconds=4 * place),
        )

    def _run(self, row: Conversation, place: int) -> ToolRun:
        return ToolRun(
            conversation=row,
            call_id=f"c{place}",
            name="get_weather",
            arguments='{"location": "Delft"}',
            output='{"temperature": 9}',
            status="done",
            duration_ms=12,
            started_at=row.started_at + timedelta(seconds=2 + place),
        )

    def pages(self) -> dict[str, Callable[[], Any]]:
        """What is timed, by name."""
        row = Conversation.objects.get(provider_call_id="rtc_51")
        month = f"started_at__year={row.started_at.year}&started_at__month={row.started_at.month}"
        admin, own = "/admin/voice/conversation/", "/voice/conversations/"
        staff, person = self._look(self._staff), self._look(self._people[0])
        return {
            "admin list": staff(admin),
            "admin list, one month": staff(f"{admin}?{month}"),
            "admin list, filtered": staff(f"{admin}?end_reason__exact=user&provider=local"),
            "admin search, a common word": staff(f"{admin}?q={COMMON}"),
            "admin search, a rare word": staff(f"{admin}?q={RARE}"),
            "admin search, two words": staff(f"{admin}?q={COMMON}+baran"),
            "admin search, a user's name": staff(f"{admin}?q=person-0"),
            "admin detail": staff(f"{admin}{row.pk}/change/"),
            "admin turns": staff("/admin/voice/turn/"),
            "admin turns, a rare word": staff(f"/admin/voice/turn/?q={RARE}"),
            "own list": person(own),
            "own search, a common word": person(f"{own}?q={COMMON}"),
            "own search, a rare word": person(f"{own}?q={RARE}"),
            "own list, with a tool": person(f"{own}?tool=get_weather&ended=you"),
            "own conversation": person(f"{own}{row.pk}/"),
        }

    def _look(self, user: Any) -> Callable[[str], Callable[[], Any]]:
        client = Client()
        client.force_login(user)

        def at(url: str) -> Callable[[], Any]:
            def look() -> None:
                reply = client.get(url)
                assert reply.status_code == 200, (url, reply.status_code)

            return look

        return at
