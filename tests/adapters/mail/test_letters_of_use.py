"""What is said before a use begins, before it ends and when it has not: word by word where it matters."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.mail.composing import composer
from adapters.mail.letters import Letter
from domain.booking.bookings import BookingId, Extension, State
from domain.booking.resources import Service
from domain.booking.terms import Blocking
from domain.cities.notices import NoticeSettings
from domain.notices.occasions import Occasion
from domain.periods import Period
from services.notices.ports import BookingNotice
from tests.adapters.mail.notices import BRAUNSCHWEIG, a_notice
from tests.examples import NOON, a_booking, a_resource, an_id, an_order, euros, hours

LINKED = replace(BRAUNSCHWEIG, notices=NoticeSettings(extend_link="https://app.example/b/{booking}/extend"))
IN_USE = a_booking(State.IN_USE)


def written(occasion: Occasion, notice: BookingNotice) -> Letter:
    message = composer()(occasion, notice, an_id("message"), NOON)
    return Letter(message.subject, message.text)


def said(occasion: Occasion, notice: BookingNotice) -> str:
    """The text, unwrapped."""
    return re.sub(r"\s+", " ", written(occasion, notice).text)


def test_a_reminder_before_the_end_in_german() -> None:
    assert written(Occasion.END_NEAR, a_notice(IN_USE, settings=LINKED)) == Letter(
        "Endet bald: Ladepunkt 3, Montag, 3. Juni 2030, 15:00 Uhr MESZ",
        f"""\
Guten Tag,

Ihre Buchung endet bald. Bitte beenden Sie die Nutzung bis Montag, 3. Juni
2030, 15:00 Uhr MESZ.

Ladepunkt: Ladepunkt 3
Ort:       Altstadtmarkt 1, 38100 Braunschweig
Zeit:      Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ
Preis:     2,40 Euro einschließlich 0,38 Euro Mehrwertsteuer (19 %)
Buchung:   {IN_USE.id}

Sie brauchen mehr Zeit? Solange danach nichts anderes gebucht ist, können Sie
die Buchung hier verlängern:
https://app.example/b/{IN_USE.id}/extend

Nachrichten dieser Art können Sie in Ihrem Profil abschalten.

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


def test_a_city_without_a_link_says_that_there_may_be_more_time() -> None:
    text = said(Occasion.END_NEAR, a_notice(IN_USE, language="en"))
    assert "As long as nothing else is booked after it, you can extend the booking. You can switch" in text
    assert "https://app" not in text


def test_what_lasts_as_long_as_the_terms_allow_is_not_extended() -> None:
    longest = replace(IN_USE, terms=replace(IN_USE.terms, latest_end=IN_USE.end))
    assert "mehr Zeit" not in said(Occasion.END_NEAR, a_notice(longest))
    asked = Extension(
        IN_USE.end + hours(1),
        IN_USE.quote,
        IN_USE.terms,
        euros("2.40"),
        euros("2.40"),
        NOON,
        NOON,
        IN_USE.end,
        IN_USE.end,
    )
    assert "mehr Zeit" not in said(Occasion.END_NEAR, a_notice(replace(IN_USE, extension=asked)))


@pytest.mark.parametrize(
    ("language", "subject"), [("de", "Beginnt bald: Ladepunkt 3,"), ("en", "Begins soon: Ladepunkt 3,")]
)
def test_a_reminder_before_the_start_says_until_when_it_can_be_cancelled(language: str, subject: str) -> None:
    notice = a_notice(a_booking(State.CONFIRMED), language=language)
    assert written(Occasion.START_NEAR, notice).subject.startswith(subject)
    assert str(notice.booking.id) in said(Occasion.START_NEAR, notice)
    assert "2,40 Euro" in said(Occasion.START_NEAR, a_notice(a_booking(State.CONFIRMED)))


def test_whoever_is_late_is_asked_to_end_the_use() -> None:
    text = said(Occasion.LATE, a_notice(IN_USE, settings=LINKED))
    assert "Ihre gebuchte Zeit endete am Montag, 3. Juni 2030, 15:00 Uhr MESZ, und Ladepunkt 3 ist noch nicht" in text
    assert f"https://app.example/b/{IN_USE.id}/extend" in text
    assert "jemand anderen" not in text


def test_whoever_keeps_another_waiting_is_told_so_and_offered_no_more_time() -> None:
    waited_for = replace(IN_USE, delays=BookingId(an_id("next")))
    text = said(Occasion.LATE, a_notice(waited_for, settings=LINKED))
    assert "Ladepunkt 3 ist im Anschluss für jemand anderen gebucht." in text
    assert "verlängern" not in text


def test_a_swap_names_the_other_vehicle_and_changes_the_calendar() -> None:
    trip = replace(a_booking(State.CONFIRMED), service=Service.FLEET)
    message = composer()(Occasion.SWAPPED, a_notice(trip), an_id("message"), NOON)
    assert message.subject == "Anderes Fahrzeug: Ladepunkt 3, Montag, 3. Juni 2030, 14:00 Uhr MESZ"
    assert "Zeit und Preis bleiben gleich" in re.sub(r"\s+", " ", message.text)
    assert [each.parameters["method"] for each in message.attachments] == ["PUBLISH"]


@pytest.mark.parametrize(
    ("until", "language", "shown"),
    [
        (datetime(2030, 10, 27, 0, 30, tzinfo=UTC), "de", "Sonntag, 27. Oktober 2030, 02:30 Uhr MESZ"),
        (datetime(2030, 10, 27, 1, 30, tzinfo=UTC), "de", "Sonntag, 27. Oktober 2030, 02:30 Uhr MEZ"),
        (datetime(2030, 3, 31, 1, 30, tzinfo=UTC), "en", "Sunday 31 March 2030, 03:30 CEST"),
    ],
)
def test_an_end_is_told_by_the_clock_of_the_city_on_the_nights_when_it_jumps(
    until: datetime, language: str, shown: str
) -> None:
    point = a_resource()
    use = a_booking(State.IN_USE, point, order=an_order(point, period=Period(until - hours(2), until)))
    assert f"{shown}." in said(Occasion.END_NEAR, a_notice(use, language=language))


def test_whose_station_does_not_begin_is_told_what_to_do_and_that_the_booking_stands() -> None:
    assert written(Occasion.NOT_BEGUN, a_notice(IN_USE)).subject == "Das Laden hat nicht begonnen: Ladepunkt 3"
    assert "Ihre Buchung gilt weiter" in said(Occasion.NOT_BEGUN, a_notice(IN_USE))
    assert "Your booking still counts" in said(Occasion.NOT_BEGUN, a_notice(IN_USE, language="en"))


def test_whose_vehicle_is_charged_is_told_what_it_costs_to_leave_it_there() -> None:
    assert written(Occasion.CHARGED, a_notice(IN_USE)).subject == "Fertig geladen: Ladepunkt 3"
    assert "Minute" not in said(Occasion.CHARGED, a_notice(IN_USE))
    fee = Blocking(Decimal("0.10"), euros("12.00"), 4 * 3600)
    costly = replace(IN_USE, terms=replace(IN_USE.terms, blocking=fee))
    text = said(Occasion.CHARGED, a_notice(costly))
    assert "länger als 240 Minuten" in text
    assert "jede weitere Minute 0,10 Euro, höchstens 12,00 Euro" in text
