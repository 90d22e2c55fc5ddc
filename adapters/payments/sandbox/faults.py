"""Faults that a test or a lesson asks for in advance: the next matching requests meet them.

They live in memory: a restarted sandbox is a healthy one.
"""

from fnmatch import fnmatchcase
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, structs

Kind: TypeAlias = Literal[
    "timeout_before",  # the connection breaks and nothing happened
    "timeout_after",  # it happened, and the connection breaks before the answer
    "error_500",  # Stripe failed: nothing happened, and the key repeats the 500
    "error_500_after",  # it happened, yet the answer is a 500, and the key repeats it
    "error_503",  # turned away at the door: nothing happened, nothing is remembered
    "rate_limit",  # 429, likewise
    "delay",  # answered late; meanwhile the key is in use
    "duplicate_events",  # each event of the request is delivered twice
]


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`path` may hold `*`; `account` None means any; `seconds` is for `delay`. Each `every`-th request that fits meets it."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    kind: Kind
    times: Annotated[int, Meta(ge=1, le=100_000)] = 1
    every: Annotated[int, Meta(ge=1, le=1_000)] = 1
    account: str | None = None
    seconds: Annotated[float, Meta(gt=0, le=120)] = 1.0


class _Planned(Struct):
    """`spared` requests fitted since the last one that met it."""

    fault: Fault
    spared: int = 0


class Faults:
    """What was asked for and has not happened yet, oldest first."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    @property
    def planned(self) -> tuple[Fault, ...]:
        return tuple(each.fault for each in self._planned)

    def plan(self, fault: Fault) -> None:
        self._planned.append(_Planned(fault))

    def clear(self) -> None:
        self._planned.clear()

    def take(self, account: str, method: str, path: str) -> Fault | None:
        """The first fault whose turn it is with this request; it counts as used."""
        for each in self._planned:
            fault = each.fault
            if fault.method != method or not fnmatchcase(path, fault.path) or fault.account not in {None, account}:
                continue
            each.spared += 1
            if each.spared < fault.every:
                continue
            each.spared, each.fault = 0, structs.replace(fault, times=max(fault.times - 1, 1))
            if fault.times == 1:
                self._planned.remove(each)
            return fault
        return None
