"""The engine's own errors: what a client did wrong, and what keeps the engine from starting.

A `Refusal` becomes an HTTP body in `app` or an error event in `client_events`, nowhere else.
"""

from __future__ import annotations


class EngineError(Exception):
    """Root of everything the engine raises on purpose."""


class StartError(EngineError):
    """The engine cannot start as configured; the message says which setting to change."""


class Refusal(EngineError):
    """A request or event is refused; nothing has changed."""

    def __init__(self, code: str, message: str, *, param: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.status = status
