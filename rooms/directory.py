"""The rooms that exist, as one principal may see them: newest activity first, nothing reserved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from channels.db import database_sync_to_async

from rooms.frames import payload_body
from rooms.models import Room as RoomRow
from rooms.names import Room
from rooms.parts import Parts
from rooms.policies import Principal, is_listed, rights_for_all
from rooms.registry import RoomState

MayDo = Literal["view", "publish"]

MOST_PAGES = 20
"""Of the registry for one answer: who may view little goes on with `following`."""


@dataclass(frozen=True)
class Entry:
    """One room with all a list shows of it; `interval_ms` is what is expected, 0 when nothing is known."""

    state: RoomState
    title: str
    unit: str
    watchers: int
    interval_ms: float
    late: bool

    def as_body(self) -> dict[str, Any]:
        """An element of `GET /api/rooms/`."""
        return {
            "room": self.state.room,
            "title": self.title,
            "unit": self.unit,
            **self.state.position.as_body(),
            **payload_body(self.state.payload, too_large=self.state.too_large),
            "at": self.state.at_ms,
            "rate_per_min": round(self.state.rate_per_min, 3),
            "interval_ms": round(self.interval_ms) or None,
            "watchers": self.watchers,
            "late": self.late,
        }


async def permitted(
    parts: Parts,
    principal: Principal,
    *,
    search: str = "",
    after: str = "",
    limit: int = 100,
    may: MayDo = "view",
) -> tuple[list[RoomState], str | None]:
    """The rooms where this principal may do that, and where to go on; a short answer is not yet the end."""
    found: list[RoomState] = []
    following: str | None = after
    for _ in range(MOST_PAGES):
        page = await parts.registry.list(search=search, after=following or "", limit=limit - len(found))
        rights = await rights_for_all(principal, [state.room for state in page.rooms])
        found += [state for state in page.rooms if getattr(rights[state.room], may) and is_listed(state.room)]
        following = page.next
        if following is None or len(found) >= limit:
            break
    return found, following


async def describe(parts: Parts, states: list[RoomState]) -> list[Entry]:
    """What a list shows of these rooms."""
    if not states:
        return []
    rooms = [state.room for state in states]
    watchers = await parts.presence.watchers(rooms)
    rows = await database_sync_to_async(_rows)(rooms)
    return [_entry(state, rows.get(state.room), watchers.get(state.room, 0)) for state in states]


def _rows(rooms: list[Room]) -> dict[str, RoomRow]:
    return {row.name: row for row in RoomRow.objects.filter(name__in=rooms)}


def _entry(state: RoomState, row: RoomRow | None, watchers: int) -> Entry:
    expected_ms = row.expected_interval_s * 1000 if row and row.expected_interval_s else 0.0
    return Entry(
        state,
        title=row.title if row else "",
        unit=row.unit if row else "",
        watchers=watchers,
        interval_ms=expected_ms or state.interval_ms,
        late=state.is_late(expected_ms),
    )
