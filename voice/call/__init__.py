"""The pure core of a call: inputs go in, effects come out, nothing is touched on the way."""

from voice.call.core import Call, CallPlan
from voice.call.effects import (
    Arm,
    Effect,
    HangUp,
    RunTool,
    Send,
    StoreTurn,
    StoreUsage,
    Tell,
    TurnData,
    UsageData,
)
from voice.call.inputs import (
    Asked,
    BrowserReady,
    BudgetLow,
    BudgetReached,
    EndRequested,
    HumanActed,
    Input,
    LineRejoined,
    ProviderEvent,
    TimerFired,
    ToolFinished,
)

__all__ = [
    "Arm",
    "Asked",
    "BrowserReady",
    "BudgetLow",
    "BudgetReached",
    "Call",
    "CallPlan",
    "Effect",
    "EndRequested",
    "HangUp",
    "HumanActed",
    "Input",
    "LineRejoined",
    "ProviderEvent",
    "RunTool",
    "Send",
    "StoreTurn",
    "StoreUsage",
    "Tell",
    "TimerFired",
    "ToolFinished",
    "TurnData",
    "UsageData",
]
