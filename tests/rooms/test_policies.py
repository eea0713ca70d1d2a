"""Who may see and publish: rows, permissions, keys and prefixes."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.utils import timezone

from rooms.models import DeviceKey, Room
from rooms.names import room_from_text
from rooms.policies import NONE, Rights, is_listed, rights_for, rights_for_all, tell_entered

pytestmark = pytest.mark.django_db(transaction=True)

DEVICE = room_from_text("device01")
CALL = room_from_text("call.x")
BOTH = Rights(view=True, publish=True)
VIEW_ONLY = Rights(view=True, publish=False)


class OpenToAda:
    """A policy of the tests' own, found by its dotted path."""

    listed = True
    came: ClassVar[list[Any]] = []

    async def may_view(self, user: Any, room: str) -> bool:
        return bool(user.username == "ada")

    async def may_publish(self, user: Any, room: str) -> bool:
        return False

    async def entered(self, user_id: Any, room: str) -> None:
        self.came.append((user_id, room))


@sync_to_async
def make_user(name: str = "ada", *permissions: str, groups: tuple[str, ...] = (), **values: Any) -> Any:
    from django.contrib.auth import get_user_model

    user = get_user_model().objects.create_user(name, **values)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="rooms", codename__in=permissions)
    )
    user.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
    return user


@sync_to_async
def make_row(name: str, *, view: tuple[str, ...] = (), publish: tuple[str, ...] = ()) -> None:
    row = Room.objects.create(name=name)
    row.view_groups.set([Group.objects.get_or_create(name=group)[0] for group in view])
    row.publish_groups.set([Group.objects.get_or_create(name=group)[0] for group in publish])


@sync_to_async
def make_key(**values: Any) -> DeviceKey:
    row = DeviceKey(name="greenhouse", **values)
    row.give_key()
    row.save()
    return row


async def test_a_room_without_a_row_asks_the_permissions():
    assert await rights_for(await make_user("nobody"), DEVICE) == NONE
    assert await rights_for(await make_user("watcher", "view_room"), DEVICE) == VIEW_ONLY
    assert await rights_for(await make_user("both", "view_room", "publish_room"), DEVICE) == BOTH


async def test_a_row_asks_its_groups_and_no_permission():
    await make_row(DEVICE, view=("growers", "staff"), publish=("staff",))
    assert await rights_for(await make_user("a", "view_room", "publish_room"), DEVICE) == NONE
    assert await rights_for(await make_user("b", groups=("growers",)), DEVICE) == VIEW_ONLY
    assert await rights_for(await make_user("c", groups=("staff",)), DEVICE) == BOTH


async def test_a_row_without_groups_is_for_superusers():
    await make_row(DEVICE)
    assert await rights_for(await make_user("a", "view_room", "publish_room"), DEVICE) == NONE
    assert await rights_for(await make_user("root", is_superuser=True), DEVICE) == BOTH


async def test_rights_are_those_of_now_not_of_the_object_at_hand():
    user = await make_user("ada", "view_room")
    assert await rights_for(user, DEVICE) == VIEW_ONLY
    await user.user_permissions.aclear()
    assert await rights_for(user, DEVICE) == NONE
    root = await make_user("root", is_superuser=True)
    await type(root).objects.filter(pk=root.pk).aupdate(is_active=False)
    assert await rights_for(root, DEVICE) == NONE


async def test_nobody_logged_in_has_no_rights():
    assert await rights_for(AnonymousUser(), DEVICE) == NONE


async def test_many_rooms_are_answered_at_once():
    await make_row("closed")
    rooms = [DEVICE, room_from_text("closed"), CALL]
    rights = await rights_for_all(await make_user("ada", "view_room"), rooms)
    assert rights == {"device01": VIEW_ONLY, "closed": NONE, "call.x": NONE}


async def test_a_key_publishes_where_its_patterns_match_and_reads_when_it_may():
    writer = await make_key(patterns="device0*")
    assert await rights_for(writer, DEVICE) == Rights(view=False, publish=True)
    assert await rights_for(writer, room_from_text("other")) == NONE
    writer.can_read = True
    assert await rights_for(writer, DEVICE) == BOTH


async def test_a_key_revoked_meanwhile_opens_nothing():
    key = await make_key()
    await DeviceKey.objects.aupdate(revoked_at=timezone.now())
    assert await rights_for(key, DEVICE) == NONE


async def test_no_key_opens_a_prefix(settings: Any):
    key = await make_key(patterns="*", can_read=True)
    assert await rights_for(key, CALL) == NONE
    settings.ROOM_POLICIES = {"device": "tests.rooms.test_policies.OpenToAda"}
    assert await rights_for(key, DEVICE) == NONE


async def test_calls_are_reserved_even_when_no_policy_is_named(settings: Any):
    settings.ROOM_POLICIES = {}
    assert await rights_for(await make_user("root", is_superuser=True), CALL) == NONE
    assert not is_listed(CALL)


async def test_the_longest_prefix_decides(settings: Any):
    settings.ROOM_POLICIES = {
        "device": "rooms.policies.Reserved",
        "device0": "tests.rooms.test_policies.OpenToAda",
    }
    ada = await make_user("ada")
    root = await make_user("root", is_superuser=True)
    assert await rights_for(ada, DEVICE) == VIEW_ONLY
    assert await rights_for(root, DEVICE) == NONE
    assert await rights_for(root, room_from_text("device9")) == NONE
    assert is_listed(DEVICE)
    assert not is_listed(room_from_text("device9"))


async def test_a_policy_hears_of_people_who_enter_its_rooms_and_of_nobody_elses(settings: Any):
    settings.ROOM_POLICIES = {"call.": f"{__name__}.OpenToAda"}
    ada, key = await make_user("ada"), await make_key(patterns="*", can_read=True)
    OpenToAda.came.clear()
    await rights_for(ada, CALL)
    for principal, room in ((ada, CALL), (ada, DEVICE), (key, CALL)):
        await tell_entered(principal, room)
    assert OpenToAda.came == [(ada.pk, CALL)]
    settings.ROOM_POLICIES = {}
    await tell_entered(ada, CALL)
    assert len(OpenToAda.came) == 1
