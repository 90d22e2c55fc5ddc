"""The entry in the holder's calendar."""

from icalendar import Calendar
from msgspec.structs import replace

from adapters.mail.ics import calendar_entry
from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from tests.adapters.mail.notices import a_notice
from tests.examples import NOON, a_booking, a_resource, an_order, hours


def entry(booking: Booking, method: str = "PUBLISH") -> dict[str, str]:
    """The event's properties as they are written."""
    attachment = calendar_entry(a_notice(booking), "braunschweig@mail.example")
    assert (attachment.media_type, attachment.parameters) == (
        "text/calendar",
        {"charset": "utf-8", "method": method},
    )
    calendar = Calendar.from_ical(attachment.content)
    assert calendar["method"] == method
    (event,) = calendar.walk("VEVENT")
    return {name: _text(value.to_ical()) for name, value in event.items()}


def _text(written: bytes | str) -> str:
    return written if isinstance(written, str) else written.decode()


def test_a_confirmed_booking_is_an_appointment() -> None:
    booking = a_booking(State.CONFIRMED)
    assert entry(booking) == {
        "UID": f"{booking.id}@braunschweig.kommobil",
        "SEQUENCE": "2",
        "DTSTAMP": "20300601T120000Z",
        "DTSTART": "20300603T120000Z",
        "DTEND": "20300603T130000Z",
        "SUMMARY": r"Ladepunkt 3\, Altstadtmarkt",
        "LOCATION": r"Altstadtmarkt 1\, 38100 Braunschweig",
        "GEO": "52.2638;10.518",
        "ORGANIZER": "mailto:braunschweig@mail.example",
        "STATUS": "CONFIRMED",
        "TRANSP": "OPAQUE",
    }


def test_a_cancellation_takes_the_appointment_back() -> None:
    """RFC 5546, section 3.2.5: the same UID, a higher SEQUENCE, and no method but CANCEL."""
    before, after = entry(a_booking(State.CONFIRMED)), entry(a_booking(State.CANCELLED), "CANCEL")
    assert after == before | {"SEQUENCE": "3", "STATUS": "CANCELLED"}


def test_a_change_takes_the_place_of_the_appointment() -> None:
    booking = a_booking(State.CONFIRMED)
    longer = replace(booking, end=booking.end + hours(1), version=booking.version + 1)
    assert entry(longer) == entry(booking) | {"SEQUENCE": "3", "DTEND": "20300603T140000Z"}


def test_a_lease_of_months_does_not_keep_its_holder_busy() -> None:
    bike = a_resource(Service.BIKE_LEASING)
    assert entry(a_booking(State.CONFIRMED, bike, order=an_order(bike)))["TRANSP"] == "TRANSPARENT"


def test_lines_end_and_fold_as_the_standard_says() -> None:
    """RFC 5545, section 3.1: CRLF, at most 75 octets."""
    notice = a_notice(a_booking(State.CONFIRMED, made_at=NOON - hours(1)))
    content = calendar_entry(notice, "braunschweig@mail.example").content
    lines = content.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
