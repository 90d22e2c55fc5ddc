"""What leases are invoiced for is what was posted of them, to the cent."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.bike_leasing.contracts.parties import BilledTo, Parties
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.collecting import ChargeId
from domain.bike_leasing.money.entries import month_charged, settled
from domain.bike_leasing.money.invoicing import (
    ChargedLease,
    EmployersMonth,
    HoldersMonth,
    all_leases,
    claim_as_posted,
    claim_billed,
    debtor_of,
    holders_month_billed,
    in_documents,
    month_billed,
    sources_of,
    subject_of,
)
from domain.invoicing.invoices import Address, Debit, Debtor, Invoice, InvoiceId, TaxCategory, TaxTotal, Why
from domain.invoicing.issuing import Counter, Numbers, invoice_for
from domain.invoicing.taxing import makes_good
from domain.ledger.entries import Entry
from domain.money import vat_within
from domain.pricing.quotes import LineKind
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ADA, LEASING, SHOP, WORKS
from tests.examples import an_id
from tests.invoices import CITY, PRIVATE, SERIES

BERLIN = ZoneInfo("Europe/Berlin")
LEASE = Lease(LeaseId(an_id("lease")), LeaseState.CLOSED, Parties(ADA, SHOP, LEASING, None))
LATE = datetime(2030, 1, 31, 23, 30, tzinfo=UTC)
"""The first of February in Braunschweig."""
STREET = BilledTo("Stadtwerke Okerstadt", Address("Werkstr. 1", "38100", "Okerstadt"))
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


def charged(number: int, cents: str = "125.60", vat: str = "18.35", passed_on: str = "10.64") -> ChargedLease:
    """As the city charges it for a bike of 3,999 euros: by the rate the tax is 18.3559, a little more than was posted."""
    amounts = (eur(cents), Decimal("0.19"), eur(vat), eur(passed_on))
    return ChargedLease(ChargeId(UUID(int=number)), LeaseId(UUID(int=number)), date(2030, 2, number % 27 + 1), *amounts)


def of_employer(part: Sequence[ChargedLease], number: int = 1) -> Invoice:
    month = EmployersMonth(WORKS, FEBRUARY, tuple(part), number - 1)
    return invoice_for(
        month_billed(month, part, number, CITY),
        invoice_id=InvoiceId(an_id("invoice")),
        city=CITY,
        debtor=debtor_of(WORKS, STREET, CITY),
        subject=all_leases(month),
        numbers=Numbers(Counter(SERIES, 4)),
        collected=False,
        now=LATE,
    )


def test_an_employers_month_has_a_line_for_each_rate_and_one_for_what_is_passed_on() -> None:
    made = of_employer([charged(1), charged(2, "89.90", "14.35", "0.00")])
    assert [(line.kind, line.description[-2:], line.category, line.gross, line.vat) for line in made.lines] == [
        (LineKind.LEASE_RATE, "01", TaxCategory.STANDARD, eur("114.96"), eur("18.35")),
        (LineKind.PREMIUM, "01", TaxCategory.EXEMPT, eur("10.64"), eur("0.00")),
        (LineKind.LEASE_RATE, "02", TaxCategory.STANDARD, eur("89.90"), eur("14.35")),
    ]
    assert [(total.category, total.net, total.vat) for total in made.totals] == [
        (TaxCategory.STANDARD, eur("172.16"), eur("32.70")),
        (TaxCategory.EXEMPT, eur("10.64"), eur("0.00")),
    ]
    assert (made.gross, made.cash_reference, made.payable_by) == (
        eur("215.50"),
        "LEASING-2030-02-STADTWERKE",
        date(2030, 2, 3),
    )
    assert (made.source, made.debtor.name, made.debtor.person_id) == (
        "lease_month:stadtwerke:2030-02:1",
        STREET.name,
        None,
    )
    assert (made.performed.start, made.performed.end) == (
        datetime(2030, 1, 31, 23, tzinfo=UTC),
        datetime(2030, 2, 28, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize("debit", [None, Debit(date(2030, 2, 15), "MANDAT-7", CITY.creditor_id)])
def test_a_month_that_its_holder_pays_is_named_as_its_entry_and_says_how_it_is_paid(debit: Debit | None) -> None:
    """With the tax that was posted, a cent less than the rate comes to here; what is passed on bears none."""
    owed = HoldersMonth(LEASE, FEBRUARY, PRIVATE, replace(charged(1, vat="18.34"), lease_id=LEASE.id), debit)
    made = invoice_for(
        holders_month_billed(owed, CITY),
        invoice_id=InvoiceId(an_id("invoice")),
        city=CITY,
        debtor=owed.debtor,
        subject=subject_of(owed.lease),
        numbers=Numbers(Counter(SERIES, 4)),
        collected=debit is not None,
        now=LATE,
    )
    assert (made.source, made.why) == (month_charged(LEASE.id, FEBRUARY), Why.INSTALMENT)
    assert [(line.kind, line.description, line.category, line.gross, line.vat) for line in made.lines] == [
        (LineKind.LEASE_RATE, "2030-02", TaxCategory.STANDARD, eur("114.96"), eur("18.34")),
        (LineKind.PREMIUM, "2030-02", TaxCategory.EXEMPT, eur("10.64"), eur("0.00")),
    ]
    assert (made.cash_reference, made.payable_by) == (
        f"LEASING-2030-02-{LEASE.id.hex[-10:].upper()}",
        date(2030, 2, 2),
    )
    assert (made.debit, made.collected, made.subject.lease_id) == (debit, debit is not None, LEASE.id)
    assert (made.performed.start, made.performed.end) == (
        datetime(2030, 1, 31, 23, tzinfo=UTC),
        datetime(2030, 2, 28, 23, tzinfo=UTC),
    )


def test_premiums_that_are_passed_on_are_no_damages() -> None:
    made = of_employer([charged(1)])
    assert [makes_good(made, total) for total in made.totals] == [False, False]


def test_an_employer_without_an_address_is_named_as_it_is_known_here_and_without_a_contact_nobody_is_a_public_body() -> (
    None
):
    assert debtor_of(WORKS, None, CITY) == Debtor(None, "de", "stadtwerke", employer="stadtwerke")
    body = replace(STREET, leitweg_id="04011000-1234512345-06")
    assert debtor_of(WORKS, body, CITY).leitweg_id == body.leitweg_id
    nobody_to_call = replace(CITY, invoicing=replace(CITY.invoicing, contact=None))
    assert debtor_of(WORKS, body, nobody_to_call).leitweg_id is None


def test_two_hundred_leases_of_one_bike_stray_too_far_for_one_document() -> None:
    parts = in_documents([charged(number) for number in range(1, 301)])
    assert [len(part) for part in parts] == [167, 133]


@given(st.lists(st.tuples(st.integers(1, 30_000), st.integers(0, 2_000)), max_size=400))
def test_every_lease_is_in_one_document_and_the_tax_of_each_is_near_the_rates(amounts: list[tuple[int, int]]) -> None:
    given_leases = [
        charged(
            n,
            f"{(gross + premium) / 100:.2f}",
            f"{vat_within(gross, Decimal('0.19')) / 100:.2f}",
            f"{premium / 100:.2f}",
        )
        for n, (gross, premium) in enumerate(amounts, 1)
    ]
    parts = in_documents(given_leases)
    assert [each for part in parts for each in part] == given_leases
    for part in parts:
        made = of_employer(part)
        taxed = made.totals[0]
        assert abs(taxed.net.amount * taxed.rate - taxed.vat.amount) < 100
        assert made.gross.amount == sum(each.amount.amount for each in part)
        assert made.vat.amount == sum(each.vat.amount for each in part)


def test_a_settlement_that_was_taxed_when_it_was_posted_stays_taxed() -> None:
    taxed = claim_as_posted(settled(claimed(ClaimKind.SETTLEMENT, "119.00", "0.19", "19.00"), LATE), LEASE, BERLIN)
    assert taxed == claimed(ClaimKind.SETTLEMENT, "119.00", "0.19", "19.00")
