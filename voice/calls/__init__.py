"""Calls from their first request to their end: creation, ownership, handing over, leaving."""

from voice.calls.creation import NewCall, StartedCall
from voice.calls.owner import CallOwner

__all__ = ["CallOwner", "NewCall", "StartedCall"]
