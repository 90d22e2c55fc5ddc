"""The lock of what is booked, from the wire to the lock."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.locks.simulated import Fault, SimulatedLock
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.keys import LockAccount, LockAnswer, LockCommand
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.bootstrap import Outside, api
from infra.clock import now
from infra.fleet.logbook import logbooks
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.adapters.http.garage import problem
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours

pytestmark = pytest.mark.database


class CancellingLock:
    """While it is told to open, somebody cancels."""

    def __init__(self, behind: SimulatedLock) -> None:
        self.behind = behind
        self.cancelled: Booking | None = None
        self.city: SeededCity | None = None
        self.database: Databases | None = None

    async def carry_out(self, command: LockCommand) -> LockAnswer:
        said = await self.behind.carry_out(command)
        if self.cancelled is not None and self.database is not None and self.city is not None:
            async with self.database.app.transactions.city(self.city.city) as connection:
                await connection.execute(
                    text(
                        "UPDATE bookings SET state = 'cancelled', version = version + 1 WHERE city = :city AND id = :id"
                    ),
                    {"city": self.city.city, "id": self.cancelled.id},
                )
            self.cancelled = None
        return said

    async def became_of(self, command: LockCommand) -> LockAccount:
        return await self.behind.became_of(command)


class Yard(Struct, frozen=True):
    """The town hall's car with its lock, and Kim, who has it booked."""

    http: httpx.AsyncClient
    database: Databases
    lock: SimulatedLock
    city: SeededCity
    kim: PersonId

    @property
    def token(self) -> str:
        return a_token(self.city.city, Role.DRIVER, person=self.kim, pools=(TOWN_HALL,))

    async def booked(self, state: State = State.CONFIRMED, starts_in: timedelta = timedelta(minutes=1)) -> Booking:
        car = self.city.cars[1]
        start = (now() + starts_in).replace(microsecond=0)
        booking = a_booking(state, car, order=an_order(car, period=Period(start, start + hours(1))))
        booking = replace(booking, id=BookingId(new_id()), holder_id=self.kim, payer=Payer.COST_CENTRE)
        await self.database.place(self.city.city, booking, car)
        return booking

    async def turn(self, booking: Booking, what: str = "unlock", body: Any = None, **more: Any) -> httpx.Response:
        headers = bearer(more.get("token", self.token), more.get("key"))
        path = f"/v1/{self.city.city}/bookings/{booking.id}/{what}"
        return await self.http.post(path, json=body or {}, headers=headers)

    async def attempts(self, booking: Booking, token: str | None = None) -> list[tuple[str, str, str | None, int]]:
        found = await self.http.get(
            f"/v1/{self.city.city}/bookings/{booking.id}/keys", headers=bearer(token or self.token)
        )
        assert found.status_code == 200, found.text
        return [(each["action"], each["state"], each["reason"], each["tries"]) for each in found.json()["items"]]

    def is_open(self) -> bool:
        return self.lock.is_open(self.city.cars[1].id)

    def fail(self, *faults: Fault) -> None:
        self.lock.fail(self.city.cars[1].id, *faults)

    async def noted(self, booking: Booking) -> list[str]:
        rows = await self.database.rows(
            self.city.city,
            "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY at, id",
            id=booking.id,
        )
        return [row[0] for row in rows]


LOCK = SimulatedLock(now)
AT_THE_DOOR = CancellingLock(LOCK)


@pytest.fixture(scope="module")
async def at_the_door(database: Databases) -> AsyncIterator[httpx.AsyncClient]:
    outside = Outside(now, new_id, lambda secret: secret, webhook_key=b"k" * 32, lock=AT_THE_DOOR)
    async with client(api(database.app, outside, {KEY_ID: KEY.public_key()})) as found:
        yield found


@pytest.fixture
async def yard(at_the_door: httpx.AsyncClient, database: Databases) -> Yard:
    city = await database.new_city()
    world = World(database, city)
    kim = world.actor("kim", Role.DRIVER)
    await world.licensed(kim)
    return Yard(at_the_door, database, LOCK, city, kim.id)


async def test_the_driver_opens_the_car_reads_what_it_shows_and_closes_it(yard: Yard) -> None:
    booking = await yard.booked()
    opened = await yard.turn(booking)
    assert opened.status_code == 200, opened.text
    assert (opened.json()["state"], yard.is_open()) == ("in_use", True)
    assert "start" in opened.json()["actions"]

    read = await yard.turn(booking, "start", {"odometer_km": 18_234, "soc": 80})
    assert (read.status_code, read.json()["state"], "start" in read.json()["actions"]) == (200, "in_use", False)
    (row,) = await yard.database.rows(
        yard.city.city, "SELECT start_readings FROM bookings WHERE city = :city AND id = :id", id=booking.id
    )
    assert row[0] == {"odometer_km": 18_234, "soc": 80}
    assert (await yard.turn(booking, "lock")).status_code == 200
    assert not yard.is_open()
    assert (await yard.turn(booking, "finish", {"odometer_km": 18_279})).json()["state"] == "completed"
    assert problem(await yard.turn(booking)) == (409, "wrong_state")
    assert await yard.attempts(booking) == [
        ("unlock", "refused", "wrong_state", 1),
        ("lock", "done", None, 1),
        ("unlock", "done", None, 1),
    ]
    assert [each for each in await yard.noted(booking) if each.startswith(("key", "booking"))] == [
        "booking.started",
        "key.unlock:done",
        "booking.readings_taken",
        "key.lock:done",
        "booking.finished",
        "key.unlock:refused:wrong_state",
    ]


async def test_the_odometer_goes_on_from_where_the_logbook_says_it_stood(yard: Yard) -> None:
    trips = logbooks(yard.database.app.transactions, now, new_id)
    first = await yard.booked()
    await yard.turn(first)
    read = {"odometer_km": 18_234, "soc": 80, "cleanliness": "clean", "place": "Tiefgarage, Platz 14"}
    assert (await yard.turn(first, "start", read)).status_code == 200
    back = {"odometer_km": 81_279, "soc": 61, "cleanliness": "dirty", "place": "Hof"}
    assert (await yard.turn(first, "finish", back)).json()["state"] == "completed"
    await trips.open(yard.city.city, first.id)
    (row,) = await yard.database.rows(
        yard.city.city,
        "SELECT start_readings, finish_readings, start_place, end_place FROM bookings b JOIN trips t USING (city, id)"
        " WHERE city = :city AND id = :id",
        id=first.id,
    )
    assert row == (read, back, "Tiefgarage, Platz 14", "Hof")

    # It is made ready faster than is planned.
    await yard.database.rows(yard.city.city, "DELETE FROM claims WHERE city = :city RETURNING kind")
    second = await yard.booked(starts_in=timedelta(minutes=2))
    refused = await yard.turn(second, "start", {"odometer_km": 18_279})
    assert (problem(refused), refused.json()["errors"][0]["pointer"]) == ((409, "odometer_runs_back"), "/odometer_km")
    misread = {"kind": "private", "odometer_end": 18_279, "reason": "Zahlendreher"}
    headers = bearer(yard.token)
    entered = await yard.http.post(f"/v1/{yard.city.city}/trips/{first.id}/entries", json=misread, headers=headers)
    assert entered.status_code == 201, entered.text
    assert (await yard.turn(second, "start", {"odometer_km": 18_279})).json()["state"] == "in_use"


async def test_the_same_key_opens_once(yard: Yard) -> None:
    booking = await yard.booked()
    first = await yard.turn(booking, key="once")
    await yard.turn(booking, "lock")
    again = await yard.turn(booking, key="once")
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert not yard.is_open()


@pytest.mark.parametrize(("fault", "done"), [(Fault.COMMAND_LOST, False), (Fault.ANSWER_LOST, True)])
async def test_silence_is_told_as_such_and_the_same_key_asks_again(yard: Yard, fault: Fault, done: bool) -> None:
    booking = await yard.booked()
    yard.fail(fault)
    silent = await yard.turn(booking, key="again")
    assert (problem(silent), "retry-after" in silent.headers) == ((503, "lock_silent"), True)
    assert yard.is_open() is done
    assert await yard.attempts(booking) == [("unlock", "unanswered", "lock_silent", 1)]

    opened = await yard.turn(booking, key="again")
    assert (opened.status_code, opened.json()["state"], yard.is_open()) == (200, "in_use", True)
    assert await yard.attempts(booking) == [("unlock", "done", None, 2)], "the same command, given twice"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault.OFFLINE, (503, "lock_offline")),
        (Fault.NOT_PARKED, (409, "not_parked")),
        (Fault.DOOR_OPEN, (409, "door_open")),
        (Fault.NO_LOCK, (409, "no_lock")),
    ],
)
async def test_what_the_lock_refuses_is_told_and_may_be_tried_again(
    yard: Yard, fault: Fault, told: tuple[int, str]
) -> None:
    booking = await yard.booked()
    yard.fail(fault)
    assert problem(await yard.turn(booking, key="again")) == told
    assert await yard.attempts(booking) == [("unlock", "refused", told[1], 1)]
    assert (await yard.turn(booking, key="again")).json()["state"] == "in_use"


async def test_no_look_at_the_licence_no_key(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.database.rows(
        yard.city.city, "DELETE FROM proofs WHERE city = :city AND person_id = :id RETURNING kind", id=yard.kim
    )
    refused = await yard.turn(booking)
    assert (problem(refused), refused.json()["missing"], yard.is_open()) == (
        (403, "licence_not_valid"),
        ["licence"],
        False,
    )
    assert await yard.attempts(booking) == [("unlock", "refused", "licence_not_valid", 1)]


async def test_no_deposit_no_key(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.database.rows(
        yard.city.city,
        """UPDATE bookings SET payer = 'self', terms = jsonb_set(terms::jsonb, '{deposit}',
          '{"amount": {"amount": 15000, "currency": "EUR"}, "release_after_s": 0}')::json
          WHERE city = :city AND id = :id RETURNING id""",
        id=booking.id,
    )
    assert problem(await yard.turn(booking)) == (409, "deposit_required")
    assert (yard.is_open(), await yard.attempts(booking)) == (False, [("unlock", "refused", "deposit_required", 1)])


async def test_nobody_but_the_holder_opens_it(yard: Yard) -> None:
    booking = await yard.booked()
    manager = a_token(yard.city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))
    stranger = a_token(yard.city.city, Role.DRIVER, pools=(TOWN_HALL,))
    assert problem(await yard.turn(booking, token=manager)) == (403, "forbidden")
    assert problem(await yard.turn(booking, token=stranger)) == (404, "unknown_booking")
    assert not yard.is_open()
    assert await yard.attempts(booking, manager) == [("unlock", "refused", "forbidden", 1)]
    path = f"/v1/{yard.city.city}/bookings/{booking.id}/keys"
    assert problem(await yard.http.get(path, headers=bearer(stranger))) == (404, "unknown_booking")


async def test_it_does_not_open_early_nor_with_another_cars_code(yard: Yard) -> None:
    later = await yard.booked(starts_in=hours(5))
    early = [await yard.turn(later, key="early") for _ in range(2)]
    assert [problem(each) for each in early] == [(409, "too_early")] * 2
    assert "idempotency-replayed" not in early[1].headers, "it opens under this key when its time has come"
    soon = await yard.booked()
    await yard.database.rows(
        yard.city.city,
        "UPDATE resources SET code = 'QR-7' WHERE city = :city AND id = :id RETURNING id",
        id=soon.resource_id,
    )
    assert problem(await yard.turn(soon, body={"code": "QR-8"})) == (409, "code_does_not_fit")
    assert not yard.is_open()
    assert (await yard.turn(soon, body={"code": "QR-7"})).status_code == 200


async def test_what_was_cancelled_while_it_opened_is_closed_again(yard: Yard) -> None:
    booking = await yard.booked()
    AT_THE_DOOR.cancelled, AT_THE_DOOR.city, AT_THE_DOOR.database = booking, yard.city, yard.database
    assert problem(await yard.turn(booking)) == (409, "wrong_state")
    assert not yard.is_open()
    assert ("lock", "done", None, 1) in await yard.attempts(booking)


async def test_what_was_left_open_is_closed_after_the_use(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking)
    assert (await yard.turn(booking, "finish")).json()["state"] == "completed"
    closed = await yard.turn(booking, "lock")
    assert (closed.status_code, closed.json()["state"], yard.is_open()) == (200, "completed", False)


async def test_where_keys_are_handed_out_there_is_no_lock(http: httpx.AsyncClient, yard: Yard) -> None:
    booking = await yard.booked()
    elsewhere = Yard(http, yard.database, yard.lock, yard.city, yard.kim)
    assert problem(await elsewhere.turn(booking)) == (409, "no_lock")


async def test_what_a_lock_has_done_stays_written(yard: Yard) -> None:
    booking = await yard.booked()
    await yard.turn(booking)
    for change in (
        "UPDATE key_commands SET state = 'refused'",
        "UPDATE key_commands SET action = 'lock'",
        "DELETE FROM key_commands",
    ):
        with pytest.raises(DBAPIError) as error:
            async with yard.database.app.transactions.city(yard.city.city) as connection:
                await connection.execute(text(f"{change} WHERE city = :city"), {"city": yard.city.city})
        assert sqlstate(error.value) == "42501"
