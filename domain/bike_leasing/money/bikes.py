"""The lessor's bikes: what they cost, and what they are still worth in the books (Buchwert), month by month."""

from datetime import date
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.sheets import EUR, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.money import Money, part_of, to_the_cent, vat_within


class Bought(Struct, frozen=True):
    """A bike that its dealer handed over on a day. `price` is gross, `vat` the tax within that the lessor deducts."""

    lease_id: LeaseId
    dealer: PartyId
    on: date
    price: Money
    vat: Money

    @property
    def cost(self) -> Money:
        """What it stands in the books with."""
        return self.price - self.vat


def purchase_of(lease: Lease, *, deducts_vat: bool = True) -> Bought | None:
    """What the dealer is owed; None before the handover."""
    if lease.handed_over_on is None or lease.quote is None:
        return None
    price, rule = lease.quote.bike.sale_price, in_force(STANDARD_RATES, lease.handed_over_on)
    within = vat_within(price.amount, rule.percent / 100) if rule is not None and deducts_vat else 0
    return Bought(lease.id, lease.parties.dealer, lease.handed_over_on, price, Money(within, price.currency))


class Worth(Struct, frozen=True):
    """A bike in the books: from `cost` down to `residual` in equal steps over the lease's months, the first being that of `first`."""

    cost: Money
    residual: Money
    first: date
    months: int

    def book_value(self, after: date) -> Money:
        """At the end of the month whose first day is `after`."""
        return Money(self.cost.amount - self._lost_by(after), EUR)

    def lost_in(self, month: date) -> Money:
        """The month's depreciation. All months together are the whole loss, to the cent."""
        number = self._number(month)
        return Money(self._lost(number) - self._lost(number - 1), EUR)

    def _lost_by(self, month: date) -> int:
        return self._lost(self._number(month))

    def _lost(self, months: int) -> int:
        gone = Fraction(max(0, min(months, self.months)), self.months)
        return part_of(max(self.cost.amount - self.residual.amount, 0), gone)

    def _number(self, month: date) -> int:
        """1 for the first month."""
        return (month.year - self.first.year) * 12 + month.month - self.first.month + 1


def worth_of(lease: Lease, residual_share: Fraction, *, deducts_vat: bool = True) -> Worth | None:
    """The residual value that was calculated with is gross, as the price is; in the books both are net where tax is deducted."""
    purchase = purchase_of(lease, deducts_vat=deducts_vat)
    if purchase is None or lease.first_month is None or lease.quote is None:
        return None
    residual = to_the_cent(residual_share * purchase.cost.amount / 100)
    return Worth(purchase.cost, Money(residual, EUR), lease.first_month, lease.quote.months)


def worth_as_financed(lease: Lease, financing: Financing) -> Worth | None:
    """By the price and the residual value that its rate was calculated with: another bike in the same contract changes neither."""
    if lease.quote is None or not financing.financed.amount:
        return None
    bike = replace(lease.quote.bike, sale_price=financing.financed)
    share = Fraction(financing.residual.amount, financing.financed.amount)
    return worth_of(replace(lease, quote=replace(lease.quote, bike=bike)), share)
