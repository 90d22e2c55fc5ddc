"""What a person has shown, and until when it counts: a driving licence, and who she is.

Whoever lends a vehicle without having seen the driver's licence is liable himself (§ 21 Abs. 1 Nr. 2 StVG). What is kept is that
it was seen, by whom, when, how, for which classes and until when it need not be seen again; no copy.
"""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum

from msgspec import Struct


class ProofKind(StrEnum):
    """`briefing` is the yearly one of people who drive for work (Unterweisung, § 4 DGUV Vorschrift 1)."""

    LICENCE = "licence"
    VERIFICATION = "verification"
    BRIEFING = "briefing"


class Proof(Struct, frozen=True):
    """`valid_until` is the last day, in the city, on which it counts; None for good."""

    kind: ProofKind
    valid_until: date | None = None

    def counts_on(self, day: date) -> bool:
        return self.valid_until is None or day <= self.valid_until


class Required(Struct, frozen=True):
    """What a city wants to have seen before it gives something away, by service."""

    charging: tuple[ProofKind, ...] = ()
    fleet: tuple[ProofKind, ...] = ()
    bike_leasing: tuple[ProofKind, ...] = ()

    def faults(self) -> list[str]:
        return [
            f"requires.{service} names something twice"
            for service in self.__struct_fields__
            if len(set(getattr(self, service))) < len(getattr(self, service))
        ]


def lacking(required: Collection[ProofKind], shown: Iterable[Proof], day: date) -> tuple[ProofKind, ...]:
    """What was not shown, or does not count on that day any more; in the order of what is required."""
    good = {proof.kind for proof in shown if proof.counts_on(day)}
    return tuple(kind for kind in required if kind not in good)
