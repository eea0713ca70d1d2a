"""Which deliveries are raw messages to rooms."""

import pytest

from rooms.bridge.sorting import Sorter
from rooms.patterns import Patterns

SKIP = "\x01tbridge.skip"


def make_sorter(patterns=("*",), ignore=()):
    return Sorter(patterns, ignore, SKIP)


def push(name, data=b"1", pattern=b"[^\x01]*"):
    return [b"pmessage", pattern, name, data]


def test_plain_channel_is_a_message():
    message = make_sorter().sort(push(b"device01", b"21.5"))
    assert (message.room, message.payload) == ("device01", b"21.5")


@pytest.mark.parametrize("name", [b"\x01troom:1", b"call.1", b"asgi__group__x"])
def test_internal_reserved_and_ignored_channels_are_left_out(name):
    assert make_sorter(ignore=("asgi*",)).sort(push(name)) is None


@pytest.mark.parametrize("name", [b"\xff", b"a\nb", b"x" * 257, b".."])
def test_names_that_are_no_rooms_are_counted(name):
    sorter = make_sorter()
    assert sorter.sort(push(name)) is None
    assert sorter.counts.undecodable == 1
    assert sorter.counts.last_undecodable


def test_of_several_patterns_only_the_first_listed_counts():
    sorter = make_sorter(("dev*", "*"))
    assert sorter.subscriptions == [b"dev*", b"[^\x01]*"]
    assert sorter.sort(push(b"device01")) is None
    assert sorter.sort(push(b"device01", pattern=b"dev*"))
    assert sorter.sort(push(b"other"))


def test_pattern_listed_twice_is_subscribed_once():
    assert make_sorter(("*", "[^\x01]*", "*")).subscriptions == [b"[^\x01]*"]


def test_announced_command_is_skipped_exactly_once():
    sorter = make_sorter(("dev*", "*"))
    sorter.sort_internal(SKIP.encode(), b"device01")
    # The copy of the pattern that does not count comes first and uses nothing up.
    assert sorter.sort(push(b"device01")) is None
    assert sorter.sort(push(b"device01", pattern=b"dev*")) is None
    assert sorter.sort(push(b"device01", pattern=b"dev*"))
    assert sorter.counts.own == 1


def test_announcement_counts_for_the_very_next_message_only():
    sorter = make_sorter()
    sorter.sort_internal(SKIP.encode(), b"device01")
    assert sorter.sort(push(b"device02"))
    assert sorter.sort(push(b"device01"))


def test_a_drills_bridge_hears_its_own_channels_and_no_other_bridge_does():
    sorter = Sorter(("*",), (), SKIP, scratch="\x01drill-1:raw:")
    own = b"\x01drill-1:raw:"
    assert sorter.subscriptions == [own + b"*"]
    message = sorter.sort(push(own + b"device01", b"1", own + b"*"))
    assert (message.room, message.payload) == ("device01", b"1")
    for name in (b"device01", b"\x01drill-2:raw:device01", b"\x01drill-1:room:1"):
        assert sorter.sort(push(name, pattern=own + b"*")) is None
    assert make_sorter(("?drill*", "*")).sort(push(own + b"device01", pattern=b"?drill*")) is None


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("*", "anything", None),
        ("dev?", "dev1", "dev12"),
        ("[a-c]x", "bx", "dx"),
        ("[^a-c]x", "dx", "bx"),
        ("a\\*", "a*", "ab"),
        ("*.pidbox", "celery.pidbox", "pidbox"),
        ("a[\\]]b", "a]b", "ab"),
        ("[z-a]", "m", "M"),
        ("a*b*c", "axxbyyc", "axxbyy"),
        ("", None, "a"),
    ],
)
async def test_patterns_match_as_in_redis(redis, pattern, matching, other):
    for name in filter(None, (matching, other)):
        async with redis.pubsub() as heard:
            await heard.psubscribe(pattern)
            await heard.get_message(timeout=1)
            await redis.publish(name, b"1")
            in_redis = await heard.get_message(timeout=0.1) is not None
        assert Patterns([pattern]).covers(name) == in_redis == (name == matching)
