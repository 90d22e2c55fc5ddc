"""Fees beside the price: how much they are, and how they are taxed by which law since when."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from domain.money import Money, minor_units, percentage, vat_within
from domain.pricing.quotes import Line, LineKind


class FeeKind(StrEnum):
    """`performed` is what a consumer owes who withdraws after the use began (Wertersatz)."""

    CANCELLATION = "cancellation"
    NO_SHOW = "no_show"
    PERFORMED = "performed"


class Treatment(StrEnum):
    """`consideration` is paid for something and taxed; `damages` make good a loss and are not."""

    CONSIDERATION = "consideration"
    DAMAGES = "damages"


class FeeTax(Struct, frozen=True):
    """How a kind of fee is taxed since when, and who says so."""

    kind: FeeKind
    treatment: Treatment
    valid_from: date
    source: str


FEE_TAX = (
    FeeTax(
        FeeKind.CANCELLATION,
        Treatment.DAMAGES,
        date(2007, 7, 18),
        "EuGH C-277/05; OFD Frankfurt S 7100 A-199",
    ),
    FeeTax(
        FeeKind.NO_SHOW,
        Treatment.CONSIDERATION,
        date(2015, 12, 23),
        "EuGH C-250/14",
    ),
    FeeTax(
        FeeKind.PERFORMED,
        Treatment.CONSIDERATION,
        date(2014, 6, 13),
        "§ 357a Abs. 2 BGB; § 1 Abs. 1 UStG",
    ),
)


class FrozenTax(Struct, frozen=True):
    """What counts for one booking; `vat_rate` is 0 for damages."""

    kind: FeeKind
    treatment: Treatment
    vat_rate: Decimal
    valid_from: date
    source: str


class FeeRule(Struct, frozen=True):
    """So many percent of what the booking takes and a fixed amount on top, within bounds, gross in major units."""

    percent: int
    flat: Decimal | None = None
    at_least: Decimal | None = None
    at_most: Decimal | None = None

    def of(self, base: Money) -> Money:
        """The fee. Nothing where the booking takes nothing: there is nobody here whom it could be charged to."""
        if base.is_zero:
            return base
        fee = percentage(base.amount, self.percent) + (minor_units(self.flat) if self.flat is not None else 0)
        if self.at_least is not None:
            fee = max(fee, minor_units(self.at_least))
        if self.at_most is not None:
            fee = min(fee, minor_units(self.at_most))
        return Money(fee, base.currency)

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        return tuple(amount for amount in (self.flat, self.at_least, self.at_most) if amount is not None)

    @property
    def costs(self) -> bool:
        """Whether there is any such fee."""
        return bool(self.percent) or any(self.amounts)

    @property
    def bends(self) -> tuple[int, ...]:
        """The prices, in minor units, at which the fee begins or ceases to grow, and their neighbours."""
        bends = [0, 1, 10**9]
        for bound in (self.at_least, self.at_most):
            if bound is not None and self.percent:
                at = int((bound - (self.flat or Decimal(0))) * 10_000 / self.percent)
                bends += [at - 1, at, at + 1, at + 2]
        return tuple(max(bend, 1) for bend in bends)


@lru_cache(maxsize=1024)
def frozen_taxes(own: tuple[FeeTax, ...], vat_rate: Decimal, on: date) -> tuple[FrozenTax, ...]:
    """How each kind of fee is taxed for what is booked on that day: as the city says where it says so, else by law."""
    return tuple(_frozen(_in_force(kind, own, on) or _in_force(kind, FEE_TAX, on), vat_rate) for kind in FeeKind)


def _in_force(kind: FeeKind, records: Iterable[FeeTax], on: date) -> FeeTax | None:
    known = [record for record in records if record.kind is kind and record.valid_from <= on]
    return max(known, key=lambda record: record.valid_from, default=None)


def _frozen(record: FeeTax | None, vat_rate: Decimal) -> FrozenTax:
    if record is None:
        raise ValueError("every kind of fee has a record as old as the first booking")
    taxed = record.treatment is Treatment.CONSIDERATION
    return FrozenTax(record.kind, record.treatment, vat_rate if taxed else Decimal(0), record.valid_from, record.source)


WORDS = {
    FeeKind.CANCELLATION: "Stornogebühr",
    FeeKind.NO_SHOW: "Gebühr bei Nichtnutzung",
    FeeKind.PERFORMED: "Wertersatz für die Nutzung bis zum Widerruf",
}


def fee_line(kind: FeeKind, fee: Money, taxes: Iterable[FrozenTax]) -> Line | None:
    """The fee as a line like those of a quote; None where there is no fee, or nobody froze how it is taxed."""
    tax = next((tax for tax in taxes if tax.kind is kind), None)
    if tax is None or fee.is_zero:
        return None
    vat = Money(vat_within(fee.amount, tax.vat_rate), fee.currency)
    return Line(LineKind(kind.value), WORDS[kind], Decimal(1), "1", tax.vat_rate, fee - vat, vat, fee)
