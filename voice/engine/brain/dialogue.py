"""Decides what to answer: pure and deterministic, so that every turn can be tested without a sound.

Picks tools by words, asks for one missing argument at a time, answers from what tools returned, and
admits what it does not understand. What it remembers between turns is a `Memory` handed in and out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from voice.engine.brain import phrases
from voice.engine.brain.arguments import extract, extract_answer, is_free_text, missing
from voice.engine.brain.choosing import choose, score
from voice.engine.brain.sentences import say_result
from voice.engine.brain.tools import Tool, ToolCall, ToolResult
from voice.engine.brain.words import sentences_of

_SURE = 3.0
_JOINTS = re.compile(r"\s*,?\s+(?:and|then|plus|also)\s+(?:then\s+|also\s+)?|\s*;\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pending:
    """A tool that waits for an argument the person has been asked for."""

    tool: str
    arguments: dict[str, Any]
    wanted: str


@dataclass(frozen=True, slots=True)
class Memory:
    """What one call remembers between turns."""

    pending: Pending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is new since the last words, and what can be done about it."""

    heard: str = ""
    results: tuple[ToolResult, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    to_say: str = ""
    also_say: str = ""
    last_said: str = ""
    introduced: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What to say, and which tools to call after it."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


def decide(memory: Memory, prompt: Prompt) -> tuple[Memory, Reply]:
    """Return the reply to a prompt, and what to remember."""
    memory, reply = _decide(memory, prompt)
    if reply.text and prompt.also_say:
        reply = replace(reply, text=f"{reply.text} {prompt.also_say}")
    if reply.text and not prompt.introduced and "built-in engine" not in reply.text:
        reply = replace(reply, text=phrases.INTRODUCTION + reply.text)
    return memory, reply


def _decide(memory: Memory, prompt: Prompt) -> tuple[Memory, Reply]:
    if prompt.to_say:
        return memory, Reply(prompt.to_say)
    told = " ".join(say_result(result.output) for result in prompt.results)
    if not prompt.heard:
        return memory, Reply(told or phrases.GREETING)
    memory, reply = _answer(memory, prompt)
    return memory, replace(reply, text=f"{told} {reply.text}".strip())


def _answer(memory: Memory, prompt: Prompt) -> tuple[Memory, Reply]:
    tools = _allowed(prompt)
    if memory.pending is not None:
        resumed = _resume(memory.pending, prompt, tools)
        if resumed is not None:
            return resumed
    forced = _forced(prompt, tools)
    if forced is not None:
        return _call_or_ask([(forced, prompt.heard)])
    talk = _talk(prompt, tools)
    if talk:
        return Memory(), Reply(talk)
    wanted = _wanted(tools, prompt.heard)
    if wanted:
        return _call_or_ask(wanted)
    return Memory(), Reply(_fallback(prompt, tools))


def _allowed(prompt: Prompt) -> tuple[Tool, ...]:
    return () if prompt.tool_choice == "none" else prompt.tools


def _forced(prompt: Prompt, tools: tuple[Tool, ...]) -> Tool | None:
    """Return the tool that has to be called whatever was said."""
    if prompt.tool_choice == "required" and tools:
        return max(tools, key=lambda tool: score(tool, prompt.heard))
    return next((tool for tool in tools if tool.name == prompt.tool_choice), None)


def _resume(pending: Pending, prompt: Prompt, tools: tuple[Tool, ...]) -> tuple[Memory, Reply] | None:
    """Use the utterance as the argument asked for, unless the person has moved on."""
    tool = next((tool for tool in tools if tool.name == pending.tool), None)
    other = choose(tools, prompt.heard)
    moved_on = other is not None and other is not tool and score(other, prompt.heard) >= _SURE
    if tool is None or moved_on or phrases.small_talk(prompt.heard):
        return None
    rule = tool.properties.get(pending.wanted, {})
    value = extract_answer(pending.wanted, rule, prompt.heard)
    if value is None:
        return Memory(pending), Reply(phrases.question_for(pending.wanted))
    return _complete([(tool, {**pending.arguments, pending.wanted: value})])


def _talk(prompt: Prompt, tools: tuple[Tool, ...]) -> str:
    """Return the answer to what is about the conversation itself; only what is said last counts."""
    if phrases.asks_to_repeat(prompt.heard):
        return prompt.last_said or phrases.NOTHING_TO_REPEAT
    if phrases.asks_for_capabilities(prompt.heard):
        return phrases.capabilities(tools)
    if phrases.asks_for_identity(prompt.heard):
        return phrases.identity()
    parts = sentences_of(prompt.heard)
    answers = [phrases.small_talk(part) for part in parts]
    if parts and all(answers):
        return answers[-1]
    return ""


def _wanted(tools: tuple[Tool, ...], heard: str) -> list[tuple[Tool, str]]:
    """Return the tools an utterance asks for, each with the part of it that does."""
    whole = choose(tools, heard)
    if whole is not None and any(is_free_text(name, rule) for name, rule in whole.properties.items()):
        return [(whole, heard)]
    wanted: list[tuple[Tool, str]] = []
    for part in [
        part for sentence in sentences_of(heard) for part in _JOINTS.split(sentence) if part.strip()
    ]:
        tool = choose(tools, part)
        if tool is not None:
            wanted.append((tool, part))
        elif wanted and _is_another_place(wanted[-1][0], part):
            wanted.append((wanted[-1][0], f"in {part.removeprefix('in ')}"))
    if len(wanted) == 1 or not wanted:
        return [(whole, heard)] if whole is not None else wanted
    return wanted


def _is_another_place(tool: Tool, part: str) -> bool:
    """Say whether a part such as "London" only names one more argument for the same tool."""
    return len(part.split()) <= 3 and bool(tool.required) and part.strip()[:1].isupper()


def _call_or_ask(wanted: list[tuple[Tool, str]]) -> tuple[Memory, Reply]:
    return _complete([(tool, extract(tool, part)) for tool, part in wanted])


def _complete(wanted: list[tuple[Tool, dict[str, Any]]]) -> tuple[Memory, Reply]:
    """Call every tool that has what it needs; ask for the first thing that is missing."""
    calls: list[ToolCall] = []
    for tool, arguments in wanted:
        name = missing(tool, arguments)
        if name is None:
            calls.append(ToolCall(tool.name, arguments))
        elif not calls:
            return Memory(Pending(tool.name, arguments, name)), Reply(phrases.question_for(name))
    unique = tuple(call for at, call in enumerate(calls) if call not in calls[:at])
    return Memory(), Reply(calls=unique)


def _fallback(prompt: Prompt, tools: tuple[Tool, ...]) -> str:
    if phrases.asks_for_time(prompt.heard):
        return phrases.NO_CLOCK
    return phrases.not_understood(prompt.heard, tools)
