"""Letters as their reader sees them, and bookings that they are about."""

import re
from datetime import datetime

from adapters.mail.composing import composer
from adapters.mail.letters import Letter
from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from domain.notices.occasions import Occasion
from domain.periods import Period
from services.notices.ports import BookingNotice
from tests.adapters.mail.notices import a_notice, held_for, saved_for, taken_for
from tests.examples import NOON, a_booking, a_resource, an_id, an_order, hours

BOOKED = NOON - hours(48)
A_QUARTER = Period(NOON, NOON + hours(24 * 92))
SAVED, HELD, TAKEN, NONE = "saved", "held", "taken", "none"
PAYMENTS = {SAVED: saved_for, HELD: held_for, TAKEN: taken_for}


def written(occasion: Occasion, notice: BookingNotice, at: datetime = BOOKED) -> Letter:
    message = composer()(occasion, notice, an_id("message"), at)
    return Letter(message.subject, message.text)


def said(occasion: Occasion, notice: BookingNotice, at: datetime = BOOKED) -> str:
    """The text, unwrapped."""
    return re.sub(r"\s+", " ", written(occasion, notice, at).text)


def a_lease(state: State = State.CONFIRMED) -> Booking:
    bike = a_resource(Service.BIKE_LEASING)
    return a_booking(state, bike, order=an_order(bike, period=A_QUARTER))


def notice_of(booking: Booking, payment: str, language: str = "de") -> BookingNotice:
    payments = [PAYMENTS[payment](booking)] if payment in PAYMENTS else []
    return a_notice(booking, *payments, language=language)
