"""Who may see a room and who may publish to it.

In this order: a prefix named in `settings.ROOM_POLICIES` asks the policy it names (by dotted path, so that
rooms imports nothing of what names it); a `rooms.Room` row asks its groups, where none means superusers;
any other room asks the permissions `rooms.view_room` and `rooms.publish_room`. A device key's own patterns
say what it may do, outside the prefixes. Rights are read afresh at each question: nothing is cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.module_loading import import_string

from rooms import names
from rooms.models import DeviceKey
from rooms.models import Room as RoomRow
from rooms.names import Room

VIEW = "rooms.view_room"
PUBLISH = "rooms.publish_room"

Principal = AbstractBaseUser | AnonymousUser | DeviceKey


@dataclass(frozen=True)
class Rights:
    """What one principal may do with one room."""

    view: bool
    publish: bool


NONE = Rights(view=False, publish=False)


class RoomPolicy(Protocol):
    """Who may do what with the rooms of one prefix. `user` is active and read a moment ago."""

    listed: bool
    """Whether such rooms appear among the rooms that exist."""

    async def may_view(self, user: Any, room: Room) -> bool:
        """Whether this person may join and read the room."""

    async def may_publish(self, user: Any, room: Room) -> bool:
        """Whether this person may publish to the room."""


class Reserved:
    """The policy of a prefix that nobody has claimed: closed."""

    listed = False

    async def may_view(self, user: Any, room: Room) -> bool:
        return False

    async def may_publish(self, user: Any, room: Room) -> bool:
        return False


def policy_for(room: Room) -> RoomPolicy | None:
    """The policy of the longest prefix that fits; calls' names are reserved even when none is named."""
    fitting = [prefix for prefix in settings.ROOM_POLICIES if room.startswith(prefix)]
    if fitting:
        policy: RoomPolicy = import_string(settings.ROOM_POLICIES[max(fitting, key=len)])()
        return policy
    return Reserved() if names.is_call_room(room) else None


def is_listed(room: Room) -> bool:
    """Whether a room may appear in a list at all, whoever asks."""
    policy = policy_for(room)
    return policy is None or policy.listed


async def rights_for(principal: Principal, room: Room) -> Rights:
    """What the principal may do with the room, as of now."""
    return (await rights_for_all(principal, [room]))[room]


async def rights_for_all(principal: Principal, rooms: Sequence[Room]) -> dict[Room, Rights]:
    """The same for many rooms, at the price of a few queries in all."""
    if isinstance(principal, DeviceKey):
        usable = await database_sync_to_async(_is_usable)(principal)
        return {room: rights_of_key(principal, room) if usable else NONE for room in rooms}
    user = await database_sync_to_async(_active_user)(principal)
    if user is None:
        return dict.fromkeys(rooms, NONE)
    plain = [room for room in rooms if policy_for(room) is None]
    rights = await database_sync_to_async(_rights_of_user)(user, plain) if plain else {}
    for room in rooms:
        if (policy := policy_for(room)) is not None:
            view, publish = await policy.may_view(user, room), await policy.may_publish(user, room)
            rights[room] = Rights(view, publish)
    return rights


def _is_usable(key: DeviceKey) -> bool:
    return DeviceKey.objects.filter(pk=key.pk, revoked_at__isnull=True).exists()


def rights_of_key(key: DeviceKey, room: Room) -> Rights:
    """What a key may do that was found usable a moment ago."""
    if policy_for(room) is not None or not key.matches(room):
        return NONE
    return Rights(view=key.can_read, publish=True)


def _active_user(principal: AbstractBaseUser | AnonymousUser) -> Any | None:
    """The person afresh: what a long-lived socket holds may be from yesterday."""
    if principal.pk is None:
        return None
    return get_user_model().objects.filter(pk=principal.pk, is_active=True).first()


def _rights_of_user(user: Any, rooms: Iterable[Room]) -> dict[Room, Rights]:
    rooms = list(rooms)
    if user.is_superuser:
        return dict.fromkeys(rooms, Rights(view=True, publish=True))
    own = set(user.groups.values_list("pk", flat=True))
    rows = RoomRow.objects.filter(name__in=rooms).prefetch_related("view_groups", "publish_groups")
    rights = dict.fromkeys(rooms, Rights(view=user.has_perm(VIEW), publish=user.has_perm(PUBLISH)))
    for row in rows:
        view, publish = (
            any(group.pk in own for group in groups.all()) for groups in (row.view_groups, row.publish_groups)
        )
        rights[Room(row.name)] = Rights(view, publish)
    return rights
