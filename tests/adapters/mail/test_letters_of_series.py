"""Bookings of a series that were cancelled at once, in one letter."""

from icalendar import Calendar
from msgspec.structs import replace

from adapters.mail.composing import composer
from domain.booking.bookings import BookingId, ReasonCode, State
from domain.notices.occasions import Occasion
from services.notices.ports import BookingNotice, Together
from tests.adapters.mail.letters import BOOKED, said
from tests.adapters.mail.notices import a_notice
from tests.examples import a_booking, an_id, euros, hours


def of_three(language: str = "de", reason: ReasonCode = ReasonCode.BY_HOLDER) -> BookingNotice:
    """An hour on three days; the second one is of another vehicle, and cost something."""
    booking = replace(a_booking(State.CANCELLED), reason_code=reason)
    together = tuple(
        Together(
            booking_id=booking.id if n == 0 else BookingId(an_id(f"booking {n}")),
            version=booking.version + n,
            start=booking.start + hours(24 * n),
            end=booking.end + hours(24 * n),
            fee=euros("1.20") if n == 1 else None,
            resource="e-up!" if n == 1 else "ID.3",
        )
        for n in range(3)
    )
    return a_notice(booking, language=language, together=together)


def test_in_german_it_names_each_time_and_vehicle_and_one_sum() -> None:
    text = said(Occasion.CANCELLED, of_three())
    assert "Diese 3 Buchungen Ihrer Serie sind wie gewünscht storniert:" in text
    assert "- Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ: ID.3" in text
    assert "- Dienstag, 4. Juni 2030, 14:00 bis 15:00 Uhr MESZ: e-up!" in text
    assert "- Mittwoch, 5. Juni 2030, 14:00 bis 15:00 Uhr MESZ: ID.3" in text
    assert "1,20 Euro" in text


def test_in_english_by_staff_it_says_so() -> None:
    text = said(Occasion.CANCELLED, of_three("en", ReasonCode.BY_STAFF))
    assert "We are sorry that we had to cancel these 3 bookings of your series:" in text
    assert "- Tuesday 4 June 2030, 14:00 to 15:00 CEST: e-up!" in text


def test_each_booking_is_taken_out_of_the_calendar_by_a_file_of_its_own() -> None:
    """RFC 5546, section 3.2.5: all that a CANCEL holds has the same UID."""
    notice = of_three()
    message = composer()(Occasion.CANCELLED, notice, an_id("message"), BOOKED)
    assert [each.name for each in message.attachments] == ["booking-1.ics", "booking-2.ics", "booking-3.ics"]
    events = [Calendar.from_ical(each.content).walk("VEVENT")[0] for each in message.attachments]
    assert [str(event["UID"]) for event in events] == [
        f"{each.booking_id}@braunschweig.kommobil" for each in notice.together
    ]
    assert [str(event["SEQUENCE"]) for event in events] == [str(each.version) for each in notice.together]
    assert {str(event["STATUS"]) for event in events} == {"CANCELLED"}


def test_a_booking_of_a_series_that_is_cancelled_by_itself_is_a_letter_as_any() -> None:
    notice = of_three("en")
    alone = replace(notice, together=notice.together[:1])
    assert said(Occasion.CANCELLED, alone) == said(Occasion.CANCELLED, replace(notice, together=()))
