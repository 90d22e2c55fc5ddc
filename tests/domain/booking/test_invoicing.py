"""What a booking is invoiced for, and which document comes next."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.invoicing import Bill, Credit, billed, next_document
from domain.booking.resources import Service
from domain.invoicing.invoices import Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.issuing import Counter, Numbers, credit_note_for, invoice_for
from domain.money import Money
from domain.payments.payments import Payment, PaymentState
from domain.periods import Period
from tests.examples import BERLIN, NOON, a_booking, a_payment, a_resource, an_id, an_order, hours
from tests.invoices import CAR, CITY, PRIVATE, REFERENCES, SERIES, TODAY, euros

BIKE = a_resource(Service.BIKE_LEASING)


def a_lease(state: State, **changes: Any) -> Booking:
    """From the third of June for three months, 29.00 each."""
    return a_booking(state, BIKE, order=an_order(BIKE, period=Period(NOON, NOON + timedelta(days=92))), **changes)


def paid(booking: Booking, captured: int, refunded: int = 0) -> Payment:
    return a_payment(booking, PaymentState.CAPTURED, captured=captured, refunded=refunded)


def documents(booking: Booking, payments: Sequence[Payment], issued: Sequence[Invoice] = ()) -> list[Invoice]:
    """All that are issued until nothing is missing."""
    made = list(issued)
    for number in range(20):
        step = next_document(booking, payments, BERLIN, made)
        match step:
            case None:
                return made
            case Bill(billable):
                made.append(
                    invoice_for(
                        billable,
                        invoice_id=InvoiceId(an_id(f"{booking.id} {len(made)}")),
                        city=CITY,
                        debtor=PRIVATE,
                        subject=CAR,
                        numbers=Numbers(Counter(SERIES, number), Counter(REFERENCES, number)),
                        collected=True,
                        now=TODAY,
                    )
                )
            case Credit(invoice, earlier, amount, why):
                new_id = InvoiceId(an_id(f"{booking.id} {len(made)}"))
                counter = Counter("RK-2030-{number:6}", number)
                made.append(
                    credit_note_for(
                        invoice, earlier, amount, why, credit_note_id=new_id, city=CITY, counter=counter, now=TODAY
                    )
                )
    raise AssertionError("it does not end")


def said(made: Sequence[Invoice]) -> list[tuple[str, str, int]]:
    return [(each.kind.value, each.why.value, each.gross.amount) for each in made]


def test_a_use_is_invoiced_once_it_is_over_at_what_it_came_to() -> None:
    booking = a_booking(State.COMPLETED, a_resource(Service.FLEET), distance_km=40)
    made = documents(booking, [paid(booking, 1700)])
    assert said(made) == [("invoice", "use", 1700)]
    assert made[0].source == f"booking:{booking.id}"
    assert made[0].performed == Period(booking.start, booking.end)
    assert [(line.kind.value, line.gross.amount) for line in made[0].lines] == [("time", 500), ("distance", 1200)]


def test_it_is_invoiced_whether_it_was_paid_or_not() -> None:
    booking = a_booking(State.COMPLETED)
    assert said(documents(booking, [])) == [("invoice", "use", 240)]


def test_nothing_is_invoiced_before_the_amount_is_final() -> None:
    for state in (State.HELD, State.CONFIRMED, State.IN_USE, State.EXPIRED):
        booking = a_booking(state)
        assert billed(booking, [paid(booking, 240)], BERLIN) == ()


def test_a_trip_for_a_cost_centre_is_no_sale() -> None:
    car = a_resource(Service.FLEET)
    booking = a_booking(State.COMPLETED, car, order=an_order(car, payer=Payer.COST_CENTRE))
    assert documents(booking, []) == []


def test_a_late_cancellation_is_invoiced_without_tax_as_damages() -> None:
    booking = a_booking(State.CANCELLED, fee=euros(120))
    (made,) = documents(booking, [paid(booking, 120)])
    assert (made.why, made.source) == (Why.CANCELLATION, f"booking:{booking.id}:untaxed")
    assert (made.gross, made.vat, made.totals[0].rate) == (euros(120), euros(0), Decimal(0))


def test_a_cancellation_in_time_is_no_invoice() -> None:
    assert documents(a_booking(State.CANCELLED), []) == []


def test_whoever_did_not_come_pays_with_tax() -> None:
    booking = a_booking(State.NO_SHOW)
    (made,) = documents(booking, [paid(booking, 240)])
    assert (made.why, made.gross, made.vat) == (Why.NO_SHOW, euros(240), euros(38))


def test_a_fee_agreed_before_its_tax_was_frozen_is_taxed_as_the_law_had_it() -> None:
    booking = a_booking(State.NO_SHOW)
    booking = replace(booking, terms=replace(booking.terms, fee_tax=()))
    (made,) = documents(booking, [])
    assert (made.gross, made.vat) == (euros(240), euros(38))


def test_a_lease_is_invoiced_month_by_month_the_first_when_it_is_paid() -> None:
    booking = a_lease(State.CONFIRMED)
    assert documents(booking, []) == []
    (made,) = documents(booking, [paid(booking, 2900)])
    assert (made.why, made.gross, made.source) == (Why.INSTALMENT, euros(2900), f"booking:{booking.id}:instalment:1")
    assert made.performed == Period(NOON, NOON + timedelta(days=30))
    assert said(documents(a_lease(State.COMPLETED), [paid(booking, 2900)], [made])) == [("invoice", "instalment", 2900)]


def test_a_lease_that_is_withdrawn_from_takes_its_invoice_back_and_owes_what_was_used() -> None:
    live = a_lease(State.IN_USE)
    first = documents(live, [paid(live, 2900)])
    over = replace(live, state=State.CANCELLED, reason_code=ReasonCode.WITHDRAWN, fee=euros(435))
    assert said(documents(over, [paid(live, 2900, 2465)], first)) == [
        ("invoice", "instalment", 2900),
        ("credit_note", "replaced", 2900),
        ("invoice", "performed", 435),
    ]


def test_a_refund_after_the_invoice_is_credited_once() -> None:
    booking = a_booking(State.COMPLETED)
    made = documents(booking, [paid(booking, 240)])
    made = documents(booking, [paid(booking, 240, 100)], made)
    made = documents(booking, [paid(booking, 240, 100)], made)
    made = documents(booking, [paid(booking, 240, 240)], made)
    assert said(made) == [("invoice", "use", 240), ("credit_note", "refund", 100), ("credit_note", "refund", 140)]
    assert sum(note.vat.amount for note in made[1:]) == made[0].vat.amount


def test_what_was_taken_too_much_and_goes_back_is_no_credit() -> None:
    booking = a_booking(State.COMPLETED)
    assert said(documents(booking, [paid(booking, 1000, 760)])) == [("invoice", "use", 240)]


@settings(max_examples=60)
@given(st.integers(0, 6000), st.lists(st.integers(0, 2000), max_size=5), st.booleans())
def test_however_money_goes_back_the_documents_end_at_what_is_kept_of_what_is_owed(
    captured: int, refunds: list[int], lease: bool
) -> None:
    booking = a_lease(State.COMPLETED) if lease else a_booking(State.COMPLETED)
    owed = booking.quote.due_now.amount
    made: list[Invoice] = []
    refunded = 0
    for refund in [0, *refunds]:
        refunded = min(captured, refunded + refund)
        made = documents(booking, [paid(booking, captured, refunded)], made)
    invoiced = sum(each.gross.amount for each in made if each.kind is InvoiceKind.INVOICE)
    credited = sum(each.gross.amount for each in made if each.kind is InvoiceKind.CREDIT_NOTE)
    assert invoiced == owed
    assert owed - credited == owed - min(max(refunded - max(captured - owed, 0), 0), owed)
    assert len({each.source for each in made}) == len(made)


def test_a_use_lasts_from_its_start_to_its_end() -> None:
    booking = a_booking(State.COMPLETED, started_at=NOON + hours(0.1), finished_at=NOON + hours(0.4))
    (made,) = documents(booking, [])
    assert made.performed == Period(NOON + hours(0.1), NOON + hours(0.4))
    assert Money(240, "EUR") == made.gross
