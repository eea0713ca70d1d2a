"""The shapes a client may put in a session, a response or an item; unknown fields are forbidden.

Validation only: merging lives in `session`. Errors of pydantic become the API's own codes in `read`.
Source: OpenAI platform documentation, "Realtime client events" (GA).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from voice.engine.errors import Refusal
from voice.protocol import Eagerness, JsonObject


class Shape(BaseModel):
    """A wire object that tolerates no unknown field and no silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Format(Shape):
    type: Literal["audio/pcm", "audio/pcmu", "audio/pcma"]
    rate: Literal[24000] | None = None


class NoiseReduction(Shape):
    type: Literal["near_field", "far_field"]
    strength: float | None = None


class Transcription(Shape):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class ServerVad(Shape):
    type: Literal["server_vad"] = "server_vad"
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_padding_ms: int = Field(default=300, ge=0, le=5000)
    silence_duration_ms: int = Field(default=500, ge=50, le=10_000)
    idle_timeout_ms: Annotated[int, Field(ge=5000, le=30_000)] | None = None
    create_response: bool = True
    interrupt_response: bool = True


class SemanticVad(Shape):
    type: Literal["semantic_vad"]
    eagerness: Eagerness = "auto"
    create_response: bool = True
    interrupt_response: bool = True


class AudioInput(Shape):
    format: Format | None = None
    noise_reduction: NoiseReduction | None = None
    transcription: Transcription | None = None
    turn_detection: Annotated[ServerVad | SemanticVad, Field(discriminator="type")] | None = None


class CustomVoice(Shape):
    id: str


Voice = Literal["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]


class AudioOutput(Shape):
    format: Format | None = None
    voice: Voice | CustomVoice | None = None
    speed: float | None = Field(default=None, ge=0.25, le=1.5)


class Audio(Shape):
    input: AudioInput | None = None
    output: AudioOutput | None = None


class FunctionTool(Shape):
    type: Literal["function"]
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None


class FunctionChoice(Shape):
    type: Literal["function"]
    name: str


class Reasoning(Shape):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


ToolChoice = Literal["auto", "none", "required"] | FunctionChoice
OutputTokens = Annotated[int, Field(ge=1, le=4096)] | Literal["inf"]
Modalities = Annotated[list[Literal["audio", "text"]], Field(min_length=1, max_length=1)]
Metadata = Annotated[
    dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]],
    Field(max_length=16),
]


class SessionShape(Shape):
    type: Literal["realtime"]
    model: str | None = None
    instructions: str | None = None
    output_modalities: Modalities | None = None
    audio: Audio | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    max_output_tokens: OutputTokens | None = None
    truncation: JsonValue = None
    tracing: JsonValue = None
    prompt: None = None
    include: list[Literal["item.input_audio_transcription.logprobs"]] | None = None


class ResponseAudio(Shape):
    output: AudioOutput | None = None


class ResponseShape(Shape):
    conversation: Literal["auto", "none"] | None = None
    input: list[dict[str, JsonValue]] | None = None
    instructions: str | None = None
    metadata: Metadata | None = None
    output_modalities: Modalities | None = None
    max_output_tokens: OutputTokens | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    reasoning: Reasoning | None = None
    prompt: None = None
    audio: ResponseAudio | None = None


class ExpiresAfter(Shape):
    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(default=600, ge=10, le=7200)


class SecretRequest(Shape):
    expires_after: ExpiresAfter | None = None
    session: dict[str, JsonValue] | None = None


ShapeT = TypeVar("ShapeT", bound=Shape)


def read(shape: type[ShapeT], given: Any, *, param: str = "") -> ShapeT:
    """Validate `given` and return it typed. Raises Refusal with the API's code and the path as `param`."""
    try:
        return shape.model_validate(given)
    except ValidationError as exc:
        raise _refusal(exc.errors(include_url=False)[0], param) from exc


def given_fields(shape: Shape) -> JsonObject:
    """Return only what the client sent, nulls included, so that a partial update stays partial."""
    return shape.model_dump(exclude_unset=True)


def _refusal(error: Any, param: str) -> Refusal:
    # Discriminators stand in pydantic's path but not in the client's object.
    path = ".".join(str(part) for part in error["loc"] if part not in ("server_vad", "semantic_vad"))
    where = ".".join(part for part in (param, path) if part)
    kind = error["type"]
    if kind == "extra_forbidden":
        return Refusal("unknown_parameter", f"Unknown parameter: '{where}'.", param=where)
    if kind in ("missing", "union_tag_not_found"):
        where = f"{where}.type" if kind == "union_tag_not_found" else where
        return Refusal("missing_required_parameter", f"Missing required parameter: '{where}'.", param=where)
    return Refusal("invalid_value", f"Invalid value for '{where}': {error['msg']}.", param=where)
