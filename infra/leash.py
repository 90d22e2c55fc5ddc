"""Run a program that the kernel kills the moment its parent dies.

    python leash.py PARENT PROGRAM [ARGUMENT ...]

The bond holds from before the program's first line, however long that takes to load, and survives becoming the
program; only a change of account would untie it, so that comes before. Linux only. Run by path with the standard library
only, so that it costs a few milliseconds.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> list[str]:
    """The command, tied to this process; as it is where there is no Linux."""
    tie = [sys.executable, "-I", "-S", __file__, str(os.getpid())] if sys.platform == "linux" else []
    return [*tie, *command]


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(sys.argv[1]):  # it died before the bond was tied
        sys.exit(1)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - replacing ourselves by the program is the purpose
