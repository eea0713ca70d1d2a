"""What can happen to a call. Every input says when (`at`, aware datetime of this server's clock)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from voice.events import ServerEvent

Timer = Literal["ready", "idle", "max", "respond", "warn", "goodbye"]


@dataclass(frozen=True)
class ProviderEvent:
    """One event read from the sideband."""

    event: ServerEvent
    at: datetime


@dataclass(frozen=True)
class ToolFinished:
    """A tool run ended, well or not; `output` is the text the model gets (JSON)."""

    call_id: str
    output: str
    at: datetime


@dataclass(frozen=True)
class TimerFired:
    """`number` counts how often the timer was armed: an old one is ignored by the driver."""

    timer: Timer
    at: datetime
    number: int = 0


@dataclass(frozen=True)
class BrowserReady:
    """The page says its data channel is open."""

    at: datetime


@dataclass(frozen=True)
class HumanActed:
    """A sign of life that no sideband saw: the page reported what the person said."""

    at: datetime


@dataclass(frozen=True)
class Asked:
    """A person is asked before a tool runs; silence counts from here."""

    at: datetime


@dataclass(frozen=True)
class Whispered:
    """An operator tells the model what the person does not hear; `respond`: have it speak at once."""

    text: str
    respond: bool
    at: datetime


@dataclass(frozen=True)
class LineRejoined:
    """The sideband broke and is back: what the provider said meanwhile was not heard."""

    at: datetime


@dataclass(frozen=True)
class BudgetLow:
    """Most of the money is spent; `words` are for the person."""

    words: str
    at: datetime


@dataclass(frozen=True)
class BudgetReached:
    """The money is spent: the call has to end soon; `words` are for the person."""

    words: str
    at: datetime


@dataclass(frozen=True)
class EndRequested:
    """Somebody or something wants the call over; `reason` is an EndReason value."""

    reason: str
    at: datetime


Input = (
    ProviderEvent
    | ToolFinished
    | TimerFired
    | BrowserReady
    | HumanActed
    | Asked
    | Whispered
    | LineRejoined
    | BudgetLow
    | BudgetReached
    | EndRequested
)
