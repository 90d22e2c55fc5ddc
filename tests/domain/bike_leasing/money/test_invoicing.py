"""What leases are invoiced for is what was posted of them, to the cent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.bike_leasing.contracts.parties import Parties
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.entries import settled
from domain.bike_leasing.money.invoicing import claim_as_posted, claim_billed, sources_of, subject_of
from domain.invoicing.invoices import Invoice, InvoiceId, TaxCategory, TaxTotal, Why
from domain.invoicing.issuing import Counter, Numbers, invoice_for
from domain.invoicing.taxing import makes_good
from domain.ledger.entries import Entry
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ADA, LEASING, SHOP
from tests.examples import an_id
from tests.invoices import CITY, PRIVATE, SERIES

BERLIN = ZoneInfo("Europe/Berlin")
LEASE = Lease(LeaseId(an_id("lease")), LeaseState.CLOSED, Parties(ADA, SHOP, LEASING, None))
LATE = datetime(2030, 1, 31, 23, 30, tzinfo=UTC)
"""The first of February in Braunschweig."""
FEBRUARY = date(2030, 2, 1)


def claimed(kind: ClaimKind, cents: str, rate: str | None = None, vat: str = "0.00") -> SettlingClaim:
    return SettlingClaim(LEASE.id, kind, ADA, FEBRUARY, eur(cents), Decimal(rate) if rate else None, eur(vat))


def invoiced(entry: Entry) -> Invoice:
    return invoice_for(
        claim_billed(claim_as_posted(entry, LEASE, BERLIN), CITY),
        invoice_id=InvoiceId(an_id("invoice")),
        city=CITY,
        debtor=PRIVATE,
        subject=subject_of(LEASE),
        numbers=Numbers(Counter(SERIES, 4)),
        collected=False,
        now=LATE,
    )


@pytest.mark.parametrize(
    "claim",
    [
        claimed(ClaimKind.SETTLEMENT, "457.96"),
        claimed(ClaimKind.BUYOUT, "1600.00", "0.19", "255.46"),
        claimed(ClaimKind.PURCHASE, "719.82", "0.19", "114.93"),
        claimed(ClaimKind.DAMAGE, "40.00"),
    ],
)
def test_what_was_posted_of_a_claim_is_read_from_its_entry_alone(claim: SettlingClaim) -> None:
    entry = settled(claim, LATE)
    assert claim_as_posted(entry, LEASE, BERLIN) == claim
    assert entry.source in sources_of(LEASE.id)


def test_a_purchase_is_invoiced_with_the_tax_that_was_posted_whatever_the_rate_comes_to() -> None:
    """By the rate it would be 114.93."""
    made = invoiced(settled(claimed(ClaimKind.PURCHASE, "719.82", "0.19", "114.92"), LATE))
    assert made.totals == (
        TaxTotal(TaxCategory.STANDARD, Decimal("0.19"), eur("604.90"), eur("114.92"), eur("719.82")),
    )
    assert [(line.net, line.vat, line.gross) for line in made.lines] == [(eur("604.90"), eur("114.92"), eur("719.82"))]


def test_it_is_named_as_its_entry_and_transferred_as_its_receivable() -> None:
    made = invoiced(settled(claimed(ClaimKind.PURCHASE, "719.82", "0.19", "114.93"), LATE))
    assert (made.number, made.source) == ("RE-2030-000005", f"lease_purchase:{LEASE.id}")
    assert made.cash_reference == f"LEASING-PURCHASE-{LEASE.id.hex[-10:].upper()}"
    assert (made.why, made.payable_by, made.collected) == (Why.PURCHASE, date(2030, 2, 15), False)
    assert made.performed.start == datetime(2030, 1, 31, 23, tzinfo=UTC)
    assert (made.subject.booking_id, made.subject.lease_id) == (None, LEASE.id)


@pytest.mark.parametrize(("kind", "why"), [(ClaimKind.SETTLEMENT, Why.SETTLEMENT), (ClaimKind.DAMAGE, Why.DAMAGE)])
def test_what_makes_good_a_loss_bears_no_tax_and_says_so(kind: ClaimKind, why: Why) -> None:
    made = invoiced(settled(claimed(kind, "457.96"), LATE))
    assert made.why is why
    assert [makes_good(made, total) for total in made.totals] == [True]
    assert (made.vat, made.gross) == (eur("0.00"), eur("457.96"))


def test_a_settlement_that_was_taxed_when_it_was_posted_stays_taxed() -> None:
    taxed = claim_as_posted(settled(claimed(ClaimKind.SETTLEMENT, "119.00", "0.19", "19.00"), LATE), LEASE, BERLIN)
    assert taxed == claimed(ClaimKind.SETTLEMENT, "119.00", "0.19", "19.00")
