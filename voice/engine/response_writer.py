"""Writes one response as events, in the order the hosted API sends them, and keeps its items true.

What a message item says is what has been released, nothing more: a response cut short therefore holds
what was heard. Source of the order: OpenAI platform documentation, "Realtime conversations", and
recordings of the API.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Literal

from voice.engine.conversation import Conversation, Entry, assistant_item, audio_tokens
from voice.engine.outbox import Outbox
from voice.engine.usage import Tokens, cached_tokens, rate_limits, usage
from voice.protocol import (
    ItemStatus,
    JsonObject,
    ResponseStatus,
    ServerEventType,
    StatusReason,
    item_text,
    new_id,
)

Modality = Literal["audio", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseOptions:
    """What one response is asked to be, session and `response.create` taken together."""

    modality: Modality = "audio"
    instructions: str = ""
    tools: list[JsonObject] = field(default_factory=list)
    tool_choice: object = "auto"
    items: list[JsonObject] | None = None
    in_conversation: bool = True
    metadata: JsonObject | None = None
    max_output_tokens: int | Literal["inf"] = "inf"
    audio_output: JsonObject = field(default_factory=dict)


class ResponseWriter:
    """The events of one response; each method may be called once the one before it makes sense."""

    def __init__(self, outbox: Outbox, conversation: Conversation, options: ResponseOptions) -> None:
        self.id = new_id("resp")
        self.options = options
        self.finished = False
        self._outbox = outbox
        self._conversation = conversation
        self._message: Entry | None = None
        self._output: list[Entry] = []

    @property
    def message_id(self) -> str | None:
        """The id of the spoken or written message, if there is one."""
        spoken = [entry.id for entry in self._output if entry.item["type"] == "message"]
        return spoken[0] if spoken else None

    def begin(self) -> None:
        """Announce the response."""
        self._outbox.emit("response.created", response=self._response("in_progress"))

    def open_message(self) -> None:
        """Announce an empty assistant message."""
        entry = Entry(assistant_item(new_id("item"), "in_progress", []))
        self._message = entry
        self._add(entry)
        part = {"type": "audio", "transcript": ""} if self._spoken else {"type": "text", "text": ""}
        self._emit_part("response.content_part.added", part=part)
        entry.item["content"] = [self._content("")]

    def release(self, words: str, *, audio_ms: int = 0) -> None:
        """Send words the person hears or reads from now on."""
        entry = self._open_message()
        said = self._said() + words
        entry.item["content"] = [self._content(said)]
        entry.audio_ms += audio_ms
        kind: ServerEventType = (
            "response.output_audio_transcript.delta" if self._spoken else "response.output_text.delta"
        )
        self._emit_part(kind, delta=words)

    def close_message(self, status: ItemStatus) -> None:
        """End the message with what has been released."""
        entry = self._open_message()
        said = self._said()
        entry.item["status"] = status
        if self._spoken:
            self._emit_part("response.output_audio.done")
            self._emit_part("response.output_audio_transcript.done", transcript=said)
            part = {"type": "audio", "transcript": said}
        else:
            self._emit_part("response.output_text.done", text=said)
            part = {"type": "text", "text": said}
        self._emit_part("response.content_part.done", part=part)
        self._close(entry)
        self._message = None

    def call_function(self, name: str, arguments: str) -> None:
        """Send a whole function call."""
        call: JsonObject = {"name": name, "call_id": new_id("call"), "arguments": ""}
        entry = Entry({"id": new_id("item"), "type": "function_call", "status": "in_progress", **call})
        self._add(entry)
        where = {
            "response_id": self.id,
            "item_id": entry.id,
            "output_index": len(self._output) - 1,
            "call_id": call["call_id"],
        }
        self._outbox.emit("response.function_call_arguments.delta", **where, delta=arguments)
        self._outbox.emit("response.function_call_arguments.done", **where, name=name, arguments=arguments)
        entry.item.update(status="completed", arguments=arguments)
        self._close(entry)

    def finish(
        self,
        status: ResponseStatus,
        *,
        reason: StatusReason | None = None,
        error: JsonObject | None = None,
        read: Tokens,
        before: Tokens,
    ) -> None:
        """End the response; an open message is closed as incomplete first."""
        if self._message is not None:
            self.close_message("incomplete")
        self.finished = True
        details: JsonObject | None = None
        if status != "completed":
            details = {"type": status, "reason": reason} if reason else {"type": status, "error": error}
        written = Tokens(
            text=sum(entry.text_tokens for entry in self._output),
            audio=sum(audio_tokens(entry.audio_ms, spoken=True) for entry in self._output),
        )
        spent = usage(read, cached_tokens(before, read), written)
        self._outbox.emit("response.done", response=self._response(status, details, spent))
        self._outbox.emit("rate_limits.updated", rate_limits=rate_limits(read.total + written.total))

    @property
    def _spoken(self) -> bool:
        return self.options.modality == "audio"

    def _said(self) -> str:
        return item_text_exact(self._open_message().item)

    def _open_message(self) -> Entry:
        if self._message is None:
            raise RuntimeError("no message is open")
        return self._message

    def _content(self, said: str) -> JsonObject:
        if self._spoken:
            return {"type": "output_audio", "transcript": said}
        return {"type": "output_text", "text": said}

    def _add(self, entry: Entry) -> None:
        index = len(self._output)
        self._output.append(entry)
        item = copy.deepcopy(entry.item)
        self._outbox.emit("response.output_item.added", response_id=self.id, output_index=index, item=item)
        if self.options.in_conversation:
            previous = self._conversation.add_entry(entry)
            self._outbox.emit("conversation.item.added", previous_item_id=previous, item=item)

    def _close(self, entry: Entry) -> None:
        item = copy.deepcopy(entry.item)
        if self.options.in_conversation:
            previous = self._conversation.before(entry.id)
            self._outbox.emit("conversation.item.done", previous_item_id=previous, item=item)
        index = self._output.index(entry)
        self._outbox.emit("response.output_item.done", response_id=self.id, output_index=index, item=item)

    def _emit_part(self, kind: ServerEventType, **fields: object) -> None:
        entry = self._open_message()
        where = {"response_id": self.id, "item_id": entry.id, "output_index": self._output.index(entry)}
        self._outbox.emit(kind, **where, content_index=0, **fields)

    def _response(
        self, status: ResponseStatus, details: JsonObject | None = None, spent: JsonObject | None = None
    ) -> JsonObject:
        output = self.options.audio_output
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [copy.deepcopy(entry.item) for entry in self._output],
            "conversation_id": self._conversation.id if self.options.in_conversation else None,
            "output_modalities": [self.options.modality],
            "max_output_tokens": self.options.max_output_tokens,
            "audio": {"output": {"format": output.get("format"), "voice": output.get("voice")}},
            "usage": spent,
            "metadata": self.options.metadata,
        }


def item_text_exact(item: JsonObject) -> str:
    """Return a message's text with its spaces, where `item_text` trims."""
    content = item["content"]
    return str(content[0].get("transcript", content[0].get("text", ""))) if content else item_text(item)
