"""A booking as an entry of the holder's calendar (RFC 5545), published and taken back as RFC 5546 has it."""

from icalendar import Calendar, Event, vCalAddress, vText

from domain.booking.bookings import State
from domain.booking.resources import Service
from services.notices.ports import Attachment, BookingNotice


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
