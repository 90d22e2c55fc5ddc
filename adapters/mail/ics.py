"""A booking as an entry of the holder's calendar (RFC 5545), published and taken back as RFC 5546 has it."""

from collections.abc import Sequence

from icalendar import Calendar, Event, vCalAddress, vText
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.resources import Service
from services.notices.ports import Attachment, BookingNotice, OfSeries


def calendar_entries(
    notice: BookingNotice, organiser: str, together: Sequence[OfSeries] = ()
) -> tuple[Attachment, ...]:
    """That of the booking, or those of the series that are told `together`: one file publishes them all, but each is taken out by one of its
    own, as a CANCEL names one UID (RFC 5546, sections 3.2.1 and 3.2.5)."""
    if len(together) < 2:
        return (calendar_entry(notice, organiser),)
    each = [_of(notice, one) for one in together]
    if notice.booking.state is not State.CANCELLED:
        return (_file("bookings.ics", each, organiser),)
    return tuple(_file(f"booking-{number}.ics", [one], organiser) for number, one in enumerate(each, 1))


def _of(notice: BookingNotice, one: OfSeries) -> BookingNotice:
    """The same of another booking of the series: all that a calendar needs of it."""
    times = {"start": one.start, "end": one.end, "updated_at": one.updated_at}
    booking = replace(notice.booking, id=one.booking_id, version=one.version, **times)
    return replace(notice, booking=booking, place=one.place)


def calendar_entry(notice: BookingNotice, organiser: str) -> Attachment:
    """The booking as it stands. `organiser` is the city's address. The entry keeps its UID; the booking's version tells the
    newer one.

    Times are UTC, so that the entry needs no definition of a time zone; a calendar shows them in its reader's.
    """
    return _file("booking.ics", [notice], organiser)


def _file(name: str, notices: Sequence[BookingNotice], organiser: str) -> Attachment:
    """Of bookings that all stand or are all cancelled."""
    method = "CANCEL" if notices[0].booking.state is State.CANCELLED else "PUBLISH"
    calendar = Calendar()
    calendar.add("prodid", "-//kommobil//bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    for each in notices:
        calendar.add_component(_event(each, organiser))
    return Attachment(name, "text/calendar", {"charset": "utf-8", "method": method}, calendar.to_ical())


def _event(notice: BookingNotice, organiser: str) -> Event:
    booking, place = notice.booking, notice.place
    event = Event()
    event.add("uid", f"{booking.id}@{notice.city}.kommobil")
    event.add("sequence", booking.version)
    event.add("dtstamp", booking.updated_at)
    event.add("dtstart", booking.start)
    event.add("dtend", booking.end)
    event.add("summary", place.title)
    event.add("location", place.whereabouts)
    event.add("geo", (place.location.lat, place.location.lon))
    event.add("status", "CANCELLED" if booking.state is State.CANCELLED else "CONFIRMED")
    # A lease of months does not keep its holder busy.
    event.add("transp", "TRANSPARENT" if booking.service is Service.BIKE_LEASING else "OPAQUE")
    event.add("organizer", _organiser(organiser, notice.settings.name))
    return event


def _organiser(address: str, name: str) -> vCalAddress:
    organiser = vCalAddress(f"mailto:{address}")
    organiser.params["cn"] = vText(name)
    return organiser
