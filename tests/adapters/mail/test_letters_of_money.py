"""What holders are told of money: how a booking is paid, what giving it up costs, what comes back and what was refused."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from adapters.mail.letters import Letter
from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.fees import FeeKind, FrozenTax, Treatment
from domain.money import Money
from domain.notices.occasions import Occasion
from domain.payments.payments import PaymentState, Purpose
from services.notices.telling import STILL_TRUE
from tests.adapters.mail.letters import HELD, NONE, SAVED, TAKEN, a_lease, notice_of, said, written
from tests.adapters.mail.notices import a_notice, held_for, saved_for
from tests.examples import NOON, a_booking, a_payment, a_resource, an_order, euros, hours, minutes


@pytest.mark.parametrize(
    ("booking", "payment", "sentence"),
    [
        (a_booking(State.CONFIRMED), SAVED, "Einen Tag vor Beginn merken wir darauf 2,40 Euro vor"),
        (a_lease(), TAKEN, "Die erste Rate von 29,00 Euro ist bezahlt, die weiteren Raten folgen monatlich."),
        (
            a_booking(
                State.CONFIRMED,
                order=an_order(a_resource(), payer=Payer.COST_CENTRE),
                options=msgspec.Raw(b'{"cost_centre": "4711"}'),
            ),
            NONE,
            "Preis: für Sie kostenlos, abgerechnet über die Kostenstelle 4711 Buchung: ",
        ),
    ],
)
def test_a_confirmation_says_how_it_is_paid(booking: Booking, payment: str, sentence: str) -> None:
    assert sentence in said(Occasion.CONFIRMED, notice_of(booking, payment))


NOTHING = euros("0")


@pytest.mark.parametrize(
    ("booking", "payment", "sentence"),
    [
        (a_booking(State.CANCELLED), NONE, "Die Stornierung ist für Sie kostenlos. Es gelten"),
        (a_booking(State.CANCELLED), HELD, "kostenlos. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf."),
        (a_booking(State.CANCELLED), SAVED, "Die Stornierung ist für Sie kostenlos. Es gelten"),
        (a_lease(State.CANCELLED), TAKEN, "kostenlos. Wir erstatten Ihnen 29,00 Euro auf demselben Weg"),
        (
            msgspec.structs.replace(a_lease(State.CANCELLED), fee=euros("14.50")),
            TAKEN,
            "Die Stornierung kostet 14,50 Euro. Von den bezahlten 29,00 Euro erstatten wir Ihnen 14,50 Euro.",
        ),
        (
            msgspec.structs.replace(a_lease(State.CANCELLED), fee=euros("29.00")),
            TAKEN,
            "Die Stornierung kostet 29,00 Euro. Dieser Betrag ist mit den bezahlten 29,00 Euro verrechnet.",
        ),
        (
            a_booking(State.CANCELLED, fee=euros("2.40")),
            SAVED,
            "Die Stornierung kostet 2,40 Euro. Wir buchen diesen Betrag von Ihrer hinterlegten Karte ab.",
        ),
        (
            a_booking(State.CANCELLED, reason_code=ReasonCode.BY_STAFF),
            NONE,
            "Wir mussten Ihre Buchung leider stornieren.",
        ),
        (
            a_booking(State.CANCELLED, reason_code=ReasonCode.PAYMENT_FAILED),
            SAVED,
            "storniert, weil wir den Preis auf Ihrer Karte nicht vormerken konnten",
        ),
    ],
)
def test_a_cancellation_says_what_it_costs_and_what_comes_back(booking: Booking, payment: str, sentence: str) -> None:
    assert sentence in said(Occasion.CANCELLED, notice_of(booking, payment))


def test_whoever_did_not_come_is_told_what_it_costs_why_and_how_that_is_taxed() -> None:
    booking = a_booking(State.NO_SHOW)
    assert written(Occasion.NOT_USED, a_notice(booking, held_for(booking)), NOON + hours(1)) == Letter(
        "Buchung nicht genutzt: Ladepunkt 3, Montag, 3. Juni 2030, 14:00 Uhr MESZ",
        f"""\
Guten Tag,

Ihre Buchung wurde bis Montag, 3. Juni 2030, 15:00 Uhr MESZ nicht begonnen.
Sie ist damit beendet.

Ladepunkt: Ladepunkt 3
Ort:       Altstadtmarkt 1, 38100 Braunschweig
Zeit:      Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ
Preis:     2,40 Euro einschließlich 0,38 Euro Mehrwertsteuer (19 %)
Buchung:   {booking.id}

Für die nicht genutzte Buchung berechnen wir nach den Buchungsbedingungen eine
Gebühr von 2,40 Euro. Wir buchen die vorgemerkten 2,40 Euro dafür ab.

Sie ist ein Entgelt und enthält 0,38 Euro Mehrwertsteuer (19 %; EuGH
C-250/14).

Es gelten die Buchungsbedingungen in der Fassung 2025-1.

Mit freundlichen Grüßen
Stadt Braunschweig

--\x20
Stadt Braunschweig, der Oberbürgermeister
Platz der Deutschen Einheit 1
38100 Braunschweig
USt-IdNr. DE114878770
Impressum: https://www.braunschweig.example/impressum
""",
    )


def test_a_fee_that_makes_good_a_loss_bears_no_tax_and_a_grace_says_when_it_ran_out() -> None:
    booking = a_booking(State.NO_SHOW, fee=euros("1.00"))
    tax = FrozenTax(FeeKind.NO_SHOW, Treatment.DAMAGES, Decimal(0), date(2026, 1, 1), "Satzung § 7")
    terms = msgspec.structs.replace(booking.terms, fee_tax=(tax,), no_show_from=NOON + minutes(15))
    text = said(Occasion.NOT_USED, notice_of(msgspec.structs.replace(booking, terms=terms), HELD, "en"))
    assert "was not begun by Monday 3 June 2030, 14:15 CEST." in text
    assert "a fee of EUR 1.00, as the booking terms say. We take this from the EUR 2.40 held on your card" in text
    assert "It is damages; no VAT is due on it (Satzung § 7)." in text


def test_not_to_use_what_cost_nothing_costs_nothing() -> None:
    text = said(Occasion.NOT_USED, notice_of(a_booking(State.NO_SHOW, fee=NOTHING), HELD))
    assert "dadurch nicht. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf. Es gelten" in text


def test_what_comes_back_is_told_alike_before_and_after_it_came_back() -> None:
    """The mail may be late: the hold may be captured or released by then."""
    booking = a_booking(State.CANCELLED, fee=euros("1.20"))
    before = said(Occasion.CANCELLED, a_notice(booking, held_for(booking)))
    captured = held_for(booking, PaymentState.CAPTURED, captured=120)
    assert said(Occasion.CANCELLED, a_notice(booking, captured)) == before
    free = msgspec.structs.replace(booking, fee=NOTHING)
    before = said(Occasion.CANCELLED, a_notice(free, held_for(free)))
    released = held_for(free, PaymentState.RELEASED)
    assert said(Occasion.CANCELLED, a_notice(free, released)) == before


def test_what_cancelling_costs_is_told_as_of_the_booking() -> None:
    booking = a_booking(State.CONFIRMED)
    early, late, last = NOON - hours(48), NOON - hours(2), NOON - hours(0.5)
    assert "kostenlos bis Sonntag" in said(Occasion.CONFIRMED, a_notice(booking), early)
    assert "haben: - für 1,20 Euro bis Montag, 3. Juni 2030, 13:00" in said(Occasion.CONFIRMED, a_notice(booking), late)
    assert "Eine Stornierung kostet 2,40 Euro; ebenso viel" in said(Occasion.CONFIRMED, a_notice(booking), last)


def test_the_right_of_withdrawal_makes_cancelling_free_and_is_explained() -> None:
    text = said(Occasion.CONFIRMED, notice_of(a_lease(), TAKEN))
    assert "haben: - kostenlos bis Montag, 17. Juni 2030, 23:59 Uhr MESZ - danach für 29,00 Euro" in text
    assert (
        "Widerrufsrecht: Bis Montag, 17. Juni 2030, 23:59 Uhr MESZ können Sie diesen Vertrag ohne Angabe von Gründen "
        "widerrufen. Dazu genügt eine eindeutige Erklärung an Stadt Braunschweig, der Oberbürgermeister, Platz der "
        "Deutschen Einheit 1, 38100 Braunschweig," in text
    )
    assert "Widerrufsrecht" not in said(Occasion.CONFIRMED, a_notice(a_booking(State.CONFIRMED)))


def test_a_refused_hold_asks_for_another_card_in_time() -> None:
    booking = a_booking(State.CONFIRMED)
    text = said(Occasion.PAYMENT_FAILED, a_notice(booking, saved_for(booking), language="en"))
    assert "We could not hold EUR 2.40 on the card that you saved." in text
    assert "Please pay for the booking until Monday 3 June 2030, 12:00 CEST, with another card if you like." in text


def test_a_refused_deposit_asks_for_it_in_person() -> None:
    booking = a_booking(State.CONFIRMED)
    deposit = a_payment(booking, PaymentState.FAILED, purpose=Purpose.DEPOSIT, amount=Money(15000, "EUR"))
    notice = a_notice(booking, held_for(booking), deposit, language="en")
    assert STILL_TRUE[Occasion.PAYMENT_FAILED](notice)
    assert "We could not hold the deposit of EUR 150.00 on your card." in said(Occasion.PAYMENT_FAILED, notice)
    mended = replace(deposit, state=PaymentState.AUTHORISED, purpose=Purpose.DEPOSIT_IN_PERSON)
    assert not STILL_TRUE[Occasion.PAYMENT_FAILED](a_notice(booking, held_for(booking), deposit, mended))


def test_a_refused_charge_afterwards_names_the_outstanding_amount() -> None:
    booking = a_booking(State.COMPLETED, fee=euros("3.40"))
    hold = held_for(booking, PaymentState.CAPTURED, captured=240)
    rest = a_payment(booking, PaymentState.FAILED, purpose=Purpose.REMAINDER, amount=Money(100, "EUR"))
    text = said(Occasion.PAYMENT_FAILED, a_notice(booking, hold, rest, language="en"))
    assert "Your card declined the charge of EUR 1.00 for this booking." in text


@pytest.mark.parametrize(
    ("payment", "sentence"),
    [
        (HELD, "Ihnen entstehen keine Kosten. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf."),
        (SAVED, "Ihnen entstehen keine Kosten. Mit freundlichen"),
        (TAKEN, "Ihnen entstehen keine Kosten. Wir erstatten Ihnen 2,40 Euro auf demselben Weg"),
    ],
)
def test_who_paid_too_late_is_told_that_the_money_comes_back(payment: str, sentence: str) -> None:
    assert sentence in said(Occasion.PAID_TOO_LATE, notice_of(a_booking(State.EXPIRED), payment))
