"""Tells the dialogue what is new: reads a conversation's items since the assistant last said something."""

from __future__ import annotations

import re
from collections.abc import Collection

from voice.engine.brain.dialogue import Prompt
from voice.engine.brain.tools import ToolResult, read_tools
from voice.engine.response_writer import ResponseOptions
from voice.protocol import JsonObject, item_text

_ALSO = re.compile(r"\balso say\b[^\"“]*[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_QUOTED = re.compile(r"\bsay\b[^\"“]*[\"“](.+)[\"”]", re.IGNORECASE | re.DOTALL)


def prompt_of(
    options: ResponseOptions, items: list[JsonObject], *, introduced: bool, recited: Collection[str] = ()
) -> Prompt:
    """Return what the dialogue has to answer; what was said by order (`recited`: ids) has answered nobody."""
    said_items = items if options.items is None else options.items
    new = _since_last_words(said_items, recited)
    quoted = _QUOTED.search(options.instructions)
    return Prompt(
        heard=" ".join(item_text(item) for item in new if item.get("role") == "user").strip(),
        results=_results(new, said_items),
        tools=read_tools(options.tools),
        tool_choice=_tool_choice(options.tool_choice),
        to_say=quoted.group(1).strip() if quoted else "",
        also_say=_also(said_items),
        last_said=_last_said(said_items),
        introduced=introduced or options.modality == "text",
    )


def _since_last_words(items: list[JsonObject], recited: Collection[str]) -> list[JsonObject]:
    """Return the items after the assistant's last words or calls; an answer nobody heard is no answer."""
    for place in range(len(items) - 1, -1, -1):
        item = items[place]
        said = item.get("role") == "assistant" and item_text(item) and item.get("id") not in recited
        if said or item.get("type") == "function_call":
            return items[place + 1 :]
    return items


def _also(items: list[JsonObject]) -> str:
    """Return what system messages since the last words ask to be said with the next ones."""
    said: list[str] = []
    for item in reversed(items):
        if item.get("role") == "assistant" and item_text(item):
            break
        if item.get("role") == "system":
            said += _ALSO.findall(item_text(item))
    return " ".join(reversed(said))


def _results(new: list[JsonObject], items: list[JsonObject]) -> tuple[ToolResult, ...]:
    names = {item.get("call_id"): item.get("name", "") for item in items if item["type"] == "function_call"}
    return tuple(
        ToolResult(name=names.get(item["call_id"], ""), output=item["output"])
        for item in new
        if item["type"] == "function_call_output"
    )


def _last_said(items: list[JsonObject]) -> str:
    spoken = (item_text(item) for item in reversed(items) if item.get("role") == "assistant")
    return next((text for text in spoken if text), "")


def _tool_choice(choice: object) -> str:
    """Return "auto", "none", "required", or the name of the one function to call."""
    return str(choice.get("name", "auto")) if isinstance(choice, dict) else str(choice)
