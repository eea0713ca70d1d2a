"""The pages of rooms: the wall of those that exist, and one or several of them side by side.

Pages carry no messages: the browser reads those from the socket and the API, which ask for rights themselves.
What a page says about rights only decides what it offers.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from rooms.models import Room as RoomRow
from rooms.names import BadRoomName, Room, room_from_text
from rooms.policies import VIEW, rights_for_all

SOCKET_PATH = "/ws/rooms/"
API_PATH = "/api/rooms/"
MOST_BESIDE = 12
EXAMPLE_ROOM = Room("device01")


@require_GET
@login_required
def wall(request: HttpRequest) -> HttpResponse:
    """The rooms that exist and that this person may view; 403 for those who may view none."""
    if not may_view_some(request.user):
        raise PermissionDenied("This account may view no rooms.")
    config = {"urls": _urls(), "known": _known(request.user)}
    context = {"config": config, "publish_line": _publish_line(request, EXAMPLE_ROOM)}
    return render(request, "rooms/rooms.html", {**context, "http_line": _http_line(request, EXAMPLE_ROOM)})


@require_GET
@login_required
@ensure_csrf_cookie
def room(request: HttpRequest) -> HttpResponse:
    """Rooms named by `?name=…&name=…`, side by side. 404 for a name that no room can have."""
    names = _names(request)
    if not names:
        return redirect("rooms:wall")
    rights = async_to_sync(rights_for_all)(_person(request), names)
    rows = {row.name: row for row in RoomRow.objects.filter(name__in=names)}
    rooms = [
        _described(name, rows.get(name), rights[name].publish, _publish_line(request, name)) for name in names
    ]
    config = {"urls": _urls(), "rooms": rooms, "history": _history_words()}
    beside = [name for name in names if "/" in name]
    folder = beside[0].rpartition("/")[0] if len(names) == 1 and beside else ""
    return render(request, "rooms/room.html", {"config": config, "rooms": rooms, "folder": folder})


def may_view_some(user: Any) -> bool:
    """Whether there can be rooms for this person: by permission, or by a room's groups."""
    if not user.is_authenticated:
        return False
    if user.has_perm(VIEW):
        return True
    return RoomRow.objects.filter(view_groups__in=user.groups.all()).exists()


def _names(request: HttpRequest) -> list[Room]:
    """Each once, in the order asked for."""
    try:
        names = dict.fromkeys(room_from_text(text) for text in request.GET.getlist("name"))
    except BadRoomName as exc:
        raise Http404(str(exc)) from exc
    return list(names)[:MOST_BESIDE]


def _urls() -> dict[str, str]:
    """Where the browser finds things; socket and API are the contract's addresses."""
    return {
        "socket": SOCKET_PATH,
        "api": API_PATH,
        "room": reverse("rooms:room"),
        "login": f"{reverse('login')}?next=",
    }


def _described(name: Room, row: RoomRow | None, may_publish: bool, publish_line: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": row.title if row else "",
        "unit": row.unit if row else "",
        "expected_ms": round((row.expected_interval_s or 0) * 1000) if row else 0,
        "may_publish": may_publish,
        "publish_line": publish_line,
    }


def _known(user: Any) -> dict[str, dict[str, Any]]:
    """What operators say about rooms this person may view: `{name: {"unit", "expected_ms"}}`."""
    rows = {Room(row.name): row for row in RoomRow.objects.all()}
    rights = async_to_sync(rights_for_all)(user, list(rows))
    return {
        name: {"unit": row.unit, "expected_ms": round((row.expected_interval_s or 0) * 1000)}
        for name, row in rows.items()
        if rights[name].view
    }


def _history_words() -> str:
    hours = settings.ROOMS_HISTORY_TTL_S / 3600
    return f"{settings.ROOMS_HISTORY_SIZE:,} messages, {hours:g} h"


def _publish_line(request: HttpRequest, name: Room) -> str:
    """What publishes from this machine; nothing where Redis is not the reader's to reach."""
    if settings.IS_PUBLIC and not _person(request).is_staff:
        return ""
    line = import_string(settings.ROOMS_PUBLISH_LINE)
    return line(settings.REDIS_URL, is_embedded=settings.REDIS_EMBEDDED, room=name) or ""


def _http_line(request: HttpRequest, name: Room) -> str:
    site = request.build_absolute_uri(f"{API_PATH}{name}/messages")
    return f'curl -H "Authorization: Bearer $KEY" -d 21.5 \\\n{site}'


def _person(request: HttpRequest) -> Any:
    """Who is logged in; `login_required` has made sure that somebody is."""
    return request.user
