"""From the dealer's offer to the employee's application."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.calculation.fees import FeeKind
from domain.bike_leasing.calculation.sheets import LONGEST, is_amount
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import BikeKind, Lease, LeasedBike, LeaseQuote
from domain.bike_leasing.contracts.parties import Accreditation, Framework
from domain.money import Money
from domain.refusals import Refusal


def offer(
    lease: Lease, quote: LeaseQuote, accreditation: Accreditation | None, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """Offer the bike to the holder. `accreditation` is the dealer's with the lessor."""
    found = turn(lease, Act.OFFER, by)
    if isinstance(found, Refusal):
        return found
    if accreditation is None or not accreditation.span.holds(by.today):
        return Refusal(NotDone.DEALER_NOT_ACCREDITED)
    if (fault := _fault(quote)) is not None:
        return Refusal(NotDone.BAD_QUOTE, fault)
    if quote.valid_until <= by.now:
        return Refusal(NotDone.OFFER_EXPIRED, "/quote/valid_until")
    return found.taken(replace(lease, quote=replace(quote, online=accreditation.online)))


def _fault(quote: LeaseQuote) -> str | None:
    """Where the quote is none."""
    if (field := fault_of(quote.bike)) is not None:
        return f"/quote/bike/{field}"
    if not 1 <= quote.months <= LONGEST:
        return "/quote/months"
    if not is_amount(quote.rate, *(fee.amount for fee in quote.fees)):
        return "/quote/rate"
    return None


def fault_of(bike: LeasedBike) -> str | None:
    """The field where it is no bike that somebody sells."""
    prices = {"list_price": bike.list_price, "sale_price": bike.sale_price}
    return next((name for name, price in prices.items() if not is_amount(price) or not price.amount), None)


def apply(lease: Lease, framework: Framework | None, bikes_held: int, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Take the offer up. `framework` is the employer's, None for a consumer; `bikes_held` are the holder's other leases that
    are not over."""
    found = turn(lease, Act.APPLY, by)
    if isinstance(found, Refusal):
        return found
    assert lease.quote is not None  # noqa: S101 - what is offered has a quote
    if lease.quote.valid_until <= by.now:
        return Refusal(NotDone.OFFER_EXPIRED)
    if lease.quote.bike.kind is BikeKind.S_PEDELEC:
        return Refusal(NotDone.NO_BIKE_BY_LAW)
    if not lease.is_private and (no := _against(lease.quote, framework, bikes_held, by.today)) is not None:
        return Refusal(no)
    return found.taken(replace(lease, applied_on=by.today))


def _against(quote: LeaseQuote, framework: Framework | None, bikes_held: int, today: date) -> NotDone | None:
    """What the employer's framework and the collective agreement have against it."""
    if framework is None or not framework.span.holds(today):
        return NotDone.FRAMEWORK_NOT_ACTIVE
    agreement = framework.agreement
    counted = agreement.counted(quote.bike.list_price, services_of(quote))
    if quote.bike.list_price.amount < agreement.least.amount:
        return NotDone.BELOW_LEAST_PRICE
    if counted.amount > agreement.most.amount:
        return NotDone.ABOVE_CAP
    if bikes_held >= agreement.bikes_at_once:
        return NotDone.TOO_MANY_BIKES
    return None


def services_of(quote: LeaseQuote) -> Money:
    """What insurance and services cost over the whole term."""
    of_a_month = sum(fee.amount.amount for fee in quote.fees if fee.kind in {FeeKind.INSURANCE, FeeKind.SERVICE})
    return Money(of_a_month * quote.months, quote.rate.currency)
