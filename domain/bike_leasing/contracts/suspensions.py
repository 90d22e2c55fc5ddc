"""When a lease rests (Ruhen): months without pay, and for how many of them an insurer pays the rates (Ratenschutz)."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import RuleVersion


class Pause(StrEnum):
    PARENTAL_LEAVE = "parental_leave"
    ILLNESS = "illness"
    CARE = "care"
    UNPAID_LEAVE = "unpaid_leave"


class Cover(Struct, frozen=True):
    """Up to so many whole months, after pay was converted for at least so many. `report_within_days` runs from the last day
    with pay, `claim_within_days` from the return; None where the insurer's page says nothing."""

    pause: Pause
    most_months: int
    least_converted: int = 0
    report_within_days: int | None = None
    claim_within_days: int | None = None


class RateProtection(Struct, frozen=True):
    version: RuleVersion
    covers: tuple[Cover, ...]

    def covered(self, pause: Pause, months: int, converted: int, reported_after_days: int = 0) -> int:
        """Of so many months of the pause those that the insurer pays, after so many of converted pay, where it is told so many
        days after the last one with pay."""
        found = next((cover for cover in self.covers if cover.pause is pause), None)
        if found is None or converted < found.least_converted:
            return 0
        late = found.report_within_days is not None and reported_after_days > found.report_within_days
        return 0 if late else min(months, found.most_months)


NO_PROTECTION = RateProtection(RuleVersion("rate_protection_none", date(2000, 1, 1), "nothing was agreed"), ())
STATE_EMPLOYER = RateProtection(
    RuleVersion(
        "rate_protection_public",
        date(2024, 1, 1),
        "help pages of a public employer's lessor (Rheinland-Pfalz)",
        doubt="each insurer's own terms count; since which day was not read",
    ),
    (
        Cover(Pause.PARENTAL_LEAVE, 18, least_converted=6),
        Cover(Pause.ILLNESS, 15),
        Cover(Pause.CARE, 6),
    ),
)
COMMERCIAL = RateProtection(
    RuleVersion(
        "rate_protection_commercial",
        date(2024, 1, 1),
        "pages of two commercial lessors",
        doubt="months of illness are not named there; ours are as long as parental leave's",
    ),
    (
        Cover(Pause.PARENTAL_LEAVE, 18, claim_within_days=28),
        Cover(Pause.ILLNESS, 18, report_within_days=30, claim_within_days=28),
    ),
)


class RestRule(Struct, frozen=True):
    """Whether months that nobody pays for come after the others, so that the lease lasts longer, or are owed all the same."""

    version: RuleVersion
    moves: bool


REST_RULES = (
    RestRule(
        RuleVersion(
            "rest",
            date(2026, 1, 1),
            "our policy",
            doubt="lessors differ: with some of them the employee pays the rates herself meanwhile, as in the simulator",
        ),
        moves=True,
    ),
)


class ResumptionPolicy(Struct, frozen=True):
    """Up to so many months ahead it is said from when on pay is converted again."""

    version: RuleVersion
    most_months_ahead: int


RESUMPTION_POLICIES = (
    ResumptionPolicy(
        RuleVersion(
            "resumption",
            date(2026, 1, 1),
            "our policy",
            doubt="a longer rest is no fault: its end is said when it is nearer, as plans are moved by it at once",
        ),
        12,
    ),
)


class Suspension(Struct, frozen=True):
    """From the first day of a month on; `until` is the first of the month in which pay is converted again, once known."""

    pause: Pause
    since: date
    until: date | None = None
