"""What is read of `/proc`, of made-up text and of this process."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from bench.process_figures import cpu_s, cpu_ticks, footprint, named_number, open_files


def test_ticks_are_found_behind_a_name_with_brackets():
    stat = "7 (a (b) c) S 1 1 1 0 -1 4194304 10 20 0 0 250 50 3 4 20 0 1 0 100"
    assert cpu_ticks(stat) == 300


def test_named_number_wants_the_whole_name():
    text = "Pss_Anon:  5 kB\nPss:      42 kB\nThreads:\t3\n"
    assert named_number(text, "Pss") == 42
    assert named_number(text, "Threads") == 3
    with pytest.raises(ValueError, match="Swap"):
        named_number(text, "Swap")


def test_work_of_this_process_is_seen():
    before, deadline = cpu_s(os.getpid()), time.process_time() + 0.05
    while time.process_time() < deadline:
        pass
    assert cpu_s(os.getpid()) - before >= 0.03
    assert footprint(os.getpid()).pss_kib > 1000
    assert footprint(os.getpid()).threads >= 1


def test_open_files_are_counted_by_name(tmp_path: Path):
    file = tmp_path / "data"
    with file.open("w"), file.open():
        assert open_files(os.getpid(), str(file)) == 2
    assert open_files(os.getpid(), str(file)) == 0
