"""The soak, shortened: the same processes, guests and judgement as in an hour."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BRIEF = ("--minutes", "0.3", "--sockets", "8", "--guests", "6", "--rate", "100")
WITHIN_S = 120


async def test_nothing_grows_and_everybody_has_everything():
    command = [sys.executable, str(ROOT / "bench/rooms_soak.py"), *BRIEF]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=WITHIN_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    visits, judged, wrong = map(
        int, re.findall(r"(\d+) visits; (\d+) sequences judged, (\d+) wrong", done.stdout)[0]
    )
    assert visits > 6
    assert (judged >= 16, wrong) == (True, 0)
    assert done.stdout.count("  flat") == 12
