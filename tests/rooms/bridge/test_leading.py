"""One leader's term, on a real register; what its feed would hear is put into the ring by hand."""

import asyncio

import pytest

from rooms.bridge.feed import Feed
from rooms.bridge.leading import Leader, Unheard
from rooms.bridge.lease import Lease
from rooms.bridge.ring import Ring
from rooms.bridge.sorting import Sorter
from rooms.keys import Keys
from rooms.names import room_from_text
from rooms.register import RawMessage

ROOM = room_from_text("device01")


class Term:
    """A leader at its beginning."""

    def __init__(self, redis, url, namespace, register) -> None:
        self.ring = Ring()
        sorter = Sorter(["*"], [], Keys(namespace).skip_channel)
        self.feed = Feed(url, namespace, sorter, self.ring)
        self.lease = Lease(redis, namespace)
        self._register = register

    async def begin(self) -> Leader:
        self.standing = await self.lease.ask("take")
        return Leader(self.feed, self.ring, self.lease, self._register, self.standing.fence)

    def hear(self, *texts: str) -> None:
        for text in texts:
            self.ring.hear(RawMessage(ROOM, text.encode()))
        self.feed.news.set()


@pytest.fixture
def term(redis, redis_server, namespace, register):
    return Term(redis, redis_server, namespace, register)


async def test_leader_whose_link_was_renewed_meanwhile_ends_its_term(term, register):
    """What was published between the links is told as a gap by the next term, so this one may not go on."""
    term.ring.begin(1, "own:1")
    leader = await term.begin()
    leading = asyncio.create_task(leader.register_all())
    term.hear("1")
    async with asyncio.timeout(5):
        while not await register.tops([ROOM]):
            await asyncio.sleep(0.01)
    # Broken and open again while the leader waits for something else.
    term.ring.begin(2, "own:2")
    term.hear("3")
    async with asyncio.timeout(5):
        await leading
    assert (await register.tops([ROOM]))[ROOM].offset == 1
    assert len(term.ring) == 1, "the next term registers it"


async def test_what_may_have_been_registered_before_the_keys_were_lost_is_not_registered_again(term):
    term.ring.begin(1000, "own:1")
    term.ring.registered_at_ms = 2000
    term.hear("1", "2")
    leader = await term.begin()
    assert term.standing.at_ms == 0, "Redis has forgotten"
    term.ring.hear_mark("mine")
    unheard = await leader.find_start(term.standing, "mine")
    assert (unheard.since_ms, unheard.until_ms > 2000) == (2000, True)
    assert len(term.ring) == 0


async def test_all_that_the_very_first_bridge_heard_is_registered(term):
    term.ring.begin(1000, "own:1")
    term.hear("1", "2")
    leader = await term.begin()
    assert await leader.find_start(term.standing, "mine") == Unheard(0, 0)
    assert len(term.ring) == 2


async def test_a_fence_is_never_given_twice_though_the_keys_are_lost(redis, namespace):
    first, second = Lease(redis, namespace), Lease(redis, namespace)
    old = (await first.ask("take")).fence
    await redis.delete(Keys(namespace).bridge, Keys(namespace).lease)
    await asyncio.sleep(0.002)
    assert (await second.ask("take")).fence > old
