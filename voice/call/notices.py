"""Words about a call's limits: a hint before its time is over, a goodbye when its money is. Pure.

The hint is an item of the conversation and asks for no response, so it interrupts nobody: the model says it
with its next answer. The goodbye is a response of its own, known again by its metadata; until it has been
begun it is asked for after every response, and the call ends when it has been heard or `GOODBYE_S` are over.
"""

from __future__ import annotations

from voice.call.effects import Arm, Effect, Send, Tell
from voice.events import Response
from voice.protocol import JsonObject, client_event

WARN_BEFORE_S = 60.0
GOODBYE_S = 12.0
TIME_LOW = "One minute of this call is left."
HINT = 'The call ends in one minute. With your next answer also say: "One minute is left."'
_PURPOSE = {"purpose": "goodbye"}


def hint() -> list[Effect]:
    """The last minute begins."""
    item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": HINT}]}
    return [Tell("time_low", TIME_LOW), Send(client_event("conversation.item.create", item=item))]


class Goodbye:
    """The last words of a call whose money is spent."""

    def __init__(self) -> None:
        self.words = ""
        self._response = ""
        self._is_low_told = False

    @property
    def is_leaving(self) -> bool:
        return bool(self.words)

    @property
    def is_owed(self) -> bool:
        """Whether the goodbye still has to be asked for."""
        return self.is_leaving and not self._response

    def low(self, words: str) -> list[Effect]:
        """Say once that the money is going."""
        if self._is_low_told or self.is_leaving:
            return []
        self._is_low_told = True
        return [Tell("budget_low", words)]

    def begin(self, words: str) -> list[Effect]:
        """Leave from now on."""
        self.words = words
        return [Tell("budget_reached", words), Arm("goodbye", GOODBYE_S)]

    def options(self) -> JsonObject:
        """The response that says goodbye."""
        said = f"{self.words} So this call ends now. Goodbye."
        return {
            "instructions": f'Say exactly this and nothing else: "{said}"',
            "tool_choice": "none",
            "metadata": _PURPOSE,
        }

    def created(self, response: Response) -> None:
        if self.is_leaving and response.metadata == _PURPOSE:
            self._response = response.id

    def is_over(self, response_id: str | None) -> bool:
        """Whether what has just been heard to its end was the goodbye."""
        return bool(self._response) and self._response == response_id
