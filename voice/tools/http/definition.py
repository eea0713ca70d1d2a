"""What an operator may write as the request of an HTTP tool; each slip is named with its field.

The rules keep arguments where they belong: never in the host, in a path only those that are always given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol

from django.conf import settings

from voice.outbound.templates import arguments_in, secrets_in, stray_brace

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?(?P<path>/[^?#\s\\]*)?"
    r"(?:\?(?P<query>[^#\s\\]*))?"
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect")
) | {"accept-encoding"}
_NEED_SECRET = frozenset(("authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"))

Problem = tuple[str, str]
"""The field, and what is wrong with it."""


class HttpFields(Protocol):
    """The fields of a tool that say what is sent."""

    http_method: str
    http_url: str
    http_query: Any
    http_headers: Any
    http_body: Any
    http_pick: str
    parameters: Any


def split_url(url: str) -> re.Match[str] | None:
    """The parts of an address template; None when host or scheme are not plainly written in it."""
    return _URL.fullmatch(url)


def problems(tool: HttpFields) -> Iterator[Problem]:
    """Everything that is wrong with a tool's request."""
    yield from _url_problems(tool)
    yield from _mapping_problems("http_query", tool.http_query)
    yield from _mapping_problems("http_headers", tool.http_headers)
    yield from header_problems("http_headers", tool.http_headers)
    if tool.http_body is not None and tool.http_method not in WITH_BODY:
        yield "http_body", f"{tool.http_method} sends no body."
    for field in ("http_url", "http_query", "http_headers", "http_body"):
        yield from template_problems(field, getattr(tool, field))
        yield from _argument_problems(field, getattr(tool, field), tool.parameters)


def header_problems(field: str, headers: Any) -> Iterator[Problem]:
    """Headers that are not ours to set, or that hold a secret for all to read."""
    for name, template in headers.items() if isinstance(headers, dict) else ():
        if not _HEADER_NAME.fullmatch(name):
            yield field, f"{name} is not the name of a header."
        elif name.lower() in _OURS or name.lower().startswith("proxy-"):
            yield field, f"{name} is set by the site itself."
        elif name.lower() in _NEED_SECRET and not secrets_in(template):
            yield (
                field,
                f"{name} must come from a secret, such as ${{ENV:NAME}}: what stands here can be read.",
            )


def template_problems(field: str, template: Any) -> Iterator[Problem]:
    """Places that are written wrongly, and secrets the site does not name."""
    if stray_brace(template):
        yield field, "A { or } stands alone: write {argument} or ${ENV:NAME}."
    for name in sorted(secrets_in(template) - set(settings.TOOL_SECRETS)):
        yield field, f"{name} is not in TOOL_SECRETS."


def _url_problems(tool: HttpFields) -> Iterator[Problem]:
    parts = split_url(tool.http_url)
    if parts is None:
        yield (
            "http_url",
            "An address is needed that starts with http:// or https:// and a plain host name, without"
            " a user name, spaces or a #; arguments may stand in the path only.",
        )
        return
    if arguments_in(parts["query"] or ""):
        yield "http_url", "Arguments of the query stand under Query, not in the address."
    if parts["port"] and not 0 < int(parts["port"]) < 65536:
        yield "http_url", "A port is a number from 1 to 65535."
    required = _names(tool.parameters, "required")
    for name in sorted(arguments_in(parts["path"] or "") - required):
        yield "http_url", f"{{{name}}} stands in the path, so the parameters must require it."


def _mapping_problems(field: str, mapping: Any) -> Iterator[Problem]:
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        yield field, 'A JSON object of texts is needed, such as {"name": "{argument}"}.'


def _argument_problems(field: str, template: Any, parameters: Any) -> Iterator[Problem]:
    for name in sorted(arguments_in(template) - _names(parameters, "properties")):
        yield field, f"{{{name}}} is not among the parameters."


def _names(parameters: Any, key: str) -> set[str]:
    found = parameters.get(key) if isinstance(parameters, dict) else None
    return {str(name) for name in found} if isinstance(found, list | dict) else set()
