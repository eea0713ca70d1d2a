"""What templates ask about rooms: whether this person has any to see."""

from __future__ import annotations

from typing import Any

from django import template

from rooms.views import may_view_some

register = template.Library()


@register.filter
def may_view_rooms(user: Any) -> bool:
    """Whether the Rooms tab is for this person."""
    return may_view_some(user)
