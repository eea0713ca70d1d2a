"""The only way out for tools that operators make: an HTTP client that checks where it connects to.

Promises: a name is looked up once a connection, every address found is checked, and the connection goes to a
checked address and no other, with the name still in Host and SNI; the same at every redirect, since each
needs a connection of its own. No proxy of the environment, no cookies from one run to the next, no compressed
answers, at most `MAX_ANSWER_BYTES` of any answer.

httpx2 rather than httpx because the MCP SDK brings it: one guard for both kinds of tools.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from voice.outbound.addresses import Reach, is_literal, plain_host
from voice.outbound.refusals import AddressRefused, OutboundError, Refused, Unusable

CONNECT_TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 1024 * 1024
MOST_ADDRESSES = 3
MOST_CONNECTIONS = 50

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, each once, in the system's order."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(
        self, reach: Reach, *, resolve: Resolve = resolve, inner: httpcore2.AsyncNetworkBackend | None = None
    ) -> None:
        self._reach = reach
        self._resolve = resolve
        self._inner = inner or httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the interface's own)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._checked(host, port, timeout or CONNECT_TIMEOUT_S)
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  (the interface's own)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise AddressRefused("Sockets of this machine are not for tools.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int, within_s: float) -> list[str]:
        """The addresses of a host; one that is refused refuses all, for who mixes them means no good."""
        self._reach.check_name(host, port)
        try:
            async with asyncio.timeout(within_s):
                found = [plain_host(host)] if is_literal(host) else await self._resolve(host, port)
        except TimeoutError as exc:
            raise httpcore2.ConnectTimeout("the name was not found in time") from exc
        except (OSError, UnicodeError) as exc:
            raise httpcore2.ConnectError("the name was not found") from exc
        if not found:
            raise httpcore2.ConnectError("the name has no address")
        for address in found:
            self._reach.check_address(host, port, address)
        return found[:MOST_ADDRESSES]


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's own transport on guarded connections."""

    def __init__(self, backend: GuardedBackend) -> None:
        certificates = httpx2.create_ssl_context()
        super().__init__(verify=certificates, trust_env=False)
        # httpx2 takes no network backend, so its pool is replaced by the same one with ours in it.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=certificates,
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS // 5,
            keepalive_expiry=15.0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        # A compressed megabyte can be a gigabyte; what is not compressed can be counted.
        request.headers["Accept-Encoding"] = "identity"
        response = await super().handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            await response.aclose()
            raise Unusable("The answer is compressed, though that was not asked for.")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream)
        return response


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ANSWER_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise Unusable(f"The answer is longer than {MAX_ANSWER_BYTES} bytes.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Lent(httpx2.AsyncBaseTransport):
    """A transport that outlives the client it is lent to; it remembers what that client met."""

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self._transport = transport
        self.refused: OutboundError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        try:
            response = await self._transport.handle_async_request(request)
        except (AddressRefused, Unusable) as exc:
            self.refused = exc
            raise
        is_error = response.status_code >= 400
        self.refused = (
            Refused(response.status_code, f"It answered {response.status_code}.") if is_error else None
        )
        return response


class Outbound:
    """The guarded connections of one process; belongs to one event loop, closed by `aclose()`."""

    def __init__(self, backend: GuardedBackend | None = None) -> None:
        self._backend = backend
        self._transport: GuardedTransport | None = None

    def client(self, *, timeout_s: float, headers: dict[str, str] | None = None) -> OutboundClient:
        """A client for one run: the connections are shared, cookies and headers are its own."""
        if self._transport is None:
            self._transport = GuardedTransport(self._backend or GuardedBackend(Reach.of_site()))
        return OutboundClient(_Lent(self._transport), timeout_s=timeout_s, headers=headers)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            await self._transport.aclose()


class OutboundClient(httpx2.AsyncClient):
    """An httpx2 client on guarded connections; follows no redirect by itself."""

    def __init__(self, lent: _Lent, *, timeout_s: float, headers: dict[str, str] | None) -> None:
        super().__init__(
            transport=lent,
            timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, CONNECT_TIMEOUT_S)),
            headers={"User-Agent": "Roomtone", **(headers or {})},
            trust_env=False,
        )
        self._lent = lent

    @property
    def refused(self) -> OutboundError | None:
        """What guard or service last refused, for callers that are told less by a library between."""
        return self._lent.refused
