"""Rooms and keys in the admin."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from rooms.connections import open_redis
from rooms.keys import Keys
from rooms.models import DeviceKey, Room
from rooms.names import room_from_text
from rooms.parts import parts_on

pytestmark = pytest.mark.django_db(transaction=True)

ROOMS = "/admin/rooms/room/"
KEYS = "/admin/rooms/devicekey/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


@pytest.fixture
def namespace(namespace: str, settings: Any) -> str:
    settings.ROOMS_NAMESPACE = namespace
    return namespace


@async_to_sync
async def publish(url: str, namespace: str, room: str, *payloads: bytes) -> None:
    redis = open_redis(url)
    for payload in payloads:
        named = room_from_text(room)
        await parts_on(redis, namespace).register.publish(named, payload, source="http", command=False)
    await redis.aclose()


@async_to_sync
async def lead(url: str, namespace: str, counts: Any) -> None:
    """What a leading bridge writes of itself."""
    redis, keys = open_redis(url), Keys(namespace)
    await redis.set(keys.lease, "1", ex=60)
    await redis.hset(keys.bridge, "at", str(round(time.time() * 1000)))
    await redis.hset(keys.bridge_counts, mapping=counts)
    await redis.aclose()


@async_to_sync
async def kept(url: str, namespace: str, room: str) -> int:
    redis = open_redis(url)
    reading = await parts_on(redis, namespace).history.read(room_from_text(room), last=100)
    await redis.aclose()
    return len(reading.frames)


def save_room(admin: Client, address: str, **values: Any) -> None:
    reply = admin.post(address, {"name": "device01", "title": "", "unit": "", **values})
    assert reply.status_code == 302, reply.content.decode()


def test_the_list_shows_last_value_and_last_seen(admin: Client, redis_server: str, namespace: str):
    publish(redis_server, namespace, "device01", b"21", b"21.5")
    publish(redis_server, namespace, "camera", b"\xff\xfe")
    row = Room.objects.create(name="device01", title="Greenhouse")
    row.view_groups.add(Group.objects.create(name="growers"))
    Room.objects.create(name="camera")
    Room.objects.create(name="silent")
    page = admin.get(ROOMS).content.decode()
    cells = re.findall(r'<td class="field-last_value">(.*?)</td>', page)
    assert cells == ["2 bytes, no text", "21.5", "-"]
    assert re.findall(r'<td class="field-messages_seen">(.*?)</td>', page) == ["1", "2", "-"]
    assert page.count("just now") == 2
    assert "growers" in page


def test_the_list_is_there_without_redis(admin: Client, settings: Any):
    Room.objects.create(name="device01")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = admin.get(ROOMS).content.decode()
    assert "device01" in page
    assert "Redis is away" in page


def test_the_list_says_when_rooms_are_not_kept(
    admin: Client, redis_server: str, namespace: str, settings: Any
):
    settings.ROOMS_MAX = 1
    publish(redis_server, namespace, "device01", b"1")
    publish(redis_server, namespace, "device02", b"1", b"2")
    assert "2 messages of further rooms were relayed live and not kept" in admin.get(ROOMS).content.decode()


def test_the_list_says_how_the_bridge_is_doing(admin: Client, redis_server: str, namespace: str):
    assert "Raw PUBLISH is not heard" in admin.get(ROOMS).content.decode()
    counts = {"heard": 12, "registered": 9, "ignored": 1, "undecodable": 2, "last_undecodable": "\\xff"}
    lead(redis_server, namespace, counts)
    page = admin.get(ROOMS).content.decode()
    assert "has heard 12 messages and registered 9" in page
    assert "1 were on ignored channels, 2 on channels" in page
    assert "the last of them \\xff." in page


def test_a_rooms_own_history_size_counts_and_can_be_taken_back(
    admin: Client, redis_server: str, namespace: str
):
    save_room(admin, f"{ROOMS}add/", history_size="2")
    publish(redis_server, namespace, "device01", b"1", b"2", b"3")
    assert kept(redis_server, namespace, "device01") == 2
    save_room(admin, f"{ROOMS}{Room.objects.get().pk}/change/", history_size="")
    publish(redis_server, namespace, "device01", b"4", b"5")
    # What was beyond the small size may have been dropped by now, or not.
    assert kept(redis_server, namespace, "device01") in (4, 5)


def test_without_its_row_a_room_keeps_as_much_as_others(admin: Client, redis_server: str, namespace: str):
    save_room(admin, f"{ROOMS}add/", history_size="1")
    save_room(admin, f"{ROOMS}add/", name="device02", history_size="1")
    rows = {row.name: row.pk for row in Room.objects.all()}
    admin.post(f"{ROOMS}{rows['device01']}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [rows["device02"]], "post": "yes"}
    admin.post(ROOMS, chosen)
    for room in rows:
        publish(redis_server, namespace, room, b"1", b"2")
        assert kept(redis_server, namespace, room) == 2


def test_spaces_at_the_ends_of_a_name_are_kept(admin: Client):
    save_room(admin, f"{ROOMS}add/", name=" room ")
    assert Room.objects.get().name == " room "


def test_the_name_of_a_call_is_refused_in_words(admin: Client):
    reply = admin.post(f"{ROOMS}add/", {"name": "call.x", "title": "", "unit": ""})
    assert "belong to running calls" in reply.content.decode()


def test_a_key_is_shown_once(admin: Client):
    reply = admin.post(f"{KEYS}add/", {"name": "pump", "patterns": "pump/*\r\nvalve \r\n"})
    found = re.search(r'id="device-key">(rtk_[\w-]+)<', reply.content.decode())
    assert found
    assert reply.status_code == 200
    assert "no-store" in reply["Cache-Control"]
    row = DeviceKey.objects.get()
    assert DeviceKey.objects.usable(found[1]) == row
    assert row.patterns == "pump/*\nvalve "
    for address in (KEYS, f"{KEYS}{row.pk}/change/", f"{KEYS}{row.pk}/history/", "/admin/"):
        page = admin.get(address)
        assert page.status_code == 200
        assert found[1] not in page.content.decode()


def test_changing_a_row_keeps_its_key(admin: Client):
    row = DeviceKey(name="pump")
    key = row.give_key()
    row.save()
    values = {"name": "pump 2", "patterns": "*", "can_read": "on"}
    assert admin.post(f"{KEYS}{row.pk}/change/", values).status_code == 302
    changed = DeviceKey.objects.get()
    assert (changed.name, changed.can_read) == ("pump 2", True)
    assert DeviceKey.objects.usable(key) == changed


def test_revoking_ends_what_a_key_opens(admin: Client):
    row = DeviceKey(name="pump")
    key = row.give_key()
    row.save()
    admin.post(KEYS, {"action": "revoke", "_selected_action": [row.pk]})
    assert DeviceKey.objects.usable(key) is None
    revoked_at = DeviceKey.objects.get().revoked_at
    admin.post(KEYS, {"action": "revoke", "_selected_action": [row.pk]})
    assert DeviceKey.objects.get().revoked_at == revoked_at
    assert "Revoked." in admin.get(f"{KEYS}{row.pk}/history/").content.decode()
