"""Sends a tool's request and follows its redirects, each of them checked like the first address.

Promises: at most `MOST_REDIRECTS`; never from https to http; to another origin go neither secrets nor a body.
Errors are ours, and never repeat what a library or the service said to a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import httpx2

from voice.outbound.refusals import AddressRefused, Silent, Unreachable, Unusable
from voice.outbound.transport import OutboundClient
from voice.tools.http.request import HttpRequest

MOST_REDIRECTS = 3
_BECOMES_GET = (301, 302, 303)


@dataclass(frozen=True)
class Reply:
    """An answer with its whole body."""

    status: int
    content_type: str
    body: bytes


async def send(client: OutboundClient, request: HttpRequest) -> Reply:
    """The final answer. Raises OutboundError."""
    for _ in range(MOST_REDIRECTS + 1):
        found = await _once(client, request)
        if isinstance(found, Reply):
            return found
        request = _redirected(request, found)
    raise Unusable(f"It redirects more than {MOST_REDIRECTS} times.")


async def _once(client: OutboundClient, request: HttpRequest) -> Reply | httpx2.Response:
    """The answer, or the redirect that stands for one."""
    try:
        async with client.stream(
            request.method,
            request.url,
            headers=request.headers,
            content=request.body.encode() if request.body is not None else None,
            follow_redirects=False,
        ) as response:
            if response.has_redirect_location:
                return response
            content_type = response.headers.get("Content-Type", "")
            return Reply(response.status_code, content_type, await response.aread())
    except httpx2.TimeoutException as exc:
        raise Silent(_named(request)) from exc
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as exc:
        raise AddressRefused("The address has no host name that can be looked up.") from exc
    except httpx2.HTTPError as exc:
        raise Unreachable(_named(request)) from exc


def _redirected(request: HttpRequest, response: httpx2.Response) -> HttpRequest:
    """The request that a redirect asks for. Raises AddressRefused, Unusable."""
    try:
        target = httpx2.URL(request.url).join(response.headers["Location"])
    except httpx2.InvalidURL as exc:
        raise AddressRefused("It redirects to an address without a plain host name.") from exc
    if target.scheme not in ("http", "https") or target.userinfo:
        raise AddressRefused("It redirects to something that is not a plain web address.")
    if urlsplit(request.url).scheme == "https" and target.scheme == "http":
        raise AddressRefused("It redirects from https to http.")
    if response.status_code in _BECOMES_GET and request.method != "GET":
        request = replace(request, method="GET", body=None)
    if _origin(target) == _origin(httpx2.URL(request.url)):
        return replace(request, url=str(target))
    if request.body is not None:
        raise Unusable("It redirects a request with a body to another host.")
    return request.elsewhere(str(target))


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _named(request: HttpRequest) -> str:
    """Host and port: a path or query may hold a secret."""
    return f"No usable connection to {urlsplit(request.url).netloc}."
