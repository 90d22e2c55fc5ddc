"""What a person has shown, and until when it counts: a driving licence, who she is, and from which age on she is.

Whoever lends a vehicle without having seen the driver's licence is liable himself (§ 21 Abs. 1 Nr. 2 StVG). What is kept is
that it was seen, by whom, when, how, for which classes and until when it need not be seen again; no copy. Of an age it is a number of years that she has
reached: no birthday (GDPR, article 5).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from domain.identity import PersonId
from domain.periods import Interval

RECHECK = Interval(
    6, date(2000, 1, 1), "practice of keepers, as no law says how often: at the start, then twice a year"
)


Age: TypeAlias = Annotated[int, Meta(ge=16, le=99)]
"""Years that somebody has to have reached, or was seen to have reached."""


class ProofKind(StrEnum):
    """`briefing` is the yearly one of people who drive for work (Unterweisung, § 4 DGUV Vorschrift 1), `age` that somebody was
    seen to be so many years old or older."""

    LICENCE = "licence"
    VERIFICATION = "verification"
    BRIEFING = "briefing"
    AGE = "age"


class Proof(Struct, frozen=True):
    """`valid_until` is the last day, in the city, on which it counts; None for good. `years` are those that an age says: who has
    shown it is that old, or older."""

    kind: ProofKind
    valid_until: date | None = None
    years: Age | None = None

    @property
    def says_its_years(self) -> bool:
        """An age says years, and nothing else does."""
        return (self.kind is ProofKind.AGE) == (self.years is not None)

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


class MinAges(Struct, frozen=True):
    """From which age on residents are given something, by service; None where nobody is asked."""

    charging: Age | None = None
    fleet: Age | None = None
    bike_leasing: Age | None = None


class Required(Struct, frozen=True):
    """What a city wants to have seen before it gives something away, by service. An age is asked for by `min_age` alone, which
    says which."""

    charging: tuple[ProofKind, ...] = ()
    fleet: tuple[ProofKind, ...] = ()
    bike_leasing: tuple[ProofKind, ...] = ()
    min_age: MinAges = MinAges()

    def faults(self) -> list[str]:
        faults = []
        for service in self.min_age.__struct_fields__:
            kinds: tuple[ProofKind, ...] = getattr(self, service)
            if len(set(kinds)) < len(kinds):
                faults.append(f"requires.{service} names something twice")
            if ProofKind.AGE in kinds:
                faults.append(f"requires.{service} names an age: requires.min_age.{service} says which")
        return faults


def lacking(
    required: Collection[ProofKind], shown: Iterable[Proof], day: date, min_age: int | None = None
) -> tuple[ProofKind, ...]:
    """What was not shown, or does not count on that day any more; in the order of what is required, and an age last, where
    nobody has seen her to have reached `min_age`."""
    good = [proof for proof in shown if proof.counts_on(day)]
    kinds = {proof.kind for proof in good}
    missing = tuple(kind for kind in required if kind not in kinds)
    if min_age is None or any(proof.years is not None and proof.years >= min_age for proof in good):
        return missing
    return (*missing, ProofKind.AGE)
