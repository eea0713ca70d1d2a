"""The register: gives every message its place, stores it and hands its finished frame to every process.

Promises: one Lua script does it all in one step, so places are contiguous in each room and what is announced
is what is stored, in that order. A call that raises `Unavailable` may or may not have been registered; an
idempotency key makes it safe to repeat. Offsets go on when Redis comes back with its data, under a new epoch.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from redis.asyncio import Redis

from rooms.batches import Batches
from rooms.errors import Conflict, LostLease, NotAllowed, PlaceMoved, TooLarge
from rooms.frames import Position, head_of, tail_of
from rooms.keys import Keys
from rooms.names import Room, digest_of, group_channel_of, is_call_room
from rooms.scripts import Argument, Script

_COMMANDS_AT_ONCE = 64
FORGOTTEN = '{"type":"forgotten"}'
"""On a room's group channel: what is known of the room is void. No client hears it."""

Source = Literal["raw", "http", "socket", "voice", "call"]


@dataclass(frozen=True)
class Limits:
    """How much is kept of a room, how large a message may be, how many rooms are kept."""

    history_size: int
    history_bytes: int
    history_ttl_s: int
    message_bytes: int
    rooms: int


@dataclass(frozen=True)
class Registered:
    """Where a message is. `duplicate`: its idempotency key had been used; `kept`: it is in the history."""

    position: Position
    at_ms: int
    duplicate: bool = False
    kept: bool = True


# Made for every raw message, and freezing one costs more than the rest of making it.
@dataclass(slots=True)
class RawMessage:
    """What somebody published on a plain channel."""

    room: Room
    payload: bytes


@dataclass(slots=True)
class FeedPlace:
    """A place in what bridges hear: messages to register since a marker, this one counted."""

    mark: str
    count: int


class Register:
    """One for each event loop; several processes may register at the same time."""

    def __init__(self, redis: Redis, namespace: str, limits: Limits | None = None) -> None:
        self._redis = redis
        self._keys = Keys(namespace)
        self._limits = limits or limits_from_settings()
        self._register = Script(redis, "generation.lua", "register.lua")
        self._places = Script(redis, "generation.lua", "places.lua")
        self._commands: Batches[list[Argument], Any] = Batches(self._run_commands, most=_COMMANDS_AT_ONCE)

    @property
    def limits(self) -> Limits:
        """What this register keeps and takes."""
        return self._limits

    async def publish(
        self,
        room: Room,
        payload: bytes,
        *,
        source: Source,
        idempotency_key: str = "",
        command: bool = True,
        listed: bool = True,
    ) -> Registered:
        """Register one message; a `command` also goes unchanged to the plain channel.

        Not `listed`, it does not make its room one of those that can be found.

        Raises TooLarge, Conflict, NotAllowed (a call's room takes only what calls say), Unavailable.
        """
        if is_call_room(room) and source != "call":
            raise NotAllowed("Rooms of calls take no messages from outside.", field="room")
        if len(payload) > self._limits.message_bytes:
            raise TooLarge(f"A message has at most {self._limits.message_bytes} bytes.", field="data")
        says_to_devices = command and source not in ("call", "raw")
        block = message_block(
            room,
            payload,
            idempotency_key=idempotency_key,
            is_command=says_to_devices,
            is_listed=listed,
        )
        return _read_row(await self._commands.add(block))

    async def _run_commands(self, blocks: Sequence[list[Argument]]) -> list[Any]:
        everything = [part for block in blocks for part in block]
        return await self._run([*self._head(), "", "", 0, "", -1, *everything])

    async def publish_raw(
        self,
        batch: Sequence[RawMessage],
        fence: int,
        place: FeedPlace | None = None,
        *,
        after: FeedPlace | None = None,
    ) -> dict[Room, Registered]:
        """The bridge's road: all of the batch in one step, with the feed's place after it.

        Told which place it comes `after`, it is registered there or not at all, so that a batch given up and
        sent again is registered once, in whichever order the two arrive. A payload above the limit takes its
        place without its data. Returns where each room's first message is; its others follow it.
        Raises LostLease, PlaceMoved, Unavailable.
        """
        payloads: dict[Room, list[bytes]] = {}
        for message in batch:
            payloads.setdefault(message.room, []).append(message.payload)
        most = self._limits.message_bytes
        blocks = [part for room, sent in payloads.items() for part in raw_block(room, sent, most)]
        where = place or FeedPlace("", 0)
        before: list[Argument] = [after.mark, after.count] if after else ["", -1]
        answer = await self._run([*self._head(), str(fence), where.mark, where.count, *before, *blocks])
        if answer and answer[0] == b"lost":
            raise LostLease("Another bridge has the lease.")
        if answer and answer[0] == b"moved":
            raise PlaceMoved("The register is at another place of the feed.")
        return {room: _read_row(row) for room, row in zip(payloads, answer, strict=True)}

    async def enter(self, room: Room) -> Position:
        """Where the room is; one without messages gets an epoch, forgotten ten minutes after a look."""
        return _read_position((await self._look("enter", [room]))[0])

    async def tops(self, rooms: Sequence[Room]) -> dict[Room, Position]:
        """Where the rooms are, those that are known."""
        if not rooms:
            return {}
        rows = await self._look("look", rooms)
        return {room: _read_position(row) for room, row in zip(rooms, rows, strict=True) if row}

    async def forget(self, room: Room) -> None:
        """Delete the room's messages and all that is known of it; a later message begins a new epoch."""
        async with self._redis.pipeline() as pipe:
            pipe.delete(self._keys.meta(room), self._keys.stream(room))
            pipe.zrem(self._keys.index, room)
            # Processes that still hold its newest messages let go of them.
            pipe.publish(group_channel_of(room, self._keys.namespace), FORGOTTEN)
            await pipe.execute()

    async def limit_life(self, room: Room, seconds: int) -> None:
        """Delete the room after that time, whatever is still published in it."""
        now_s, _ = await self._redis.time()
        ends_ms = (now_s + seconds) * 1000
        async with self._redis.pipeline() as pipe:
            pipe.hset(self._keys.meta(room), "ends", str(ends_ms))
            pipe.pexpireat(self._keys.meta(room), ends_ms)
            pipe.pexpireat(self._keys.stream(room), ends_ms)
            await pipe.execute()

    async def _look(self, verb: Literal["enter", "look"], rooms: Sequence[Room]) -> list[Any]:
        named = [part for room in rooms for part in (digest_of(room), room)]
        rows: list[Any] = await self._places.run(self._prefixes(), [verb, secrets.token_hex(5), *named])
        return rows

    async def _run(self, arguments: Sequence[Argument]) -> list[Any]:
        answer: list[Any] = await self._register.run(self._prefixes(), arguments)
        return answer

    def _prefixes(self) -> list[str]:
        return [self._keys.keys, self._keys.channels]

    def _head(self) -> list[Argument]:
        limits = self._limits
        kept = [limits.history_size, limits.history_bytes, limits.history_ttl_s * 1000, limits.rooms]
        return [*kept, secrets.token_hex(5)]


def limits_from_settings() -> Limits:
    """The deployment's limits."""
    return Limits(
        history_size=settings.ROOMS_HISTORY_SIZE,
        history_bytes=settings.ROOMS_HISTORY_BYTES,
        history_ttl_s=settings.ROOMS_HISTORY_TTL_S,
        message_bytes=settings.ROOMS_MESSAGE_BYTES,
        rooms=settings.ROOMS_MAX,
    )


def message_block(
    room: Room, payload: bytes, *, idempotency_key: str, is_command: bool, is_listed: bool
) -> list[Argument]:
    """One message with all that may come with it."""
    key = body = ""
    if idempotency_key:
        key = hashlib.sha256(idempotency_key.encode()).hexdigest()
        body = hashlib.sha256(payload).hexdigest()
    flags = (_flags(room) if is_listed else "") + ("c" if is_command else "")
    return [*_names(room), flags, key, body, payload, 1, tail_of(payload)]


def raw_block(room: Room, payloads: Sequence[bytes], most_bytes: int) -> list[Argument]:
    """Messages of one room together; what is too large takes its place without its data."""
    sizes = [len(payload) if len(payload) > most_bytes else 0 for payload in payloads]
    tails = [tail_of(payload, too_large=size) for payload, size in zip(payloads, sizes, strict=True)]
    last = str(sizes[-1]).encode() if sizes[-1] else payloads[-1]
    return [*_names(room), _flags(room) + ("z" if sizes[-1] else ""), "", "", last, len(tails), *tails]


def _flags(room: Room) -> str:
    return "" if is_call_room(room) else "l"


@lru_cache(maxsize=20_000)
def _names(room: Room) -> tuple[str, str, str]:
    return digest_of(room), room, head_of(room)


def _read_row(row: Any) -> Registered:
    if row[0] == b"conflict":
        raise Conflict("This idempotency key was used with another body.", field="Idempotency-Key")
    how = row[3]
    return Registered(_read_position(row), int(row[2]), duplicate=how == b"again", kept=how != b"unkept")


def _read_position(row: Any) -> Position:
    return Position(row[0].decode(), int(row[1]))
