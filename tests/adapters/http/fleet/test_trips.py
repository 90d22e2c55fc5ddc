"""Logbooks, from the wire to the tables."""

import csv
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from domain.booking.bookings import BookingId, Payer, Readings, State
from domain.booking.resources import Resource
from domain.fleet.logbook import NotGiven
from domain.identity import PersonId, Role
from domain.periods import Period
from domain.refusals import Refusal
from infra.clock import now
from infra.fleet.logbook import logbooks
from infra.ids import new_id
from services.fleet.exporting import File, Format
from services.fleet.logbook import Span
from tests.adapters.http.garage import MANAGER, Garage, problem
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import TOWN_HALL, a_booking, an_actor, an_order, hours

pytestmark = pytest.mark.database
VISIT = {"kind": "business", "destination": "Bohlweg 30", "purpose": "Ortstermin", "partner": "Frau Beispiel"}
MORNING = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=1)


class Road(Struct, frozen=True):
    """The town hall's car, and Kim, who drives it."""

    garage: Garage
    kim: PersonId

    @property
    def car(self) -> Resource:
        return self.garage.seeded.cars[1]

    @property
    def token(self) -> str:
        return a_token(self.garage.seeded.city, Role.DRIVER, person=self.kim, pools=(TOWN_HALL,))

    async def drove(
        self, before: int | None, after: int | None, start: datetime = MORNING, *, opens: bool = True, **more: Any
    ) -> UUID:
        """Two hours; the trip is opened when they are over, as the job that hears of it does."""
        city, car = self.garage.seeded.city, more.pop("car", self.car)
        order = replace(an_order(car, period=Period(start, start + hours(2))), booking_id=BookingId(new_id()))
        done = a_booking(
            State.COMPLETED, car, order=order, started_at=start, finished_at=start + hours(2),
            start_readings=Readings(odometer_km=before), finish_readings=Readings(odometer_km=after),
        )  # fmt: skip
        done = replace(done, holder_id=self.kim, **{"payer": Payer.COST_CENTRE} | more)
        await self.garage.database.place(city, done, car)
        if opens:
            await logbooks(self.garage.database.app.transactions, lambda: start + hours(2), new_id).open(city, done.id)
        return done.id

    async def enter(self, trip: UUID, body: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.garage.ask("POST", f"trips/{trip}/entries", body, **({"token": self.token} | more))

    async def shown(self, trip: UUID, **more: Any) -> dict[str, Any]:
        answer = await self.garage.ask("GET", f"trips/{trip}", **more)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def listed(self, path: str = "fleet/trips", **more: Any) -> list[dict[str, Any]]:
        answer = await self.garage.ask("GET", path, **more)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
async def road(http: httpx.AsyncClient, database: Databases) -> Road:
    found = Road(Garage(http, database, await database.new_city()), PersonId(new_id()))
    async with database.app.transactions.city(found.garage.seeded.city) as connection:
        await connection.execute(
            text(
                "INSERT INTO persons (city, id, email, name, made_at)"
                " VALUES (:city, :id, 'kim@example.org', 'Kim', now()), (:city, :grace, 'grace@example.org', 'Grace', now())"
            ),
            {"city": found.garage.seeded.city, "id": found.kim, "grace": MANAGER},
        )
    return found


async def test_a_driver_completes_her_trip_and_corrects_it_in_versions_that_stay(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    opened = await road.shown(trip, token=road.token)
    assert (opened["state"], opened["missing"], opened["km"]) == ("open", ["kind"], 45)

    done = await road.enter(trip, VISIT)
    assert done.status_code == 201, done.text
    assert (done.json()["state"], done.json()["missing"], done.json()["version"]) == ("complete", [], 2)
    again = {"kind": "business", "purpose": "Baubesprechung"}
    assert problem(await road.enter(trip, again)) == (409, "reason_missing")
    assert (await road.enter(trip, again | {"reason": "verwechselt"})).status_code == 201

    found = await road.shown(trip)
    assert [
        (each["version"], each["purpose"], each["reason"], (each["entered_by"] or {}).get("name"))
        for each in found["entries"]
    ] == [(3, "Baubesprechung", "verwechselt", "Kim"), (2, "Ortstermin", None, "Kim"), (1, None, None, None)]
    assert (found["purpose"], found["partner"]) == ("Baubesprechung", "Frau Beispiel")


async def test_who_has_seen_a_trip_gets_it_again_only_when_it_changed(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    tag = (await road.garage.ask("GET", f"trips/{trip}")).headers["etag"]
    known, match = {"headers": {"if-none-match": tag}}, {"if-match": tag}
    assert (await road.garage.ask("GET", f"trips/{trip}", **known)).status_code == 304
    headers = bearer(road.token) | match
    path = f"/v1/{road.garage.seeded.city}/trips/{trip}/entries"
    entered = await road.garage.http.post(path, json=VISIT, headers=headers | {"idempotency-key": "one"})
    other = {"kind": "commute", "reason": "verwechselt"}
    late = await road.garage.http.post(path, json=other, headers=headers | {"idempotency-key": "two"})
    assert (entered.status_code, problem(late)) == (201, (412, "version_mismatch"))
    assert (await road.garage.ask("GET", f"trips/{trip}", **known)).status_code == 200


async def test_an_entry_is_made_once_for_its_key(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    first, second = [await road.enter(trip, VISIT, key="once") for _ in range(2)]
    assert (first.content, second.headers["idempotency-replayed"]) == (second.content, "true")
    assert problem(await road.enter(trip, VISIT)) == (409, "nothing_changes")


async def test_whoever_is_quicker_than_the_job_opens_the_trip_and_the_job_comes_after(road: Road) -> None:
    trip = await road.drove(18_234, 18_279, opens=False)
    assert problem(await road.garage.ask("GET", f"trips/{trip}", token=road.token)) == (404, "unknown_trip")
    assert (await road.enter(trip, VISIT)).json()["version"] == 2
    await logbooks(road.garage.database.app.transactions, now, new_id).open(road.garage.seeded.city, BookingId(trip))
    assert (await road.shown(trip))["version"] == 2


async def test_whoever_asks_before_the_use_is_over_asks_again_with_the_same_key(road: Road) -> None:
    trip = await road.drove(18_234, 18_279, opens=False)
    for state, told in (("in_use", 404), ("completed", 201)):
        await road.garage.database.rows(
            road.garage.seeded.city,
            f"UPDATE bookings SET state = '{state}' WHERE city = :city AND id = :id RETURNING id",
            id=trip,
        )
        assert (await road.enter(trip, VISIT, key="early")).status_code == told


async def test_what_stands_in_the_booking_is_the_proposal(road: Road) -> None:
    planned = {"purpose": "Messung", "destination": "Okerbrücke", "cost_centre": "5100"}
    trip = await road.drove(18_234, 18_279)
    async with road.garage.database.app.transactions.city(road.garage.seeded.city) as connection:
        await connection.execute(
            text("UPDATE bookings SET options = CAST(:options AS json) WHERE city = :city AND id = :id"),
            {"city": road.garage.seeded.city, "id": trip, "options": str(planned).replace("'", '"')},
        )
    shown = await road.shown(trip)
    assert (shown["planned_purpose"], shown["planned_destination"]) == ("Messung", "Okerbrücke")
    done = (await road.enter(trip, {"kind": "business"})).json()
    assert (done["purpose"], done["destination"], done["state"]) == ("Messung", "Okerbrücke", "complete")


async def test_of_a_private_trip_the_kilometres_are_told_alone(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    refused = await road.enter(trip, {"kind": "private", "destination": "Badesee"})
    assert (problem(refused), refused.json()["errors"][0]["pointer"]) == ((422, "kilometres_only"), "/destination")
    assert (await road.enter(trip, {"kind": "private"})).json()["state"] == "complete"
    days = {
        "from": (MORNING - timedelta(days=2)).date().isoformat(),
        "to": (MORNING + timedelta(days=2)).date().isoformat(),
    }
    table = (await road.garage.ask("GET", "fleet/trips/export", **days)).content.decode("utf-8-sig")
    shown, row = await road.shown(trip), list(csv.DictReader(StringIO(table), delimiter=";"))[-1]
    assert [shown["start_place"], shown["end_place"], row["start_place"], row["end_place"]] == [None, None, "", ""]


@pytest.mark.parametrize(("payer", "told"), [(Payer.SELF, None), (Payer.COST_CENTRE, "Klinik")])
async def test_what_a_resident_planned_is_nobodys_affair(road: Road, payer: Payer, told: str | None) -> None:
    planned = msgspec.Raw(b'{"purpose": "Klinik", "destination": "Klinik"}')
    trip = await road.drove(18_234, 18_279, payer=payer, options=planned)
    for shown in (await road.shown(trip), (await road.listed())[0]):
        assert (shown["planned_purpose"], shown["planned_destination"]) == (told, told)
    booking = (await road.garage.ask("GET", f"bookings/{trip}")).json()
    assert booking["options"] == ({} if told is None else {"purpose": told, "destination": told})


async def test_what_a_resident_pays_herself_is_complete_and_names_nobody_to_her(road: Road) -> None:
    trip = await road.drove(18_234, 18_279, payer=Payer.SELF)
    (own,) = await road.listed("trips", token=road.token)
    assert (own["id"], own["kind"], own["state"], own["start_place"]) == (str(trip), "rental", "complete", None)
    corrected = await road.enter(
        trip, {"kind": "rental", "odometer_end": 18_297, "reason": "Zahlendreher"}, token=road.garage.manager
    )
    assert corrected.status_code == 201, corrected.text
    by = (await road.shown(trip, token=road.token))["entries"][0]["entered_by"]
    assert by == {"id": str(MANAGER), "name": None}
    assert (await road.shown(trip))["entries"][0]["entered_by"] == {"id": str(MANAGER), "name": "Grace"}


async def test_what_was_driven_between_two_trips_is_shown(road: Road) -> None:
    for days, (before, after) in enumerate([(100, 150), (150, 200), (230, 260), (255, 300), (None, 400), (400, 410)]):
        await road.drove(before, after, MORNING - timedelta(days=20 - days))
        await road.drove(7, 7, MORNING - timedelta(days=20 - days) + hours(4), car=road.garage.seeded.cars[0])
    assert [each["gap_km"] for each in await road.listed()] == [0, None, -5, 30, 0, None]


async def test_a_corrected_odometer_closes_the_gap_after_it(road: Road) -> None:
    first = await road.drove(100, 510, MORNING - timedelta(days=2))
    second = await road.drove(150, 200)
    assert (await road.shown(second))["gap_km"] == -360
    fixed = VISIT | {"odometer_end": 150, "reason": "verlesen"}
    assert (await road.enter(first, fixed)).status_code == 201
    assert (await road.shown(second))["gap_km"] == 0
    assert [each["gap_km"] for each in await road.listed()] == [0, None], "the list and the trip say the same"


async def test_a_manager_sees_the_trips_of_the_pool_and_no_other(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    assert [each["id"] for each in await road.listed()] == [str(trip)]
    assert (await road.listed())[0]["driver"] == {"id": str(road.kim), "name": "Kim"}
    stranger = road.garage.stranger
    assert await road.listed(token=stranger) == []
    for method, path, body in (("GET", f"trips/{trip}", None), ("POST", f"trips/{trip}/entries", VISIT)):
        assert problem(await road.garage.ask(method, path, body, token=stranger)) == (404, "unknown_trip")
    refused = await road.enter(trip, VISIT, token=road.garage.manager)
    assert problem(refused) == (409, "reason_missing")
    done = await road.enter(trip, VISIT | {"reason": "Kim ist krank"}, token=road.garage.manager)
    assert done.json()["entries"][0]["entered_by"] == {"id": str(MANAGER), "name": "Grace"}


async def test_a_driver_sees_her_own_trips_alone(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    other = a_token(road.garage.seeded.city, Role.DRIVER, pools=(TOWN_HALL,))
    assert await road.listed("trips", token=other) == []
    assert problem(await road.garage.ask("GET", f"trips/{trip}", token=other)) == (404, "unknown_trip")
    assert problem(await road.enter(trip, VISIT, token=other)) == (404, "unknown_trip")
    assert problem(await road.garage.ask("GET", "fleet/trips", token=road.token)) == (403, "forbidden")


async def test_what_nobody_completed_in_seven_days_is_found_as_overdue_and_later_as_late(road: Road) -> None:
    old = await road.drove(100, 150, MORNING - timedelta(days=30))
    fresh = await road.drove(150, 200)

    async def of(*state: str) -> list[str]:
        return [each["id"] for each in await road.listed(state=state)]

    states = ("open", "overdue", "complete", "late")
    assert [await of(state) for state in states] == [[str(fresh)], [str(old)], [], []]
    assert await of("overdue", "open") == await of("late", "open", "overdue") == [str(fresh), str(old)]
    for trip in (old, fresh):
        assert (await road.enter(trip, VISIT)).status_code == 201
    assert [await of(state) for state in states] == [[], [], [str(fresh)], [str(old)]]
    for trip, state in ((old, "late"), (fresh, "complete")):
        assert (await road.shown(trip))["state"] == state, "the list and the trip say the same"


async def test_trips_are_listed_by_vehicle_driver_and_time_and_page_by_page(road: Road) -> None:
    trips = [await road.drove(n * 10, n * 10 + 10, MORNING - timedelta(days=n)) for n in range(3)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await road.garage.ask("GET", "fleet/trips", limit="2", **cursor)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [str(trip) for trip in trips]
    assert await road.listed(vehicle_id=str(road.garage.seeded.cars[0].id)) == []
    assert await road.listed(driver_id=str(MANAGER)) == []
    assert await road.listed(pool="harbour") == []
    middle = {"from": (MORNING - timedelta(days=1)).isoformat(), "to": (MORNING - timedelta(hours=20)).isoformat()}
    assert [each["id"] for each in await road.listed(**middle)] == [str(trips[1])]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_the_logbook_is_a_table_with_every_version(road: Road, form: str) -> None:
    trip = await road.drove(18_200, 18_234, MORNING - timedelta(days=3))
    later = await road.drove(18_240, 18_279)
    await road.enter(trip, VISIT | {"purpose": "=1+1"})
    await road.enter(trip, VISIT | {"reason": "vertippt"})
    days = {
        "from": (MORNING - timedelta(days=4)).date().isoformat(),
        "to": (MORNING + timedelta(days=2)).date().isoformat(),
    }

    found = await road.garage.ask("GET", "fleet/trips/export", format=form, vehicle_id=str(road.car.id), **days)
    assert found.status_code == 200, found.text
    if form == "csv":
        rows: list[Any] = list(csv.DictReader(StringIO(found.content.decode("utf-8-sig")), delimiter=";"))
    else:
        (titles, *lines) = load_workbook(BytesIO(found.content)).active.values
        rows = [dict(zip(titles, ["" if cell is None else str(cell) for cell in line], strict=True)) for line in lines]
    told = [
        (each["trip_id"], each["version"], each["counts"], each["purpose"].lstrip("'"), each["state"]) for each in rows
    ]
    assert told == [
        (str(trip), "1", "no", "", ""),
        (str(trip), "2", "no", "=1+1", ""),
        (str(trip), "3", "yes", "Ortstermin", "complete"),
        (str(later), "1", "yes", "", "open"),
    ]
    assert [bool(each["entered_by"]) for each in rows] == [False, True, True, False]
    assert [(each["km"], each["gap_km"], each["driver"], each["reason"]) for each in rows[2:]] == [
        ("34", "", "Kim", "vertippt"),
        ("39", "6", "Kim", ""),
    ]
    for unseen in ({"token": road.garage.stranger}, {"pool": "harbour"}):
        nobody = await road.garage.ask("GET", "fleet/trips/export", **unseen, **days)
        assert len(nobody.content.splitlines()) == 1
    years = {"from": "2020-01-01", "to": "2026-01-01"}
    assert problem(await road.garage.ask("GET", "fleet/trips/export", **years)) == (422, "invalid_input")


async def test_a_logbook_that_fits_into_no_file_is_refused(road: Road) -> None:
    for days in range(3):
        await road.drove(100, 100, MORNING - timedelta(days=days))
    grace = an_actor("grace", Role.FLEET_MANAGER, city=road.garage.seeded.city, pools=(TOWN_HALL,))
    span = Span(MORNING.date() - timedelta(days=5), MORNING.date() + timedelta(days=2))
    for most, fits in ((3, True), (2, False)):
        give = logbooks(road.garage.database.app.transactions, now, new_id, most).give
        found = await give(grace, span, Format.CSV)
        assert isinstance(found, File) is fits
        assert fits or found == Refusal(NotGiven.LOGBOOK_TOO_LONG)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trips SET plate = NULL WHERE city = :city",
        "DELETE FROM trips WHERE city = :city",
        "UPDATE trip_entries SET purpose = 'x' WHERE city = :city",
        "DELETE FROM trip_entries WHERE city = :city AND version = 2",
    ],
)
async def test_nobody_rewrites_a_logbook(road: Road, change: str) -> None:
    trip = await road.drove(18_234, 18_279)
    await road.enter(trip, VISIT)
    for database in (road.garage.database.app, road.garage.database.owner):
        with pytest.raises(DBAPIError) as error:
            async with database.transactions.city(road.garage.seeded.city) as connection:
                await connection.execute(text(change), {"city": road.garage.seeded.city})
        assert sqlstate(error.value) == "42501"
    assert (await road.shown(trip))["version"] == 2


async def test_no_version_is_left_out(road: Road) -> None:
    trip = await road.drove(18_234, 18_279)
    values = {"city": road.garage.seeded.city, "id": trip, "by": road.kim, "at": now()}
    with pytest.raises(DBAPIError, match="no_version_is_missing"):
        async with road.garage.database.app.transactions.city(road.garage.seeded.city) as connection:
            await connection.execute(
                text(
                    "INSERT INTO trip_entries (city, trip_id, version, entered_by, entered_at)"
                    " VALUES (:city, :id, 3, :by, :at)"
                ),
                values,
            )


async def test_after_an_erasure_the_trip_stays_and_leads_to_nobody(road: Road) -> None:
    trip = await road.drove(18_234, 18_279, fee=None)
    await road.enter(trip, VISIT)
    exported = await road.garage.ask("POST", "me/export", token=road.token)
    assert [each["purpose"] for each in exported.json()["trip_entries"]] == [None, "Ortstermin"]
    assert exported.json()["trips"][0]["id"] == str(trip)
    erased = await road.garage.ask("DELETE", "me", token=road.token)
    assert erased.status_code < 300, erased.text
    found = await road.shown(trip)
    assert (found["driver"], found["purpose"]) == ({"id": str(road.kim), "name": None}, "Ortstermin")
