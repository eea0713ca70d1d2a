"""What the database refuses of rooms and keys, and what a key opens."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from rooms.models import DeviceKey, Room
from rooms.names import room_from_text

pytestmark = pytest.mark.django_db


def refused(**values: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Room.objects.create(**values)


def test_a_room_has_one_row_and_a_name():
    Room.objects.create(name="device01")
    refused(name="device01")
    refused(name="")
    Room.objects.create(name="Device01")


def test_calls_have_no_row():
    refused(name="call.1")
    Room.objects.create(name="Call.1")
    Room.objects.create(name="callers")


@pytest.mark.parametrize(
    "values",
    [{"history_size": 0}, {"history_size": 100_001}, {"expected_interval_s": 0}, {"expected_interval_s": -1}],
)
def test_limits_are_in_range(values: dict[str, Any]):
    refused(name="device01", **values)


@pytest.mark.parametrize("name", ["call.x", "..", "a\x01b", "é" * 129, "a\nb"])
def test_a_form_refuses_what_no_room_can_be_called(name: str):
    with pytest.raises(ValidationError) as caught:
        Room(name=name).full_clean()
    assert "name" in caught.value.message_dict


@pytest.mark.parametrize("name", ["a:b", "home/kitchen", "living room", "ünit", "x" * 256, "é" * 128])
def test_a_form_takes_any_room(name: str):
    Room(name=name).full_clean()


def test_a_key_is_kept_as_a_digest_and_found_by_the_key_alone():
    row = DeviceKey(name="greenhouse")
    key = row.give_key()
    row.save()
    stored = DeviceKey.objects.values().get()
    assert key not in str(stored)
    assert key.startswith(stored["hint"])
    assert DeviceKey.objects.usable(key) == row
    assert DeviceKey.objects.usable(stored["digest"]) is None
    assert DeviceKey.objects.usable(stored["hint"]) is None
    assert DeviceKey.objects.usable("") is None


def test_a_revoked_key_is_found_no_more():
    row = DeviceKey(name="greenhouse", revoked_at=timezone.now())
    key = row.give_key()
    row.save()
    assert DeviceKey.objects.usable(key) is None


def test_a_new_key_replaces_the_old_one():
    row = DeviceKey(name="greenhouse")
    old = row.give_key()
    new = row.give_key()
    row.save()
    assert old != new
    assert DeviceKey.objects.usable(old) is None
    assert DeviceKey.objects.usable(new) == row


@pytest.mark.parametrize(
    ("pattern", "room", "matches"),
    [
        ("device01", "device01", True),
        ("device01", "device012", False),
        ("Device*", "device01", False),
        ("sensors/*", "sensors/a/b", True),
        ("device0[12]", "device02", True),
        ("device0?", "device03", True),
        ("other\nliving room", "living room", True),
        ("gewächshaus:*", "gewächshaus:1", True),
    ],
)
def test_patterns_are_the_shells(pattern: str, room: str, matches: bool):
    assert DeviceKey(patterns=pattern).matches(room_from_text(room)) is matches


@pytest.mark.parametrize("patterns", ["", "\n", "x" * 257])
def test_a_key_names_rooms(patterns: str):
    row = DeviceKey(name="greenhouse", patterns=patterns)
    row.give_key()
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert "patterns" in caught.value.message_dict
