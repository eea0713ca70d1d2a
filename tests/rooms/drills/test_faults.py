"""Each fault happens once under a numbered publisher: nothing missing, or one gap told; nothing twice."""

import asyncio
import signal
from contextlib import asynccontextmanager

import pytest

from rooms.tasks import end_tasks
from tests.realtime_site.site_copy import free_port
from tests.rooms.bridge.conftest import until
from tests.rooms.drills.stage import BridgeProcess, OwnRedis, Publisher, Watcher

LEASE_S = 1.0


class Drill:
    """The stage in its running state."""

    def __init__(self, folder, *, keeps_data) -> None:
        data = folder / "redis"
        data.mkdir()
        self._folder = folder
        self.redis = OwnRedis(free_port(), data if keeps_data else None)
        self.bridges: list[BridgeProcess] = []
        self.publisher = Publisher(self.redis.url)
        self.watcher = Watcher(self.redis.url)

    def add_bridge(self) -> BridgeProcess:
        log = self._folder / f"bridge{len(self.bridges)}.log"
        self.bridges.append(BridgeProcess(self.redis.url, log, lease_s=LEASE_S))
        return self.bridges[-1]

    async def goes_on(self, count: int = 100) -> None:
        """Until the watcher has so many more than now."""
        last = max(self.publisher.published, default=0) + count
        await until(lambda: bool(self.watcher.numbers) and self.watcher.numbers[-1] >= last, 20)

    def missing(self) -> list[int]:
        """Published before the last one that came, and never delivered."""
        got = set(self.watcher.numbers)
        return [n for n in self.publisher.published if n not in got and n <= self.watcher.numbers[-1]]

    def check(self, *, gaps: int) -> None:
        watcher = self.watcher
        assert len(watcher.places) == len(set(watcher.places)), "a place was delivered twice"
        assert watcher.numbers == sorted(set(watcher.numbers)), (
            "a message was delivered twice or out of order"
        )
        told = [(gap["reason"], gap["until_ms"] - gap["since_ms"]) for gap in watcher.gaps]
        missing = self.missing()
        row = f"{len(watcher.numbers)} delivered, {len(missing)} missing, gaps told: {told}"
        print(row, f"({self.publisher.failed} were refused by Redis)")
        assert len(watcher.gaps) == gaps, row
        assert gaps or not missing, row
        for number in missing:
            assert self.is_within(watcher.gaps[0], number), f"{number} is outside the gap"

    def is_within(self, gap, number: int) -> bool:
        """By place where the gap has places, else by time."""
        watcher = self.watcher
        if gap["from"] is None:
            return bool(gap["since_ms"] - 50 <= self.publisher.published[number] <= gap["until_ms"] + 50)
        known = dict(zip(watcher.places, watcher.numbers, strict=True))
        before = known[(gap["from"]["epoch"], gap["from"]["offset"])]
        after = known[(gap["to"]["epoch"], gap["to"]["offset"])]
        return bool(before < number < after)


@asynccontextmanager
async def drill(folder, *, keeps_data=False, standby=True):
    stage = Drill(folder, keeps_data=keeps_data)
    await stage.redis.start()
    tasks = []
    try:
        await stage.add_bridge().leads()
        if standby:
            await stage.add_bridge().is_warm()
        tasks.append(asyncio.create_task(stage.watcher.run()))
        await stage.watcher.watches.wait()
        tasks.append(asyncio.create_task(stage.publisher.run()))
        await stage.goes_on()
        yield stage
    finally:
        await end_tasks(*tasks)
        for bridge in stage.bridges:
            bridge.end()
        stage.redis.end(signal.SIGKILL)


async def test_bridge_killed_with_a_standby_loses_and_repeats_nothing(tmp_path):
    async with drill(tmp_path) as stage:
        stage.bridges[0].signal(signal.SIGKILL)
        await stage.bridges[1].leads()
        await stage.goes_on()
        stage.check(gaps=0)


async def test_bridge_stopped_for_a_while_loses_and_repeats_nothing(tmp_path):
    async with drill(tmp_path) as stage:
        stage.bridges[0].signal(signal.SIGSTOP)
        await stage.bridges[1].leads()
        await stage.goes_on(500)
        stage.bridges[0].signal(signal.SIGCONT)
        await until(lambda: stage.bridges[0].said("Another bridge leads now"))
        await stage.goes_on()
        stage.check(gaps=0)


async def test_bridge_terminated_with_a_standby_loses_and_repeats_nothing(tmp_path):
    async with drill(tmp_path) as stage:
        stage.bridges[0].signal(signal.SIGTERM)
        await stage.bridges[1].leads()
        await stage.goes_on()
        stage.check(gaps=0)


async def test_bridge_killed_alone_and_started_again_is_one_gap(tmp_path):
    async with drill(tmp_path, standby=False) as stage:
        stage.bridges[0].signal(signal.SIGKILL)
        await asyncio.sleep(0.05)
        await stage.add_bridge().leads()
        await stage.goes_on()
        assert stage.missing()
        stage.check(gaps=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("keeps_data", [True, False], ids=["with its data", "empty"])
async def test_redis_restarted_is_one_gap(tmp_path, number, keeps_data):
    async with drill(tmp_path, keeps_data=keeps_data) as stage:
        stage.redis.end(number)
        failed = stage.publisher.failed
        await until(lambda: stage.publisher.failed > failed + 400)
        await stage.redis.start()
        await stage.goes_on(300)
        stage.check(gaps=1)
        assert stage.watcher.gaps[0]["reason"] == "epoch"


async def test_redis_that_hangs_is_no_gap(tmp_path):
    async with drill(tmp_path) as stage:
        stage.redis.process.send_signal(signal.SIGSTOP)
        failed = stage.publisher.failed
        await until(lambda: stage.publisher.failed > failed + 1)
        stage.redis.process.send_signal(signal.SIGCONT)
        await stage.goes_on(300)
        stage.check(gaps=0)
