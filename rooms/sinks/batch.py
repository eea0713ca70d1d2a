"""Frames that leave together, in the forms that sinks want."""

from __future__ import annotations

from functools import cached_property


class Batch:
    """Frames that leave together; each form is made once, whatever the number of sockets.

    `wire` holds one WebSocket text frame for each body, unmasked, one after another. It is read once a socket
    and is therefore a plain attribute.
    """

    def __init__(self, bodies: list[bytes]) -> None:
        self.bodies = bodies
        self.wire = b"".join([part for body in bodies for part in (_header(len(body)), body)])

    @cached_property
    def texts(self) -> list[str]:
        return [body.decode() for body in self.bodies]

    @cached_property
    def size(self) -> int:
        return sum(map(len, self.bodies))


def _header(size: int) -> bytes:
    """RFC 6455 section 5.2: a final text frame from a server."""
    if size < 126:
        return bytes((0x81, size))
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
