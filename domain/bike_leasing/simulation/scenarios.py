"""What a simulated lease is made of: the bike, the rate, the employee's pay, and what may come in between."""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Due
from domain.bike_leasing.calculation.fees import Bearer, Fee
from domain.bike_leasing.calculation.schedule import LAST_DAY
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, is_amount
from domain.bike_leasing.contracts.suspensions import (
    COMMERCIAL,
    NO_PROTECTION,
    STATE_EMPLOYER,
    Pause,
    RateProtection,
)
from domain.money import Money
from domain.refusals import Refusal

MOST_PAUSES, MOST_FEES = 10, 10


class Protection(StrEnum):
    NONE = "none"
    PUBLIC = "public"
    COMMERCIAL = "commercial"


PROTECTED: dict[Protection, RateProtection] = {
    Protection.NONE: NO_PROTECTION,
    Protection.PUBLIC: STATE_EMPLOYER,
    Protection.COMMERCIAL: COMMERCIAL,
}


class ConversionStart(StrEnum):
    """In which month pay is converted first: that of the handover, or the lease's own first."""

    WITH_HANDOVER = "with_handover"
    WITH_LEASE = "with_lease"


class PlannedPause(Struct, frozen=True, forbid_unknown_fields=True):
    """Without pay from the lease's month `first_month` on, 1 being the first, for so many months. Where the pay of a month pays for the
    lease's next one, that next one is the first that rests."""

    pause: Pause
    first_month: int
    months: int

    @property
    def last_month(self) -> int:
        return self.first_month + self.months - 1


class Scenario(Struct, frozen=True, forbid_unknown_fields=True):
    """One lease with what may happen to it. Amounts are gross.

    `list_price` is the maker's with what is fixed to the bike, `sale_price` what is financed down to `residual`. `gross_pay` is a
    month's; `tax_percent` what income tax, with what goes by it, takes of its last euro: a shortcut for tax class and family.
    `on_top` gives the bike beside the pay, which converts nothing. `leaves_after` is the lease's last month before the employee
    leaves; the bike then brings `proceeds`. Who `buys` takes the offer at the end, which nobody is promised.
    """

    list_price: Money
    sale_price: Money
    residual: Money
    months: int
    nominal_percent: Decimal
    gross_pay: Money
    tax_percent: Decimal
    handed_over_on: date
    due: Due = Due.ARREARS
    due_day: int = 1
    conversion_starts: ConversionStart = ConversionStart.WITH_HANDOVER
    fees: tuple[Fee, ...] = ()
    subsidy: Money = Money(0, EUR)
    on_top: bool = False
    childless: bool = False
    deducts_vat: bool = False
    pauses: tuple[PlannedPause, ...] = ()
    protection: Protection = Protection.NONE
    pause_borne_by: Bearer = Bearer.EMPLOYEE
    leaves_after: int | None = None
    proceeds: Money = Money(0, EUR)
    settlement_borne_by: Bearer = Bearer.EMPLOYEE
    discounts: bool = False
    service_used: bool = False
    buys: bool = False
    market_value: Money | None = None


def impossible(scenario: Scenario) -> Refusal[NotCalculable] | None:
    """What of it cannot happen. What single calculations refuse, they refuse themselves."""
    if not is_amount(scenario.proceeds):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/proceeds")
    if not 1 <= scenario.due_day <= LAST_DAY:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/due_day")
    if len(scenario.fees) > MOST_FEES:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/fees")
    if scenario.leaves_after is not None and not 1 <= scenario.leaves_after < scenario.months:
        return Refusal(NotCalculable.TERM_OUT_OF_RANGE, "/leaves_after")
    last = 0
    for index, pause in enumerate(scenario.pauses[: MOST_PAUSES + 1]):
        fits = index < MOST_PAUSES and pause.months >= 1 and last < pause.first_month
        if not fits or pause.last_month > (scenario.leaves_after or scenario.months):
            return Refusal(NotCalculable.TERM_OUT_OF_RANGE, f"/pauses/{index}")
        last = pause.last_month
    return None
