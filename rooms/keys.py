"""Redis keys and internal channels of one deployment; all begin with byte 0x01 and its namespace.

Keys (a room stands as its digest): `gen` the run of Redis and its generation, `index` rooms by last message,
`m:<room>` what is known of a room, `h:<room>` its stream, `i:<room>:<key>` idempotency keys, `bridge` and
`lease` the bridge's place, `unheard` what no bridge heard, `w:<room>` watchers by process.
"""

from __future__ import annotations

from dataclasses import dataclass

from rooms.names import INTERNAL_MARK, Room, digest_of

SCRATCH_NAMESPACE = "drill-"
"""What the namespaces of drills begin with (`rooms_drill`)."""


def is_scratch_namespace(namespace: str) -> bool:
    """Whether it is one that a drill makes and clears."""
    return namespace.startswith(SCRATCH_NAMESPACE)


@dataclass(frozen=True)
class Keys:
    """The names for one namespace (which ends with its own separator)."""

    namespace: str

    @property
    def channels(self) -> str:
        """What every internal channel begins with."""
        return f"{INTERNAL_MARK}{self.namespace}"

    @property
    def keys(self) -> str:
        """What every key begins with."""
        return f"{INTERNAL_MARK}{self.namespace}r:"

    def meta(self, room: Room) -> str:
        return f"{self.keys}m:{digest_of(room)}"

    def stream(self, room: Room) -> str:
        return f"{self.keys}h:{digest_of(room)}"

    def watchers(self, room: Room) -> str:
        return f"{self.keys}w:{digest_of(room)}"

    @property
    def index(self) -> str:
        return f"{self.keys}index"

    @property
    def unheard(self) -> str:
        return f"{self.keys}unheard"

    @property
    def unkept(self) -> str:
        return f"{self.keys}unkept"

    @property
    def bridge(self) -> str:
        return f"{self.keys}bridge"

    @property
    def lease(self) -> str:
        return f"{self.keys}lease"

    @property
    def bridge_counts(self) -> str:
        return f"{self.keys}bridge.counts"

    @property
    def mark_channel(self) -> str:
        """Carries the leading bridge's numbered markers."""
        return f"{self.channels}bridge.mark"

    @property
    def probe_channel(self) -> str:
        """Carries every bridge's probe of its own link."""
        return f"{self.channels}bridge.probe"

    @property
    def skip_channel(self) -> str:
        """Announces that the next plain message is our own."""
        return f"{self.channels}bridge.skip"

    @property
    def scratch_channels(self) -> str:
        """What a drill's raw channels begin with: internal, so that no other bridge takes them for rooms."""
        return f"{self.channels}raw:"

    @property
    def gaps_channel(self) -> str:
        """Tells every process what no bridge heard."""
        return f"{self.channels}gaps"
