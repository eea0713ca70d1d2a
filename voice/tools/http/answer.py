"""What the model is told of a service's answer: the part that the operator picked, without secrets."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from voice.outbound.picking import NotThere, pick
from voice.outbound.refusals import Refused, Unusable
from voice.outbound.secrets import scrubbed, scrubbed_text
from voice.tools.context import Output
from voice.tools.http.sending import Reply

DETAIL_CHARS = 500


def output_of(reply: Reply, path: str) -> Output:
    """A JSON object as it is, anything else under `result`. Raises Refused, Unusable."""
    if not 200 <= reply.status < 300:
        raise Refused(reply.status, f"It answered {reply.status}: {_beginning(reply)}")
    if not reply.body.strip():
        return {"result": "Done."}
    value = _value(reply)
    try:
        picked = pick(value, path)
    except NotThere as exc:
        raise Unusable(f"Its answer has nothing at {path} ({exc} is not there): {_beginning(reply)}") from exc
    return as_output(picked)


def as_output(value: Any) -> Output:
    """Any JSON as the object that a tool gives."""
    clean = scrubbed(value)
    return clean if isinstance(clean, dict) else {"result": clean}


def _value(reply: Reply) -> Any:
    text = reply.body.decode("utf-8", "replace")
    is_json = "json" in reply.content_type.lower()
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:
        if is_json:
            raise Unusable(f"It calls its answer JSON, which it is not: {_beginning(reply)}") from exc
        return text


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _beginning(reply: Reply) -> str:
    # Scrubbed before it is cut: half a secret would not be found.
    return scrubbed_text(reply.body.decode("utf-8", "replace"))[:DETAIL_CHARS]
