"""The drill itself: checks, sets up, does one fault after another, judges, and clears up whatever happens.

A signal (SIGINT, SIGTERM, SIGHUP) stops it between two steps and everything made is undone first; further
signals do not hasten that. What could not be undone is said.
"""

from __future__ import annotations

import asyncio
import resource
import signal
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from redis.exceptions import RedisError

from rooms.drill.errors import CannotStart, StepFailed
from rooms.drill.faults import FAULTS, Fault
from rooms.drill.report import Outcome, cells
from rooms.drill.scratch import Scratch, check_redis
from rooms.drill.stage import Server, Sizes, Stage, own_stage, site_stage
from rooms.drill.verdict import Verdict, sum_up

SETTLE_S = 2.0
# Redis, children, pipes and whatever Python opens beside one file for each socket.
_FILES_BESIDE = 200

STEP_FAILURES = (StepFailed, RedisError, OSError, TimeoutError)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is to be done, and where. `web` and `session` name a running site; `server` a Redis of our own."""

    redis_url: str
    sizes: Sizes = Sizes()
    only: Sequence[str] = ()
    web: str = ""
    session: str = field(default="", repr=False)
    server: Server | None = None

    @property
    def faults(self) -> list[Fault]:
        """Those chosen that can be done here, in their order. Raises CannotStart."""
        possible = [fault for fault in FAULTS if fault.needs in self._can_be_broken]
        for name in self.only:
            if name not in (fault.name for fault in possible):
                names = ", ".join(fault.name for fault in possible)
                raise CannotStart(f"There is no fault {name!r} to do here. There are: {names}.")
        return [fault for fault in possible if not self.only or fault.name in self.only]

    @property
    def _can_be_broken(self) -> tuple[str, ...]:
        if self.web:
            return ("sockets",)
        return ("sockets", "processes", "server") if self.server else ("sockets", "processes")


async def run(plan: Plan, say: Say) -> Outcome:
    """Everything from the first check to the last key cleared. Raises CannotStart."""
    faults = plan.faults
    _allow_files(plan.sizes, faults)
    scratch = Scratch.make()
    await check_redis(plan.redis_url, scratch)
    verdicts: list[Verdict] = []
    working = asyncio.create_task(_work(plan, faults, scratch, verdicts, say))
    stopped_by = _cancel_on_signals(working, say)
    stopped = ""
    try:
        await working
    except asyncio.CancelledError:
        if not stopped_by:
            raise
        stopped = stopped_by[0]
    except STEP_FAILURES as exc:
        stopped = _words(exc)
        if not verdicts:
            raise CannotStart(f"The drill could not be set up: {stopped}.") from exc
    done = {verdict.fault for verdict in verdicts}
    return Outcome(verdicts, [fault.name for fault in faults if fault.name not in done], stopped)


async def _work(
    plan: Plan, faults: Sequence[Fault], scratch: Scratch, verdicts: list[Verdict], say: Say
) -> None:
    sizes = plan.sizes
    say(f"Setting up as {scratch.name}: {sizes.sockets} sockets, {sizes.rate:g} messages a second …")
    async with _stage(plan, scratch) as stage:
        for fault in faults:
            say(f"{fault.name}: {fault.says} …")
            try:
                verdicts.append(await _do(fault, stage))
            except STEP_FAILURES as exc:
                verdicts.append(sum_up(fault.name, (), may_gap=True, complaints=[_words(exc)]))
                raise
            say("  " + "  ".join(cells(verdicts[-1])[1:]))
        say("Clearing up …")


def _stage(plan: Plan, scratch: Scratch) -> AbstractAsyncContextManager[Stage]:
    if plan.web:
        return site_stage(plan.sizes, scratch, plan.redis_url, web=plan.web, session=plan.session)
    return own_stage(plan.sizes, scratch, plan.redis_url, plan.server)


async def _do(fault: Fault, stage: Stage) -> Verdict:
    async with fault.setting(stage):
        await _settle(stage)
        stage.crowd.mark()
        complaints = await fault.run(stage)
        findings = await stage.crowd.judge()
        return sum_up(fault.name, findings, may_gap=fault.may_gap, complaints=complaints)


async def _settle(stage: Stage) -> None:
    """What the last fault did is over: a bridge leads, the other knows where it is, everybody hears."""
    if stage.is_own:
        await stage.own.bridges_stand()
    await asyncio.sleep(SETTLE_S)
    await stage.crowd.goes_on()


def _words(exc: Exception) -> str:
    return str(exc) or type(exc).__name__


def _allow_files(sizes: Sizes, faults: Sequence[Fault]) -> None:
    """As many open files as there will be sockets, for this process and its children. Raises CannotStart."""
    most = max(sizes.sockets, sizes.storm if any(fault.name == "storm" for fault in faults) else 0)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = most + _FILES_BESIDE
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise CannotStart(
            f"{most} sockets need {needed} open files, and this shell allows {hard} (ulimit -n):"
            " allow more, or ask for fewer with --storm or --sockets."
        )
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _cancel_on_signals(working: asyncio.Task[None], say: Say) -> list[str]:
    """The name of the first signal stands in the list when it has come."""
    loop = asyncio.get_running_loop()
    came: list[str] = []

    def stop(number: signal.Signals) -> None:
        if not came:
            came.append(number.name)
            say(f"{number.name}: clearing up …")
            working.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)
    return came
