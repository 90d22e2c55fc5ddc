"""A calendar feed as iCalendar (RFC 5545), for apps that ask for it again and again."""

from datetime import timedelta

from icalendar import Calendar, Event, vText

from domain.booking.bookings import State
from services.fleet.feeds import Fed, FedBlock, FedBooking

REFRESH = timedelta(minutes=15)
# Of a vehicle's time: what stands in place of whoever has it.
WORDS = {
    "de": {
        "held": "vorgemerkt",
        "confirmed": "gebucht",
        "in_use": "unterwegs",
        "completed": "benutzt",
        "blocked": "gesperrt",
    },
    "en": {"held": "provisional", "confirmed": "booked", "in_use": "in use", "completed": "used", "blocked": "blocked"},
}
OWN = {"de": "Meine Fahrzeuge", "en": "My vehicles"}


def feed_file(fed: Fed) -> bytes:
    """The same bytes for the same content. What is not sure yet, a hold or a vehicle that is not final, is tentative.

    Times are UTC, so that no time zone has to be defined; a calendar shows them in its reader's.
    """
    language = fed.language if fed.language in WORDS else "en"
    name = fed.vehicle if fed.vehicle is not None else OWN[language]
    calendar = Calendar()
    calendar.add("prodid", "-//kommobil//feeds//EN")
    calendar.add("version", "2.0")
    calendar.add("name", vText(f"{name}, {fed.city_name}"))
    calendar.add("x-wr-calname", vText(f"{name}, {fed.city_name}"))
    calendar.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for booking in fed.bookings:
        calendar.add_component(_booking(fed, booking, WORDS[language]))
    for block in fed.blocks:
        calendar.add_component(_block(fed, block, WORDS[language]))
    content: bytes = calendar.to_ical()
    return content


def _booking(fed: Fed, booking: FedBooking, words: dict[str, str]) -> Event:
    """With the UID of the entry that comes with a confirmation, so that it is one and the same."""
    event = _event(f"{booking.id}@{fed.city}.kommobil", booking)
    event.add("sequence", booking.version)
    if fed.vehicle is None:
        event.add("summary", f"{booking.vehicle}, {booking.station}")
    else:
        event.add("summary", f"{fed.vehicle}: {words[booking.state.value]}")
    event.add("location", booking.address)
    event.add("geo", (booking.location.lat, booking.location.lon))
    sure = booking.final and booking.state is not State.HELD
    event.add("status", "CONFIRMED" if sure else "TENTATIVE")
    return event


def _block(fed: Fed, block: FedBlock, words: dict[str, str]) -> Event:
    event = _event(f"{block.id}@{fed.city}.kommobil", block)
    event.add("summary", f"{fed.vehicle}: {words['blocked']}")
    event.add("status", "CONFIRMED")
    return event


def _event(uid: str, entry: FedBooking | FedBlock) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.end)
    return event
