"""What leases are invoiced for: what the ledger has somebody owe, with the tax that it has booked, to the cent."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.month_end import begins
from domain.bike_leasing.money.receivables import transfer_reference
from domain.cities import CitySettings
from domain.invoicing.invoices import Subject, Why
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


def sources_of(lease_id: LeaseId) -> list[str]:
    """By which the entries are named that a lease's claims are invoiced from."""
    return [f"lease_{kind}:{lease_id}" for kind in ClaimKind]


def _days(first: date, until: date, city: CitySettings) -> Period:
    zone = ZoneInfo(city.time_zone)
    return Period(begins(first, zone), begins(until, zone))
