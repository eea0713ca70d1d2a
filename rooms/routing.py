"""The address of rooms' sockets, and the short way to them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from django.urls import path

from rooms.consumers import RoomsConsumer

PATH = "ws/rooms/"
websocket_urlpatterns = [path(PATH, RoomsConsumer.as_asgi())]  # type: ignore[arg-type]


def is_rooms_socket(scope: MutableMapping[str, Any]) -> bool:
    """Whether a router would lead this connection here."""
    address = f"{scope.get('root_path') or ''}/{PATH}"
    return bool(scope["type"] == "websocket" and scope["path"] == address)


def rooms_socket(hub: Any, scope: MutableMapping[str, Any]) -> RoomsConsumer:
    """Who serves that connection by `serve(receive, send)`, and keeps nothing of the scope.

    Thousands are idle at once: a router's frames and its copies of the scope would stay for each of them.
    """
    consumer = RoomsConsumer()
    consumer.take(hub, scope["headers"])
    return consumer
