"""What the engine is told once, at its start, and never looks up again."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from voice.engine.errors import StartError
from voice.protocol import SESSION_MAX_SECONDS


def is_loopback(bind: str) -> bool:
    """Say whether a listening address is reachable from this machine only."""
    if bind == "localhost":
        return True
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Where to listen, whom to let in, and how much to carry.

    Raises StartError when a non-loopback address is to be opened without a key.
    """

    bind: str = "127.0.0.1"
    port: int = 8765
    api_key: str = ""
    speech: bool = True
    max_calls: int = 40
    connect_timeout_s: float = 15.0
    session_max_s: float = float(SESSION_MAX_SECONDS)
    hearing_model: str = ""
    speaking_model: str = ""

    def __post_init__(self) -> None:
        if not self.api_key and not is_loopback(self.bind):
            raise StartError(
                f"ENGINE_BIND is {self.bind!r}, which others can reach: set ENGINE_API_KEY to a secret."
            )
