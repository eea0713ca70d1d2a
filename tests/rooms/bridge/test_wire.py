"""Cutting what Redis pushes into messages."""

import pytest

from rooms.bridge.wire import BadWire, PushReader

PUSH = b"*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$3\r\na\r\n\r\n$5\r\nx\r\ny$\r\n"
ACK = b"*3\r\n$9\r\nsubscribe\r\n$-1\r\n:12\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 500])
def test_messages_come_out_whole_however_the_bytes_arrive(size):
    data = PUSH + ACK + PUSH
    reader = PushReader()
    got = []
    for at in range(0, len(data), size):
        got += reader.feed(data[at : at + size])
    push = [b"pmessage", b"*", b"a\r\n", b"x\r\ny$"]
    assert got == [push, [b"subscribe", None, 12], push]


def test_a_long_payload_is_not_looked_at_again_with_each_chunk():
    size = 5_000_000
    data = b"*1\r\n$%d\r\n%s\r\n" % (size, b"x" * size)
    reader = PushReader()
    got = []
    for at in range(0, len(data), 4096):
        got += reader.feed(data[at : at + 4096])
    assert got == [[b"x" * size]]


def test_anything_else_is_refused():
    with pytest.raises(BadWire):
        PushReader().feed(b"-ERR no\r\n")
