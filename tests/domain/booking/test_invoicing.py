"""What a booking is invoiced for, and which document comes next."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.invoicing import (
    Bill,
    Credit,
    NotReplaceable,
    Step,
    billed,
    look_again,
    next_document,
    replacement,
)
from domain.booking.resources import Service
from domain.invoicing.invoices import Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.issuing import Counter, Numbers, credit_note_for, invoice_for
from domain.money import Money
from domain.payments.payments import Payment, PaymentState
from domain.periods import Period
from domain.pricing.timing import plus_months
from domain.refusals import Refusal
from tests.examples import BERLIN, NOON, a_booking, a_payment, a_resource, an_id, an_order, hours
from tests.invoices import CAR, CITY, PRIVATE, REFERENCES, SERIES, TODAY, euros

BIKE = a_resource(Service.BIKE_LEASING)


def a_lease(state: State, **changes: Any) -> Booking:
    """From the third of June for three months, 29.00 each."""
    return a_booking(state, BIKE, order=an_order(BIKE, period=Period(NOON, NOON + timedelta(days=92))), **changes)


def paid(booking: Booking, captured: int, refunded: int = 0) -> Payment:
    return a_payment(booking, PaymentState.CAPTURED, captured=captured, refunded=refunded)


def documents(
    booking: Booking, payments: Sequence[Payment], issued: Sequence[Invoice] = (), *, now: datetime = TODAY
) -> list[Invoice]:
    """All that are issued until nothing is missing."""
    made = list(issued)
    for number in range(20):
        step = next_document(booking, payments, BERLIN, made, now)
        if step is None:
            return made
        made.append(a_document(step, InvoiceId(an_id(f"{booking.id} {len(made)}")), number))
    raise AssertionError("it does not end")


def a_document(step: Step, new_id: InvoiceId, number: int) -> Invoice:
    match step:
        case Bill(billable):
            return invoice_for(
                billable,
                invoice_id=new_id,
                city=CITY,
                debtor=PRIVATE,
                subject=CAR,
                numbers=Numbers(Counter(SERIES, number), Counter(REFERENCES, number)),
                collected=True,
                now=TODAY,
            )
        case Credit(invoice, earlier, amount, why):
            counter = Counter("RK-2030-{number:6}", number)
            return credit_note_for(
                invoice, earlier, amount, why, credit_note_id=new_id, city=CITY, counter=counter, now=TODAY
            )


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
        assert billed(booking, [paid(booking, 240)], BERLIN, TODAY) == ()


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


def in_months(months: int) -> datetime:
    """The instant at which a lease of ours is so many months old."""
    return plus_months(NOON, months, BERLIN)


def test_every_month_that_has_begun_is_invoiced_once_and_no_other() -> None:
    lease = a_lease(State.IN_USE)
    made: list[Invoice] = []
    counts = []
    for now in (in_months(1) - timedelta.resolution, in_months(1), in_months(1), in_months(2), in_months(5)):
        made = documents(lease, [paid(lease, 2900)], made, now=now)
        counts.append(len(made))
    assert counts == [1, 2, 2, 3, 3]
    assert [each.source for each in made] == [f"booking:{lease.id}:instalment:{n}" for n in (1, 2, 3)]
    assert [each.gross for each in made] == [euros(2900)] * 3
    assert [each.performed for each in made] == [Period(in_months(n), in_months(n + 1)) for n in range(3)]
    assert sum(each.gross.amount for each in made) == lease.quote.total.amount


def test_months_that_passed_unseen_are_made_up_for() -> None:
    lease = a_lease(State.COMPLETED)
    assert said(documents(lease, [paid(lease, 2900)], now=in_months(7))) == [("invoice", "instalment", 2900)] * 3


def test_a_bike_given_back_early_owes_no_month_that_had_not_begun() -> None:
    lease = a_lease(State.COMPLETED, finished_at=in_months(2) - hours(1))
    assert len(documents(lease, [paid(lease, 2900)], now=in_months(7))) == 2


def test_a_lease_from_the_31st_is_invoiced_on_the_last_day_of_shorter_months() -> None:
    start = datetime(2030, 1, 31, 9, tzinfo=UTC)
    order = an_order(BIKE, period=Period(start, start + timedelta(days=100)))
    lease = a_booking(State.IN_USE, BIKE, order=order)
    months = billed(lease, [paid(lease, 2900)], BERLIN, start + timedelta(days=99))
    starts = [each.performed.start.astimezone(ZoneInfo(BERLIN)).date().isoformat() for each in months]
    assert starts == ["2030-01-31", "2030-02-28", "2030-03-31", "2030-04-30"]
    assert [each.later for each in months] == [False, True, True, True]


def test_somebody_looks_again_when_the_next_month_begins_and_after_the_end() -> None:
    lease = a_lease(State.IN_USE)
    assert look_again(lease, BERLIN, NOON) == in_months(1)
    assert look_again(lease, BERLIN, in_months(1)) == in_months(2)
    assert look_again(lease, BERLIN, in_months(2)) == lease.end + hours(1)
    assert look_again(lease, BERLIN, in_months(4)) == in_months(4) + hours(1)
    assert look_again(a_lease(State.COMPLETED), BERLIN, NOON) is None
    use = a_booking(State.CONFIRMED)
    assert look_again(use, BERLIN, NOON - hours(20)) == use.end + hours(1)


def test_a_lease_withdrawn_from_in_its_second_month_takes_both_invoices_back() -> None:
    live = a_lease(State.IN_USE)
    made = documents(live, [paid(live, 2900)], now=in_months(1))
    over = replace(live, state=State.CANCELLED, reason_code=ReasonCode.WITHDRAWN, fee=euros(3000))
    kinds = [each[:2] for each in said(documents(over, [paid(live, 2900)], made, now=in_months(1) + hours(9)))]
    assert kinds == [
        *[("invoice", "instalment")] * 2,
        *[("credit_note", "replaced")] * 2,
        ("invoice", "performed"),
    ]


# -- what was wrong


def replaced(booking: Booking, payments: Sequence[Payment], made: list[Invoice], which: Invoice) -> list[Invoice]:
    steps = replacement(which.id, booking, payments, BERLIN, made, now=TODAY)
    assert isinstance(steps, tuple)
    return [*made, *written(steps, 50 + len(made))]


def written(steps: Sequence[Step], number: int) -> list[Invoice]:
    return [a_document(step, InvoiceId(an_id(f"again {number + n}")), number + n) for n, step in enumerate(steps)]


def test_a_wrong_invoice_is_cancelled_as_a_whole_and_another_takes_its_place() -> None:
    booking = a_booking(State.COMPLETED)
    (wrong,) = documents(booking, [paid(booking, 240)])
    made = replaced(booking, [paid(booking, 240)], [wrong], wrong)
    assert said(made) == [("invoice", "use", 240), ("credit_note", "replaced", 240), ("invoice", "use", 240)]
    assert made[1].corrects is not None
    assert made[1].corrects.number == wrong.number
    assert made[2].source == f"{wrong.source}:replaces:{wrong.id}"
    assert documents(booking, [paid(booking, 240)], made) == made


def test_the_right_invoice_may_turn_out_wrong_as_well() -> None:
    booking, payments = a_booking(State.COMPLETED), [paid(a_booking(State.COMPLETED), 240)]
    made = documents(booking, payments)
    for _ in range(3):
        made = replaced(booking, payments, made, made[-1])
    assert len({each.source for each in made}) == len(made) == 7
    assert documents(booking, payments, made) == made


def test_what_was_given_back_before_is_given_back_of_the_new_invoice() -> None:
    booking = a_booking(State.COMPLETED)
    payments = [paid(booking, 240, 100)]
    first = documents(booking, payments)
    made = documents(booking, payments, replaced(booking, payments, first, first[0]))
    assert said(made)[2:] == [("credit_note", "replaced", 140), ("invoice", "use", 240), ("credit_note", "refund", 100)]


def test_of_a_lease_one_month_is_replaced_and_the_others_stand() -> None:
    lease = a_lease(State.IN_USE)
    payments = [paid(lease, 2900)]
    made = documents(lease, payments, now=in_months(1))
    steps = replacement(made[1].id, lease, payments, BERLIN, made, now=in_months(1))
    assert isinstance(steps, tuple)
    again = [*made, *written(steps, 70)]
    assert documents(lease, payments, again, now=in_months(1)) == again


def test_what_cannot_be_replaced_is_refused_with_its_reason() -> None:
    booking, payments = a_booking(State.COMPLETED), [paid(a_booking(State.COMPLETED), 240)]
    made = replaced(booking, payments, (first := documents(booking, payments)), first[0])

    def refusal(invoice_id: InvoiceId, booking: Booking = booking, issued: Sequence[Invoice] = made) -> object:
        return replacement(invoice_id, booking, payments, BERLIN, issued, now=TODAY)

    assert refusal(InvoiceId(an_id("none"))) == Refusal(NotReplaceable.UNKNOWN_INVOICE)
    assert refusal(made[1].id) == Refusal(NotReplaceable.IS_CREDIT_NOTE)
    assert refusal(made[0].id) == Refusal(NotReplaceable.NOTHING_LEFT)
    over = a_booking(State.CANCELLED)
    assert refusal(first[0].id, over, first) == Refusal(NotReplaceable.NO_LONGER_OWED)


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
    owed = booking.quote.total.amount
    made: list[Invoice] = []
    refunded = 0
    for refund in [0, *refunds]:
        refunded = min(captured, refunded + refund)
        made = documents(booking, [paid(booking, captured, refunded)], made, now=in_months(3))
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
