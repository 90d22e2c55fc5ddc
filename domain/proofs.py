"""What a person has shown, and until when it counts: a driving licence, and who she is.

Whoever lends a vehicle without having seen the driver's licence is liable himself (§ 21 Abs. 1 Nr. 2 StVG). What is kept is
that it was seen, by whom, when, how, for which classes and until when it need not be seen again; no copy.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from domain.identity import PersonId
from domain.periods import Interval

RECHECK = Interval(
    6, date(2000, 1, 1), "practice of keepers, as no law says how often: at the start, then twice a year"
)


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


class CheckResult(StrEnum):
    VALID = "valid"
    NOT_VALID = "not_valid"


class LicenceCheck(Struct, frozen=True):
    """`counts_until` is the last day on which it need not be looked at again; None where the licence did not count.
    `licence_until` is when the licence itself ends, where it does."""

    result: CheckResult
    method: str
    classes: tuple[str, ...]
    licence_until: date | None
    checked_by: PersonId
    checked_at: datetime
    counts_until: date | None


def looked_at(
    result: CheckResult,
    method: str,
    classes: tuple[str, ...],
    licence_until: date | None,
    *,
    by: PersonId,
    now: datetime,
    today: date,
) -> LicenceCheck:
    """The look at a licence, and until when it counts: half a year, or as long as the licence; whoever drives, and whoever
    entered it. `today` is the day in the city."""
    until = min(filter(None, (RECHECK.last_day(today), licence_until))) if result is CheckResult.VALID else None
    return LicenceCheck(result, method, classes, licence_until, by, now, until)


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
