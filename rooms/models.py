"""What operators say about rooms: a room's title, groups and limits, and the keys that devices use.

A room needs no row to exist; a row adds to it or closes it. Rows only: deciding is `rooms.policies`' work.
"""

from __future__ import annotations

import hashlib
import secrets
from fnmatch import fnmatchcase

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left
from django.db.models.lookups import Exact
from django.utils import timezone

from rooms import names

LARGEST_HISTORY = 100_000
KEY_PREFIX = "rtk_"
_KEY_BYTES = 24
_HINT_CHARS = 8


def validate_room_name(text: str) -> None:
    """Refuse what no room can be called, and the names of calls."""
    try:
        room = names.room_from_text(text)
    except names.BadRoomName as exc:
        raise ValidationError(str(exc)) from exc
    if names.is_call_room(room):
        raise ValidationError(f"Names that begin with {names.CALL_PREFIX} belong to running calls.")


def validate_patterns(text: str) -> None:
    """At least one pattern; each no longer than a room's name can be."""
    lines = [line for line in text.splitlines() if line]
    if not lines:
        raise ValidationError("Name at least one room or pattern.")
    if any(len(line.encode()) > names.ROOM_NAME_BYTES for line in lines):
        raise ValidationError(f"A pattern has at most {names.ROOM_NAME_BYTES} bytes.")


class Room(models.Model):
    """What is said about one room. Its groups replace the permissions `view_room` and `publish_room`."""

    name = models.CharField(
        max_length=names.ROOM_NAME_BYTES,
        unique=True,
        validators=[validate_room_name],
        help_text="The Redis channel, to the letter.",
    )
    title = models.CharField(max_length=80, blank=True, help_text="What people see, such as Greenhouse.")
    unit = models.CharField(max_length=20, blank=True, help_text="Of plain numbers, such as °C.")
    view_groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Who may watch; none = superusers only."
    )
    publish_groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Who may publish; none = superusers only."
    )
    history_size = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LARGEST_HISTORY)],
        help_text="Messages kept. Empty: ROOMS_HISTORY_SIZE.",
    )
    expected_interval_s = models.FloatField(
        "expected interval (s)",
        null=True,
        blank=True,
        validators=[MinValueValidator(0.001)],
        help_text="Late after three of these. Empty: learned from the messages.",
    )

    class Meta:
        ordering = ["name"]
        permissions = [("publish_room", "Can publish to rooms that have no row")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="room_has_a_name"),
            # LIKE, which startswith becomes, ignores case on SQLite.
            models.CheckConstraint(
                condition=~Q(Exact(Left("name", len(names.CALL_PREFIX)), names.CALL_PREFIX)),
                name="room_is_no_call",
            ),
            models.CheckConstraint(
                condition=Q(history_size__isnull=True)
                | (Q(history_size__gte=1) & Q(history_size__lte=LARGEST_HISTORY)),
                name="room_history_in_range",
            ),
            models.CheckConstraint(
                condition=Q(expected_interval_s__isnull=True) | Q(expected_interval_s__gt=0),
                name="room_interval_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name


class DeviceKeys(models.QuerySet["DeviceKey"]):
    """Keys as programs find them."""

    def usable(self, key: str) -> DeviceKey | None:
        """The row of a key that is not revoked."""
        return self.filter(digest=digest_of(key), revoked_at__isnull=True).first()


class DeviceKey(models.Model):
    """What a program shows instead of a login. The key itself is shown once and kept nowhere.

    It publishes to the rooms its patterns match, and reads them when `can_read` says so.
    """

    name = models.CharField(max_length=80, unique=True, help_text="Which device or program has it.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=16, editable=False, help_text="How the key begins.")
    patterns = models.TextField(
        default="*",
        validators=[validate_patterns],
        help_text="One room name or shell pattern a line, such as sensors/*.",
    )
    can_read = models.BooleanField(default=False, help_text="May also read what the rooms keep.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = DeviceKeys.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(digest=""), name="device_key_has_digest"),
            models.CheckConstraint(condition=~Q(patterns=""), name="device_key_has_patterns"),
        ]

    def __str__(self) -> str:
        return self.name

    def matches(self, room: names.Room) -> bool:
        """Whether a pattern names this room; letters count as they are written."""
        return any(fnmatchcase(room, pattern) for pattern in self.patterns.splitlines() if pattern)

    def give_key(self) -> str:
        """Make a new key for this row and return it; only its digest is kept. Does not save."""
        key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        self.digest, self.hint = digest_of(key), key[:_HINT_CHARS]
        return key


def digest_of(key: str) -> str:
    """The digest by which a key is found. Keys are 24 random bytes, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
