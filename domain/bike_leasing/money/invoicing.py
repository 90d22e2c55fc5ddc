"""What leases are invoiced for: what the ledger has somebody owe, with the tax that it has booked, to the cent."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import BilledTo, PartyId
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.collecting import ChargeId
from domain.bike_leasing.money.entries import month_charged
from domain.bike_leasing.money.month_end import begins
from domain.bike_leasing.money.receivables import transfer_reference
from domain.cities.settings import CitySettings
from domain.invoicing.invoices import Debit, Debtor, Subject, Why
from domain.invoicing.issuing import Billable, Posted
from domain.ledger.accounts import RECEIVABLES, vat
from domain.ledger.entries import Entry
from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import Line, LineKind

SERVICE = "bike_leasing"
OF_CLAIMS = {
    ClaimKind.SETTLEMENT: (Why.SETTLEMENT, LineKind.LEASE_SETTLEMENT),
    ClaimKind.BUYOUT: (Why.PURCHASE, LineKind.BIKE),
    ClaimKind.PURCHASE: (Why.PURCHASE, LineKind.BIKE),
    ClaimKind.DAMAGE: (Why.DAMAGE, LineKind.DAMAGE),
}

STRAY = 99
"""So many cents the tax of a document may be from the rate on its net sum; from a euro on no reader of EN 16931 takes it (BR-S-09)."""


class ChargedLease(Struct, frozen=True):
    """What a run has charged an employer for a month of one lease, as it was posted."""

    charge_id: ChargeId
    lease_id: LeaseId
    due_on: date
    amount: Money
    vat_rate: Decimal
    vat: Money
    passed_on: Money

    @property
    def net(self) -> Money:
        return self.amount - self.passed_on - self.vat


class EmployersMonth(Struct, frozen=True):
    """What of an employer's month is charged and not invoiced yet; so many documents it has before (`invoiced`)."""

    employer: PartyId
    month: date
    charged: tuple[ChargedLease, ...]
    invoiced: int = 0


class HoldersMonth(Struct, frozen=True):
    """What a run has charged the holder of a lease for a month; `debit` is how her account is debited for it, None where she transfers."""

    lease: Lease
    month: date
    debtor: Debtor
    charged: ChargedLease
    debit: Debit | None = None


def claim_as_posted(entry: Entry, lease: Lease, zone: ZoneInfo) -> SettlingClaim:
    """What an entry of `settled` says, whatever the rules would say of it today."""
    kind = ClaimKind(entry.source.removeprefix("lease_").partition(":")[0])
    owed = next(leg.amount for leg in entry.legs if leg.account == RECEIVABLES)
    taxes = [(leg.vat_rate, leg.amount) for leg in entry.legs if leg.vat_rate and leg.account == vat(leg.vat_rate).key]
    rate, tax = taxes[0] if taxes else (None, Money(0, owed.currency))
    on = entry.effective_at.astimezone(zone).date()
    return SettlingClaim(lease.id, kind, lease.parties.holder, on, owed, rate, tax)


def claim_billed(claim: SettlingClaim, city: CitySettings) -> Billable:
    """The document about a claim, once for its lease and kind: named as its entry is, due and transferred as its receivable."""
    why, kind = OF_CLAIMS[claim.kind]
    line = Line(
        kind,
        "",
        Decimal(1),
        "1",
        claim.vat_rate or Decimal(0),
        claim.amount - claim.vat,
        claim.vat,
        claim.amount,
    )
    due = Posted(
        transfer_reference(claim.kind, claim.lease_id), claim.on + timedelta(days=city.invoicing.payable_within_days)
    )
    day = _days(claim.on, claim.on + timedelta(days=1), city)
    return Billable(f"lease_{claim.kind}:{claim.lease_id}", why, day, (line,), posted=due)


def subject_of(lease: Lease) -> Subject:
    return Subject(None, SERVICE, lease.quote.bike.model if lease.quote is not None else "", "", lease.id)


def in_documents(charged: Iterable[ChargedLease]) -> list[tuple[ChargedLease, ...]]:
    """All of them in one, unless the cents by which each lease's tax was rounded come to too much, as with two hundred leases of
    one bike: then the rest is another."""
    documents: list[tuple[ChargedLease, ...]] = []
    here: list[ChargedLease] = []
    stray = Decimal(0)
    for each in charged:
        rounded = each.vat.amount - each.net.amount * each.vat_rate
        if abs(stray + rounded) > STRAY:
            documents.append(tuple(here))
            here, stray = [], Decimal(0)
        here.append(each)
        stray += rounded
    return [*documents, tuple(here)] if here else documents


def month_billed(month: EmployersMonth, part: Sequence[ChargedLease], number: int, city: CitySettings) -> Billable:
    """The employer's document of that number about these leases, due and transferred as the employer's month is. A lease is named by its
    own number alone: an employer knows whose it is."""
    lines = tuple(line for each in part for line in _lines(each, str(each.lease_id)))
    due = Posted(transfer_reference(f"{month.month:%Y-%m}", month.employer), max(each.due_on for each in part))
    source = f"{of_month(month.employer, month.month)}{number}"
    return Billable(
        source, Why.INSTALMENT, _days(month.month, months_on(month.month, 1), city), lines, later=True, posted=due
    )


def holders_month_billed(owed: HoldersMonth, city: CitySettings) -> Billable:
    """The document about a month of one lease, once: named as its entry is, due and transferred as its receivable."""
    charged, month = owed.charged, f"{owed.month:%Y-%m}"
    due = Posted(transfer_reference(month, charged.lease_id), charged.due_on, owed.debit)
    days = _days(owed.month, months_on(owed.month, 1), city)
    return Billable(
        month_charged(charged.lease_id, owed.month), Why.INSTALMENT, days, tuple(_lines(charged, month)), posted=due
    )


def of_month(employer: PartyId, month: date) -> str:
    """With what the sources of the month's documents begin."""
    return f"lease_month:{employer}:{month:%Y-%m}:"


def all_leases(month: EmployersMonth) -> Subject:
    return Subject(None, SERVICE, f"{month.month:%Y-%m}", "")


def debtor_of(employer: PartyId, billed_to: BilledTo | None, city: CitySettings) -> Debtor:
    """As its framework says, or by the name that it has here. A public body asks whom it may call (XRechnung BR-DE-2), so without that
    it gets what everybody gets."""
    if billed_to is None:
        return Debtor(None, city.languages[0], employer, employer=employer)
    leitweg_id = billed_to.leitweg_id if city.invoicing.contact is not None else None
    return Debtor(None, city.languages[0], billed_to.name, billed_to.address, leitweg_id, employer)


def sources_of(lease_id: LeaseId) -> list[str]:
    """By which the entries are named that a lease's claims are invoiced from."""
    return [f"lease_{kind}:{lease_id}" for kind in ClaimKind]


def _lines(each: ChargedLease, said: str) -> Iterator[Line]:
    """The rate with its service, and what is passed on; `said` tells them from others'."""
    gross = each.amount - each.passed_on
    yield Line(LineKind.LEASE_RATE, said, Decimal(1), "month", each.vat_rate, each.net, each.vat, gross)
    if not each.passed_on.is_zero:
        nothing = Money(0, each.amount.currency)
        yield Line(LineKind.PREMIUM, said, Decimal(1), "month", Decimal(0), each.passed_on, nothing, each.passed_on)


def _days(first: date, until: date, city: CitySettings) -> Period:
    zone = ZoneInfo(city.time_zone)
    return Period(begins(first, zone), begins(until, zone))
