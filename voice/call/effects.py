"""What a call wants done. The driver (`voice.live_call`) performs effects in the order given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from voice.call.inputs import Timer
from voice.events import TokenUsage
from voice.protocol import JsonObject


@dataclass(frozen=True)
class Send:
    """One client event for the provider."""

    event: JsonObject


@dataclass(frozen=True)
class RunTool:
    """Run a tool; its end comes back as `ToolFinished`. `arguments` is the model's text, unchecked."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class TurnData:
    """One side's words. `heard_text` is what reached the ear: equal to `text` unless interrupted."""

    item_id: str
    role: Literal["user", "assistant"]
    text: str
    heard_text: str
    started_at: datetime
    heard_exact: bool = True
    interrupted: bool = False


@dataclass(frozen=True)
class StoreTurn:
    turn: TurnData


@dataclass(frozen=True)
class UsageData:
    """Usage of one response (`source_id` = response id) or one transcription (= item id)."""

    kind: Literal["response", "transcription"]
    source_id: str
    usage: TokenUsage


@dataclass(frozen=True)
class StoreUsage:
    usage: UsageData


@dataclass(frozen=True)
class Arm:
    """(Re)start a timer: `TimerFired` comes after `after_s` seconds; an older one of the name is dropped."""

    timer: Timer
    after_s: float


@dataclass(frozen=True)
class Tell:
    """Tell the page and who watches; `words` are for the person, `code` is for programs."""

    code: Literal["time_low", "budget_low", "budget_reached"]
    words: str


@dataclass(frozen=True)
class StoreTampering:
    """Somebody in the call changed what only the site may; `what` names it without its words."""

    what: str


@dataclass(frozen=True)
class HangUp:
    """End the call at the provider and close the record with this reason."""

    reason: str


Effect = Send | RunTool | StoreTurn | StoreUsage | Arm | StoreTampering | Tell | HangUp
