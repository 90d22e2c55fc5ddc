"""Whether there is something to tell, from the database to the file."""

from datetime import datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import insert, update

from adapters.database import tables
from adapters.database.notices.log import SqlNoticeLog
from adapters.database.notices.reading import SqlNotices
from adapters.mail.composing import composer
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.notices.occasions import Occasion
from domain.payments.payments import Capture, Kind, Payment, PaymentState, Purpose
from domain.periods import Period
from services.notices.ports import BookingNotice, Holder, NoticeDesk, Place
from services.notices.telling import tell
from tests.adapters.mail.notices import BRAUNSCHWEIG, held_for, saved_for, taken_for
from tests.database import Databases, SeededCity
from tests.examples import MARKET_SQUARE, NOON, a_booking, a_payment, an_id, an_order, euros, hours, person_id

pytestmark = pytest.mark.database
MESSAGE_ID = an_id("entry")


@pytest.fixture
async def city(database: Databases) -> SeededCity:
    """With settings, and with Ada in it."""
    seeded = await database.new_city()
    async with database.app.transactions.city(seeded.city) as connection:
        settings = msgspec.to_builtins(BRAUNSCHWEIG)
        await connection.execute(update(tables.cities).values(settings=settings).filter_by(city=seeded.city))
        await connection.execute(
            insert(tables.persons).values(
                city=seeded.city, id=person_id("ada"), email="ada@example.org", language="en", made_at=NOON
            )
        )
    return seeded


def booked(city: SeededCity, state: State, **changes: Any) -> Booking:
    return a_booking(state, city.charge_points[0], **changes)


async def told(
    database: Databases, city: SeededCity, folder: Path, occasion: Occasion, booking: Booking, *payments: Payment
) -> list[str]:
    """Place the booking and tell of it; the subjects of the mail that lies in the folder then."""
    await database.place(city.city, booking, city.charge_points[0], *payments)
    return await told_of(database, city, folder, occasion, booking.id)


async def told_of(
    database: Databases,
    city: SeededCity,
    folder: Path,
    occasion: Occasion,
    booking_id: UUID,
    entry_id: UUID = MESSAGE_ID,
) -> list[str]:
    log = SqlNoticeLog(database.app.transactions, noon)
    desk = NoticeDesk(SqlNotices(database.app.statements), log, composer(), FileMailer(folder), noon)
    await tell(occasion, city.city, BookingId(booking_id), entry_id, NOON, desk=desk)
    return subjects_in(folder)


def noon() -> datetime:
    return NOON


def subjects_in(folder: Path) -> list[str]:
    mails = [message_from_bytes(file.read_bytes(), policy=policy.SMTP) for file in folder.glob("*.eml")]
    return [str(mail["Subject"]).strip() for mail in mails]


async def test_a_notice_holds_all_that_is_told(database: Databases, city: SeededCity) -> None:
    booking = booked(city, State.CANCELLED, fee=euros("1.20"), reason="rain")
    payment = held_for(booking)
    await database.place(city.city, booking, city.charge_points[0], payment)
    notices = SqlNotices(database.app.statements)
    assert await notices.notice(city.city, booking.id) == BookingNotice(
        city=city.city,
        settings=BRAUNSCHWEIG,
        holder=Holder("ada@example.org", "en"),
        place=Place("charging 1", "Altstadtmarkt", "Altstadtmarkt 1", MARKET_SQUARE.location),
        booking=booking,
        payments=(payment,),
    )
    other = await database.new_city()
    assert await notices.notice(other.city, booking.id) is None


async def test_telling_twice_leaves_one_file(database: Databases, city: SeededCity, tmp_path: Path) -> None:
    booking = booked(city, State.CONFIRMED)
    first = await told(database, city, tmp_path, Occasion.CONFIRMED, booking, held_for(booking))
    content = (tmp_path / f"{MESSAGE_ID}.eml").read_bytes()
    assert await told_of(database, city, tmp_path, Occasion.CONFIRMED, booking.id) == first
    assert (tmp_path / f"{MESSAGE_ID}.eml").read_bytes() == content
    assert first == ["Booking confirmed: charging 1, Monday 3 June 2030, 14:00 CEST"]


@pytest.mark.parametrize("state", [State.HELD, State.CANCELLED, State.EXPIRED])
async def test_a_confirmation_that_is_no_longer_true_is_not_sent(
    database: Databases, city: SeededCity, tmp_path: Path, state: State
) -> None:
    assert await told(database, city, tmp_path, Occasion.CONFIRMED, booked(city, state)) == []


async def test_a_cancellation_is_told(database: Databases, city: SeededCity, tmp_path: Path) -> None:
    subjects = await told(database, city, tmp_path, Occasion.CANCELLED, booked(city, State.CANCELLED))
    assert subjects == ["Booking cancelled: charging 1, Monday 3 June 2030, 14:00 CEST"]


async def test_a_hold_refused_in_the_holders_absence_is_told(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    booking = booked(city, State.CONFIRMED)
    saved, refused = saved_for(booking), refused_hold(booking)
    subjects = await told(database, city, tmp_path, Occasion.PAYMENT_FAILED, booking, saved, refused)
    assert subjects == ["Please pay for your booking: charging 1, Monday 3 June 2030, 14:00 CEST"]


async def test_a_hold_that_took_the_refused_ones_place_leaves_nothing_to_tell(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    booking = booked(city, State.CONFIRMED)
    mended = held_for(booking, id=an_id("mended"), intent_id="pi_mended", made_at=NOON)
    payments = saved_for(booking), refused_hold(booking), mended
    assert await told(database, city, tmp_path, Occasion.PAYMENT_FAILED, booking, *payments) == []


async def test_a_decline_before_the_holders_eyes_is_not_told(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    booking = booked(city, State.HELD)
    declined = a_payment(booking, PaymentState.FAILED)
    assert await told(database, city, tmp_path, Occasion.PAYMENT_FAILED, booking, declined) == []


async def test_a_remainder_that_could_not_be_taken_is_told(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    booking = booked(city, State.COMPLETED, fee=euros("3.40"))
    hold = held_for(booking, PaymentState.CAPTURED, captured=240)
    rest = a_payment(
        booking,
        PaymentState.FAILED,
        id=an_id("remainder"),
        intent_id="pi_rest",
        purpose=Purpose.REMAINDER,
        capture=Capture.AUTOMATIC,
        amount=euros("1.00"),
    )
    subjects = await told(database, city, tmp_path, Occasion.PAYMENT_FAILED, booking, hold, rest)
    assert subjects == ["Payment outstanding: charging 1, Monday 3 June 2030, 14:00 CEST"]


@pytest.mark.parametrize("saved", [True, False])
async def test_money_or_a_card_that_came_too_late_is_told_about(
    database: Databases, city: SeededCity, tmp_path: Path, saved: bool
) -> None:
    booking = booked(city, State.EXPIRED)
    payment = saved_for(booking) if saved else held_for(booking, PaymentState.RELEASED)
    subjects = await told(database, city, tmp_path, Occasion.PAID_TOO_LATE, booking, payment)
    assert subjects == ["Booking not made: charging 1, Monday 3 June 2030, 14:00 CEST"]


@pytest.mark.parametrize("state", [State.EXPIRED, State.CANCELLED])
async def test_an_abandoned_payment_is_not_told_about(
    database: Databases, city: SeededCity, tmp_path: Path, state: State
) -> None:
    """A hold that expired unpaid, and a booking that was cancelled: neither holder paid for nothing."""
    booking = booked(city, state)
    abandoned = a_payment(booking, PaymentState.RELEASED)
    payment = abandoned if state is State.EXPIRED else taken_for(booking)
    assert await told(database, city, tmp_path, Occasion.PAID_TOO_LATE, booking, payment) == []


async def test_a_booking_that_is_not_there_is_nothing_to_tell(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    assert await told_of(database, city, tmp_path, Occasion.CONFIRMED, an_id("nobody's")) == []


def refused_hold(booking: Booking) -> Payment:
    """The hold on the saved card, a day before the start."""
    return a_payment(
        booking,
        PaymentState.FAILED,
        id=an_id("later hold"),
        intent_id="pi_later",
        kind=Kind.PAYMENT,
        purpose=Purpose.LATER_HOLD,
        made_at=booking.start,
        updated_at=booking.start,
    )


@pytest.mark.parametrize(
    ("occasion", "changes", "subject"),
    [
        (Occasion.NOT_APPROVED, {"reason_code": ReasonCode.APPROVAL_MISSED}, "Booking not approved: charging 1"),
        (Occasion.NOT_APPROVED, {"reason_code": ReasonCode.HOLD_EXPIRED}, None),
        (Occasion.PAID_TOO_LATE, {"reason_code": ReasonCode.APPROVAL_MISSED}, None),
    ],
)
async def test_of_what_nobody_approved_in_time_only_that_is_told(
    database: Databases,
    city: SeededCity,
    tmp_path: Path,
    occasion: Occasion,
    changes: dict[str, Any],
    subject: str | None,
) -> None:
    booking = booked(city, State.EXPIRED, **changes)
    subjects = await told(database, city, tmp_path, occasion, booking, held_for(booking))
    assert [each.partition(",")[0] for each in subjects] == ([subject] if subject else [])


@pytest.mark.parametrize(("state", "count"), [(State.HELD, 1), (State.CONFIRMED, 0), (State.CANCELLED, 0)])
async def test_an_approval_is_told_as_long_as_it_has_to_be_paid(
    database: Databases, city: SeededCity, tmp_path: Path, state: State, count: int
) -> None:
    assert len(await told(database, city, tmp_path, Occasion.APPROVED, booked(city, state))) == count


async def test_the_next_holder_is_told_while_the_resource_is_not_back(
    database: Databases, city: SeededCity, tmp_path: Path
) -> None:
    first, second = city.charge_points
    grace = booked(city, State.CONFIRMED)
    use = a_booking(
        State.IN_USE,
        first,
        order=an_order(first, holder="ben", period=Period(NOON - hours(1), NOON)),
        delays=grace.id,
    )
    await database.place(city.city, grace, first)
    # Her time is not known to be free any more, so the use in progress claims nothing of it.
    await database.place(city.city, use, first)
    notice = await SqlNotices(database.app.statements).notice(city.city, grace.id)
    assert notice is not None
    assert (notice.waits_for_return, notice.instead) == (True, (second.name,))
    subjects = await told_of(database, city, tmp_path, Occasion.DELAYED, grace.id)
    assert subjects == ["Delay possible: charging 1, Monday 3 June 2030, 14:00 CEST"]

    taken = a_booking(State.CONFIRMED, second, order=an_order(second, holder="cyd"))
    await database.place(city.city, taken, second)
    notice = await SqlNotices(database.app.statements).notice(city.city, grace.id)
    assert notice is not None
    assert notice.instead == ()
    await database.rows(
        city.city, "UPDATE bookings SET state = 'completed' WHERE city = :city AND id = :id RETURNING id", id=use.id
    )
    assert await told_of(database, city, tmp_path / "afterwards", Occasion.DELAYED, grace.id, an_id("later")) == []


@pytest.mark.parametrize(("state", "sent"), [(State.CONFIRMED, 1), (State.IN_USE, 1), (State.CANCELLED, 0)])
async def test_a_change_is_told_of_a_booking_that_stands(
    database: Databases, city: SeededCity, tmp_path: Path, state: State, sent: int
) -> None:
    assert len(await told(database, city, tmp_path, Occasion.CHANGED, booked(city, state))) == sent
