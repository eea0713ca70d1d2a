"""The provider's events that the server acts on, checked where they cross the border.

Shapes: the Realtime API's server events (OpenAI API reference, "Realtime server events"). Only
what is read here is modelled; unknown fields are ignored because providers add some every month,
and unknown event types parse to `None`. A known type with a broken body also parses to `None`
after being counted by the caller: one odd event must not end a call.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, body: Any) -> Any:
        """Providers disagree on null or absent; here both mean the default."""
        if isinstance(body, dict):
            return {name: value for name, value in body.items() if value is not None}
        return body


class Content(_Shape):
    """One content part of an item; `transcript` belongs to audio, `text` to text."""

    type: str = ""
    text: str | None = None
    transcript: str | None = None

    @property
    def words(self) -> str:
        return self.transcript or self.text or ""


class Item(_Shape):
    """A conversation item; which fields are set depends on `type`."""

    id: str = ""
    type: str
    role: str = ""
    status: str = ""
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    content: list[Content] = []

    @property
    def words(self) -> str:
        return " ".join(part.words for part in self.content if part.words)


class TokenDetails(_Shape):
    text_tokens: int = 0
    audio_tokens: int = 0
    image_tokens: int = 0


class InputDetails(TokenDetails):
    cached_tokens: int = 0
    cached_tokens_details: TokenDetails | None = None


class OutputDetails(TokenDetails):
    reasoning_tokens: int = 0


class TokenUsage(_Shape):
    """Tokens of one response or transcription; `seconds` when the provider bills by duration."""

    type: str = "tokens"
    seconds: float | None = None
    total_tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    input_token_details: InputDetails | None = None
    output_token_details: OutputDetails | None = None


class ErrorBody(_Shape):
    type: str | None = None
    code: str | None = None
    message: str = ""
    param: str | None = None
    event_id: str | None = None


class StatusDetails(_Shape):
    type: str | None = None
    reason: str | None = None
    error: ErrorBody | None = None


class Response(_Shape):
    id: str
    status: str = "in_progress"
    status_details: StatusDetails | None = None
    output: list[Item] = []
    usage: TokenUsage | None = None
    metadata: dict[str, Any] = {}


class SpeechStarted(_Shape):
    type: Literal["input_audio_buffer.speech_started"]
    item_id: str
    audio_start_ms: int = 0


class SpeechStopped(_Shape):
    type: Literal["input_audio_buffer.speech_stopped"]
    item_id: str


class ItemAdded(_Shape):
    type: Literal["conversation.item.added", "conversation.item.created"]
    item: Item


class ItemRetrieved(_Shape):
    type: Literal["conversation.item.retrieved"]
    item: Item


class Transcribed(_Shape):
    type: Literal["conversation.item.input_audio_transcription.completed"]
    item_id: str
    transcript: str
    usage: TokenUsage | None = None


class TranscriptionFailed(_Shape):
    type: Literal["conversation.item.input_audio_transcription.failed"]
    item_id: str
    error: ErrorBody = ErrorBody()


class ResponseCreated(_Shape):
    type: Literal["response.created"]
    response: Response


class ResponseDone(_Shape):
    type: Literal["response.done"]
    response: Response


class OutputItemAdded(_Shape):
    type: Literal["response.output_item.added"]
    response_id: str
    item: Item


class SpokenDelta(_Shape):
    type: Literal["response.output_audio_transcript.delta", "response.output_text.delta"]
    response_id: str
    item_id: str
    delta: str


class OutputItemDone(_Shape):
    type: Literal["response.output_item.done"]
    response_id: str
    item: Item


class PlaybackStarted(_Shape):
    type: Literal["output_audio_buffer.started"]
    response_id: str | None = None


class PlaybackStopped(_Shape):
    type: Literal["output_audio_buffer.stopped"]
    response_id: str | None = None


class PlaybackCleared(_Shape):
    type: Literal["output_audio_buffer.cleared"]
    response_id: str | None = None


class Truncated(_Shape):
    type: Literal["conversation.item.truncated"]
    item_id: str
    audio_end_ms: int = 0


class SessionUpdated(_Shape):
    """Somebody changed the session; `session` is all of it as it is now."""

    type: Literal["session.updated"]
    session: dict[str, Any]


class ErrorEvent(_Shape):
    type: Literal["error"]
    error: ErrorBody


ServerEvent = (
    SpeechStarted
    | SpeechStopped
    | ItemAdded
    | ItemRetrieved
    | Transcribed
    | TranscriptionFailed
    | ResponseCreated
    | ResponseDone
    | OutputItemAdded
    | SpokenDelta
    | OutputItemDone
    | PlaybackStarted
    | PlaybackStopped
    | PlaybackCleared
    | Truncated
    | SessionUpdated
    | ErrorEvent
)

_ADAPTER: TypeAdapter[ServerEvent] = TypeAdapter(Annotated[ServerEvent, Field(discriminator="type")])


def parse_event(text: str | bytes) -> ServerEvent | None:
    """Return the event, or None for a type not acted on or a body that does not fit its type."""
    try:
        body: Any = json.loads(text)
        return _ADAPTER.validate_python(body)
    except (ValueError, ValidationError):
        return None
