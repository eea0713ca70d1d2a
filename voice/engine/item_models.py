"""The items a client may put into a conversation; unknown fields are forbidden.

Assistant audio cannot be put in, only what was said as text. Source: OpenAI platform documentation,
"Realtime client events", `conversation.item.create`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from voice.engine.session_models import Shape
from voice.protocol import ItemStatus


class Content(Shape):
    type: Literal["input_text", "input_audio", "input_image", "output_text"]
    text: str | None = None
    transcript: str | None = None
    audio: str | None = None
    image_url: str | None = None
    detail: Literal["auto", "low", "high"] | None = None


class _Item(Shape):
    id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    object: Literal["realtime.item"] | None = None
    status: ItemStatus | None = None


class Message(_Item):
    type: Literal["message"]
    role: Literal["user", "assistant", "system"]
    content: list[Content] = Field(max_length=64)
    phase: str | None = None


class FunctionCall(_Item):
    type: Literal["function_call"]
    name: str
    arguments: str
    call_id: str | None = None


class FunctionOutput(_Item):
    type: Literal["function_call_output"]
    call_id: str
    output: str


class ItemShape(Shape):
    """Wraps the item so that pydantic picks its kind by `type`."""

    item: Annotated[Message | FunctionCall | FunctionOutput, Field(discriminator="type")]
    previous_item_id: str | None = None
    type: str = "conversation.item.create"
    event_id: str | None = None


def wire_item(shape: Message | FunctionCall | FunctionOutput) -> dict[str, JsonValue]:
    """Return the item as it is kept and sent: nothing that is null, since clients refuse nulls."""
    dumped: dict[str, JsonValue] = shape.model_dump(exclude_none=True)
    return dumped
