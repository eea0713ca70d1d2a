"""Runs a command that ends when its parent does: `tied_process.py PARENT_PID COMMAND...`.

A program of its own rather than a function run between fork and exec, where Python is not safe to run.
On Linux the kernel sends SIGKILL to the command once the parent is gone; elsewhere this only runs it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie, then become the command."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it went before the tie held
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
