"""A booking as its readers see it."""

from datetime import datetime

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Payer, State
from domain.identity import Actor, Role
from domain.payments.payments import PaymentState
from services.booking.views import BookingView, PaymentView, PlugView, ResourceView, booking_view
from tests.examples import (
    BERLIN,
    HERE,
    MARKET_SQUARE,
    NOON,
    a_booking,
    a_payment,
    a_pool_car,
    a_resource,
    an_actor,
    euros,
    hours,
    minutes,
)

ADA = an_actor("ada")
ONE = NOON + hours(1)


@pytest.mark.parametrize(
    ("payer", "reader", "told"),
    [
        (Payer.SELF, ADA, True),
        (Payer.SELF, an_actor("grace", Role.FLEET_MANAGER), False),
        (Payer.COST_CENTRE, an_actor("grace", Role.FLEET_MANAGER), True),
    ],
)
def test_what_somebody_pays_herself_is_for_is_told_to_her_alone(payer: Payer, reader: Actor, told: bool) -> None:
    words = {"purpose": "Arzt", "destination": "Klinik", "distance_km": 8}
    car = a_pool_car()
    booking = replace(a_booking(State.CONFIRMED, car), payer=payer, options=msgspec.Raw(msgspec.json.encode(words)))
    view = booking_view(booking, car, BERLIN, payment=None, actor=reader, now=NOON - hours(30))
    assert msgspec.json.decode(view.options) == (words if told else {"distance_km": 8})


def test_a_booking_is_shown_with_its_resource_its_price_and_its_payment() -> None:
    point = a_resource()
    booking = a_booking(State.CONFIRMED, point)
    payment = a_payment(booking)

    view = booking_view(booking, point, BERLIN, payment=payment, actor=ADA, now=NOON - hours(30))

    assert view == BookingView(
        id=booking.id,
        city=HERE,
        service=booking.service,
        resource_id=point.id,
        resource=ResourceView("charging 1", MARKET_SQUARE),
        resource_final=True,
        series_id=None,
        holder_id=ADA.id,
        start=NOON,
        end=ONE,
        time_zone=BERLIN,
        state=State.CONFIRMED,
        reason_code=None,
        price=euros("2.40"),
        quote=booking.quote,
        fee=None,
        fee_lines=(),
        payer=booking.payer,
        options=booking.options,
        payment=PaymentView(payment.id, payment.kind, PaymentState.AUTHORISED),
        deposit=None,
        approval=None,
        extension=None,
        plug=None,
        hold_expires_at=None,
        overdue_since=None,
        started_at=None,
        finished_at=None,
        terms=booking.terms,
        actions=("cancel", "extend", "shorten"),
        version=2,
        created_at=booking.made_at,
        updated_at=booking.updated_at,
    )


@pytest.mark.parametrize(
    ("state", "now", "overdue"),
    [
        (State.IN_USE, ONE, False),
        (State.IN_USE, ONE + minutes(1), True),
        (State.CONFIRMED, ONE + minutes(1), False),
        (State.COMPLETED, ONE + minutes(1), False),
    ],
)
def test_a_use_that_goes_on_after_its_end_is_overdue_since_then(state: State, now: datetime, overdue: bool) -> None:
    view = booking_view(a_booking(state), a_resource(), BERLIN, payment=None, actor=ADA, now=now)
    assert view.overdue_since == (ONE if overdue else None)


def test_instants_are_shown_in_utc_and_quantities_as_decimal_strings() -> None:
    view = booking_view(a_booking(State.IN_USE), a_resource(), BERLIN, payment=None, actor=ADA, now=NOON)
    shown = msgspec.json.decode(msgspec.json.encode(view))
    assert (shown["start"], shown["end"], shown["time_zone"]) == (
        "2030-06-03T12:00:00Z",
        "2030-06-03T13:00:00Z",
        BERLIN,
    )
    assert shown["quote"]["lines"][0] == {
        "kind": "time",
        "description": "Laden Standard",
        "quantity": "1",
        "unit": "h",
        "vat_rate": "0.19",
        "net": {"amount": 202, "currency": "EUR"},
        "vat": {"amount": 38, "currency": "EUR"},
        "gross": {"amount": 240, "currency": "EUR"},
    }


@pytest.mark.parametrize(
    ("state", "reader", "token"),
    [
        (State.CONFIRMED, ADA, "K7"),
        (State.CONFIRMED, an_actor("sam", Role.OPERATOR), None),
        (State.COMPLETED, ADA, None),
    ],
)
def test_what_opens_a_plug_is_told_to_its_holder_as_long_as_it_is_hers(
    state: State, reader: Actor, token: str | None
) -> None:
    plug = PlugView("honoured", "K7")
    view = booking_view(a_booking(state), a_resource(), BERLIN, payment=None, actor=reader, now=NOON, plug=plug)
    assert view.plug == PlugView("honoured", token)
