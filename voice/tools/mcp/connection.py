"""A connection to an MCP server for one errand: it is opened, used and closed.

Nothing is held between runs, so a server that restarts is no case of its own. The server may ask us for
nothing: sampling, elicitation and roots are not offered. Source: Model Context Protocol, "Streamable HTTP".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx2
from mcp import Client, Implementation, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import REQUEST_TIMEOUT
from pydantic import ValidationError

from voice.errors import ToolError
from voice.models import McpServer
from voice.outbound.refusals import AddressRefused, Silent, Unreachable, Unusable
from voice.outbound.secrets import Lookup, scrubbed_text, value_of
from voice.outbound.templates import Filling, header_text
from voice.outbound.transport import Outbound, OutboundClient
from voice.tools.http.definition import split_url

DETAIL_CHARS = 300
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
    # The SDK's clock goes first: of a connection that timed out under it, it tells too little.
    async with outbound.client(timeout_s=timeout_s + GRACE_S, headers=headers) as http:
        with _as_ours(http):
            client = Client(
                streamable_http_client(address.url, http_client=http),
                read_timeout_seconds=timeout_s,
                client_info=Implementation(name="roomtone", version="1"),
                cache=None,
            )
            async with client:
                yield client


@contextmanager
def _as_ours(http: OutboundClient) -> Iterator[None]:
    """Every failure as one of our errors; what the guard refused comes first, the SDK says less of it."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise _translated(_first(group), http) from group
    except (ToolError, MCPError, httpx2.HTTPError, httpx2.InvalidURL, ValidationError, RuntimeError) as exc:
        raise _translated(exc, http) from exc


def _first(group: BaseException) -> BaseException:
    """The innermost first error of a group; the SDK's tasks fail in groups."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _is_late(exc: BaseException) -> bool:
    return isinstance(exc, MCPError) and exc.code == REQUEST_TIMEOUT


def _translated(exc: BaseException, http: OutboundClient) -> BaseException:
    if http.refused is not None:
        return http.refused
    if isinstance(exc, httpx2.InvalidURL):
        return AddressRefused("The server's address has no host name that can be looked up.")
    if isinstance(exc, TimeoutError | httpx2.TimeoutException) or _is_late(exc):
        return Silent("The server did not answer in time.")
    if isinstance(exc, httpx2.HTTPError):
        return Unreachable("No usable connection to the server.")
    if isinstance(exc, MCPError | ValidationError | RuntimeError):
        return Unusable(scrubbed_text(f"The server said: {exc}")[:DETAIL_CHARS])
    return exc
