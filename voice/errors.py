"""Everything that can go wrong in a call, as classes a caller can choose by.

The tree::

    VoiceError
    ├── BadInput                 422, names the field
    │   ├── BadOffer             422, the SDP
    │   └── BadOrder             400, what staff ask of a call
    ├── NotAllowed               403, a permission is missing
    ├── NotFound                 404, also for what belongs to somebody else
    ├── AlreadyInCall            409, carries the id of the running call
    ├── CallEnded                409, what was asked needs a running call
    ├── NoControl                409, what was asked needs the server's own line into the call
    ├── AlreadyDecided           409, carries the decision that stands
    ├── TooManyCalls             429, our own limit
    │   ├── MinutesUsed          429, the day's minutes are gone
    │   └── BudgetSpent          429, the day's or month's money is gone
    ├── ShuttingDown             503, this process takes no new call
    ├── ProviderError            502, the provider answered something unusable
    │   ├── ProviderFailed       502, it answered 5xx
    │   ├── ProviderRefusedKey   502
    │   ├── ProviderRefused      502, it understood and said no
    │   ├── ProviderUnreachable  502, nobody listens there
    │   ├── ProviderBusy         429, its quota or rate limit
    │   ├── ProviderSilent       504, no answer in time
    │   └── CallGone             404, the provider knows no such call
    └── ToolError                never leaves the tool loop: its text is for the model

`code` is stable and for programs, `message` is safe to show to a person, `retryable` says
whether the same request can succeed later. HTTP is spoken in `voice/views/answers.py` only.
"""

from __future__ import annotations


class VoiceError(Exception):
    """Base of all errors of this app; `message` is written for the person in front of the screen."""

    code = "failed"
    status = 500
    retryable = False

    def __init__(self, message: str, *, field: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_after_s = retry_after_s


class BadInput(VoiceError):
    """What the client sent cannot be used; `field` names where."""

    code = "bad_input"
    status = 422


class BadOffer(BadInput):
    """The SDP offer is not one (ours or the provider's judgement)."""

    code = "bad_sdp"


class BadOrder(BadInput):
    """What staff ask to be done to a call; its contract says 400."""

    status = 400


class NotAllowed(VoiceError):
    """This person lacks a permission."""

    code = "not_allowed"
    status = 403


class NotFound(VoiceError):
    """No such thing for this person."""

    code = "not_found"
    status = 404


class AlreadyInCall(VoiceError):
    """The person is in a call; `call` is that conversation's id."""

    code = "already_in_call"
    status = 409

    def __init__(self, message: str, *, call: str) -> None:
        super().__init__(message)
        self.call = call


class CallEnded(VoiceError):
    """The call is over."""

    code = "call_ended"
    status = 409


class NoControl(VoiceError):
    """The server has no line into the call, or the process that has one does not answer."""

    code = "no_control"
    status = 409


class AlreadyDecided(VoiceError):
    """A question was answered before, otherwise; `decision` stands."""

    code = "already_decided"
    status = 409

    def __init__(self, message: str, *, decision: str) -> None:
        super().__init__(message)
        self.decision = decision


class TooManyCalls(VoiceError):
    """A limit of this site is reached."""

    code = "too_many_calls"
    status = 429
    retryable = True


class MinutesUsed(TooManyCalls):
    """The day's minutes are used up."""

    code = "minutes_used"


class BudgetSpent(TooManyCalls):
    """A budget is used up; `budget` is its row's id."""

    code = "budget_reached"

    def __init__(self, message: str, *, retry_after_s: int, budget: int) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.budget = budget


class ShuttingDown(VoiceError):
    """The process is leaving; another one answers the next request."""

    code = "restarting"
    status = 503
    retryable = True


class ProviderError(VoiceError):
    """The provider's answer cannot be used."""

    code = "provider_error"
    status = 502


class ProviderFailed(ProviderError):
    """5xx: the provider's own fault, often brief."""

    code = "provider_failed"
    retryable = True


class ProviderRefusedKey(ProviderError):
    """401 or 403: the key is wrong or may not use this model."""

    code = "provider_refused_key"


class ProviderRefused(ProviderError):
    """Any other 4xx: the request was understood and refused."""

    code = "provider_refused"


class ProviderUnreachable(ProviderError):
    """Connection refused, name not found, TLS failure or a connection cut in mid-answer."""

    code = "provider_unreachable"
    retryable = True


class ProviderBusy(ProviderError):
    """429: out of quota or too many requests."""

    code = "provider_busy"
    status = 429
    retryable = True


class ProviderSilent(ProviderError):
    """No answer within our time limit."""

    code = "provider_silent"
    status = 504
    retryable = True


class CallGone(ProviderError):
    """The provider knows no such call (any more)."""

    code = "call_gone"
    status = 404


class ToolError(VoiceError):
    """A tool could not do it; `message` is a short sentence the model can say aloud."""

    code = "tool_error"
