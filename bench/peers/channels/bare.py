"""Accepts and does nothing: the floor that an ASGI server sets for connecting and for an idle socket."""

from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Any WebSocket is accepted, whatever it asks for; HTTP is refused."""
    if scope["type"] != "websocket":
        return
    while (await receive())["type"] != "websocket.disconnect":
        if scope.pop("path", None):
            await send({"type": "websocket.accept"})
