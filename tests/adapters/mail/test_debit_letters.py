"""What holders read of direct debits: before the account is debited, and when the bank did not pay."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from adapters.mail.letters import letter
from adapters.mail.texts_de import GERMAN
from adapters.mail.texts_en import ENGLISH
from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from domain.notices.occasions import Occasion
from domain.payments.payments import Payment, PaymentState
from domain.periods import Period
from services.notices.ports import BookingNotice
from services.notices.telling import STILL_TRUE
from tests.adapters.mail.notices import a_notice, taken_for
from tests.examples import NOON, a_booking, a_resource, an_order

BIKE = a_resource(Service.BIKE_LEASING)


def lease(state: State) -> Booking:
    booking = a_booking(state, BIKE, order=an_order(BIKE, period=Period(NOON, NOON + timedelta(days=91))))
    return replace(booking, fee=None)


def debit(booking: Booking, state: PaymentState) -> Payment:
    made = taken_for(booking, creditor_id="DE98ZZZ09999999999", mandate="KOMMOBIL-17", debit_on=date(2030, 6, 5))
    return replace(made, state=state, captured=2900 if state is PaymentState.CAPTURED else 0)


def notice(state: State, of_payment: PaymentState, language: str = "de") -> BookingNotice:
    booking = lease(state)
    return a_notice(booking, debit(booking, of_payment), language=language)


@pytest.mark.parametrize("state", [PaymentState.PROCESSING, PaymentState.CAPTURED])
def test_a_confirmation_says_beforehand_what_is_debited_when_and_by_which_mandate(state: PaymentState) -> None:
    said = " ".join(letter(Occasion.CONFIRMED, notice(State.CONFIRMED, state), GERMAN, NOON).text.split())
    assert "zieht die erste Rate von 29,00 Euro per SEPA-Lastschrift von Ihrem Konto ein" in said
    assert "am Mittwoch, 5. Juni 2030 oder kurz danach" in said
    assert "Mandatsreferenz KOMMOBIL-17, Gläubiger-Identifikationsnummer DE98ZZZ09999999999" in said
    assert "ist bezahlt" not in said
    english = letter(Occasion.CONFIRMED, notice(State.CONFIRMED, state), ENGLISH, NOON).text
    assert "on Wednesday 5 June 2030 or shortly after" in " ".join(english.split())


def test_before_the_start_a_bank_that_did_not_pay_leaves_time() -> None:
    failed = notice(State.CONFIRMED, PaymentState.FAILED)
    assert STILL_TRUE[Occasion.PAYMENT_FAILED](failed)
    said = " ".join(letter(Occasion.PAYMENT_FAILED, failed, GERMAN, NOON).text.split())
    assert (
        "Ihre Bank hat die Lastschrift über 29,00 Euro für diese Buchung nicht eingelöst (Mandat KOMMOBIL-17)" in said
    )
    assert "Bitte bezahlen Sie die Buchung bis Montag, 3. Juni 2030, 12:00 Uhr MESZ" in said


@pytest.mark.parametrize("state", [State.IN_USE, State.COMPLETED])
def test_once_the_use_has_begun_it_is_owed_at_once(state: State) -> None:
    failed = notice(state, PaymentState.FAILED, "en")
    if state is State.COMPLETED:
        failed = replace(failed, booking=replace(failed.booking, fee=failed.booking.quote.due_now))
    assert STILL_TRUE[Occasion.PAYMENT_FAILED](failed)
    found = letter(Occasion.PAYMENT_FAILED, failed, ENGLISH, NOON)
    assert found.subject.startswith("Payment outstanding")
    assert "Please pay what is open as soon as you can" in " ".join(found.text.split())


def test_who_has_paid_otherwise_by_then_is_not_told() -> None:
    booking = lease(State.IN_USE)
    mended = replace(taken_for(booking), id=booking.id)
    assert not STILL_TRUE[Occasion.PAYMENT_FAILED](a_notice(booking, debit(booking, PaymentState.FAILED), mended))


def test_what_a_bank_is_asked_for_is_given_back_where_the_lease_is_cancelled() -> None:
    booking = replace(lease(State.CANCELLED), fee=replace(lease(State.CANCELLED).quote.due_now, amount=0))
    found = letter(
        Occasion.CANCELLED, a_notice(booking, debit(booking, PaymentState.PROCESSING), language="en"), ENGLISH, NOON
    )
    assert "We pay EUR 29.00 back to you" in " ".join(found.text.split())
