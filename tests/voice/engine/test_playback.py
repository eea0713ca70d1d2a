"""The queue tells exactly what has been heard."""

from voice.engine.playback import BYTES_PER_MS, AudioQueue, Clip

FRAME = 20 * BYTES_PER_MS


def pcm(ms):
    return b"\1\0" * (ms * BYTES_PER_MS // 2)


def test_callbacks_run_when_a_clip_begins_and_ends():
    told = []
    queue = AudioQueue()
    queue.put(Clip("a", pcm(30), lambda: told.append("a starts"), lambda: told.append("a ends")))
    queue.put(Clip("b", pcm(30), lambda: told.append("b starts"), lambda: told.append("b ends")))
    assert told == []
    assert queue.take(FRAME) == pcm(20)
    assert told == ["a starts"]
    queue.take(FRAME)
    assert told == ["a starts", "a ends", "b starts"]
    queue.take(FRAME)
    assert told[-1] == "b ends"
    assert (queue.played_ms("a"), queue.played_ms("b")) == (30, 30)


def test_an_empty_queue_is_silence():
    assert AudioQueue().take(FRAME) == bytes(FRAME)


def test_clear_silences_at_once_and_keeps_the_count():
    told = []
    queue = AudioQueue()
    queue.put(Clip("a", pcm(100), on_end=lambda: told.append("end")))
    queue.take(FRAME)
    queue.clear()
    assert (queue.take(FRAME), told) == (bytes(FRAME), [])
    assert queue.played_ms("a") == 20


def test_a_mark_is_reached_after_what_was_put_before_it():
    told = []
    queue = AudioQueue()
    queue.put(Clip("a", pcm(20)))
    queue.put(Clip("a", b"", on_end=lambda: told.append("end")))
    queue.take(FRAME)
    queue.take(FRAME)
    assert told == ["end"]


def test_drop_waiting_lets_the_clip_being_played_end():
    queue = AudioQueue()
    queue.put(Clip("a", pcm(40)))
    queue.put(Clip("b", pcm(40)))
    queue.take(FRAME)
    queue.drop_waiting()
    assert queue.take(FRAME) == pcm(20)
    assert queue.take(FRAME) == bytes(FRAME)


def test_a_callback_may_clear_the_queue():
    queue = AudioQueue()
    queue.put(Clip("a", pcm(40), on_start=queue.clear))
    queue.put(Clip("b", pcm(40)))
    queue.take(FRAME)
    assert queue.idle()
