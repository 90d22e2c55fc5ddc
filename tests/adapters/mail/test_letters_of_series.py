"""Bookings of a series of which the same became at once, in one letter."""

from collections.abc import Iterable
from typing import Any

import pytest
from icalendar import Calendar
from msgspec.structs import replace

from adapters.mail.composing import composer
from domain.booking.approval import Approval, ApprovalState
from domain.booking.bookings import BookingId, ReasonCode, State
from domain.notices.occasions import QUESTIONS, Occasion
from services.notices.ports import BookingNotice, OfSeries
from services.notices.series import standing, told_together
from tests.adapters.mail.letters import BOOKED, said, written
from tests.adapters.mail.notices import BRAUNSCHWEIG, PLACE, a_notice
from tests.examples import NOON, a_booking, an_id, euros, hours, person_id

DUE = NOON - hours(20)
LINKED = replace(BRAUNSCHWEIG, notices=replace(BRAUNSCHWEIG.notices, approval_link="https://app.example/{booking}"))


def of_three(state: State = State.CANCELLED, language: str = "de", **changes: Any) -> BookingNotice:
    """An hour on three days; the second one is of another vehicle, and cost something where it is cancelled."""
    booking = a_booking(state, **changes)
    series = tuple(
        OfSeries(
            booking_id=booking.id if n == 0 else BookingId(an_id(f"booking {n}")),
            version=booking.version + n,
            updated_at=booking.updated_at,
            state=state,
            start=booking.start + hours(24 * n),
            end=booking.end + hours(24 * n),
            fee=euros("1.20") if n == 1 and state is State.CANCELLED else None,
            place=replace(PLACE, resource="e-up!" if n == 1 else "ID.3"),
            approval=booking.approval,
        )
        for n in range(3)
    )
    return a_notice(booking, language=language, series=series)


def asked(state: ApprovalState = ApprovalState.PENDING, **changes: Any) -> Approval:
    return Approval(state, DUE, **changes)


def waiting(language: str = "de", **changes: Any) -> BookingNotice:
    """Somebody is asked about all three, and who."""
    notice = of_three(State.HELD, language, approval=asked())
    return replace(notice, asks="Kim", **changes)


def but(notice: BookingNotice, number: int, **changes: Any) -> BookingNotice:
    """One of the series is otherwise."""
    return replace(
        notice, series=tuple(replace(o, **changes) if n == number else o for n, o in enumerate(notice.series))
    )


def numbers(notice: BookingNotice, found: Iterable[OfSeries]) -> list[int]:
    return [notice.series.index(each) for each in found]


def test_in_german_it_names_each_time_and_vehicle_and_one_sum() -> None:
    text = said(Occasion.CANCELLED, of_three(reason_code=ReasonCode.BY_HOLDER))
    assert "Diese 3 Buchungen Ihrer Serie sind wie gewünscht storniert:" in text
    assert "- Montag, 3. Juni 2030, 14:00 bis 15:00 Uhr MESZ: ID.3, Altstadtmarkt" in text
    assert "- Dienstag, 4. Juni 2030, 14:00 bis 15:00 Uhr MESZ: e-up!, Altstadtmarkt" in text
    assert "- Mittwoch, 5. Juni 2030, 14:00 bis 15:00 Uhr MESZ: ID.3, Altstadtmarkt" in text
    assert "1,20 Euro" in text


def test_in_english_by_staff_it_says_so() -> None:
    text = said(Occasion.CANCELLED, of_three(language="en", reason_code=ReasonCode.BY_STAFF))
    assert "We are sorry that we had to cancel these 3 bookings of your series:" in text
    assert "- Tuesday 4 June 2030, 14:00 to 15:00 CEST: e-up!" in text


@pytest.mark.parametrize(
    ("language", "reason", "words"),
    [
        ("de", "Winterdienst", "nicht freigegeben. Begründung: Winterdienst - Montag, 3. Juni 2030"),
        ("de", None, "Diese 3 Buchungen Ihrer Serie wurden leider nicht freigegeben: - Montag"),
        ("en", "Winter", "these 3 bookings of your series were not approved. The reason: Winter - Monday"),
        ("en", None, "these 3 bookings of your series were not approved: - Monday"),
    ],
)
def test_what_was_not_approved_is_not_told_as_wished_for(language: str, reason: str | None, words: str) -> None:
    rejected: dict[str, Any] = {"reason_code": ReasonCode.APPROVAL_REJECTED, "reason": reason}
    assert words in said(Occasion.CANCELLED, of_three(language=language, **rejected))


def test_each_booking_is_taken_out_of_the_calendar_by_a_file_of_its_own() -> None:
    """RFC 5546, section 3.2.5: all that a CANCEL holds has the same UID."""
    notice = of_three()
    message = composer()(Occasion.CANCELLED, notice, an_id("message"), BOOKED)
    assert [each.name for each in message.attachments] == ["booking-1.ics", "booking-2.ics", "booking-3.ics"]
    events = [Calendar.from_ical(each.content).walk("VEVENT")[0] for each in message.attachments]
    assert [str(event["UID"]) for event in events] == [
        f"{each.booking_id}@braunschweig.kommobil" for each in notice.series
    ]
    assert [str(event["SEQUENCE"]) for event in events] == [str(each.version) for each in notice.series]
    assert {str(event["STATUS"]) for event in events} == {"CANCELLED"}


def test_a_booking_of_a_series_that_is_cancelled_by_itself_is_a_letter_as_any() -> None:
    notice = of_three(language="en")
    later = but(but(notice, 1, updated_at=NOON), 2, state=State.CONFIRMED)
    assert said(Occasion.CANCELLED, later) == said(Occasion.CANCELLED, replace(notice, series=()))


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        (
            "de",
            "Serie bestätigt: Ladepunkt 3, ab Montag, 3. Juni 2030",
            "Diese 3 Buchungen Ihrer Serie sind bestätigt:",
        ),
        (
            "en",
            "Series confirmed: Ladepunkt 3, from Monday 3 June 2030",
            "These 3 bookings of your series are confirmed:",
        ),
    ],
)
def test_a_series_is_confirmed_by_one_letter_that_lists_it(language: str, subject: str, words: str) -> None:
    notice = of_three(State.CONFIRMED, language)
    text = said(Occasion.CONFIRMED, notice)
    assert written(Occasion.CONFIRMED, notice).subject.startswith(subject)
    assert words in text
    assert text.count(" - ") >= 3
    assert "Altstadtmarkt 1, 38100 Braunschweig" in text


def test_one_file_puts_all_of_a_series_into_the_calendar() -> None:
    """RFC 5546, section 3.2.1: what is published may be of several UIDs."""
    elsewhere = replace(PLACE, station="Rathaus", address="Platz der Deutschen Einheit 1")
    notice = but(of_three(State.CONFIRMED), 1, place=elsewhere)
    (file,) = composer()(Occasion.CONFIRMED, notice, an_id("message"), BOOKED).attachments
    assert (file.name, file.parameters["method"]) == ("bookings.ics", "PUBLISH")
    events = Calendar.from_ical(file.content).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [each.start for each in notice.series]
    assert [str(event["UID"]).partition("@")[0] for event in events] == [str(o.booking_id) for o in notice.series]
    assert [str(event["LOCATION"]) for event in events] == [each.place.whereabouts for each in notice.series]
    assert {str(event["STATUS"]) for event in events} == {"CONFIRMED"}


def test_what_was_cancelled_meanwhile_is_not_confirmed_with_the_rest() -> None:
    """It keeps its place among those that were told together, so that no second letter is written about the others."""
    notice = but(of_three(State.CONFIRMED), 1, state=State.CANCELLED)
    assert numbers(notice, told_together(Occasion.CONFIRMED, notice)) == [0, 1, 2]
    assert numbers(notice, standing(Occasion.CONFIRMED, notice)) == [0, 2]
    assert "2 Buchungen Ihrer Serie" in said(Occasion.CONFIRMED, notice)


def test_what_somebody_had_to_approve_is_confirmed_with_what_she_approved_at_once() -> None:
    yes = asked(ApprovalState.APPROVED, decided_at=NOON - hours(40), decided_by=person_id("grace"))
    notice = but(of_three(State.CONFIRMED, approval=yes), 1, approval=replace(yes, decided_at=NOON - hours(39)))
    assert numbers(notice, told_together(Occasion.CONFIRMED, notice)) == [0, 2]
    unasked = but(of_three(State.CONFIRMED), 1, approval=yes)
    assert numbers(unasked, told_together(Occasion.CONFIRMED, unasked)) == [0, 2]
    alone = but(but(notice, 2, approval=None), 1, approval=asked())
    assert told_together(Occasion.CONFIRMED, alone) == ()


@pytest.mark.parametrize("occasion", sorted(QUESTIONS))
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Kim hat 3 Buchungen einer Serie angefragt, die freigegeben werden müssen: - Montag, 3. Juni 2030"),
        ("en", "Kim asks for 3 bookings of a series that have to be approved: - Monday 3 June 2030"),
    ],
)
def test_whoever_approves_is_asked_about_a_series_by_one_letter(occasion: Occasion, language: str, words: str) -> None:
    text = said(occasion, waiting(language, settings=LINKED))
    assert words in text
    assert text.count("https://app.example/") == 3
    assert ("geantwortet" in text or "has not answered" in text) == (occasion is Occasion.APPROVAL_ESCALATED)


def test_what_is_to_be_answered_at_another_time_or_by_others_is_another_question() -> None:
    notice = but(waiting(), 1, approval=replace(asked(), due_at=DUE - hours(1)))
    assert numbers(notice, told_together(Occasion.APPROVAL_ASKED, notice)) == [0, 2]
    elsewhere = but(notice, 2, pool_id="harbour")
    assert told_together(Occasion.APPROVAL_ASKED, elsewhere) == ()


def test_what_was_decided_meanwhile_is_not_asked_with_the_rest() -> None:
    notice = but(waiting("en"), 2, state=State.CONFIRMED, approval=asked(ApprovalState.APPROVED, decided_at=NOON))
    assert numbers(notice, told_together(Occasion.APPROVAL_REMINDED, notice)) == [0, 1, 2]
    assert "asks for 2 bookings of a series" in said(Occasion.APPROVAL_REMINDED, notice)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Über diese 2 Buchungen Ihrer Serie ist leider nicht rechtzeitig entschieden worden"),
        ("en", "nobody decided on these 2 bookings of your series in time"),
    ],
)
def test_what_nobody_answered_is_told_at_once_be_it_over_or_about_to_be(language: str, words: str) -> None:
    over = of_three(
        State.EXPIRED, language, reason_code=ReasonCode.APPROVAL_MISSED, approval=asked(ApprovalState.MISSED)
    )
    notice = but(over, 1, state=State.HELD, approval=asked())
    notice = but(notice, 2, state=State.CONFIRMED, approval=asked(ApprovalState.APPROVED, decided_at=NOON))
    assert numbers(notice, told_together(Occasion.NOT_APPROVED, notice)) == [0, 1]
    assert words in said(Occasion.NOT_APPROVED, notice)


def test_other_news_are_of_one_booking() -> None:
    for occasion in set(Occasion) - QUESTIONS - {Occasion.CONFIRMED, Occasion.CANCELLED, Occasion.NOT_APPROVED}:
        assert told_together(occasion, of_three(State.CONFIRMED)) == ()
