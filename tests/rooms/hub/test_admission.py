"""Who comes in while others do."""

from contextlib import ExitStack

from rooms.hub.admission import Admission


def test_those_above_the_bound_wait_and_the_next_ones_come_in():
    admission = Admission(most_coming=2, most_sockets=100)
    with ExitStack() as stack:
        assert [stack.enter_context(admission.entering(0)) for _ in range(2)] == [0, 0]
        waits = [stack.enter_context(admission.entering(0)) for _ in range(50)]
    assert min(waits) >= 1
    assert len(set(waits)) > 10, "all told the same moment, they would come back together"
    with admission.entering(0) as wait_s:
        assert wait_s == 0


def test_a_full_process_keeps_descriptors_for_the_rest():
    admission = Admission(most_sockets=10)
    with admission.entering(9) as first, admission.entering(9) as second:
        assert first == 0
        assert second >= 1
