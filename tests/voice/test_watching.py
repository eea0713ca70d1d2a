"""Who may watch a call."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone

from rooms.names import Room, room_from_text
from rooms.policies import NONE, Rights, is_listed, rights_for
from voice.models import Conversation

pytestmark = pytest.mark.django_db(transaction=True)

MAY_VIEW = Rights(view=True, publish=False)


@sync_to_async
def make_person(name: str, *, may_watch: bool = False, **values: Any) -> Any:
    person = get_user_model().objects.create_user(name, **values)
    if may_watch:
        person.user_permissions.add(Permission.objects.get(codename="watch_call"))
    return person


async def make_call(person: Any) -> Room:
    row = await Conversation.objects.acreate(
        user=person, provider="local", model="m", expires_at=timezone.now()
    )
    return room_from_text(row.room)


async def test_a_call_is_seen_by_the_person_in_it_and_by_those_who_may_watch():
    ada = await make_person("ada")
    room = await make_call(ada)
    assert await rights_for(ada, room) == MAY_VIEW
    assert await rights_for(await make_person("bob"), room) == NONE
    assert await rights_for(await make_person("guard", may_watch=True), room) == MAY_VIEW
    assert await rights_for(await make_person("boss", is_staff=True), room) == NONE


async def test_not_even_a_superuser_publishes_to_a_call():
    room = await make_call(await make_person("ada"))
    assert await rights_for(await make_person("root", is_superuser=True, is_staff=True), room) == MAY_VIEW


async def test_calls_are_not_listed_and_a_call_without_record_is_nobodys():
    root = await make_person("root", is_superuser=True, is_staff=True)
    room = await make_call(root)
    assert not is_listed(room)
    for name in (f"call.{uuid.uuid4()}", "call.x", f"call.{room[5:].upper()}", f"call.{{{room[5:]}}}"):
        if name != room:
            assert await rights_for(root, room_from_text(name)) == NONE
