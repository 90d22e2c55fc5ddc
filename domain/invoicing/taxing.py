"""Value added tax on a document: per rate, half up, once; and what is left of it when parts are given back."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from domain.invoicing.invoices import Invoice, InvoiceLine, TaxCategory, TaxTotal
from domain.money import Money, shared, vat_within
from domain.pricing.quotes import Line, LineKind

# What makes good a loss where it is outside of the tax; all else that is, a city does as an authority.
DAMAGES = frozenset(
    {LineKind.CANCELLATION, LineKind.NO_SHOW, LineKind.LATE_PAYMENT, LineKind.DAMAGE, LineKind.LEASE_SETTLEMENT}
)


class Left(Struct, frozen=True):
    """What of one rate's total has not been given back, in minor units."""

    category: TaxCategory
    rate: Decimal
    gross: int
    vat: int

    @property
    def net(self) -> int:
        return self.gross - self.vat


def category_of(rate: Decimal, kind: LineKind) -> TaxCategory:
    """What a city does not tax is outside of the tax, but for premiums: damages, and what it does not do as an entrepreneur (§ 2b
    UStG)."""
    if rate:
        return TaxCategory.STANDARD
    return TaxCategory.EXEMPT if kind is LineKind.PREMIUM else TaxCategory.OUTSIDE


def makes_good(document: Invoice, total: TaxTotal) -> bool:
    """Whether a total of the document is damages (Schadenersatz). What else is outside of the tax are fees that the city
    charges as an authority (Gebühren), which are income of the service."""
    return total.category is TaxCategory.OUTSIDE and all(
        line.kind in DAMAGES for line in document.lines if line.category is TaxCategory.OUTSIDE
    )


def taxed(lines: Iterable[Line]) -> tuple[tuple[InvoiceLine, ...], tuple[TaxTotal, ...]]:
    """The lines of a document and its totals by rate, the highest first.

    Whatever the lines say of their tax, it is that of the document: computed once per rate on the sum, and shared.
    """
    given = [line for line in lines if not line.gross.is_zero]
    made: dict[int, InvoiceLine] = {}
    totals = []
    for rate in sorted({line.vat_rate for line in given}, reverse=True):
        mine = [n for n, line in enumerate(given) if line.vat_rate == rate]
        grosses = [given[n].gross.amount for n in mine]
        vat = vat_within(sum(grosses), rate)
        for n, part in zip(mine, shared(vat, grosses), strict=True):
            made[n] = _line(given[n], part)
        totals.append(
            total_of(category_of(rate, given[mine[0]].kind), rate, sum(grosses), vat, given[mine[0]].gross.currency)
        )
    return tuple(made[n] for n in range(len(given))), tuple(totals)


def as_posted(lines: Iterable[Line]) -> tuple[tuple[InvoiceLine, ...], tuple[TaxTotal, ...]]:
    """The same of what the ledger has already: each line keeps the tax that was posted, and a total is the sum of its lines."""
    made = tuple(_line(line, line.vat.amount) for line in lines if not line.gross.is_zero)
    totals = []
    for rate in sorted({line.rate for line in made}, reverse=True):
        mine = [line for line in made if line.rate == rate]
        gross, vat = sum(line.gross.amount for line in mine), sum(line.vat.amount for line in mine)
        totals.append(total_of(mine[0].category, rate, gross, vat, mine[0].gross.currency))
    return made, tuple(totals)


def total_of(category: TaxCategory, rate: Decimal, gross: int, vat: int, currency: str) -> TaxTotal:
    return TaxTotal(category, rate, Money(gross - vat, currency), Money(vat, currency), Money(gross, currency))


def left_of(totals: Sequence[TaxTotal], given_back: Iterable[TaxTotal]) -> tuple[Left, ...]:
    """What remains of an invoice's totals after its credit notes'."""
    gone = list(given_back)
    return tuple(
        Left(
            total.category,
            total.rate,
            total.gross.amount - sum(each.gross.amount for each in gone if each.rate == total.rate),
            total.vat.amount - sum(each.vat.amount for each in gone if each.rate == total.rate),
        )
        for total in totals
    )


def given_back(left: Sequence[Left], amount: int, currency: str) -> tuple[TaxTotal, ...]:
    """The totals of a credit note over so much of what is left: every rate gives in proportion.

    The tax is rounded half up like any; the credit note that takes the last of a rate takes the tax that remains, so
    that tax and net end at nothing whatever the parts were (24.70 as 4 x 5.00 and 4.70: 0.80 each, then 0.74).
    """
    parts = shared(amount, [each.gross for each in left])
    return tuple(
        total_of(each.category, each.rate, part, _tax_of(each, part), currency)
        for each, part in zip(left, parts, strict=True)
        if part
    )


def _tax_of(left: Left, part: int) -> int:
    """Never more than the tax that is left, and never so little that more net would go than is left."""
    return min(max(vat_within(part, left.rate), part - left.net), left.vat)


def _line(line: Line, vat: int) -> InvoiceLine:
    tax = Money(vat, line.gross.currency)
    return InvoiceLine(
        line.kind,
        line.description,
        line.quantity,
        line.unit,
        category_of(line.vat_rate, line.kind),
        line.vat_rate,
        line.gross - tax,
        tax,
        line.gross,
    )
