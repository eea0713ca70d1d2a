"""What can go wrong on the way out, as sentences for the model and a detail for the operator.

`message` says nothing of addresses, headers or secrets, because the model may repeat it to anybody.
`detail` is for the tool bench: it names the address, never a secret.
"""

from __future__ import annotations

from voice.errors import ToolError


class OutboundError(ToolError):
    """A tool could not get its answer from outside."""

    sentence = "The service behind this tool cannot be reached right now."

    def __init__(self, detail: str = "") -> None:
        super().__init__(self.sentence)
        self.detail = detail


class AddressRefused(OutboundError):
    """The address is private, or not on the site's list."""

    code = "tool_address_refused"
    sentence = "This tool points to an address that it may not reach."


class Unreachable(OutboundError):
    """Nobody listens there, the name is unknown, TLS failed, or the line was cut."""

    code = "tool_unreachable"
    retryable = True


class Silent(OutboundError):
    """No answer in time."""

    code = "tool_silent"
    sentence = "The service behind this tool did not answer in time."
    retryable = True


class Refused(OutboundError):
    """The service answered that it will not or cannot do it."""

    code = "tool_refused"

    def __init__(self, status: int, detail: str = "") -> None:
        self.sentence = f"The service behind this tool answered with the error {status}."
        super().__init__(detail)


class Unusable(OutboundError):
    """The answer is too large, encoded, redirected without end or not what was promised."""

    code = "tool_answer_unusable"
    sentence = "The service behind this tool gave an answer I cannot use."


class NotSetUp(OutboundError):
    """A secret that the tool needs is not there."""

    code = "tool_not_set_up"
    sentence = "This tool is not set up completely. Please tell whoever runs this site."


class Unfit(ToolError):
    """An argument cannot be put where the tool's request wants it."""

    code = "tool_argument_unfit"
