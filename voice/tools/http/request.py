"""A tool's row and the model's arguments as one HTTP request; pure, so a dry run shows what would be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from voice.errors import ToolError
from voice.outbound.refusals import AddressRefused
from voice.outbound.secrets import MASK, Lookup
from voice.outbound.templates import (
    Absent,
    Filling,
    argument_alone,
    header_text,
    path_segment,
    secrets_in,
    text_of,
)
from voice.tools.http.definition import HttpFields, split_url

_CREDENTIALS = frozenset({"authorization", "cookie"})


@dataclass(frozen=True)
class HttpRequest:
    """What is sent. `private_headers` (lower case) go to this origin and to no other."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None
    private_headers: frozenset[str]

    def shown(self) -> dict[str, Any]:
        """The request for reading; made with masked secrets only."""
        url = self.url.replace(quote(MASK, safe=""), MASK)
        return {"method": self.method, "url": url, "headers": self.headers, "body": self.body}

    def elsewhere(self, url: str) -> HttpRequest:
        """The request for another origin: without what only the first one may see."""
        kept = {name: text for name, text in self.headers.items() if name.lower() not in self.private_headers}
        return replace(self, url=url, headers=kept)


def request_for(tool: HttpFields, values: dict[str, Any], secret: Lookup) -> HttpRequest:
    """The request for these arguments. Raises ToolError (Unfit, NotSetUp, AddressRefused)."""
    filling = Filling(values, secret)
    headers = dict(_headers(tool, filling))
    body = _body(tool, filling)
    if body is not None and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    private = {name.lower() for name, text in tool.http_headers.items() if secrets_in(text)}
    return HttpRequest(
        method=str(tool.http_method),
        url=_url(tool, filling),
        headers={"Accept": "application/json, text/plain;q=0.9, */*;q=0.1", **headers},
        body=body,
        private_headers=frozenset(private) | _CREDENTIALS,
    )


def _url(tool: HttpFields, filling: Filling) -> str:
    parts = split_url(tool.http_url)
    if parts is None:
        raise AddressRefused("The tool's address has no plain host name.")
    try:
        path = filling.text(parts["path"] or "/", path_segment)
        fixed = filling.text(parts["query"] or "", lambda text: quote(text, safe=""))
    except Absent as exc:
        raise ToolError(f"The argument {exc} is missing.") from exc
    query = "&".join(filter(None, [fixed, *_query(tool, filling)]))
    port = f":{parts['port']}" if parts["port"] else ""
    return f"{parts['scheme']}://{parts['host']}{port}{path}{'?' if query else ''}{query}"


def _query(tool: HttpFields, filling: Filling) -> Iterator[str]:
    """One `name=value` each; a list becomes several, what was not given is left out."""
    for name, template in tool.http_query.items():
        alone = argument_alone(template)
        try:
            value = filling.value(alone) if alone else filling.text(template)
        except Absent:
            continue
        for one in value if isinstance(value, list) else [value]:
            yield f"{quote(name, safe='')}={quote(text_of(one), safe='')}"


def _headers(tool: HttpFields, filling: Filling) -> Iterator[tuple[str, str]]:
    for name, template in tool.http_headers.items():
        try:
            # The mask is no letter of a header, and is never sent.
            text = filling.text(template, lambda text: text if text == MASK else header_text(text))
        except Absent:
            continue
        yield name, text


def _body(tool: HttpFields, filling: Filling) -> str | None:
    if tool.http_body is None:
        return None
    try:
        return json.dumps(filling.json(tool.http_body), ensure_ascii=False)
    except Absent:
        return None
