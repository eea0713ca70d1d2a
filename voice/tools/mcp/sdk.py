"""The official SDK's client, loaded when the first MCP server is asked.

Its import takes half a second and 18 MB, which most processes do without: import this module through
`voice.tools.mcp.connection` alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx2
from mcp import Client, Implementation, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import REQUEST_TIMEOUT
from pydantic import ValidationError

from voice.errors import ToolError
from voice.outbound.refusals import AddressRefused, Silent, Unreachable, Unusable
from voice.outbound.secrets import scrubbed_text
from voice.outbound.transport import OutboundClient

DETAIL_CHARS = 300


@asynccontextmanager
async def open_client(url: str, http: OutboundClient, *, timeout_s: float) -> AsyncIterator[Client]:
    """A client that has shaken hands. Raises OutboundError, whatever goes wrong on the way or meanwhile."""
    with _as_ours(http):
        client = Client(
            streamable_http_client(url, http_client=http),
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
