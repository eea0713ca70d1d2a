"""Which of the messages that Redis delivers are somebody's raw messages to a room. No I/O.

Left out: everything internal, further copies where several patterns match, what is ignored, names that are no
rooms, rooms of calls, and the one copy of each command that the register itself sent.

A drill's bridge is told of a `scratch` prefix and hears only the channels that begin with it; the rest of
their names is the room's. The prefix is internal, so that every other bridge leaves them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rooms.names import BadRoomName, Room, is_call_room, is_internal, room_from_channel
from rooms.patterns import Patterns, subscription_of
from rooms.register import RawMessage

_KNOWN_CHANNELS = 20_000


@dataclass
class Counts:
    """What came since the process began."""

    heard: int = 0
    own: int = 0
    ignored: int = 0
    undecodable: int = 0
    last_undecodable: str = ""


@dataclass(frozen=True)
class _Channel:
    """What is known of a channel's name: which pattern counts, and the room it is, if it is one."""

    pattern: int | None
    room: Room | None
    is_ignored: bool


class Sorter:
    """Judges one feed's messages in their order; `begin` it again with every new link."""

    def __init__(
        self, patterns: Sequence[str], ignore: Sequence[str], skip_channel: str, *, scratch: str = ""
    ) -> None:
        unique = {subscription_of(pattern): pattern for pattern in reversed(patterns)}
        listed = [pattern for pattern in dict.fromkeys(patterns) if pattern in unique.values()]
        self.patterns = Patterns(listed)
        self._scratch = scratch.encode()
        wanted = [f"{scratch}{pattern}" if scratch else subscription_of(pattern) for pattern in listed]
        self.subscriptions = [pattern.encode() for pattern in wanted]
        self._place_of = {text: place for place, text in enumerate(self.subscriptions)}
        self._ignore = Patterns(ignore)
        self._skip_channel = skip_channel.encode()
        self._skip: bytes | None = None
        self._known: dict[bytes, _Channel] = {}
        self.counts = Counts()

    def begin(self) -> None:
        """A new link: what was announced on the old one does not come any more."""
        self._skip = None

    def sort_internal(self, channel: bytes, data: bytes) -> bool:
        """Take note of an internal message; whether it was an announcement."""
        if channel != self._skip_channel:
            return False
        # The copy it announces goes to the plain channel, which a drill's bridge does not hear.
        self._skip = None if self._scratch else data
        return True

    def sort(self, push: Sequence[bytes]) -> RawMessage | None:
        """The message to register, if this push is one: `[b"pmessage", pattern, channel, data]`."""
        _, pattern, name, data = push
        if self._scratch and name.startswith(self._scratch):
            name = name[len(self._scratch) :]
        elif self._scratch or is_internal(name):
            return None
        channel = self._known.get(name) or self._look_at(name)
        if channel.pattern != self._place_of.get(pattern):
            return None
        announced, self._skip = self._skip, None
        if announced == name:
            self.counts.own += 1
            return None
        self.counts.heard += 1
        return self._judge(channel, name, data)

    def _judge(self, channel: _Channel, name: bytes, data: bytes) -> RawMessage | None:
        if channel.is_ignored:
            self.counts.ignored += 1
            return None
        if channel.room is None:
            self.counts.undecodable += 1
            self.counts.last_undecodable = ascii(name)[2:-1][:200]
            return None
        return RawMessage(channel.room, data)

    def _look_at(self, name: bytes) -> _Channel:
        try:
            room: Room | None = room_from_channel(name)
        except BadRoomName:
            room = None
        is_ignored = self._ignore.first_match(name) is not None or bool(room and is_call_room(room))
        channel = _Channel(self.patterns.first_match(name), room, is_ignored)
        if len(self._known) >= _KNOWN_CHANNELS:
            self._known.clear()
        self._known[name] = channel
        return channel
