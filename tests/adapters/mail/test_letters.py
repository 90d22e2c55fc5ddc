"""What holders are told, word by word where it matters."""

import re
from datetime import UTC, datetime

import msgspec
import pytest

from adapters.mail.language import Texts
from adapters.mail.letters import Letter, letter
from adapters.mail.texts_de import GERMAN
from adapters.mail.texts_en import ENGLISH
from domain.booking.bookings import State
from domain.booking.resources import Service
from domain.money import Money
from domain.notices.occasions import Occasion
from domain.periods import Period
from services.notices.ports import Place
from tests.adapters.mail.letters import (
    BOOKED,
    said,
    written,
)
from tests.adapters.mail.notices import a_notice, held_for
from tests.examples import MARKET_SQUARE, a_booking, a_resource, an_order, euros


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
