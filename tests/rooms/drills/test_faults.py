"""Each fault happens once under a numbered publisher: nothing missing, or one gap told; nothing twice.

Watched by one that recovers as a hub does, and by browsers' sockets on real web processes.
"""

import asyncio
import signal
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from rooms.tasks import end_tasks
from tests.rooms.bridge.conftest import until
from tests.rooms.drills.stage import NAMESPACE, BridgeProcess, Publisher
from tests.rooms.drills.watchers import SocketWatcher, Watcher
from tests.rooms.own_redis import own_redis
from tests.rooms.web import rooms_web
from tests.voice.conftest import make_user

LEASE_S = 1.0
SOCKETS = 4


class Drill:
    """The stage in its running state."""

    def __init__(self, folder, redis, web, user) -> None:
        self._folder = folder
        self.redis = redis
        self.webs = [web]
        self.bridges: list[BridgeProcess] = []
        self.publisher = Publisher(redis.url)
        self.urls = [web.url]
        self.watchers = [Watcher(redis.url), *(SocketWatcher(self.urls, user) for _ in range(SOCKETS))]

    def add_bridge(self) -> BridgeProcess:
        log = self._folder / f"bridge{len(self.bridges)}.log"
        self.bridges.append(BridgeProcess(self.redis.url, log, lease_s=LEASE_S))
        return self.bridges[-1]

    async def goes_on(self, count: int = 100) -> None:
        """Until every watcher has so many more than now."""
        last = max(self.publisher.published, default=0) + count
        await until(lambda: all(max(w.numbers, default=0) >= last for w in self.watchers), 25)

    def check(self, *, gaps: int) -> None:
        """The invariant, for each watcher; prints a row."""
        for watcher in self.watchers:
            missing = self.missing(watcher)
            told = [(gap["reason"], gap["until_ms"] - gap["since_ms"]) for gap, _ in watcher.gaps]
            row = f"{len(watcher.numbers)} delivered, {len(missing)} missing, gaps told: {told}"
            print(f"{type(watcher).__name__}: {row}; {self.publisher.failed} refused by Redis")
            assert len(watcher.places) == len(set(watcher.places)), "a place was delivered twice"
            assert watcher.numbers == sorted(set(watcher.numbers)), "twice or out of order"
            assert len(told) == gaps, row
            assert gaps or not missing, row
            for number in missing:
                gap, before = watcher.gaps[0]
                assert watcher.covers(gap, before, number, self.publisher.published[number]), number

    def missing(self, watcher) -> list[int]:
        """Published before the last one that came, and never delivered."""
        got = set(watcher.numbers)
        return [n for n in self.publisher.published if n not in got and n <= watcher.numbers[-1]]


@asynccontextmanager
async def running(stage, *, standby):
    tasks = []
    try:
        await stage.add_bridge().leads()
        if standby:
            await stage.add_bridge().is_warm()
        tasks += [asyncio.create_task(watcher.run()) for watcher in stage.watchers]
        for watcher in stage.watchers:
            await asyncio.wait_for(watcher.watches.wait(), 15)
        tasks.append(asyncio.create_task(stage.publisher.run()))
        await stage.goes_on()
        yield stage
    finally:
        raised = await end_tasks(*tasks)
        for bridge in stage.bridges:
            bridge.end()
    assert raised == []


@pytest.fixture
def stage(tmp_path, transactional_db):
    user = make_user("ada", is_superuser=True)
    folder = tmp_path / "redis"
    folder.mkdir()
    with own_redis(folder) as redis, rooms_web(NAMESPACE, REDIS_URL=redis.url) as web:
        yield Drill(tmp_path, redis, web, user)


@pytest.fixture
def second_web(stage):
    with rooms_web(NAMESPACE, REDIS_URL=stage.redis.url) as web:
        stage.webs.append(web)
        stage.urls.append(web.url)
        yield web


@pytest.fixture
async def drill(stage):
    """Call it to have everything running: `await drill()`."""
    async with AsyncExitStack() as stack:

        async def start(*, standby=True):
            return await stack.enter_async_context(running(stage, standby=standby))

        yield start


async def test_bridge_killed_with_a_standby_loses_and_repeats_nothing(drill):
    stage = await drill()
    stage.bridges[0].signal(signal.SIGKILL)
    await stage.bridges[1].leads()
    await stage.goes_on()
    stage.check(gaps=0)


async def test_bridge_stopped_for_a_while_loses_and_repeats_nothing(drill):
    stage = await drill()
    stage.bridges[0].signal(signal.SIGSTOP)
    await stage.bridges[1].leads()
    await stage.goes_on(500)
    stage.bridges[0].signal(signal.SIGCONT)
    await until(lambda: stage.bridges[0].said("Another bridge leads now"))
    await stage.goes_on()
    stage.check(gaps=0)


async def test_bridge_terminated_with_a_standby_loses_and_repeats_nothing(drill):
    stage = await drill()
    stage.bridges[0].signal(signal.SIGTERM)
    await stage.bridges[1].leads()
    await stage.goes_on()
    stage.check(gaps=0)


async def test_bridge_killed_alone_and_started_again_is_one_gap(drill):
    stage = await drill(standby=False)
    stage.bridges[0].signal(signal.SIGKILL)
    await asyncio.sleep(0.05)
    await stage.add_bridge().leads()
    await stage.goes_on()
    assert all(stage.missing(watcher) for watcher in stage.watchers)
    stage.check(gaps=1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("is_empty", [False, True], ids=["with its data", "empty"])
async def test_redis_restarted_is_one_gap(drill, number, is_empty):
    stage = await drill()
    await asyncio.to_thread(stage.redis.stop, number)
    failed = stage.publisher.failed
    await until(lambda: stage.publisher.failed > failed + 400)
    await asyncio.to_thread(stage.redis.start, empty=is_empty)
    await stage.goes_on(300)
    stage.check(gaps=1)
    assert {watcher.gaps[0][0]["reason"] for watcher in stage.watchers} == {"epoch"}


async def test_redis_that_hangs_is_no_gap(drill):
    stage = await drill()
    stage.redis.send(signal.SIGSTOP)
    failed = stage.publisher.failed
    await until(lambda: stage.publisher.failed > failed + 1)
    stage.redis.send(signal.SIGCONT)
    await stage.goes_on(300)
    stage.check(gaps=0)


async def test_web_process_killed_loses_and_repeats_nothing(second_web, drill):
    stage = await drill()
    stage.webs[0].stop(signal.SIGKILL)
    await stage.goes_on(300)
    stage.check(gaps=0)
