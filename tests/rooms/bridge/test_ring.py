"""Places in the feed."""

from rooms.bridge.ring import Ring
from rooms.names import room_from_text
from rooms.register import FeedPlace, RawMessage

DEVICE = room_from_text("device01")


def message(text):
    return RawMessage(DEVICE, str(text).encode())


def waiting(ring):
    return [entry.message.payload.decode() for entry in ring.batch(10_000) if entry.message]


def make_ring(**options):
    ring = Ring(**options)
    ring.begin(1, "own")
    return ring


def test_messages_are_counted_from_the_last_marker():
    ring = make_ring()
    ring.hear(message(1))
    ring.hear_mark("1:1")
    ring.hear(message(2))
    ring.hear(message(3))
    places = [entry.place for entry in ring.batch(9) if entry.message]
    assert places == [FeedPlace("own", 1), FeedPlace("1:1", 1), FeedPlace("1:1", 2)]


def test_what_the_dead_one_registered_is_dropped_and_the_rest_stays():
    ring = make_ring()
    for n in range(3):
        ring.hear(message(n))
    ring.hear_mark("1:1")
    for n in range(3, 6):
        ring.hear(message(n))
    ring.drop_through(FeedPlace("1:1", 2))
    assert waiting(ring) == ["5"]


def test_place_of_an_older_marker_keeps_what_came_after_it():
    ring = make_ring()
    ring.hear_mark("1:1")
    ring.hear(message(1))
    ring.hear_mark("1:2")
    ring.hear(message(2))
    ring.drop_through(FeedPlace("1:1", 0))
    assert waiting(ring) == ["1", "2"]


def test_unknown_marker_drops_nothing():
    ring = make_ring()
    ring.hear(message(1))
    assert not ring.holds(FeedPlace("7:1", 0))
    ring.drop_through(FeedPlace("7:1", 5))
    assert waiting(ring) == ["1"]


def test_too_much_breaks_the_ring_off():
    ring = make_ring(most_bytes=1000)
    for n in range(10):
        ring.hear(message(n))
    assert ring.is_broken
    assert not ring.holds(FeedPlace("own", 0))


def test_batch_dropped_after_a_break_takes_nothing_from_the_new_link():
    ring = make_ring()
    ring.hear(message(1))
    batch = ring.batch(5)
    ring.begin(2, "again")
    ring.hear(message(2))
    ring.drop_batch(batch)
    assert waiting(ring) == ["2"]
