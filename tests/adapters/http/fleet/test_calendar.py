"""A fleet's calendar, from the wire to the tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.blocks import BlockId
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import Resource
from domain.fleet.vehicles import Life, VehicleKind
from domain.identity import Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from services.fleet.calendar import Calendar, Lane, LaneBlock, LaneBooking, Stop
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import BERLIN, NOON, TOWN_HALL, a_booking, an_order, hours, minutes, person_id

pytestmark = pytest.mark.database

DAY = (NOON, NOON + hours(24))
_calendar = msgspec.json.Decoder(Calendar)


async def asked(
    http: httpx.AsyncClient, city: SeededCity, since: datetime | str, until: datetime | str, **query: Any
) -> httpx.Response:
    """As the town hall's manager, unless another `token` is given."""
    token = query.pop("token", None) or a_token(city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))
    headers = bearer(token) | query.pop("headers", {})
    times = {
        name: value if isinstance(value, str) else value.isoformat() for name, value in (("from", since), ("to", until))
    }
    return await http.get(f"/v1/{city.city}/fleet/calendar", params=times | query, headers=headers)


async def shown(http: httpx.AsyncClient, city: SeededCity, *period: datetime | str, **query: Any) -> Calendar:
    answer = await asked(http, city, *(period or DAY), **query)
    assert answer.status_code == 200, answer.text
    return _calendar.decode(answer.content)


async def lane(http: httpx.AsyncClient, city: SeededCity, *period: datetime | str) -> Lane:
    """Of the one car of the town hall's."""
    (found,) = (await shown(http, city, *period)).items
    return found


async def write(database: Databases, city: SeededCity, sql: str, **values: Any) -> None:
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(text(sql), {"city": city.city} | values)


async def booked(
    database: Databases,
    city: SeededCity,
    start: datetime,
    end: datetime,
    state: State = State.CONFIRMED,
    car: Resource | None = None,
    **changes: Any,
) -> Booking:
    car = car or city.cars[1]
    order = replace(an_order(car, period=Period(start, end), payer=Payer.COST_CENTRE), booking_id=BookingId(new_id()))
    booking = a_booking(state, car, order=order, **changes)
    await database.place(city.city, booking, car)
    return booking


BLOCK = """INSERT INTO blocks (city, id, resource_id, starts, ends, reason, made_by, made_at, lifted_at)
VALUES (:city, :id, :car, :starts, :ends, 'Ölwechsel "groß"', :by, :starts, :lifted)"""


CLAIM = """INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
VALUES (:city, :car, :since, :until, :kind)"""


async def blocked(
    database: Databases, city: SeededCity, start: datetime, end: datetime, lifted: datetime | None = None
) -> LaneBlock:
    """As a lane shows it. One that was not lifted claims its time."""
    block_id, car = BlockId(new_id()), city.cars[1].id
    values = {"id": block_id, "starts": start, "ends": end, "lifted": lifted}
    await write(database, city, BLOCK, car=car, by=person_id("mary"), **values)
    if lifted is None:
        await write(database, city, CLAIM, car=car, since=start, until=end, kind="maintenance")
    return LaneBlock(block_id, Stop.BLOCK, start, lifted or end, 'Ölwechsel "groß"')


def as_lane_booking(booking: Booking, **changes: Any) -> LaneBooking:
    found = LaneBooking(booking.id, booking.start, booking.end, booking.state, booking.payer, final=True)
    return replace(found, **changes)


async def test_a_lane_shows_the_vehicle_its_bookings_and_its_blocks_in_order_of_time(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    car = city.cars[1]
    late = await booked(database, city, NOON + hours(8), NOON + hours(9))
    early = await booked(database, city, NOON + hours(2), NOON + hours(4))
    block = await blocked(database, city, NOON + hours(5), NOON + hours(6))
    await write(database, city, "UPDATE resources SET usable_until = :at WHERE city = :city AND id = :id",
                at=NOON + hours(48), id=car.id)  # fmt: skip

    found = await shown(http, city)

    expected = Lane(
        vehicle_id=car.id,
        name=car.name,
        kind=VehicleKind.CAR,
        vehicle_class="compact",
        pool_id=TOWN_HALL,
        station_id=city.station.id,
        state=Life.IN_SERVICE,
        bookable=True,
        usable_until=NOON + hours(48),
        buffer_before_s=0,
        buffer_after_s=900,
        bookings=(as_lane_booking(early), as_lane_booking(late)),
        blocks=(block,),
    )
    assert found == Calendar(BERLIN, (expected,))


async def test_the_period_is_half_open_and_counts_what_a_booking_claims_before_and_after(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    start, end = NOON, NOON + hours(2)
    await booked(database, city, start, end)

    async def there(since: datetime, until: datetime) -> int:
        return len((await lane(http, city, since, until)).bookings)

    second = timedelta(seconds=1)
    assert await there(start - hours(1), start) == 0
    assert await there(start - hours(1), start + second) == 1
    assert await there(end + minutes(15) - second, end + hours(1)) == 1, "a quarter of an hour belongs to it"
    assert await there(end + minutes(15), end + hours(1)) == 0


async def test_blocks_and_turnarounds_are_half_open_and_end_when_they_are_lifted(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    lifted = await blocked(database, city, NOON, NOON + hours(6), lifted=NOON + hours(2))
    await blocked(database, city, NOON, NOON + hours(6), lifted=NOON - hours(2))
    times = {"since": NOON + hours(3), "until": NOON + hours(4)}
    await write(database, city, CLAIM, car=city.cars[1].id, kind="buffer", **times)
    ready = LaneBlock(None, Stop.TURNAROUND, NOON + hours(3), NOON + hours(4), None)

    assert (await lane(http, city)).blocks == (lifted, ready)
    assert (await lane(http, city, NOON + hours(2), NOON + hours(3))).blocks == ()
    assert (await lane(http, city, NOON - hours(1), NOON)).blocks == ()
    assert (await lane(http, city, NOON + hours(4), NOON + hours(5))).blocks == ()
    assert (await lane(http, city, NOON + hours(1), NOON + hours(3.5))).blocks == (lifted, ready)


async def test_of_what_is_over_the_time_of_its_use_is_shown_and_what_came_to_nothing_is_not(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    used: dict[str, Any] = {
        "started_at": NOON + minutes(5),
        "finished_at": NOON + hours(1) + timedelta(milliseconds=1400),
    }
    over = await booked(database, city, NOON, NOON + hours(3), State.COMPLETED, **used)
    for state in (State.CANCELLED, State.EXPIRED, State.NO_SHOW):
        await booked(database, city, NOON + hours(4), NOON + hours(5), state)
    lapsed: dict[str, Any] = {"hold_expires_at": now() - minutes(1)}
    await booked(database, city, NOON + hours(6), NOON + hours(7), State.HELD, **lapsed)
    held = await booked(
        database, city, NOON + hours(8), NOON + hours(9), State.HELD, hold_expires_at=now() + minutes(9)
    )

    times = {"start": NOON + minutes(5), "end": NOON + hours(1) + timedelta(seconds=1)}
    assert (await lane(http, city)).bookings == (as_lane_booking(over, **times), as_lane_booking(held))
    assert (await lane(http, city, NOON + hours(2), NOON + hours(3))).bookings == (), "it was back by then"


async def test_a_use_that_was_longer_than_any_report_looks_back_is_there(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    began = NOON - timedelta(days=200)
    used: dict[str, Any] = {"started_at": began, "finished_at": NOON + hours(1)}
    over = await booked(database, city, began, began + hours(1), State.COMPLETED, **used)

    assert (await lane(http, city)).bookings == (as_lane_booking(over, start=began, end=NOON + hours(1)),)


async def test_what_claims_more_than_its_time_and_buffers_says_so(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    booking = await booked(database, city, NOON, NOON + hours(2), State.IN_USE)
    grown = "INSERT INTO claims (city, resource_id, booking_id, claimed_from, claimed_until, kind) "
    grown += "VALUES (:city, :car, :id, :since, :until, 'booking')"
    since, until = NOON + hours(2.25), NOON + hours(3)
    await write(database, city, grown, car=city.cars[1].id, id=booking.id, since=since, until=until)

    for within in (DAY, (NOON, NOON + minutes(1)), (until - minutes(1), until)):
        assert (await lane(http, city, *within)).bookings == (as_lane_booking(booking, claimed_until=until),)


async def test_a_booking_by_class_lies_on_its_provisional_vehicles_lane_and_is_not_final(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    booking = await booked(database, city, NOON, NOON + hours(2), final_at=NOON - minutes(30))
    resident = await booked(database, city, NOON, NOON + hours(2), car=city.cars[0])
    paid = "UPDATE bookings SET payer = 'self' WHERE city = :city AND id = :id"
    await write(database, city, paid, id=resident.id)

    found = await shown(http, city, token=a_token(city.city, Role.OPERATOR))

    assert [each.bookings for each in found.items] == [
        (as_lane_booking(resident, payer=Payer.SELF),),
        (as_lane_booking(booking, final=False),),
    ]


@pytest.mark.parametrize(
    ("day", "next_day", "real"),
    [
        ("2030-03-31T00:00:00+01:00", "2030-04-01T00:00:00+02:00", 23),
        ("2030-10-27T00:00:00+02:00", "2030-10-28T00:00:00+01:00", 25),
    ],
)
async def test_a_day_on_which_the_clock_is_set_is_as_long_as_it_is(
    http: httpx.AsyncClient, database: Databases, day: str, next_day: str, real: int
) -> None:
    """Whoever drives through the night, and back to back before and after the day."""
    city = await database.new_city()
    midnight, until = datetime.fromisoformat(day).astimezone(UTC), datetime.fromisoformat(next_day).astimezone(UTC)
    assert until - midnight == hours(real)
    await booked(database, city, midnight - hours(2), midnight - minutes(15))
    through = await booked(database, city, midnight + hours(1), midnight + hours(real - 1))
    await booked(database, city, until, until + hours(1))

    assert (await lane(http, city, day, next_day)).bookings == (as_lane_booking(through),)


async def test_two_months_are_62_days_also_in_autumn_and_more_is_too_long(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    first = "2030-09-01T00:00:00+02:00"
    most = await asked(http, city, first, "2030-11-02T00:00:00+01:00")
    more = await asked(http, city, first, "2030-11-02T00:00:01+01:00")

    assert most.status_code == 200
    assert (more.status_code, more.json()["code"]) == (422, "period_too_long")
    assert more.json()["errors"] == [{"detail": "at most 62 days", "parameter": "to"}]


@pytest.mark.parametrize(
    ("since", "until", "parameter"),
    [
        (NOON, NOON, "to"),
        (NOON, NOON - hours(1), "to"),
        ("1999-12-31T00:00:00Z", NOON, "from"),
        ("2030-06-03T12:00:00", NOON, "from"),
        (NOON, "tomorrow", "to"),
    ],
)
async def test_what_is_no_period_is_refused(
    http: httpx.AsyncClient, database: Databases, since: datetime | str, until: datetime | str, parameter: str
) -> None:
    city = await database.new_city()
    refused = await asked(http, city, since, until)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert [each["parameter"] for each in refused.json()["errors"]] == [parameter]


async def test_a_manager_sees_the_lanes_of_their_own_pools_only(http: httpx.AsyncClient, database: Databases) -> None:
    city, abroad = await database.new_city(), await database.new_city()
    for each in (city, abroad):
        await booked(database, each, NOON, NOON + hours(1))
        await booked(database, each, NOON, NOON + hours(1), car=each.cars[0])
        await blocked(database, each, NOON + hours(5), NOON + hours(6))

    async def seen(*roles: Role, pools: tuple[str, ...] = (), **query: Any) -> list[str]:
        found = await shown(http, city, token=a_token(city.city, *roles, pools=pools), **query)
        return [each.name for each in found.items]

    whole, ours = [car.name for car in city.cars], [city.cars[1].name]
    assert await seen(Role.FLEET_MANAGER, pools=("harbour",)) == []
    assert await seen(Role.FLEET_MANAGER, pools=("harbour",), pool=TOWN_HALL) == []
    assert await seen(Role.FLEET_MANAGER, pools=("harbour", TOWN_HALL)) == ours
    assert await seen(Role.FLEET_MANAGER) == ours
    assert await seen(Role.OPERATOR) == whole
    assert await seen(Role.OPERATOR, pool=TOWN_HALL) == ours
    assert await seen(Role.OPERATOR, pool="nowhere") == []
    for role in (Role.DRIVER, Role.RESIDENT, Role.FINANCE):
        assert (await asked(http, city, *DAY, token=a_token(city.city, role))).status_code == 403
    (lane_of_ours,) = (await shown(http, city)).items
    assert (len(lane_of_ours.bookings), len(lane_of_ours.blocks)) == (1, 1)


async def test_nobody_who_drives_or_made_something_is_in_it(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    booking = await booked(database, city, NOON, NOON + hours(1))
    await blocked(database, city, NOON + hours(5), NOON + hours(6))

    said = (await asked(http, city, *DAY)).text

    assert str(booking.id) in said
    for person in (booking.holder_id, booking.booked_by, person_id("mary")):
        assert str(person) not in said
    assert "lat" not in msgspec.json.decode(said)["items"][0]


async def test_a_vehicle_that_is_retired_is_there_as_long_as_something_of_it_is(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    used: dict[str, Any] = {"started_at": NOON, "finished_at": NOON + hours(1)}
    await booked(database, city, NOON, NOON + hours(1), State.COMPLETED, **used)
    await write(database, city, "UPDATE vehicles SET life = 'retired' WHERE city = :city AND id = :id",
                id=city.cars[1].id)  # fmt: skip

    assert (await lane(http, city)).state is Life.RETIRED
    assert (await shown(http, city, NOON + hours(1), NOON + hours(2))).items == ()


async def test_what_is_out_of_service_cannot_be_booked(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    for column in ("in_service", "bookable"):
        await write(database, city, f"UPDATE resources SET {column} = false WHERE city = :city AND id = :id",
                    id=city.cars[1].id)  # fmt: skip
        assert not (await lane(http, city)).bookable
        await write(database, city, f"UPDATE resources SET {column} = true WHERE city = :city AND id = :id",
                    id=city.cars[1].id)  # fmt: skip
    assert (await lane(http, city)).bookable


async def test_a_name_stays_as_it_is(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    name = 'Bus "rot" 7:30+00", Ö \\ Süd'
    naming = "UPDATE resources SET name = :name WHERE city = :city AND id = :id"
    await write(database, city, naming, name=name, id=city.cars[1].id)

    assert (await lane(http, city)).name == name


async def test_a_long_calendar_is_compressed_for_whoever_takes_it(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    for n in range(180):
        await booked(database, city, NOON + hours(8 * n), NOON + hours(8 * n + 1))
    period = (NOON, NOON + timedelta(days=62))

    plain = await asked(http, city, *period, headers={"accept-encoding": "identity"})
    packed = await asked(http, city, *period, headers={"accept-encoding": "br;q=1, gzip"})
    short = await asked(http, city, *DAY, headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "accept-encoding")
    assert 3 * int(packed.headers["content-length"]) < len(plain.content)
    assert packed.content == plain.content, "the client has unpacked it"
    assert plain.headers["vary"] == "accept-encoding"
    assert ("content-encoding" in short.headers, "vary" in short.headers) == (False, False)
