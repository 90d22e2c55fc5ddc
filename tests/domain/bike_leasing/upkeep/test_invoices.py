"""Dealers' invoices for the upkeep of leased bikes: who bills what, within which budget, and who says yes to it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import LeaseState
from domain.bike_leasing.contracts.parties import Accreditation, PartyId, Side
from domain.bike_leasing.money.entries import serviced as posted
from domain.bike_leasing.upkeep.invoices import (
    SERVED,
    InvoiceDecided,
    InvoiceState,
    InvoiceSubmitted,
    NotBilled,
    ServiceInvoice,
    decide,
    fault_of,
    seen,
    sees_budget,
    submit,
)
from domain.identity import Actor, PersonId, Role
from domain.ledger.accounts import BIKE_SERVICES, DEALERS, INPUT_VAT
from domain.ledger.entries import Leg
from domain.ledger.entries import Side as LedgerSide
from domain.refusals import Refusal
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import (
    ACCREDITATION,
    ADA,
    CITY,
    LATER,
    LEASING,
    NOW,
    SHOP,
    TODAY,
    somebody,
    tried,
)
from tests.domain.bike_leasing.upkeep.bills import (
    CARRIES,
    FIRST,
    INSPECTION,
    LAPSES,
    SECOND,
    bill,
    billed,
    budget,
    line,
    serviced,
)

ELSEWHERE = PartyId("zweirad")


def submitted(found: Any) -> ServiceInvoice:
    assert isinstance(found, InvoiceSubmitted), found
    return found.invoice


def test_a_bill_takes_from_its_years_budget_and_waits_for_the_lessor() -> None:
    found = billed(bill(SECOND), budget())

    invoice = submitted(found)
    assert (invoice.year, invoice.state, invoice.decided_at) == (2, InvoiceState.SUBMITTED, None)
    assert (invoice.net, invoice.vat, invoice.gross) == (eur("35"), eur("6.65"), eur("41.65"))
    assert isinstance(found, InvoiceSubmitted)
    assert [found.budget.left(year) for year in (1, 2)] == [eur("83.30"), eur("41.65")]


def test_a_bill_beyond_what_is_left_is_refused_with_how_much_that_is() -> None:
    spent = budget().taken(1, eur("41.66"))

    assert billed(bill(), spent) == Refusal(NotBilled.BUDGET_EXCEEDED, "/lines", left=eur("41.64"))
    assert submitted(billed(bill(SECOND), spent)).year == 2
    assert submitted(billed(bill(FIRST, line(41_64)), spent)).gross == eur("41.64")


def test_a_bill_up_to_what_the_package_says_is_accepted_at_once() -> None:
    package = replace(CARRIES, accepted_up_to=eur("41.65"))

    at_once = submitted(billed(bill(), budget(package)))
    assert (at_once.state, at_once.decided_at, at_once.decided_by) == (InvoiceState.ACCEPTED, NOW, None)
    assert submitted(billed(bill(FIRST, line(41_66)), budget(package))).state is InvoiceState.SUBMITTED


@pytest.mark.parametrize("state", LeaseState)
def test_only_a_bike_that_somebody_has_is_serviced(state: LeaseState) -> None:
    found = billed(bill(), budget(), state=state)

    assert isinstance(found, InvoiceSubmitted) if state in SERVED else found == Refusal(NotDone.WRONG_STATE)


def test_a_dealer_bills_a_number_once() -> None:
    assert billed(bill(), budget(), known=True) == Refusal(NotBilled.KNOWN_ALREADY, "/number")


@pytest.mark.parametrize(
    ("otherwise", "pointer"),
    [
        ({"serviced_on": date(2025, 12, 9)}, "/serviced_on"),
        ({"serviced_on": TODAY + timedelta(days=1)}, "/serviced_on"),
        ({"issued_on": TODAY + timedelta(days=1)}, "/issued_on"),
    ],
)
def test_what_was_done_before_the_handover_or_is_still_to_come_is_not_billed(
    otherwise: dict[str, Any], pointer: str
) -> None:
    assert billed(bill(**otherwise), budget()) == Refusal(NotBilled.NOT_SERVICED_THEN, pointer)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("words", " "),
        ("net", eur("0")),
        ("net", replace(eur("35"), currency="CHF")),
        ("vat_percent", Decimal(7)),
        ("vat_percent", Decimal("sNaN")),
        ("vat", eur("6.67")),
        ("gross", eur("41.66")),
    ],
)
def test_a_line_that_does_not_add_up_is_refused_where_it_does_not(field: str, value: Any) -> None:
    wrong = replace(INSPECTION, **{field: value})

    assert fault_of(wrong, FIRST) == field
    assert billed(bill(FIRST, INSPECTION, wrong), budget()) == Refusal(NotBilled.BAD_INVOICE, f"/lines/1/{field}")


def test_tax_is_that_of_the_day_and_may_be_off_by_a_cent() -> None:
    sixteen = replace(INSPECTION, vat_percent=Decimal(16), vat=eur("5.60"), gross=eur("40.60"))

    assert fault_of(sixteen, date(2020, 9, 1)) is None
    assert fault_of(sixteen, FIRST) == "vat_percent"
    assert fault_of(replace(INSPECTION, vat=eur("6.66"), gross=eur("41.66")), FIRST) is None
    assert fault_of(replace(line(100), vat=eur("0.01"), gross=eur("1.01")), FIRST) == "vat"
    assert billed(replace(bill(), lines=()), budget()) == Refusal(NotBilled.BAD_INVOICE, "/lines")
    assert billed(replace(bill(), lines=(line(1),) * 51), budget()) == Refusal(NotBilled.BAD_INVOICE, "/lines")


def test_a_lease_without_a_package_pays_for_no_service() -> None:
    found = submit(bill(), serviced(None), ACCREDITATION, None, tried(Side.DEALER), known=False)
    assert found == Refusal(NotBilled.NO_PACKAGE)


def test_any_dealer_of_the_lessors_bills_and_nobody_elses_learns_of_the_lease() -> None:
    other = Attempt(
        Actor(PersonId(UUID(int=101)), CITY, frozenset({Role.DEALER}), parties=frozenset({(Role.DEALER, ELSEWHERE)})),
        NOW,
        TODAY,
    )
    known = Accreditation(ELSEWHERE, LEASING, ACCREDITATION.span)
    lease, theirs = serviced(LAPSES), bill(dealer=ELSEWHERE)

    assert submitted(submit(theirs, lease, known, budget(), other, known=False)).dealer == ELSEWHERE
    assert submit(theirs, lease, None, budget(), other, known=False) == Refusal(NotDone.UNKNOWN_LEASE)
    over = replace(known, span=replace(known.span, until=date(2028, 1, 1)))
    assert submit(theirs, lease, over, budget(), other, known=False) == Refusal(NotDone.DEALER_NOT_ACCREDITED)
    assert submit(bill(), lease, known, budget(), other, known=False) == Refusal(NotBilled.UNKNOWN_PARTY, "/dealer")
    assert submit(bill(), lease, None, budget(), tried(Side.DEALER), known=False) == Refusal(
        NotDone.DEALER_NOT_ACCREDITED
    )


def test_nobody_bills_for_her_own_bike() -> None:
    both = Attempt(Actor(ADA, CITY, frozenset({Role.DEALER}), parties=frozenset({(Role.DEALER, SHOP)})), NOW, TODAY)
    found = submit(bill(), serviced(LAPSES), ACCREDITATION, budget(), both, known=False)
    assert found == Refusal(NotDone.NOT_YOURS_TO_DO)


def test_the_lessor_decides_once_and_what_is_refused_gives_its_budget_back() -> None:
    made = billed(bill(), budget())
    assert isinstance(made, InvoiceSubmitted)
    lease, lessor = serviced(LAPSES), tried(Side.LESSOR, LATER)

    both = replace(made.invoice, submitted_by=lessor.actor.id)
    own = decide(both, lease, made.budget, lessor, accepted=True, reason="")
    assert own == Refusal(NotDone.NOT_YOURS_TO_DO), "whoever acts for dealer and lessor does not pay herself"
    yes = decide(made.invoice, lease, made.budget, lessor, accepted=True, reason="")
    no = decide(made.invoice, lease, made.budget, lessor, accepted=False, reason=" war nicht bestellt ")
    assert isinstance(yes, InvoiceDecided)
    assert isinstance(no, InvoiceDecided)
    assert (yes.invoice.state, yes.invoice.decided_by, yes.invoice.decided_at, yes.budget) == (
        InvoiceState.ACCEPTED,
        lessor.actor.id,
        LATER,
        made.budget,
    )
    assert (no.invoice.state, no.invoice.reason, no.budget) == (
        InvoiceState.REFUSED,
        "war nicht bestellt",
        budget(),
    )
    without = decide(made.invoice, lease, made.budget, lessor, accepted=False, reason=" ")
    assert without == Refusal(NotDone.REASON_MISSING, "/reason")
    again = decide(yes.invoice, lease, yes.budget, lessor, accepted=False, reason="doch nicht")
    assert again == Refusal(NotBilled.DECIDED_ALREADY)
    for side, reason in (
        (Side.DEALER, NotDone.NOT_YOURS_TO_DO),
        (Side.EMPLOYEE, NotDone.NOT_YOURS_TO_DO),
        (Side.HR, NotBilled.UNKNOWN_INVOICE),
    ):
        found = decide(made.invoice, lease, made.budget, tried(side), accepted=True, reason="")
        assert found == Refusal(reason)


def test_bills_are_for_holder_and_lessor_and_whose_they_are() -> None:
    lease = serviced(LAPSES)
    own = submitted(billed(bill(), budget()))
    others = replace(own, dealer=ELSEWHERE)

    for side, expected in (
        (Side.EMPLOYEE, (own, others)),
        (Side.LESSOR, (own, others)),
        (Side.DEALER, (own,)),
        (Side.HR, ()),
    ):
        assert seen((own, others), lease, somebody(side)) == expected
        assert sees_budget(lease, somebody(side)) is (side is not Side.HR)


def test_an_accepted_bill_is_owed_to_its_dealer_gross() -> None:
    entry = posted(submitted(billed(bill(), budget())), NOW)

    assert entry.legs == (
        Leg(BIKE_SERVICES, LedgerSide.DEBIT, eur("35")),
        Leg(INPUT_VAT, LedgerSide.DEBIT, eur("6.65")),
        Leg(DEALERS, LedgerSide.CREDIT, eur("41.65"), cost_centre=SHOP),
    )
    untaxed = posted(submitted(billed(bill(FIRST, line(100)), budget())), NOW)
    assert [leg.account for leg in untaxed.legs] == [BIKE_SERVICES, DEALERS]
