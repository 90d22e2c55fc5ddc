"""What holders are told, word by word where it matters."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from adapters.mail.composing import composer
from adapters.mail.language import Texts
from adapters.mail.letters import Letter, letter
from adapters.mail.texts_de import GERMAN
from adapters.mail.texts_en import ENGLISH
from domain.booking.bookings import Booking, Payer, ReasonCode, State
from domain.booking.changing import Surroundings, shorten
from domain.booking.extensions import BookingShortened
from domain.booking.fees import FeeKind, FrozenTax, Treatment
from domain.booking.resources import Service
from domain.money import Money
from domain.notices.occasions import Occasion
from domain.payments.payments import PaymentState, Purpose
from domain.periods import Period
from services.notices.ports import BookingNotice, Place
from services.notices.telling import STILL_TRUE
from tests.adapters.mail.notices import a_notice, held_for, saved_for, taken_for
from tests.examples import (
    BERLIN,
    MARKET_SQUARE,
    NOON,
    POLICIES,
    TARIFFS,
    a_booking,
    a_payment,
    a_resource,
    an_id,
    an_order,
    euros,
    hours,
    minutes,
)

BOOKED = NOON - hours(48)
A_QUARTER = Period(NOON, NOON + hours(24 * 92))


def written(occasion: Occasion, notice: BookingNotice, at: datetime = BOOKED) -> Letter:
    message = composer()(occasion, notice, an_id("message"), at)
    return Letter(message.subject, message.text)


def said(occasion: Occasion, notice: BookingNotice, at: datetime = BOOKED) -> str:
    """The text, unwrapped."""
    return re.sub(r"\s+", " ", written(occasion, notice, at).text)


def a_lease(state: State = State.CONFIRMED) -> Booking:
    bike = a_resource(Service.BIKE_LEASING)
    return a_booking(state, bike, order=an_order(bike, period=A_QUARTER))


def test_a_confirmation_in_german() -> None:
    booking = a_booking(State.CONFIRMED)
    assert written(Occasion.CONFIRMED, a_notice(booking, held_for(booking))) == Letter(
        "Buchung bestätigt: Ladepunkt 3, Montag, 3. Juni 2030, 14:00 Uhr MESZ",
        f"""\
Guten Tag,

Ihre Buchung ist bestätigt.

Ladepunkt: Ladepunkt 3
Ort:       Altstadtmarkt 1, 38100 Braunschweig
Zeit:      Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ
Preis:     2,40 Euro einschließlich 0,38 Euro Mehrwertsteuer (19 %)
Buchung:   {booking.id}

Auf Ihrer Karte sind 2,40 Euro vorgemerkt; abgebucht wird nach der Nutzung.
Nutzen Sie mehr als gebucht, kostet es entsprechend mehr.

Stornieren können Sie die Buchung, solange Sie sie nicht begonnen haben:
- kostenlos bis Sonntag, 2. Juni 2030, 14:00 Uhr MESZ
- für 1,20 Euro bis Montag, 3. Juni 2030, 13:00 Uhr MESZ
- danach für 2,40 Euro; ebenso viel kostet es, wenn Sie die Buchung nicht
  nutzen

Es gelten die Buchungsbedingungen in der Fassung 2025-1.

Den Termin für Ihren Kalender finden Sie im Anhang.

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


def test_a_cancellation_in_english() -> None:
    booking = a_booking(State.CANCELLED, fee=euros("1.20"))
    notice = a_notice(booking, held_for(booking), language="en")
    assert written(Occasion.CANCELLED, notice) == Letter(
        "Booking cancelled: Ladepunkt 3, Monday 3 June 2030, 14:00 CEST",
        f"""\
Hello,

Your booking is cancelled as you asked.

Charge point: Ladepunkt 3
Place:        Altstadtmarkt 1, 38100 Braunschweig
Time:         Monday 3 June 2030, 14:00 to 15:00 CEST
Price:        EUR 2.40 including EUR 0.38 VAT (19%)
Booking:      {booking.id}

The cancellation costs EUR 1.20. We take this from the EUR 2.40 held on your
card and release the rest.

The booking terms in their version 2025-1 apply.

The attached file removes the booking from your calendar.

Kind regards
Stadt Braunschweig

--\x20
Stadt Braunschweig, der Oberbürgermeister
Platz der Deutschen Einheit 1
38100 Braunschweig
VAT ID DE114878770
Legal notice: https://www.braunschweig.example/impressum
""",
    )


def test_both_languages_speak_of_the_same_things() -> None:
    def names(texts: Texts) -> dict[str, set[str]]:
        return {
            field: set(re.findall(r"{(\w+)}", value))
            for field, value in msgspec.structs.asdict(texts).items()
            if isinstance(value, str)
        }

    assert names(GERMAN.texts) == names(ENGLISH.texts)
    assert set(GERMAN.texts.things) == set(ENGLISH.texts.things) == set(Service)


@dataclass(frozen=True)
class Case:
    booking: Booking
    payment: str
    sentence: str


SAVED, HELD, TAKEN, NONE = "saved", "held", "taken", "none"
PAYMENTS = {SAVED: saved_for, HELD: held_for, TAKEN: taken_for}


def notice_of(booking: Booking, payment: str, language: str = "de") -> BookingNotice:
    payments = [PAYMENTS[payment](booking)] if payment in PAYMENTS else []
    return a_notice(booking, *payments, language=language)


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


def test_the_texts_that_were_in_force_are_named_by_their_versions() -> None:
    booking = a_booking(State.CONFIRMED)
    booking = msgspec.structs.replace(
        booking, terms=msgspec.structs.replace(booking.terms, documents={"privacy": "2025-07", "general": "2026-01"})
    )
    text = said(Occasion.CONFIRMED, a_notice(booking))
    assert (
        "in der Fassung 2025-1. Die veröffentlichten Texte galten bei der Buchung in diesen Fassungen: general 2026-01, privacy 2025-07."
        in text
    )


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


def test_a_language_that_is_not_spoken_here_is_answered_in_german() -> None:
    notice = a_notice(a_booking(State.CONFIRMED), language="fr")
    assert written(Occasion.CONFIRMED, notice) == letter(Occasion.CONFIRMED, notice, GERMAN, BOOKED)


@pytest.mark.parametrize(
    ("start", "end", "german", "english"),
    [
        (
            datetime(2030, 10, 27, 0, 30, tzinfo=UTC),
            datetime(2030, 10, 27, 1, 30, tzinfo=UTC),
            "Sonntag, 27. Oktober 2030, 02:30 Uhr MESZ bis Sonntag, 27. Oktober 2030, 02:30 Uhr MEZ",
            "Sunday 27 October 2030, 02:30 CEST to Sunday 27 October 2030, 02:30 CET",
        ),
        (
            datetime(2030, 12, 31, 22, tzinfo=UTC),
            datetime(2030, 12, 31, 23, tzinfo=UTC),
            "Dienstag, 31. Dezember 2030, 23:00 Uhr MEZ bis Mittwoch, 1. Januar 2031, 00:00 Uhr MEZ",
            "Tuesday 31 December 2030, 23:00 CET to Wednesday 1 January 2031, 00:00 CET",
        ),
    ],
)
def test_times_are_the_citys_and_never_ambiguous(start: datetime, end: datetime, german: str, english: str) -> None:
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(start, end)))
    assert f"Zeit: {german} Preis" in said(Occasion.CONFIRMED, a_notice(booking))
    assert f"Time: {english} Price" in said(Occasion.CONFIRMED, a_notice(booking, language="en"))


def test_amounts_are_written_as_each_language_does() -> None:
    amount = Money(123_456_705, "EUR")
    assert GERMAN.money(amount) == "1.234.567,05 Euro"
    assert ENGLISH.money(amount) == "EUR 1,234,567.05"
    assert GERMAN.money(Money(5, "CHF")) == "0,05 CHF"


def test_a_place_is_not_named_twice() -> None:
    at = MARKET_SQUARE.location
    assert Place("Ladepunkt 1", "Rathaus", "Am Platz 1", at).whereabouts == "Rathaus, Am Platz 1"
    assert Place("Ladepunkt 1", "Am Platz", "Am Platz 1", at).whereabouts == "Am Platz 1"
    assert Place("Ladepunkt 1", "Rathaus", "Am Platz 1", at).title == "Ladepunkt 1, Rathaus"
    assert Place("Rathaus, Ladepunkt 1", "Rathaus", "Am Platz 1", at).title == "Rathaus, Ladepunkt 1"


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        (None, "Ihre Buchung wurde leider nicht freigegeben. Ladepunkt:"),
        ("Winter {dienst}", "Ihre Buchung wurde leider nicht freigegeben. Begründung: Winter {dienst} Ladepunkt:"),
    ],
)
def test_a_rejection_gives_its_reason_in_whose_words_it_came(reason: str | None, german: str) -> None:
    booking = a_booking(State.CANCELLED, reason_code=ReasonCode.APPROVAL_REJECTED, reason=reason, fee=euros("0.00"))
    text = said(Occasion.CANCELLED, a_notice(booking, held_for(booking)))
    assert german in text
    assert "Die Stornierung ist für Sie kostenlos. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf." in text


def test_an_approval_asks_for_the_payment_in_time() -> None:
    booking = a_booking(State.HELD, hold_expires_at=NOON - hours(24))
    letter = written(Occasion.APPROVED, a_notice(booking, language="en"))
    assert letter.subject.startswith("Booking approved, please pay: ")
    assert "Please pay EUR 2.40 until Sunday 2 June 2030, 14:00 CEST" in letter.text.replace("\n", " ")


def test_whoever_waited_for_nothing_is_told_that_it_costs_nothing() -> None:
    booking = a_booking(State.EXPIRED, reason_code=ReasonCode.APPROVAL_MISSED)
    text = said(Occasion.NOT_APPROVED, a_notice(booking, held_for(booking)))
    assert "nicht rechtzeitig entschieden" in text
    assert "Ihnen entstehen keine Kosten. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf." in text
    assert "storniert" not in text


def a_changed_booking() -> Booking:
    """Three hours, shortened by one within a day of the start: half of that hour is kept."""
    booking = a_booking(State.CONFIRMED, order=an_order(a_resource(), period=Period(NOON, NOON + hours(3))))
    around = Surroundings(a_resource(), BERLIN, TARIFFS[booking.service], POLICIES[booking.service], booking.end, None)
    event = shorten(booking, NOON + hours(2), around, True, NOON - hours(5))
    assert isinstance(event, BookingShortened)
    return event.booking


def test_a_change_says_what_counts_now_and_what_was_kept() -> None:
    notice = a_notice(a_changed_booking())
    assert written(Occasion.CHANGED, notice).subject == (
        "Buchung geändert: Ladepunkt 3, Montag, 3. Juni 2030, 14:00 Uhr MESZ"
    )
    text = said(Occasion.CHANGED, notice, NOON - hours(5))
    assert "Zeit: Montag, 3. Juni 2030, 14:00 bis 16:00 Uhr MESZ Preis: 6,00 Euro" in text
    assert "Im Preis enthalten sind 1,20 Euro für Zeit, die Sie zurückgegeben haben." in text
    assert "für 3,60 Euro bis Montag, 3. Juni 2030, 13:00 Uhr MESZ" in text
    unchanged = said(Occasion.CHANGED, a_notice(a_booking(State.CONFIRMED)))
    assert "zurückgegeben" not in unchanged


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "Unfortunately nothing alike is free for your time at the same station."),
        (("Charger 1", "Charger 2"), "Still free for your time at the same station: Charger 1, Charger 2."),
    ],
)
def test_whoever_may_have_to_wait_is_told_what_else_is_free(names: tuple[str, ...], sentence: str) -> None:
    notice = a_notice(a_booking(State.CONFIRMED), language="en", instead=names)
    text = said(Occasion.DELAYED, notice)
    assert "Whoever uses Ladepunkt 3 right now has gone past the booked time." in text
    assert sentence in text


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "Vielleicht passt eine andere Zeit."),
        (("Transporter",), "an derselben Station etwas anderes frei: Transporter."),
    ],
)
def test_whoever_is_stranded_is_told_what_else_is_free_and_that_giving_up_costs_nothing(
    names: tuple[str, ...], sentence: str
) -> None:
    text = said(Occasion.STRANDED, a_notice(a_booking(State.CONFIRMED), instead=names))
    assert "Ladepunkt 3 ist ausgefallen" in text
    assert sentence in text
    assert "das kostet Sie nichts" in text


def test_whoever_paid_for_more_too_late_keeps_what_she_has() -> None:
    notice = a_notice(a_booking(State.CONFIRMED))
    assert written(Occasion.EXTENSION_TOO_LATE, notice).subject.startswith("Verlängerung nicht möglich: Ladepunkt 3")
    assert "Ihre Buchung gilt unverändert" in said(Occasion.EXTENSION_TOO_LATE, notice)


def test_what_is_provisional_is_said_to_be_and_later_that_it_is_settled() -> None:
    booking = a_booking(State.CONFIRMED, final_at=NOON - hours(0.5))
    sentence = "Was Sie genau bekommen, steht eine halbe Stunde vor Beginn fest"
    assert sentence in said(Occasion.CONFIRMED, a_notice(booking))
    assert sentence not in said(Occasion.CONFIRMED, a_notice(a_booking(State.CONFIRMED)))
    settled = written(Occasion.ASSIGNED, a_notice(a_booking(State.CONFIRMED), language="en"))
    assert settled.subject == "Ready for you: Ladepunkt 3, Monday 3 June 2030, 14:00 CEST"
    assert "Ladepunkt 3" in settled.text


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("Ladepunkt 4",), "Für Ihre Zeit ist an derselben Station noch frei: Ladepunkt 4."),
        ((), "Andere freie Ladepunkte in der Nähe zeigt Ihnen die Suche."),
    ],
)
def test_whoever_gets_no_plug_is_told_so_and_what_else_is_free(names: tuple[str, ...], sentence: str) -> None:
    booking = a_booking(State.CANCELLED, reason_code=ReasonCode.NO_PLUG, fee=euros("0.00"))
    text = said(Occasion.CANCELLED, a_notice(booking, held_for(booking), instead=names))
    assert "Die Ladesäule hält Ihnen keinen Ladepunkt frei" in text
    assert sentence in text
    assert "kostenlos" in text


def test_whoever_gets_another_plug_reads_of_no_vehicle() -> None:
    told = written(Occasion.SWAPPED, a_notice(a_booking(State.CONFIRMED)))
    assert told.subject.startswith("Anderer Ladepunkt: Ladepunkt 3")
    assert "Fahrzeug" not in told.text
