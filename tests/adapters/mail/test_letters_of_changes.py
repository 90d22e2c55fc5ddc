"""What holders are told when a booking becomes another one, or what was booked is not to be had."""

import pytest

from adapters.mail.composing import compose
from domain.booking.bookings import Booking, ReasonCode, State
from domain.booking.changing import Surroundings, shorten
from domain.booking.extensions import BookingShortened
from domain.notices.occasions import Occasion
from domain.periods import Period
from tests.adapters.mail.letters import said, written
from tests.adapters.mail.notices import a_notice, held_for
from tests.examples import BERLIN, NOON, POLICIES, TARIFFS, a_booking, a_resource, an_id, an_order, euros, hours


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


def test_whoever_has_no_account_reads_that_it_did_not_begin_and_that_she_pays_nothing() -> None:
    booking = a_booking(State.CANCELLED, reason_code=ReasonCode.NO_PLUG, fee=euros("0.00"))
    notice = a_notice(booking, held_for(booking), is_guest=True)
    told = written(Occasion.CANCELLED, notice)
    assert told.subject == "Das Laden hat nicht begonnen: Ladepunkt 3"
    text = " ".join(told.text.split())
    assert "Ladepunkt 3 (Altstadtmarkt 1, 38100 Braunschweig) hat nicht zu laden begonnen." in text
    assert "Sie zahlen nichts. Die Vormerkung von" in text
    assert "Buchung" not in text, "she has booked nothing"
    assert compose("city.example", Occasion.CANCELLED, notice, an_id("entry"), NOON).attachments == ()


def test_whoever_gets_another_plug_reads_of_no_vehicle() -> None:
    told = written(Occasion.SWAPPED, a_notice(a_booking(State.CONFIRMED)))
    assert told.subject.startswith("Anderer Ladepunkt: Ladepunkt 3")
    assert "Fahrzeug" not in told.text
