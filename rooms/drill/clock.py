"""A wall clock that is wrong, for a child of the drill; nothing else may call this.

It replaces `time.time`, `time.time_ns` and the class `datetime.datetime` for modules that are imported later,
so it comes before them all. Monotonic clocks, by which programs measure, stay as they are, as in life.
"""

from __future__ import annotations

import datetime
import signal
import time
from typing import Any


def shift_clock(shift_s: int) -> None:
    """Be wrong by so many seconds, and by as many the other way after SIGUSR1."""
    shift = _Shift(shift_s)
    signal.signal(signal.SIGUSR1, lambda *_: shift.turn())
    real_time, real_time_ns = time.time, time.time_ns
    time.time = lambda: real_time() + shift.seconds
    time.time_ns = lambda: real_time_ns() + shift.seconds * 1_000_000_000
    datetime.datetime = _shifted_datetime(shift)  # type: ignore[misc]


class _Shift:
    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def turn(self) -> None:
        self.seconds = -self.seconds


def _shifted_datetime(shift: _Shift) -> Any:
    real = datetime.datetime

    class AnyDatetime(type):
        """What C code made is one, too."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real)

    class ShiftedDatetime(real, metaclass=AnyDatetime):  # type: ignore[misc, valid-type]
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return super().now(tz) + datetime.timedelta(seconds=shift.seconds)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    return ShiftedDatetime
