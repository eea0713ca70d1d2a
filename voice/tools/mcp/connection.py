"""A connection to an MCP server for one errand: it is opened, used and closed.

Nothing is held between runs, so a server that restarts is no case of its own. The server may ask us for
nothing: sampling, elicitation and roots are not offered. Source: Model Context Protocol, "Streamable HTTP".
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice.models import McpServer
from voice.outbound.refusals import AddressRefused
from voice.outbound.secrets import Lookup, value_of
from voice.outbound.templates import Filling, header_text
from voice.outbound.transport import Outbound
from voice.tools.http.definition import split_url

if TYPE_CHECKING:
    from mcp import Client

GRACE_S = 1.0


@dataclass(frozen=True)
class McpAddress:
    """Where and with what headers a server is spoken to."""

    url: str
    headers: dict[str, str]


def address_of(server: McpServer, secret: Lookup) -> McpAddress:
    """The server's address with its secrets. Raises AddressRefused, NotSetUp."""
    if split_url(server.url) is None:
        raise AddressRefused("The server's address has no plain host name.")
    filling = Filling({}, secret)
    return McpAddress(server.url, {name: filling.text(text) for name, text in server.headers.items()})


@asynccontextmanager
async def connected(server: McpServer, outbound: Outbound, *, timeout_s: float) -> AsyncIterator[Client]:
    """The server, ready to be asked. Raises OutboundError, whatever goes wrong on the way or meanwhile."""
    address = address_of(server, value_of)
    headers = {name: header_text(text) for name, text in address.headers.items()}
    # On a thread: calls go on while a process that has never asked such a server loads the SDK.
    sdk = await asyncio.to_thread(importlib.import_module, "voice.tools.mcp.sdk")
    # The SDK's clock goes first: of a connection that timed out under it, it tells too little.
    async with (
        outbound.client(timeout_s=timeout_s + GRACE_S, headers=headers) as http,
        sdk.open_client(address.url, http, timeout_s=timeout_s) as client,
    ):
        yield client
