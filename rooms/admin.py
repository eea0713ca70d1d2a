"""Rooms and device keys in Django's admin.

The list of rooms shows each one's last value and when it came, from Redis in one look; without Redis it says
so and shows the rest. A key is shown once, on the page that answers its making.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.timesince import timesince

from rooms.bridge.state import BridgeState, read_state
from rooms.connections import open_redis
from rooms.errors import Unavailable
from rooms.models import DeviceKey
from rooms.models import Room as RoomRow
from rooms.names import Room
from rooms.parts import parts_on
from rooms.registry import Fill, RoomState
from rooms.sizes import write_sizes

LONGEST_VALUE = 60
_MINUTE = timedelta(minutes=1)
LOOK_TIMEOUT_S = 2.0


class AsWritten(forms.CharField):
    """Text whose spaces at both ends count: a room's name is the channel to the letter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "strip": False})


class RoomForm(forms.ModelForm):
    class Meta:
        model = RoomRow
        fields = [
            *("name", "title", "unit", "view_groups", "publish_groups"),
            *("history_size", "expected_interval_s"),
        ]
        field_classes = {"name": AsWritten}


class DeviceKeyForm(forms.ModelForm):
    class Meta:
        model = DeviceKey
        fields = ["name", "patterns", "can_read"]
        field_classes = {"patterns": AsWritten}

    def clean_patterns(self) -> str:
        """Line ends as typed here, not as browsers send them."""
        return "\n".join(line for line in self.cleaned_data["patterns"].splitlines() if line)


@admin.register(RoomRow)
class RoomAdmin(admin.ModelAdmin):
    """What is said about rooms. A room exists without a row; a row closes it to all but its groups."""

    form = RoomForm
    list_display = ["name", "title", "last_value", "last_seen", "messages_seen", "viewers", "publishers"]
    search_fields = ["name", "title"]
    filter_horizontal = ["view_groups", "publish_groups"]
    list_per_page = 100

    def get_queryset(self, request: HttpRequest) -> QuerySet[RoomRow]:
        rows: QuerySet[RoomRow] = super().get_queryset(request)
        return rows.prefetch_related("view_groups", "publish_groups")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "history_size" in form.changed_data or "name" in form.changed_data:
            sizes = {Room(obj.name): obj.history_size}
            transaction.on_commit(lambda: self._write_sizes(request, sizes))

    def delete_model(self, request: HttpRequest, obj: RoomRow) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(lambda: self._write_sizes(request, {Room(obj.name): None}))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RoomRow]) -> None:
        sizes: dict[Room, int | None] = {Room(row.name): None for row in queryset}
        super().delete_queryset(request, queryset)
        transaction.on_commit(lambda: self._write_sizes(request, sizes))

    def _write_sizes(self, request: HttpRequest, sizes: dict[Room, int | None]) -> None:
        try:
            async_to_sync(_write_sizes)(sizes)
        except Unavailable:
            self.message_user(request, "Redis is away: sizes count when it is back.", messages.WARNING)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Look at Redis once for the page that is shown."""
        shown: Any = super().get_changelist_instance(request)
        shown.result_list = list(shown.result_list)
        states: dict[Room, RoomState] = {}
        fill, shown.about_bridge = Fill(0, 0), ""
        try:
            states, fill, bridge = async_to_sync(_look)([Room(row.name) for row in shown.result_list])
            shown.about_bridge = _about_bridge(bridge)
        except Unavailable:
            self.message_user(request, "Redis is away: values and times are not shown.", messages.WARNING)
        if fill.unkept:
            self.message_user(request, _about_unkept(fill), messages.WARNING)
        for row in shown.result_list:
            row.state = states.get(Room(row.name))
        return shown

    @admin.display(description="last value")
    def last_value(self, row: Any) -> str | None:
        """The last payload's beginning."""
        state: RoomState | None = row.state
        return _readable(state) if state else None

    @admin.display(description="last seen")
    def last_seen(self, row: Any) -> str | None:
        state: RoomState | None = row.state
        if state is None:
            return None
        at = datetime.fromtimestamp(state.at_ms / 1000, UTC)
        return f"{timesince(at)} ago" if timezone.now() - at >= _MINUTE else "just now"

    @admin.display(description="messages")
    def messages_seen(self, row: Any) -> int | None:
        """All that were ever counted."""
        return row.state.position.offset if row.state else None

    @admin.display(description="may watch")
    def viewers(self, row: RoomRow) -> str:
        return _named(row.view_groups.all())

    @admin.display(description="may publish")
    def publishers(self, row: RoomRow) -> str:
        return _named(row.publish_groups.all())


@admin.register(DeviceKey)
class DeviceKeyAdmin(admin.ModelAdmin):
    """Keys of devices and programs: made here, shown once, revoked by an action."""

    form = DeviceKeyForm
    list_display = ["name", "hint", "rooms", "can_read", "is_usable", "last_used_at", "created_at"]
    list_filter = ["can_read", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "patterns", "hint"]
    fields = ["name", "patterns", "can_read"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        more = ["hint", "created_at", "last_used_at", "revoked_at"] if obj else []
        return [*self.fields, *more]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["hint", "created_at", "last_used_at", "revoked_at"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.shown_key = obj.give_key()
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the key in this answer, because a redirect would have to keep it somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": f"The key of {obj.name}",
            "opts": self.opts,
            "device": obj,
            "key": obj.shown_key,
        }
        answer = TemplateResponse(request, "admin/rooms/devicekey/made.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    @admin.action(description="Revoke: these keys open nothing any more", permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[DeviceKey]) -> None:
        usable = list(keys.filter(revoked_at__isnull=True))
        for key in usable:
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
            self.log_change(request, key, "Revoked.")
        self.message_user(request, f"{len(usable)} keys are revoked.", messages.SUCCESS)

    @admin.display(description="rooms")
    def rooms(self, key: DeviceKey) -> str:
        return truncatechars(", ".join(key.patterns.splitlines()), LONGEST_VALUE)

    @admin.display(description="usable", boolean=True)
    def is_usable(self, key: DeviceKey) -> bool:
        return key.revoked_at is None


async def _look(rooms: list[Room]) -> tuple[dict[Room, RoomState], Fill, BridgeState]:
    redis = open_redis(settings.REDIS_URL, timeout_s=LOOK_TIMEOUT_S)
    try:
        registry = parts_on(redis, settings.ROOMS_NAMESPACE).registry
        bridge = await read_state(redis, settings.ROOMS_NAMESPACE)
        return await registry.states(rooms), await registry.fill(), bridge
    finally:
        await redis.aclose()


async def _write_sizes(sizes: dict[Room, int | None]) -> None:
    redis = open_redis(settings.REDIS_URL, timeout_s=LOOK_TIMEOUT_S)
    try:
        await write_sizes(redis, settings.ROOMS_NAMESPACE, sizes)
    finally:
        await redis.aclose()


def _readable(state: RoomState) -> str:
    if state.too_large:
        return f"{state.too_large} bytes, too large to keep"
    try:
        return truncatechars(state.payload.decode("utf-8"), LONGEST_VALUE)
    except UnicodeDecodeError:
        return f"{len(state.payload)} bytes, no text"


def _about_unkept(fill: Fill) -> str:
    return (
        f"{fill.rooms} rooms are kept, as many as ROOMS_MAX ({settings.ROOMS_MAX}) allows; {fill.unkept}"
        " messages of further rooms were relayed live and not kept."
    )


def _about_bridge(bridge: BridgeState) -> str:
    """What the leading bridge has done since it began, and which channels are no rooms."""
    if fault := bridge.fault():
        return f"Raw PUBLISH is not heard: {fault}."
    names = ("heard", "registered", "ignored", "undecodable")
    heard, registered, ignored, undecodable = (bridge.counts.get(name, "0") for name in names)
    told = (
        f"The bridge has heard {heard} messages and registered {registered}; {ignored} were on ignored"
        f" channels, {undecodable} on channels whose name is no room's"
    )
    last = bridge.counts.get("last_undecodable", "")
    return f"{told}, the last of them {last}." if last else f"{told}."


def _named(groups: Any) -> str:
    return ", ".join(group.name for group in groups) or "superusers"
