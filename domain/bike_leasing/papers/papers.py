"""The papers of a lease: what they say, drawn up once from what was approved, before anybody orders the bike; a consumer's from her offer,
before she binds herself."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType

from msgspec import Struct

from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.consumers import credit_of, example_in
from domain.bike_leasing.calculation.fees import Fee
from domain.bike_leasing.calculation.representative import RepresentativeExample
from domain.bike_leasing.calculation.sheets import Sheet, in_force
from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import Lease, LeasedBike, LeaseId, LeaseQuote, LeaseState, sides_on
from domain.bike_leasing.contracts.parties import CollectiveAgreement, Framework, PartyId, Side
from domain.bike_leasing.papers.texts import PaperKind, texts_for
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.identity import Actor
from domain.money import Money
from domain.refusals import Refusal

Digest = NewType("Digest", str)
"""The SHA-256 of a paper's bytes, in hexadecimal: what an acceptance names."""

DRAWN_IN = frozenset({LeaseState.APPROVED, LeaseState.LESSOR_REVIEW})
DRAWN_FOR_CONSUMERS_IN = frozenset({LeaseState.OFFERED, LeaseState.APPLIED, LeaseState.LESSOR_REVIEW})
EMPLOYERS, CONSUMERS = (
    (PaperKind.CONVERSION, PaperKind.SINGLE_LEASE),
    (PaperKind.PRE_CONTRACT, PaperKind.OWN_LEASE),
)
READERS = {
    PaperKind.CONVERSION: frozenset({Side.EMPLOYEE, Side.HR}),
    PaperKind.SINGLE_LEASE: frozenset({Side.EMPLOYEE, Side.HR, Side.LESSOR}),
    **dict.fromkeys(CONSUMERS, frozenset({Side.EMPLOYEE, Side.LESSOR})),
}
"""Who reads a paper: pay is no business of the lessor's, and neither is any of the dealer's."""
SIGNERS = {
    PaperKind.CONVERSION: frozenset({Side.EMPLOYEE, Side.HR}),
    PaperKind.SINGLE_LEASE: frozenset({Side.HR, Side.LESSOR}),
    PaperKind.PRE_CONTRACT: frozenset[Side](),
    PaperKind.OWN_LEASE: frozenset({Side.EMPLOYEE, Side.LESSOR}),
}
"""Nobody says yes to what she is only told."""


def kinds_of(lease: Lease) -> tuple[PaperKind, ...]:
    """Those that are drawn up before it is ordered."""
    return CONSUMERS if lease.is_private else EMPLOYERS


def may_be_drawn(lease: Lease) -> bool:
    return lease.state in (DRAWN_FOR_CONSUMERS_IN if lease.is_private else DRAWN_IN)


def readable(lease: Lease, actor: Actor) -> frozenset[PaperKind]:
    """Those that the actor may read. They are older than any transfer: what was agreed with the employer before is nothing to the next."""
    sides = sides_on(lease, actor)
    if lease.transferred_on is not None:
        sides -= {Side.HR}
    return frozenset(kind for kind, readers in READERS.items() if sides & readers)


class NotDrawn(StrEnum):
    PARTY_NOT_NAMED = "party_not_named"
    HOLDER_NOT_NAMED = "holder_not_named"
    NO_RULE_THEN = "no_rule_then"


class PartyNamed(Struct, frozen=True):
    """How a party is called in contracts: name, street, and place with postcode."""

    party: PartyId
    name: str
    street: str
    town: str


class TextUsed(Struct, frozen=True):
    name: str
    since: date
    source: str
    digest: str
    title: str
    words: str


class Paper(Struct, frozen=True):
    """All that stands in a paper. `figures` are amounts by name, `sheets` the calculation sheets as they were stored, by name; `service` is
    the package for the bike's upkeep, if there is one. A consumer's has no employer and no collective agreement; `percents` are by the year,
    by name, and `example` is of what is expected of two thirds of all such leases."""

    kind: PaperKind
    lease_id: LeaseId
    drawn_at: datetime
    drawn_on: date
    employer: PartyNamed | None
    lessor: PartyNamed
    holder: str
    bike: LeasedBike
    months: int
    fees: tuple[Fee, ...]
    agreement: CollectiveAgreement | None
    figures: dict[str, Money]
    texts: tuple[TextUsed, ...]
    sheets: dict[str, str]
    service: ServicePackage | None = None
    percents: dict[str, Decimal] = {}
    example: RepresentativeExample | None = None


class Names(Struct, frozen=True):
    """Who the parties are; None where one of them has not said it."""

    employer: PartyNamed | None
    lessor: PartyNamed | None
    holder: str | None


def drawn(
    lease: Lease,
    framework: Framework,
    names: Names,
    sheets: Mapping[str, Sheet[Any]],
    stored: Mapping[str, str],
    *,
    now: datetime,
    today: date,
) -> tuple[Paper, ...] | Refusal[NotDone] | Refusal[NotDrawn]:
    """Both papers, after the employer's yes and before the lessor's. `sheets` are those of the offer, `stored` the same as kept."""
    if lease.state not in DRAWN_IN or lease.quote is None:
        return Refusal(NotDone.WRONG_STATE)
    employer, lessor, holder = names.employer, names.lessor, names.holder
    if employer is None or lessor is None:
        return Refusal(NotDrawn.PARTY_NOT_NAMED)
    if holder is None:
        return Refusal(NotDrawn.HOLDER_NOT_NAMED)
    quote, rule = lease.quote, in_force(BENEFIT_RULES, today)
    benefit = benefit_in_kind(BikeGiven(quote.bike.list_price, today, rule)) if rule is not None else None
    if not isinstance(benefit, Sheet):
        return Refusal(NotDrawn.NO_RULE_THEN)
    rate, month = sheets["rate"], sheets["month"]

    def times(amount: Money) -> Money:
        return Money(amount.amount * quote.months, amount.currency)

    financing = {
        "list_price": quote.bike.list_price,
        "sale_price": quote.bike.sale_price,
        "residual": rate.asked.residual,
        "rate": quote.rate,
        "month": month.results["total"],
        "term": times(month.results["total"]),
    }
    converting = {
        "list_price": quote.bike.list_price,
        "rate": quote.rate,
        "month": month.results["total"],
        "employer": month.results["employer"],
        "conversion": month.results["conversion"],
        "conversion_in_all": times(month.results["conversion"]),
        "benefit": benefit.results["benefit"],
    }

    def paper(kind: PaperKind, figures: dict[str, Money], kept: Mapping[str, str]) -> Paper:
        return Paper(
            kind,
            lease.id,
            now,
            today,
            employer,
            lessor,
            holder,
            quote.bike,
            quote.months,
            quote.fees,
            framework.agreement,
            figures,
            _used(kind, today),
            dict(kept),
            quote.service,
        )

    only_rate = {name: sheet for name, sheet in stored.items() if name == "rate"}
    return (
        paper(PaperKind.CONVERSION, converting, stored),
        paper(PaperKind.SINGLE_LEASE, financing, only_rate),
    )


def drawn_for_consumer(
    lease: Lease,
    names: Names,
    sheets: Mapping[str, Sheet[Any]],
    stored: Mapping[str, str],
    *,
    now: datetime,
    today: date,
) -> tuple[Paper, ...] | Refusal[NotDone] | Refusal[NotDrawn]:
    """What she is told and what she agrees on, from the offer on and before the lessor's yes; by the figures of the offer's sheets."""
    if not may_be_drawn(lease) or lease.quote is None:
        return Refusal(NotDone.WRONG_STATE)
    lessor, holder = names.lessor, names.holder
    if lessor is None:
        return Refusal(NotDrawn.PARTY_NOT_NAMED)
    if holder is None:
        return Refusal(NotDrawn.HOLDER_NOT_NAMED)
    credit, quote = credit_of(sheets), lease.quote
    if credit is None:
        return Refusal(NotDrawn.NO_RULE_THEN)
    figures = _of_a_consumer(quote, sheets) | {"total": credit.total, "cost": credit.cost}
    percents = {"nominal": credit.nominal_percent, "effective": credit.effective_percent}
    return tuple(
        Paper(
            kind,
            lease.id,
            now,
            today,
            None,
            lessor,
            holder,
            quote.bike,
            quote.months,
            quote.fees,
            None,
            figures,
            _used(kind, today),
            dict(stored),
            quote.service,
            percents,
            example_in(sheets),
        )
        for kind in CONSUMERS
    )


def _of_a_consumer(quote: LeaseQuote, sheets: Mapping[str, Sheet[Any]]) -> dict[str, Money]:
    month = sheets["month"].results["total"]
    return {
        "list_price": quote.bike.list_price,
        "sale_price": quote.bike.sale_price,
        "residual": sheets["rate"].asked.residual,
        "rate": quote.rate,
        "month": month,
        "term": Money(month.amount * quote.months, month.currency),
    }


def _used(kind: PaperKind, on: date) -> tuple[TextUsed, ...]:
    return tuple(
        TextUsed(each.version.name, each.version.since, each.version.source, each.digest, each.title, each.words)
        for each in texts_for(kind, on)
    )
