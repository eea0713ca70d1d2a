"""What browsers may send. Unknown fields are refused, so a typo does not pass in silence."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

MAX_SDP_CHARS = 65_536

# Visible ASCII: what providers make ids of, and what every database and URL takes.
ProviderId = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[\x21-\x7e]+$")]
Slug = Annotated[str, Field(max_length=50, pattern=r"^[-a-zA-Z0-9_]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewCallBody(_Body):
    sdp: str = Field(max_length=MAX_SDP_CHARS)
    assistant: Slug | None = None
    voice: str = Field("", max_length=40)
    replace: bool = False


class MintBody(_Body):
    assistant: Slug | None = None


class AttachBody(_Body):
    call_id: str = Field(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9_-]+$")


class EndBody(_Body):
    reason: Literal["user", "browser_left"] = "user"


class EndOthersBody(_Body):
    """Nothing to say: the reason is that staff did it."""


class WhisperBody(_Body):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: str = Field(min_length=1, max_length=1000)
    respond: bool = False

    @field_validator("text")
    @classmethod
    def is_storable(cls, text: str) -> str:
        if "\x00" in text:
            raise PydanticCustomError("nul", "It holds a NUL character, which no database keeps.")
        return text


class ToolCallBody(_Body):
    call_id: ProviderId
    name: ProviderId
    arguments: str = Field("", max_length=65_536)


class DecisionBody(_Body):
    decision: Literal["approve", "deny", "always"]


Tokens = Annotated[int, Field(ge=0, le=1_000_000)]


class UsedTokens(BaseModel):
    """The provider's own words, handed on by the page: fields of tomorrow are no mistake of the page."""

    text_tokens: Tokens = 0
    audio_tokens: Tokens = 0
    image_tokens: Tokens = 0
    reasoning_tokens: Tokens = 0
    cached_tokens: Tokens = 0
    cached_tokens_details: UsedTokens | None = None


class UsedBody(BaseModel):
    seconds: float | None = Field(None, ge=0, le=3600)
    total_tokens: Tokens = 0
    input_tokens: Tokens = 0
    output_tokens: Tokens = 0
    input_token_details: UsedTokens | None = None
    output_token_details: UsedTokens | None = None


class UsageBody(_Body):
    kind: Literal["response", "transcription"]
    source_id: ProviderId
    usage: UsedBody


class TurnBody(_Body):
    item_id: ProviderId
    role: Literal["user", "assistant"]
    text: str = Field(max_length=20_000)
    heard_text: str | None = Field(None, max_length=20_000)
    interrupted: bool = False
    started_at: AwareDatetime | None = None
