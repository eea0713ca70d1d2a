"""The pure core of a call: inputs go in, effects come out, nothing is touched on the way."""

from voice.call.core import Call, CallPlan
from voice.call.effects import Arm, Effect, HangUp, RunTool, Send, StoreTurn, StoreUsage, TurnData, UsageData
from voice.call.inputs import (
    Asked,
    BrowserReady,
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
    "TimerFired",
    "ToolFinished",
    "TurnData",
    "UsageData",
]
