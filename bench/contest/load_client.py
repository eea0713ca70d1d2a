"""The load client's other end: says a command, waits for its answer. Commands: bench/client/main.c."""

from __future__ import annotations

import json
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ANSWER_S = 90.0
# Less than the 50 connections that may wait to be accepted by daphne, else the kernel turns some away.
AT_ONCE = 32


class ClientFailed(RuntimeError):
    """The client ended or did not answer; the message has what it said."""


@dataclass(frozen=True)
class Counters:
    """The client's counts at one moment; percentiles are -1 where nothing was measured."""

    at_ns: int
    cpu_s: float
    published: int
    delivered: int
    late: int
    refused: int
    first_ns: int
    ready: int
    dead: int
    dead_stalled: int
    missing: int
    p50_ms: float
    p99_ms: float
    longest_ms: float


class LoadClient:
    """One process; use it as a context, so that it never outlives its scenario."""

    def __init__(self, program: Path, *, redis_port: int, core: int) -> None:
        command = ["taskset", "-c", str(core), str(program), str(redis_port)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> LoadClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, verb: str, **words: object) -> Counters:
        """Do one thing. Raises ClientFailed."""
        given = [f"{name}={value}" for name, value in words.items() if value is not None]
        out, answers = self._process.stdin, self._process.stdout
        assert out and answers
        try:
            out.write(" ".join([verb, *given]) + "\n")
            out.flush()
        except BrokenPipeError:
            raise ClientFailed(self._last_words()) from None
        # One line answers one command, so nothing can be waiting in Python's own buffer.
        if not select.select([answers], [], [], ANSWER_S)[0]:
            raise ClientFailed(f"no answer to {verb} within {ANSWER_S:g} s")
        if not (line := answers.readline()):
            raise ClientFailed(self._last_words())
        return Counters(**json.loads(line))

    def _last_words(self) -> str:
        self._process.kill()
        return f"the load client ended: {self._process.communicate()[1].strip()[-500:]}"
