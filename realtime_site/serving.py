"""The site as one ASGI application: pages and API by Django, sockets by Channels, live calls by their owner.

Every HTTP and WebSocket scope carries the owner as `scope["call_owner"]` and the rooms' hub as
`scope["rooms_hub"]`. While the process drains, new requests are refused with 503, so that a balancer sends
them elsewhere.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from realtime_site.shutdown import Lifetime
from rooms.hub import Hub
from rooms.routing import is_rooms_socket, rooms_socket
from rooms.routing import websocket_urlpatterns as rooms_sockets
from voice.calls.owner import CallOwner
from voice.routing import websocket_urlpatterns as voice_sockets

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

RESTARTING = {"error": {"code": "restarting", "message": "This server is restarting. Try again in a moment."}}
CLOSE_RESTART = 4001


class Site:
    """The whole application of one web process."""

    def __init__(self, router: Application, lifetime: Lifetime) -> None:
        self._router = router
        self._lifetime = lifetime

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection, or the server's lifespan."""
        if scope["type"] == "lifespan":
            await serve_lifespan(self._lifetime, receive, send)
        elif self._lifetime.is_draining:
            await refuse_while_draining(scope, receive, send)
        elif is_rooms_socket(scope):
            socket = rooms_socket(self._lifetime.rooms, scope)
            del scope  # an idle socket keeps nothing of its handshake
            await socket.serve(receive, send)
        else:
            await self._router(self._carrying(scope), receive, send)

    def _carrying(self, scope: Message) -> Message:
        return {**scope, "call_owner": self._lifetime.owner, "rooms_hub": self._lifetime.rooms}


def build_application(django: Any) -> Site:
    """Put the site together, once for each process."""
    # Daphne's Django app has installed its reactor by now; under another server it simply never runs.
    from twisted.internet import reactor

    lifetime = Lifetime(CallOwner(), Hub())
    lifetime.register_with_reactor(reactor)
    sockets: Any = [*rooms_sockets, *voice_sockets, re_path("", cast(Any, refuse_socket))]
    router: Any = ProtocolTypeRouter({"http": django, "websocket": URLRouter(sockets)})
    return Site(cast(Application, router), lifetime)


async def serve_lifespan(lifetime: Lifetime, receive: Receive, send: Send) -> None:
    """Answer the lifespan messages of servers that have them."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await lifetime.begin()
            except Exception as exc:  # noqa: BLE001  (the process' edge: the server is told, logs and stops)
                await send({"type": "lifespan.startup.failed", "message": repr(exc)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await lifetime.end()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def refuse_while_draining(scope: Message, receive: Receive, send: Send) -> None:
    """Say that another process should be asked."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": CLOSE_RESTART})
        return
    headers = [(b"content-type", b"application/json"), (b"retry-after", b"2"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(RESTARTING).encode()})


async def refuse_socket(scope: Message, receive: Receive, send: Send) -> None:
    """Close a socket at an address that has none; before the handshake this is a 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})
