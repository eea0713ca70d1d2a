"""System checks: configurations in which rooms would hear themselves. The hub refuses a Cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from rooms.names import INTERNAL_MARK

_LAYER = "rooms.layer.RoomChannelLayer"


@register(Tags.compatibility)
def check_layer(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The channel layer is ours, and nothing it publishes can be taken for a room."""
    layer: dict[str, Any] = settings.CHANNEL_LAYERS.get("default", {})
    config = layer.get("CONFIG", {})
    found: list[CheckMessage] = []
    if layer.get("BACKEND") != _LAYER:
        hint = f"Rooms need {_LAYER}: other layers carry no room's groups."
        found.append(Error("CHANNEL_LAYERS names another backend.", hint=hint, id="rooms.E001"))
    if not str(config.get("prefix", "")).startswith(INTERNAL_MARK):
        hint = (
            "Without it the bridge takes the layer's messages for rooms and publishes them again, for ever."
        )
        found.append(
            Error("The channel layer's prefix must begin with byte 0x01.", hint=hint, id="rooms.E002")
        )
    if config.get("namespace") != settings.ROOMS_NAMESPACE:
        hint = "The layer would listen to another deployment's rooms."
        found.append(
            Error("The channel layer's namespace is not ROOMS_NAMESPACE.", hint=hint, id="rooms.E003")
        )
    return found


@register(Tags.compatibility)
def check_namespace(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The namespace can stand inside channels and patterns."""
    name = settings.ROOMS_NAMESPACE
    if name.endswith(":") and len(name) > 1 and name.isascii() and not set(name) & set("*?[]\\ \n"):
        return []
    hint = "ASCII without spaces or the signs * ? [ ] \\, such as the default's digits and letters."
    return [Error("ROOMS_NAMESPACE cannot be part of a channel's name.", hint=hint, id="rooms.E004")]
