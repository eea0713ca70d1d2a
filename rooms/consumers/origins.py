"""Whether a socket was opened by a page of this site: browsers neither omit nor forge the Origin header."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.utils.http import is_same_domain

_PORTS = {"http": 80, "https": 443}

Headers = Iterable[tuple[bytes, bytes]]


def is_own_origin(headers: Headers) -> bool:
    """Whether the Origin's host and port are those of Host, RTHOST or a trusted origin."""
    found = {name.lower(): value.decode("latin-1") for name, value in headers}
    origin, host = found.get(b"origin", ""), found.get(b"host", "")
    parts = _split(origin)
    if parts is None:
        return False
    name = _split(f"{parts.scheme}://{host}")
    if name is None or not validate_host(name.hostname or "", settings.ALLOWED_HOSTS):
        return False
    own = [host, *([settings.RTHOST] if settings.RTHOST else [])]
    return any(_place(parts) == _place(_split(f"{parts.scheme}://{one}")) for one in own) or _is_trusted(
        parts
    )


def _is_trusted(origin: SplitResult) -> bool:
    for trusted in map(_split, settings.CSRF_TRUSTED_ORIGINS):
        if trusted is None or trusted.scheme != origin.scheme:
            continue
        if _place(trusted) == _place(origin):
            return True
        pattern = (trusted.hostname or "").removeprefix("*")
        if pattern != trusted.hostname and is_same_domain(origin.hostname or "", pattern):
            return _port(trusted) == _port(origin)
    return False


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname else None


def _place(parts: SplitResult | None) -> tuple[str | None, int | None]:
    return (parts.hostname, _port(parts)) if parts else (None, None)


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]
