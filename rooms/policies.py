"""Who may see a room and who may publish to it.

In this order: a prefix named in `settings.ROOM_POLICIES` asks the policy it names (by dotted path, so that
rooms imports nothing of what names it); a `rooms.Room` row asks its groups, where none means superusers;
any other room asks the permissions `rooms.view_room` and `rooms.publish_room`. A device key's own patterns
say what it may do, outside the prefixes. Rights are read afresh at each question: nothing is cached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
BOTH = Rights(view=True, publish=True)

Question = tuple[Any, Room]
"""A person's primary key, and the room."""


class RoomPolicy(Protocol):
    """Who may do what with the rooms of one prefix. `user` is active and read a moment ago."""

    listed: bool
    """Whether such rooms appear among the rooms that exist."""

    async def may_view(self, user: Any, room: Room) -> bool:
        """Whether this person may join and read the room."""

    async def may_publish(self, user: Any, room: Room) -> bool:
        """Whether this person may publish to the room."""

    async def entered(self, user_id: Any, room: Room) -> None:
        """This person, who may, is about to be given what the room says."""


class Reserved:
    """The policy of a prefix that nobody has claimed: closed."""

    listed = False

    async def may_view(self, user: Any, room: Room) -> bool:
        return False

    async def may_publish(self, user: Any, room: Room) -> bool:
        return False

    async def entered(self, user_id: Any, room: Room) -> None:
        pass


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


async def tell_entered(principal: Principal, room: Room) -> None:
    """Let a room's policy know who is about to be given what it says; call it after asking for rights."""
    if not isinstance(principal, DeviceKey) and (policy := policy_for(room)) is not None:
        await policy.entered(principal.pk, room)


async def rights_for(principal: Principal, room: Room) -> Rights:
    """What the principal may do with the room, as of now."""
    return (await rights_for_all(principal, [room]))[room]


async def rights_for_all(principal: Principal, rooms: Sequence[Room]) -> dict[Room, Rights]:
    """The same for many rooms, at the price of a few queries in all."""
    if isinstance(principal, DeviceKey):
        usable = await database_sync_to_async(_is_usable)(principal)
        return {room: rights_of_key(principal, room) if usable else NONE for room in rooms}
    plain = [room for room in rooms if policy_for(room) is None]
    asked = [(principal.pk, room) for room in plain]
    found = await database_sync_to_async(read_rights)(asked) if asked else {}
    special = [room for room in rooms if policy_for(room) is not None]
    special_rights = await rights_by_policy(principal.pk, special) if special else {}
    return {room: found[principal.pk, room] for room in plain} | special_rights


async def rights_by_policy(user_id: Any, rooms: Sequence[Room]) -> dict[Room, Rights]:
    """What a person may do with rooms that a policy decides about."""
    user = await database_sync_to_async(_active_user)(user_id)
    rights = dict.fromkeys(rooms, NONE)
    for room in rooms if user is not None else ():
        if (policy := policy_for(room)) is not None:
            view, publish = await policy.may_view(user, room), await policy.may_publish(user, room)
            rights[room] = Rights(view, publish)
    return rights


def read_rights(asked: Sequence[Question]) -> dict[Question, Rights]:
    """What each person (by primary key) may do with a room that no policy decides about.

    A few queries for all questions together, and three for each person who is no superuser.
    """
    ids = {user_id for user_id, _ in asked if user_id is not None}
    users = {user.pk: user for user in get_user_model().objects.filter(pk__in=ids, is_active=True)}
    rules = _rules_of({room for user_id, room in asked if user_id in users}) if _has_plain(users) else {}
    standings = {pk: _Standing(user) for pk, user in users.items()}
    return {
        (user_id, room): standings[user_id].rights(rules.get(room)) if user_id in standings else NONE
        for user_id, room in asked
    }


def _has_plain(users: Mapping[Any, Any]) -> bool:
    return any(not user.is_superuser for user in users.values())


def _rules_of(rooms: Collection[Room]) -> dict[str, RoomRow]:
    rows = RoomRow.objects.filter(name__in=rooms).prefetch_related("view_groups", "publish_groups")
    return {row.name: row for row in rows}


class _Standing:
    """One person's groups and permissions, read when first needed."""

    def __init__(self, user: Any) -> None:
        self._user = user

    def rights(self, rule: RoomRow | None) -> Rights:
        if self._user.is_superuser:
            return BOTH
        if rule is None:
            return self._permitted
        view, publish = (
            any(group.pk in self._groups for group in groups.all())
            for groups in (rule.view_groups, rule.publish_groups)
        )
        return Rights(view, publish)

    @cached_property
    def _permitted(self) -> Rights:
        return Rights(view=self._user.has_perm(VIEW), publish=self._user.has_perm(PUBLISH))

    @cached_property
    def _groups(self) -> set[int]:
        return set(self._user.groups.values_list("pk", flat=True))


def _is_usable(key: DeviceKey) -> bool:
    return DeviceKey.objects.filter(pk=key.pk, revoked_at__isnull=True).exists()


def rights_of_key(key: DeviceKey, room: Room) -> Rights:
    """What a key may do that was found usable a moment ago."""
    if policy_for(room) is not None or not key.matches(room):
        return NONE
    return Rights(view=key.can_read, publish=True)


def _active_user(user_id: Any) -> Any | None:
    """The person afresh: what a long-lived socket knows may be from yesterday."""
    return get_user_model().objects.filter(pk=user_id, is_active=True).first()
