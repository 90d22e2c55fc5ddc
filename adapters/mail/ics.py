"""A booking as an entry of the holder's calendar (RFC 5545), published and taken back as RFC 5546 has it."""

from icalendar import Calendar, Event, vCalAddress, vText
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.resources import Service
from services.notices.ports import Attachment, BookingNotice, Together


def calendar_entries(notice: BookingNotice, organiser: str) -> tuple[Attachment, ...]:
    """That of the booking, or one for each of those that were cancelled at once: a CANCEL names one UID (RFC 5546, section 3.2.5)."""
    each = [calendar_entry(_of(notice, one), organiser) for one in notice.together] if len(notice.together) > 1 else []
    numbered = [replace(entry, name=f"booking-{number}.ics") for number, entry in enumerate(each, 1)]
    return tuple(numbered) or (calendar_entry(notice, organiser),)


def _of(notice: BookingNotice, one: Together) -> BookingNotice:
    """The same of another booking of the series, at the station of the first: all that a calendar needs to take it out."""
    booking = replace(notice.booking, id=one.booking_id, start=one.start, end=one.end, version=one.version)
    return replace(notice, booking=booking, place=replace(notice.place, resource=one.resource))


def calendar_entry(notice: BookingNotice, organiser: str) -> Attachment:
    """The booking as it stands. `organiser` is the city's address. The entry keeps its UID; the booking's version tells the
    newer one.

    Times are UTC, so that the entry needs no definition of a time zone; a calendar shows them in its reader's.
    """
    booking, place = notice.booking, notice.place
    method, status = ("CANCEL", "CANCELLED") if booking.state is State.CANCELLED else ("PUBLISH", "CONFIRMED")
    event = Event()
    event.add("uid", f"{booking.id}@{notice.city}.kommobil")
    event.add("sequence", booking.version)
    event.add("dtstamp", booking.updated_at)
    event.add("dtstart", booking.start)
    event.add("dtend", booking.end)
    event.add("summary", place.title)
    event.add("location", place.whereabouts)
    event.add("geo", (place.location.lat, place.location.lon))
    event.add("status", status)
    # A lease of months does not keep its holder busy.
    event.add("transp", "TRANSPARENT" if booking.service is Service.BIKE_LEASING else "OPAQUE")
    event.add("organizer", _organiser(organiser, notice.settings.name))
    calendar = Calendar()
    calendar.add("prodid", "-//kommobil//bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return Attachment("booking.ics", "text/calendar", {"charset": "utf-8", "method": method}, calendar.to_ical())


def _organiser(address: str, name: str) -> vCalAddress:
    organiser = vCalAddress(f"mailto:{address}")
    organiser.params["cn"] = vText(name)
    return organiser
