"""The site as one ASGI application: pages and API by Django, sockets by Channels."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from channels.routing import ProtocolTypeRouter

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def build_application(django: Any) -> Application:
    """Route each protocol to its application."""
    router: Any = ProtocolTypeRouter({"http": django, "websocket": refuse_socket})
    return cast(Application, router)


async def refuse_socket(scope: Message, receive: Receive, send: Send) -> None:
    """Close a socket at an address that has none; before the handshake this is a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})
