"""The pages of rooms: whose they are, which rooms an address names, and what they offer to whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client, override_settings

from rooms.models import Room

TAB = ">Rooms</a>"


def person(name: str = "ann", *permissions: str, **fields: Any) -> Any:
    user = get_user_model().objects.create_user(name, password="x", **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def browser_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def config_of(answer: Any, name: str = "room") -> dict[str, Any]:
    """What the page hands to its script."""
    text = answer.content.decode()
    start = text.index(">", text.index(f'id="{name}-config"')) + 1
    config: dict[str, Any] = json.loads(text[start : text.index("</script>", start)])
    return config


@pytest.mark.parametrize("url", ["/rooms/", "/rooms/room?name=device01"])
def test_pages_want_a_login(transactional_db: None, url: str) -> None:
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/?next=/rooms/")


def test_the_tab_and_the_wall_are_for_those_who_may_view_rooms(transactional_db: None) -> None:
    viewer, other = browser_of(person("ann", "view_room")), browser_of(person("bob"))
    assert TAB in viewer.get("/rooms/").content.decode()
    assert TAB in viewer.get("/voice/").content.decode()
    assert other.get("/rooms/").status_code == 403
    assert TAB not in other.get("/voice/").content.decode()


def test_a_group_of_one_room_is_enough_for_the_wall(transactional_db: None) -> None:
    user, group = person(), Group.objects.create(name="growers")
    user.groups.add(group)
    Room.objects.create(name="greenhouse/temp", unit="°C", expected_interval_s=2).view_groups.add(group)
    Room.objects.create(name="vault", unit="EUR")
    answer = browser_of(user).get("/rooms/")
    assert answer.status_code == 200
    assert config_of(answer, "wall")["known"] == {"greenhouse/temp": {"unit": "°C", "expected_ms": 2000}}


@pytest.mark.parametrize("name", ["a:b", "home/kitchen", "a b", "ünï", '"><script>', "x" * 200])
def test_any_name_a_room_can_have_has_its_page(transactional_db: None, name: str) -> None:
    answer = browser_of(person("ann", "view_room")).get("/rooms/room", {"name": name})
    assert answer.status_code == 200
    assert config_of(answer)["rooms"][0]["name"] == name
    assert (
        "<script>" not in answer.content.decode().replace('<script type="module"', "").partition("<main")[2]
    )


def test_several_rooms_stand_beside_each_other_once(transactional_db: None) -> None:
    answer = browser_of(person("ann", "view_room")).get("/rooms/room?name=a&name=b%2Fc&name=a")
    assert [room["name"] for room in config_of(answer)["rooms"]] == ["a", "b/c"]


def test_no_name_leads_to_the_wall_and_a_wrong_one_nowhere(transactional_db: None) -> None:
    client = browser_of(person("ann", "view_room"))
    assert client.get("/rooms/room").headers["Location"] == "/rooms/"
    assert client.get("/rooms/room", {"name": "x" * 257}).status_code == 404
    assert client.get("/rooms/room", {"name": "a\nb"}).status_code == 404


def test_the_send_box_is_for_those_who_may_publish(transactional_db: None) -> None:
    viewer = browser_of(person("ann", "view_room")).get("/rooms/room?name=device01")
    sender = browser_of(person("bob", "view_room", "publish_room")).get("/rooms/room?name=device01")
    box = 'data-part="send"'
    assert box not in viewer.content.decode()
    assert box in sender.content.decode()
    assert [config_of(page)["rooms"][0]["may_publish"] for page in (viewer, sender)] == [False, True]


def test_nobody_is_offered_to_publish_to_a_call(transactional_db: None) -> None:
    operator = browser_of(person("root", is_superuser=True))
    assert config_of(operator.get("/rooms/room?name=call.1"))["rooms"][0]["may_publish"] is False


def test_the_publish_line_names_this_redis_and_quotes_the_room(transactional_db: None) -> None:
    client = browser_of(person("ann", "view_room"))
    with override_settings(REDIS_URL="redis://127.0.0.1:6390/0", REDIS_EMBEDDED=True):
        line = config_of(client.get("/rooms/room", {"name": "it's"}))["rooms"][0]["publish_line"]
    assert line.endswith(" -p 6390 PUBLISH 'it'\"'\"'s' 21.5")


def test_the_publish_line_tells_no_password(transactional_db: None) -> None:
    client = browser_of(person("ann", "view_room"))
    with override_settings(REDIS_URL="redis://:secret@redis.internal:6390/0", REDIS_EMBEDDED=False):
        page = client.get("/rooms/").content.decode()
    assert "-u &quot;$REDIS_URL&quot; PUBLISH device01 21.5" in page
    assert "secret" not in page


def test_a_public_site_shows_its_redis_to_staff_only(transactional_db: None) -> None:
    people = [
        browser_of(person("ann", "view_room")),
        browser_of(person("bob", "view_room", is_staff=True)),
    ]
    with override_settings(IS_PUBLIC=True):
        pages = [client.get("/rooms/").content.decode() for client in people]
    assert ["PUBLISH device01 21.5" in page for page in pages] == [False, True]
    assert all("/api/rooms/device01/messages" in page for page in pages)
