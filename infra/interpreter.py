"""Which Python runs kommobil. Written so that an old Python 3 can still read it and say what is missing."""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
BEST = ((3, 12), (3, 11))
"""For these every dependency, Redis included, comes as a wheel; a newer Python does without the embedded Redis."""

PROBE = "import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != (%d, %d))"


def settle(script: str) -> None:
    """Return under a fitting Python; else run `script` again under one, or end with what to install."""
    if sys.version_info[:2] in BEST:
        return
    for version in BEST:
        found = shutil.which("python%d.%d" % version)  # noqa: UP031 - for old Python
        if found and _works(found, PROBE % version):
            os.execv(found, [found, script] + sys.argv[1:])  # noqa: RUF005, S606 - for old Python; to become it
    if sys.version_info[:2] < OLDEST:
        sys.exit(
            "kommobil needs Python 3.11 or 3.12, this is {}.{}. Install one, for example: apt install python3.11 "
            "python3.11-venv, or dnf install python3.12".format(*sys.version_info[:2])
        )


def _works(python: str, probe: str) -> bool:
    """A name on PATH may be a shim of a version that is not installed, or a Python without its venv module."""
    return subprocess.call([python, "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
