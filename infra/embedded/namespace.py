"""Run a program under another user id inside a user namespace of its own; the kernel maps that id to ours.

    python namespace.py UID GID PROGRAM [ARGUMENT ...]

A program that refuses to run as root sees an ordinary user, while every file it writes is ours and nothing of the
system changes. Run by path with the standard library only, so that a part starts within a few milliseconds.
Exits with 78 (EX_CONFIG of sysexits.h) where the kernel does not let us.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
NOT_ALLOWED = 78


def enter(uid: int, gid: int) -> None:
    """Make the namespace and map `uid` and `gid` in it to our own. Raises OSError if the kernel refuses."""
    own_uid, own_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    process = Path("/proc/self")
    (process / "setgroups").write_text("deny")  # required before a group may be mapped without privilege
    (process / "uid_map").write_text(f"{uid} {own_uid} 1")
    (process / "gid_map").write_text(f"{gid} {own_gid} 1")


if __name__ == "__main__":
    try:
        enter(int(sys.argv[1]), int(sys.argv[2]))
    except OSError as problem:
        sys.stderr.write(f"no user namespace: {problem}\n")
        sys.exit(NOT_ALLOWED)
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - replacing ourselves by the program is the purpose
