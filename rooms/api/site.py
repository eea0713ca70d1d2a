"""The API put together: operations, callers, refusals, and its description."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import get_converters
from ninja import NinjaAPI

from rooms.api import listing, messages
from rooms.api.addresses import AnyText
from rooms.api.callers import ByDeviceKey, BySession
from rooms.api.refusals import answer_errors


def build_api() -> NinjaAPI:
    """The API for the site's URL configuration, which calls this once."""
    if "text" not in get_converters():
        register_converter(AnyText, "text")
    api = NinjaAPI(
        title="Roomtone rooms",
        version="1",
        description="Publish to rooms, read what they keep, list those that exist. See docs/protocol.md.",
        urls_namespace="api",
        auth=[ByDeviceKey(), BySession()],
    )
    answer_errors(api)
    api.add_router("/rooms", messages.router)
    api.add_router("/rooms", listing.router)
    return api
