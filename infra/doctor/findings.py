"""What the doctor says."""

from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Works, and should be looked after."""
    FAILED = "failed"


class Finding(Struct, frozen=True):
    """`do` says what to do about it; empty where all is well."""

    name: str
    state: State
    says: str
    do: str = ""


def well(name: str, says: str) -> Finding:
    return Finding(name, State.OK, says)


def judged(name: str, fault: bool, says: str, do: str, *, grave: bool = True) -> Finding:
    """All is well unless there is the fault; one that is not grave is a warning."""
    if not fault:
        return Finding(name, State.OK, says)
    return Finding(name, State.FAILED if grave else State.WARNING, says, do)
