"""A month of a lease in the ledger."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import ImportantReason, IncidentOutcome, LeaseState, Protocol, Termination
from domain.bike_leasing.contracts.plans import InstalmentParts, InstalmentState, LeaseInstalment
from domain.bike_leasing.money import entries
from domain.bike_leasing.money.bikes import Worth, purchase_of, worth_of
from domain.bike_leasing.money.charging import Charge, Payer, charge
from domain.bike_leasing.money.claims import ClaimKind, claims_of
from domain.bike_leasing.money.month_end import month_end
from domain.bike_leasing.money.paying import PaidFor, Payable
from domain.ledger.accounts import SKR03, SKR04
from domain.ledger.entries import Entry, Side
from domain.money import Money
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ADA, CONDITIONS, LEASE, STOLEN, TODAY, WORKS

LEASE_TERMINATION = Termination(ImportantReason.LEAVING, TODAY)
AT = datetime(2026, 12, 1, tzinfo=UTC)
PARTS = InstalmentParts(eur("111.29"), eur("10.64"), eur("3.67"))
DECEMBER = LeaseInstalment(1, date(2026, 12, 1), date(2026, 12, 31), PARTS, eur("125.60"), WORKS)


def the_charge(owed: LeaseInstalment) -> Charge:
    found = charge(LEASE.id, ADA, owed)
    assert found is not None
    return found


def legs(entry: Entry) -> dict[str, int]:
    """Debits above zero, credits below."""
    return {leg.account: leg.amount.amount * (1 if leg.side is Side.DEBIT else -1) for leg in entry.legs}


def test_a_rate_and_its_service_are_taxed_and_a_premium_is_passed_on() -> None:
    entry = entries.charged(the_charge(DECEMBER), AT)

    assert entry.source == f"lease:{LEASE.id}:2026-12"
    assert legs(entry) == {
        "leasing_employers": 12560,
        "revenue.bike_leasing.19": -9661,
        "vat.19": -1835,
        "insurers": -1064,
    }
    assert entry.legs[0].cost_centre == WORKS


@pytest.mark.parametrize(
    ("owed", "payer", "account"),
    [
        (replace(DECEMBER, employer=None, conversion=eur("0")), Payer.HOLDER, "receivables"),
        (replace(DECEMBER, state=InstalmentState.INSURED), Payer.INSURER, "rate_insurers"),
        (DECEMBER, Payer.EMPLOYER, "leasing_employers"),
    ],
)
def test_employers_holders_and_insurers_owe_on_accounts_of_their_own(
    owed: LeaseInstalment, payer: Payer, account: str
) -> None:
    found = the_charge(owed)

    assert (found.payer, entries.charged(found, AT).legs[0].account) == (payer, account)
    assert entries.charged(found, AT).legs[0].debtor == (ADA if payer is Payer.HOLDER else None)


@pytest.mark.parametrize("state", sorted(set(InstalmentState) - {InstalmentState.PLANNED, InstalmentState.INSURED}))
def test_what_waits_was_cut_or_is_posted_is_not_charged(state: InstalmentState) -> None:
    assert charge(LEASE.id, ADA, replace(DECEMBER, state=state)) is None


def test_the_tax_is_that_of_the_month() -> None:
    summer = replace(DECEMBER, month=date(2020, 8, 1))
    assert the_charge(summer).vat == eur("15.86")


def test_a_dealer_is_owed_for_the_bike_once_it_is_handed_over() -> None:
    purchase = purchase_of(LEASE)
    assert purchase is not None
    assert legs(entries.bought(purchase, AT)) == {"leased_bikes": 319244, "input_vat": 60656, "dealers": -379900}
    owed = Payable(PaidFor.BIKE, purchase.lease_id, purchase.lease_id, purchase.dealer, purchase.price, AT)
    assert legs(entries.ordered_of(owed, AT)) == {"dealers": 379900, "treasury": -379900}
    assert legs(entries.returned_of(owed, AT)) == {"dealers": -379900, "treasury": 379900}
    assert purchase_of(replace(LEASE, handed_over_on=None)) is None


def test_a_bike_loses_its_worth_to_the_cent_in_equal_months() -> None:
    worth = worth_of(LEASE, CONDITIONS.residual_share)
    assert worth == Worth(eur("3192.44"), eur("319.24"), date(2026, 1, 1), 36)
    months = [date(2026 + index // 12, 1 + index % 12, 1) for index in range(36)]

    lost = [worth.lost_in(month).amount for month in months]

    assert (sum(lost), set(lost)) == (319244 - 31924, {7981, 7982, 7980} & set(lost))
    assert [worth.book_value(month) for month in (date(2025, 12, 1), months[0], months[-1], date(2030, 1, 1))] == [
        eur("3192.44"),
        eur("3112.63"),
        eur("319.24"),
        eur("319.24"),
    ]
    assert worth.lost_in(date(2029, 1, 1)) == eur("0")


def test_a_months_end_tells_what_was_earned_and_not_charged_and_what_the_bikes_are_worth() -> None:
    worth = worth_of(LEASE, CONDITIONS.residual_share)
    assert worth is not None

    found = month_end(date(2026, 1, 1), [worth, worth], [the_charge(DECEMBER)])

    assert (found.accrued, found.bikes) == (eur("96.61"), 2)
    assert (found.depreciation, found.book_value, found.residual) == (eur("159.62"), eur("6225.26"), eur("638.48"))
    (accrual,) = entries.accrued(found.month, found.accrued, AT)
    (ended,) = entries.accrual_ended(found.month, found.accrued, AT)
    assert legs(accrual) == {"accrued_rates": 9661, "accrued_income": -9661}
    assert legs(ended) == {account: -amount for account, amount in legs(accrual).items()}
    assert entries.accrued(found.month, Money(0, "EUR"), AT) == ()


def test_what_is_owed_at_the_end_is_a_sale_or_makes_good_a_loss() -> None:
    bike_back = Protocol(TODAY, "Kratzer", eur("80"))
    bought_out = replace(LEASE, state=LeaseState.EARLY_ENDED, settled=eur("1190"), protocol=None)
    given_back = replace(bought_out, protocol=bike_back)
    stolen = replace(STOLEN, outcome=IncidentOutcome.TOTAL_LOSS, ended_on=TODAY)

    found = [
        (each.kind, legs(entries.settled(each, AT)))
        for lease in (
            replace(bought_out, termination=LEASE_TERMINATION),
            given_back,
            replace(bought_out, termination=LEASE_TERMINATION, incidents_before=(stolen,)),
            replace(LEASE, state=LeaseState.PURCHASED),
            replace(LEASE, state=LeaseState.INSPECTED, protocol=bike_back),
            LEASE,
        )
        for each in claims_of(lease, TODAY)
    ]

    assert found == [
        (ClaimKind.BUYOUT, {"receivables": 119000, "revenue.bike_leasing.19": -100000, "vat.19": -19000}),
        (ClaimKind.SETTLEMENT, {"receivables": 119000, "damages": -119000}),
        (ClaimKind.SETTLEMENT, {"receivables": 119000, "damages": -119000}),
        (ClaimKind.PURCHASE, {"receivables": 71982, "revenue.bike_leasing.19": -60489, "vat.19": -11493}),
        (ClaimKind.DAMAGE, {"receivables": 8000, "damages": -8000}),
    ]


def test_both_charts_have_numbers_for_all_that_leases_post_on() -> None:
    keys = "leasing_employers rate_insurers insurers leased_bikes depreciation input_vat dealers bike_services accrued_rates accrued_income"
    for chart in (SKR03, SKR04):
        numbers = [chart.number(key) for key in keys.split()]  # type: ignore[arg-type]  # as they are written
        assert all(numbers)
        assert not set(numbers) & chart.automatic
        assert len(set(chart.numbers.values())) == len(chart.numbers), "no two accounts of one number"
