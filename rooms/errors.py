"""Everything that can go wrong in a room, as classes a caller can choose by.

The tree::

    RoomsError
    ├── BadRoom          400, the name cannot name a room
    ├── NotAllowed       403, the right is missing (also: reserved names)
    ├── TooManyRooms     409, one socket joins at most so many
    ├── TooLarge         413, the payload is above ROOMS_MESSAGE_BYTES
    ├── BadMessage       400, what the client sent cannot be read
    ├── UnknownType      400, no such kind of message
    ├── NotJoined        409, the room must be joined first
    ├── RateLimited      429, carries how long to wait
    ├── Unavailable      503, Redis does not answer; the same request can succeed later
    ├── Conflict         409, the idempotency key was used with another body
    ├── LostLease        never leaves the bridge: another bridge has the lease
    └── PlaceMoved       never leaves the bridge: the register is not where it was thought to be

`code` is stable and for programs, `message` is safe to show to a person. A socket's `error` frame and the
API's error body are both made from these fields.
"""

from __future__ import annotations


class RoomsError(Exception):
    """Base of all errors of this app; `message` is written for the person in front of the screen."""

    code = "failed"
    status = 500

    def __init__(self, message: str, *, field: str = "", retry_in_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.retry_in_s = retry_in_s


class BadRoom(RoomsError):
    """The text cannot name a room."""

    code = "bad_room"
    status = 400


class NotAllowed(RoomsError):
    """This person or device may not do that here."""

    code = "not_allowed"
    status = 403


class TooManyRooms(RoomsError):
    """One socket has joined as many rooms as it may."""

    code = "too_many_rooms"
    status = 409


class TooLarge(RoomsError):
    """The payload is larger than a message may be."""

    code = "too_large"
    status = 413


class BadMessage(RoomsError):
    """What the client sent has not the shape it should have; `field` names where."""

    code = "bad_message"
    status = 400


class UnknownType(RoomsError):
    """The client sent a kind of message that does not exist."""

    code = "unknown_type"
    status = 400


class NotJoined(RoomsError):
    """The socket asks something of a room that it has not joined."""

    code = "not_joined"
    status = 409


class RateLimited(RoomsError):
    """Too much in too short a time; `retry_in_s` says when to try again."""

    code = "rate_limited"
    status = 429


class Unavailable(RoomsError):
    """Redis did not answer; whether the message was taken is not known."""

    code = "unavailable"
    status = 503


class Conflict(RoomsError):
    """The same idempotency key came with another body."""

    code = "conflict"
    status = 409


class LostLease(RoomsError):
    """Another bridge registers now; nothing of the batch was."""

    code = "lost_lease"
    status = 503


class PlaceMoved(RoomsError):
    """The register is at another place of the feed than the batch follows; nothing of the batch was taken."""

    code = "place_moved"
    status = 503
