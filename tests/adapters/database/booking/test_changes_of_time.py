"""More time, less time, and time that is overrun, in PostgreSQL: what is claimed and freed, and that it is answered once."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, State
from domain.booking.changing import ExtendBooking, ShortenBooking
from domain.booking.life import CancelBooking, FinishBooking
from domain.booking.previews import Preview
from domain.booking.resources import Resource
from domain.identity import Role
from domain.payments.payments import PaymentId
from domain.periods import Period
from infra.ids import new_id
from services.booking.views import ExtensionView
from services.calls import Answer
from tests.adapters.database.lives import World, view_of
from tests.examples import NOON, a_booking, a_call, a_payment, an_order, euros, hours, minutes

pytestmark = pytest.mark.database
ONE, TWO = NOON + hours(1), NOON + hours(2)


async def a_trip(world: World, state: State = State.CONFIRMED, holder: str = "ada") -> Booking:
    """In the pool's second car, which needs a quarter of an hour after each trip; the cost centre pays."""
    car = world.city.cars[1]
    order = an_order(car, holder=holder, payer=Payer.COST_CENTRE)
    return await world.booked(state, car, order=order)


async def held_for_more(world: World, state: State = State.CONFIRMED, held: str = "2.40") -> Booking:
    """An hour at a charge point, and so much held on Ada's card."""
    point = world.city.charge_points[0]
    booking = replace(a_booking(state, point), id=BookingId(new_id()))
    payment = a_payment(booking, id=PaymentId(new_id()), amount=euros(held), method_id="pm_1")
    return await world.place(booking, point, payment)


async def after(world: World, resource: Resource, start: datetime, state: State = State.CONFIRMED) -> Booking:
    """Grace's, right there."""
    return await world.booked(
        state, resource, order=an_order(resource, holder="grace", period=Period(start, start + hours(1)))
    )


async def test_a_trip_on_the_cost_centre_is_extended_at_once(world: World) -> None:
    car, trip = world.city.cars[1], await a_trip(world)
    call = a_call(world.actor(), key="k")
    answer = await world.at(NOON - hours(3)).extend(call, ExtendBooking(trip.id, TWO))
    again = await world.at(NOON).extend(call, ExtendBooking(trip.id, TWO))

    view = view_of(answer)
    assert (view.end, view.extension, view.price, view.version) == (TWO, None, euros("0"), 3)
    assert again == replace(answer, replayed=True)
    assert await world.claims(car) == [
        ("booking", NOON, ONE + minutes(15)),
        ("booking", ONE + minutes(15), TWO + minutes(15)),
    ]
    assert await world.happened(trip) == (["booking.extended"], ["booking.extended"])


async def test_what_is_held_already_is_extended_at_once(world: World) -> None:
    booking = await held_for_more(world, held="4.80")
    view = view_of(await world.at(NOON - hours(3)).extend(a_call(world.actor()), ExtendBooking(booking.id, TWO)))
    assert (view.end, view.price, view.terms.no_show_fee) == (TWO, euros("4.80"), euros("4.80"))


async def test_what_is_not_held_is_claimed_for_ten_minutes_and_changes_nothing_else(world: World) -> None:
    point, booking, now = world.city.charge_points[0], await held_for_more(world), NOON - hours(3)
    view = view_of(await world.at(now).extend(a_call(world.actor(), key="k"), ExtendBooking(booking.id, TWO)))

    assert (view.end, view.price) == (ONE, euros("2.40"))
    assert view.extension == ExtensionView(TWO, euros("2.40"), None, now + minutes(10))
    assert view.actions == ("pay", "cancel", "shorten")
    assert await world.claims(point) == [("booking", NOON, ONE), ("booking", ONE, TWO)]
    assert await world.happened(booking) == (["booking.extension_asked"], ["booking.extension_asked"])
    assert await world.at(now).find(world.actor(), booking.id) == view


async def test_an_extension_that_nobody_pays_for_is_let_go(world: World) -> None:
    point, booking, now = world.city.charge_points[0], await held_for_more(world), NOON - hours(3)
    await world.at(now).extend(a_call(world.actor()), ExtendBooking(booking.id, TWO))
    await world.at(now + minutes(9)).lapse_extension(world.city.city, booking.id)
    assert len(await world.claims(point)) == 2

    await world.at(now + minutes(10)).lapse_extension(world.city.city, booking.id)
    await world.at(now + minutes(11)).lapse_extension(world.city.city, booking.id)

    found = await world.at(now + minutes(11)).find(world.actor(), booking.id)
    assert (await world.claims(point), found.extension) == ([("booking", NOON, ONE)], None)  # type: ignore[union-attr]
    assert (await world.happened(booking))[0] == ["booking.extension_asked", "booking.extension_lapsed"]


async def test_a_claim_in_the_way_is_named_by_the_latest_end(world: World) -> None:
    car, trip = world.city.cars[1], await a_trip(world)
    await after(world, car, NOON + hours(3))
    books, ada = world.at(NOON - hours(3)), world.actor()

    seen = await books.preview(ada, ExtendBooking(trip.id, NOON + hours(3)))
    refused = await books.extend(a_call(ada), ExtendBooking(trip.id, NOON + hours(3)))
    latest = NOON + hours(3) - minutes(15)

    assert isinstance(seen, Preview)
    assert (seen.allowed, seen.end, seen.latest_end) == (False, ONE, latest)
    assert refused == Answer(409, "text/plain", "resource_taken")
    assert view_of(await books.extend(a_call(ada), ExtendBooking(trip.id, latest))).end == latest


async def test_a_lapsed_hold_in_the_way_is_released(world: World) -> None:
    car, trip = world.city.cars[1], await a_trip(world)
    hold = await after(world, car, TWO, State.HELD)
    assert hold.hold_expires_at is not None
    view = view_of(
        await world.at(hold.hold_expires_at).extend(a_call(world.actor()), ExtendBooking(trip.id, NOON + hours(3)))
    )
    assert (view.end, await world.state(hold)) == (NOON + hours(3), ("expired", 2))


async def test_a_shorter_booking_frees_the_rest_for_others(world: World) -> None:
    point, booking = world.city.charge_points[0], await held_for_more(world, held="7.20")
    books, ada = world.at(NOON - hours(30)), world.actor()
    await books.extend(a_call(ada), ExtendBooking(booking.id, NOON + hours(3)))
    seen = await books.preview(ada, ShortenBooking(booking.id, NOON + minutes(90)))
    view = view_of(await books.shorten(a_call(ada, key="k"), ShortenBooking(booking.id, NOON + minutes(90))))

    assert (view.end, view.price, view.fee) == (NOON + minutes(90), euros("4.80"), None)
    assert await world.claims(point) == [("booking", NOON, ONE), ("booking", ONE, NOON + minutes(90))]
    assert isinstance(seen, Preview)
    assert (seen.price, seen.delta, seen.fee, seen.refund) == (
        euros("4.80"),
        euros("4.80") - euros("7.20"),
        euros("0"),
        euros("2.40"),
    )
    view = view_of(await books.shorten(a_call(ada), ShortenBooking(booking.id, NOON + minutes(30))))
    assert await world.claims(point) == [("booking", NOON, NOON + minutes(30))]
    other = await after(world, point, NOON + minutes(30))
    assert await world.state(other) == ("confirmed", 2)


async def test_a_claim_of_another_stays_when_this_one_shrinks(world: World) -> None:
    point, booking = world.city.charge_points[0], await held_for_more(world)
    await after(world, point, ONE)
    await world.at(NOON - hours(30)).shorten(a_call(world.actor()), ShortenBooking(booking.id, NOON + minutes(15)))
    assert await world.claims(point) == [("booking", NOON, NOON + minutes(15)), ("booking", ONE, TWO)]


async def test_an_extension_that_waits_is_taken_back_by_the_present_end(world: World) -> None:
    point, booking = world.city.charge_points[0], await held_for_more(world)
    books, ada = world.at(NOON - hours(3)), world.actor()
    await books.extend(a_call(ada), ExtendBooking(booking.id, TWO))
    assert (await books.extend(a_call(ada), ExtendBooking(booking.id, NOON + hours(3)))).body == "wrong_state"
    view = view_of(await books.shorten(a_call(ada), ShortenBooking(booking.id, ONE)))
    assert (view.end, view.extension, view.price) == (ONE, None, euros("2.40"))
    assert await world.claims(point) == [("booking", NOON, ONE)]
    assert view_of(await books.extend(a_call(ada), ExtendBooking(booking.id, NOON + hours(3)))).extension is not None


async def test_staff_spend_nobody_elses_money(world: World) -> None:
    booking = await held_for_more(world)
    clerk = world.actor("clerk", Role.OPERATOR)
    refused = await world.at(NOON - hours(3)).extend(a_call(clerk, key="k"), ExtendBooking(booking.id, TWO))
    assert refused == Answer(409, "text/plain", "forbidden")
    assert await world.happened(booking) == ([], [])


async def test_for_strangers_and_for_older_versions_nothing_changes(world: World) -> None:
    trip = await a_trip(world)
    books, ada, grace = world.at(NOON - hours(3)), world.actor(), world.actor("grace")
    longer, shorter = ExtendBooking(trip.id, TWO), ShortenBooking(trip.id, NOON + minutes(30))
    refused = [
        await books.extend(a_call(grace), longer),
        await books.shorten(a_call(grace), shorter),
        await books.extend(a_call(ada), replace(longer, seen=1)),
        await books.shorten(a_call(ada), replace(shorter, seen=1)),
    ]
    assert [answer.body for answer in refused] == ["unknown_booking"] * 2 + ["version_mismatch"] * 2
    assert await world.state(trip) == ("confirmed", 2)


async def test_cancelling_gives_back_all_that_was_claimed(world: World) -> None:
    point, booking = world.city.charge_points[0], await held_for_more(world)
    await world.at(NOON - hours(30)).extend(a_call(world.actor()), ExtendBooking(booking.id, TWO))
    view = view_of(await world.at(NOON - hours(30)).cancel(a_call(world.actor()), CancelBooking(booking.id)))
    assert (view.extension, await world.claims(point)) == (None, [])


async def test_an_overdue_use_keeps_its_claim_by_quarters_until_the_next_holders(world: World) -> None:
    car, trip = world.city.cars[1], await a_trip(world, State.IN_USE)
    grace = await after(world, car, NOON + minutes(105))
    sweep = world.at(ONE).keep_overdue
    await sweep(world.city.city, trip.id)
    await sweep(world.city.city, trip.id)

    quarter = minutes(15)
    assert await world.claims(car) == [
        ("booking", NOON, ONE + quarter),
        ("booking", ONE + quarter, ONE + 2 * quarter),
        ("booking", grace.start, grace.end + quarter),
    ]
    assert (await world.happened(trip))[0] == ["booking.overdue"]
    assert await world.happened(grace) == ([], [])

    for late in (quarter, 2 * quarter, 4 * quarter):
        await world.at(ONE + late).keep_overdue(world.city.city, trip.id)
    assert await world.claims(car) == [
        ("booking", NOON, ONE + quarter),
        ("booking", ONE + quarter, ONE + 2 * quarter),
        ("booking", ONE + 2 * quarter, grace.start),
        ("booking", grace.start, grace.end + quarter),
    ]
    assert await world.happened(grace) == (["booking.delayed"], ["booking.delayed"])

    shown = await world.at(ONE + minutes(65)).find(world.actor(), trip.id)
    assert (shown.end, shown.overdue_since) == (ONE, ONE)  # type: ignore[union-attr]
    ended = view_of(await world.at(ONE + minutes(65)).finish(a_call(world.actor()), FinishBooking(trip.id, Readings())))
    assert [(line.unit, str(line.quantity)) for line in ended.quote.lines] == [("h", "3")]
    assert await world.claims(car) == [("booking", grace.start, grace.end + quarter)]


async def test_an_overdue_use_is_extended_from_where_it_is(world: World) -> None:
    car, trip = world.city.cars[1], await a_trip(world, State.IN_USE)
    await world.at(ONE + minutes(1)).keep_overdue(world.city.city, trip.id)
    view = view_of(await world.at(ONE + minutes(5)).extend(a_call(world.actor()), ExtendBooking(trip.id, TWO)))
    assert (view.end, view.overdue_since) == (TWO, None)
    assert (await world.claims(car))[-1] == ("booking", ONE + minutes(30), TWO + minutes(15))
    await world.at(TWO).keep_overdue(world.city.city, trip.id)
    assert (await world.claims(car))[-1] == ("booking", TWO + minutes(15), TWO + minutes(30))


async def test_what_is_being_used_is_not_freed_with_the_extension(world: World) -> None:
    point, booking = world.city.charge_points[0], await held_for_more(world, State.IN_USE)
    await world.at(NOON + minutes(55)).extend(a_call(world.actor()), ExtendBooking(booking.id, TWO))
    await world.at(ONE + minutes(5)).lapse_extension(world.city.city, booking.id)
    assert (await world.claims(point))[-1] == ("booking", ONE, TWO)


async def test_a_lease_lasts_whole_months_whatever_their_length(world: World) -> None:
    bike = world.city.bikes[0]
    start = datetime(2031, 1, 31, 11, tzinfo=UTC)
    order = an_order(bike, period=Period(start, datetime(2031, 2, 28, 11, tzinfo=UTC)))
    lease = await world.booked(State.CONFIRMED, bike, order=order, made_at=start - hours(24 * 30))
    books, ada = world.at(start - hours(24 * 10)), world.actor()

    # The clocks go forward on 30 March: eleven in UTC is noon in winter, ten is noon in summer.
    refused = [
        await books.extend(a_call(ada), ExtendBooking(lease.id, datetime(2031, 3, day, 10, tzinfo=UTC)))
        for day in (28, 30)
    ]
    view = view_of(await books.extend(a_call(ada), ExtendBooking(lease.id, datetime(2031, 3, 31, 10, tzinfo=UTC))))
    back = view_of(await books.shorten(a_call(ada), ShortenBooking(lease.id, datetime(2031, 2, 28, 11, tzinfo=UTC))))

    assert [answer.body for answer in refused] == ["not_whole_months"] * 2
    assert (view.price, view.quote.due_now, view.extension) == (euros("58.00"), euros("29.00"), None)
    assert (back.price, back.end) == (euros("29.00"), datetime(2031, 2, 28, 11, tzinfo=UTC))
    assert view.terms.withdrawal == lease.terms.withdrawal


async def test_what_is_written_is_read_again(world: World) -> None:
    """Every new column, by way of the whole booking."""
    booking = await held_for_more(world, State.IN_USE)
    await world.at(NOON + minutes(30)).extend(a_call(world.actor()), ExtendBooking(booking.id, TWO))
    await after(world, world.city.charge_points[0], TWO)
    await world.at(ONE).keep_overdue(world.city.city, booking.id)
    (row,) = await world.rows(
        "SELECT extension ->> 'end', extension_expires_at, overdue_until, delays FROM bookings WHERE city = :city AND id = :id",
        id=booking.id,
    )
    assert msgspec.convert(row[0], datetime, strict=False) == TWO
    assert row[1:] == (NOON + minutes(40), ONE + minutes(15), None)
