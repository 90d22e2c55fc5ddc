"""The vehicles of a city, from the wire to the tables."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from domain.identity import Role
from infra.ids import new_id
from tests.adapters.http.garage import AT, HU, INSURANCE, NOON, PAPERS, REGISTRATION, UVV, Garage, day, problem
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database


@pytest.fixture
async def garage(at_noon: httpx.AsyncClient, database: Databases) -> Garage:
    return Garage(at_noon, database, await database.new_city(), AT)


async def test_a_vehicle_with_its_papers_is_found_and_booked_at_once(garage: Garage) -> None:
    made = (await garage.add()).json()
    told = {name: value for name, value in garage.described().items() if name != "station_id"}
    assert made == told | {
        "id": made["id"],
        "class": "car",
        "range_km": 214,
        **dict.fromkeys(("charging_kw", "load_kg", "vin", "frame_number", "workshop_until", "block_id")),
        **dict.fromkeys(("awarded_on", "procurement", "eu_category", "co2_g_per_km", "rde_pollutants")),
        **dict.fromkeys(("alternative_fuel", "contract_value")),
        "quota_exempt": False,
        "equipment": [],
        "code": made["code"],
        "station": {"id": str(garage.seeded.station.id), "name": garage.seeded.station.name},
        "shared": False,
        "buffer_before_s": 0,
        "buffer_after_s": 0,
        "state": "in_service",
        "usable_until": made["usable_until"],
        "not_bookable": [],
        "lacks": [],
        "documents": made["documents"],
        "time_zone": "Europe/Berlin",
        "version": 1,
    }
    assert [(paper["kind"], paper["valid_until"]) for paper in made["documents"]] == [
        ("uvv", made["documents"][0]["valid_until"]),
        ("hu", day(200)),
        ("insurance", day(300)),
        ("registration", None),
    ]
    assert made["usable_until"][:10] == day(200)  # in the city its last day ends late that evening
    assert made == await garage.shown(made["id"])

    driver = garage.token(Role.DRIVER, pools=(TOWN_HALL,))
    times = {"start": NOON.isoformat(), "end": (NOON + timedelta(hours=1)).isoformat()}
    found = (await garage.ask("GET", "availability", token=driver, service="fleet", **times)).json()
    assert made["id"] in [each["resource_id"] for each in found["items"]]
    by_code = (await garage.ask("GET", "resources", token=driver, code=made["code"])).json()
    assert by_code["id"] == made["id"]
    assert (await garage.drive(made["id"])).json()["state"] == "confirmed"


async def test_the_same_key_adds_one_vehicle(garage: Garage) -> None:
    first, again = [await garage.add(key="one") for _ in range(2)]
    other = await garage.add(key="one", name="Another")
    assert (first.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(other) == (422, "key_reused")


async def test_of_two_with_one_plate_added_at_once_one_is(garage: Garage) -> None:
    answers = await asyncio.gather(garage.add(plate="BS-AB 1"), garage.add(plate="bs ab 1"))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert problem(max(answers, key=lambda answer: answer.status_code)) == (409, "plate_taken")
    assert (await garage.add(plate="B-SA 1")).status_code == 201
    assert (await garage.add(plate="BS-A 1")).status_code == 201


@pytest.mark.parametrize(
    ("more", "status", "code", "pointer"),
    [
        ({"plate": "BSKM 7"}, 422, "plate_ambiguous", "/plate"),
        ({"vin": "WVW"}, 422, "vin_invalid", "/vin"),
        ({"station_id": str(new_id())}, 404, "unknown_station", "/station_id"),
        ({"pool_id": "harbour"}, 404, "unknown_pool", "/pool_id"),
        ({"pool_id": None}, 404, "unknown_pool", "/pool_id"),
        ({"tariff_id": "nothing"}, 404, "unknown_tariff", "/tariff_id"),
        ({"battery_kwh": "NaN"}, 422, "number_out_of_range", "/battery_kwh"),
        ({"charging_kw": "1e-999999"}, 422, "number_out_of_range", "/charging_kw"),
        ({"rde_pollutants": "1e-999999"}, 422, "number_out_of_range", "/rde_pollutants"),
        ({"documents": PAPERS[1:]}, 409, "papers_missing", None),
        ({"documents": [*PAPERS[:3], UVV | {"done_on": day(-400)}]}, 409, "papers_overdue", None),
        ({"documents": [HU | {"done_on": day(1)}]}, 422, "date_in_the_future", "/documents/0/done_on"),
        ({"documents": [HU | {"valid_until": "1900-01-01"}]}, 422, "invalid_input", "/documents/0/valid_until"),
        ({"shared": True}, 409, "rental_entry_missing", "/shared"),
        ({"name": " "}, 422, "invalid_input", "/name"),
        ({"wheels": 4}, 422, "invalid_input", "/wheels"),
    ],
)
async def test_what_cannot_be_a_vehicle_says_where_and_leaves_nothing(
    garage: Garage, more: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    refused = await garage.add(**more)
    assert problem(refused) == (status, code)
    assert [each.get("pointer") for each in refused.json().get("errors", [])] == ([pointer] if pointer else [])
    assert (await garage.ask("GET", "fleet/vehicles", kind="car", limit=100)).json()["items"][1:] == []


async def test_what_ran_out_takes_the_vehicle_out_of_booking_and_says_why(garage: Garage) -> None:
    car = await garage.added(documents=[REGISTRATION, INSURANCE, HU | {"valid_until": NOON.date().isoformat()}, UVV])
    assert (await garage.drive(car)).status_code == 201
    late = await garage.drive(car, NOON + timedelta(hours=30))
    assert problem(late) == (409, "not_usable_then")
    assert late.json()["latest_end"] == (await garage.shown(car))["usable_until"]

    over = await garage.ask("POST", f"fleet/vehicles/{car}/documents", INSURANCE | {"valid_until": day(-1)})
    assert (over.status_code, over.json()["not_bookable"]) == (201, ["insurance_overdue"])
    assert problem(await garage.drive(car, NOON + timedelta(hours=4))) == (409, "not_usable_then")
    due = await garage.ask("GET", "fleet/vehicles", due_before=day(0))
    assert [each["id"] for each in due.json()["items"]] == [str(car)]

    await garage.ask("POST", f"fleet/vehicles/{car}/documents", INSURANCE)
    renewed = await garage.ask("POST", f"fleet/vehicles/{car}/documents", HU)
    assert renewed.json()["not_bookable"] == []
    assert (await garage.drive(car, NOON + timedelta(hours=30))).status_code == 201
    assert (await garage.ask("GET", "fleet/vehicles", due_before=day(0))).json()["items"] == []


async def test_a_key_is_not_given_out_for_what_ran_out_since_it_was_booked(garage: Garage) -> None:
    car = await garage.added()
    booking = (await garage.drive(car, AT + timedelta(minutes=1))).json()
    await garage.ask("POST", f"fleet/vehicles/{car}/documents", INSURANCE | {"valid_until": day(-1)})
    started = await garage.ask("POST", f"bookings/{booking['id']}/start", {})
    assert problem(started) == (409, "not_usable_then")


async def test_changes_are_made_to_the_version_that_was_seen(garage: Garage) -> None:
    car = await garage.added()
    path, changed = f"fleet/vehicles/{car}", garage.described(name="ID.4", buffer_after_s=900)
    shown = await garage.ask("GET", path)
    done = await garage.ask("PUT", path, changed, headers={"if-match": shown.headers["etag"]})
    late = await garage.ask("PUT", path, changed, headers={"if-match": shown.headers["etag"]})
    assert (done.status_code, done.json()["name"], done.json()["version"]) == (200, "ID.4", 2)
    assert done.json()["code"] == shown.json()["code"]
    assert problem(late) == (412, "version_mismatch")
    same = await garage.ask("GET", path, headers={"if-none-match": done.headers["etag"]})
    assert same.status_code == 304


async def test_the_workshop_blocks_it_until_it_is_back(garage: Garage) -> None:
    car = await garage.added()
    later = await garage.drive(car, NOON)
    path, soon = f"fleet/vehicles/{car}/state", (AT + timedelta(hours=5)).isoformat()
    asked = {"state": "workshop", "until": soon, "reason": "Bremsen"}
    sent = await garage.ask("POST", path, asked, key="w")
    again = await garage.ask("POST", path, asked, key="w")
    assert (sent.status_code, sent.json()["state"], sent.json()["not_bookable"]) == (200, "workshop", ["workshop"])
    assert again.json() == sent.json()
    assert await garage.shown(car) == sent.json()
    assert problem(await garage.drive(car, AT + timedelta(hours=1))) == (409, "resource_taken")
    listed = (await garage.ask("GET", "fleet/vehicles", state="workshop")).json()["items"]
    assert [each["id"] for each in listed] == [str(car)]
    assert problem(await garage.ask("POST", path, asked)) == (409, "bookings_in_the_way")

    back = [await garage.ask("POST", path, {"state": "in_service"}) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in back] == [(200, "in_service")] * 2
    assert (await garage.drive(car, AT + timedelta(hours=1))).status_code == 201
    too_long = asked | {"until": (NOON + timedelta(hours=1)).isoformat()}
    hit = await garage.ask("POST", path, too_long)
    assert problem(hit) == (409, "bookings_in_the_way")
    assert later.json()["id"] in [each["booking_id"] for each in hit.json()["bookings"]]


async def test_nobody_books_what_is_retired_and_what_is_booked_is_not_retired(garage: Garage) -> None:
    car = await garage.added()
    booked = await garage.drive(car)
    path = f"fleet/vehicles/{car}/state"
    refused = await garage.ask("POST", path, {"state": "retired"})
    assert problem(refused) == (409, "bookings_in_the_way")
    assert [each["booking_id"] for each in refused.json()["bookings"]] == [booked.json()["id"]]

    driver = garage.token(Role.OPERATOR)
    await garage.ask("POST", f"bookings/{booked.json()['id']}/cancel", {}, token=driver)
    await garage.ask("POST", path, {"state": "workshop", "until": (AT + timedelta(hours=5)).isoformat()})
    gone = [await garage.ask("POST", path, {"state": "retired"}) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in gone] == [(200, "retired")] * 2
    assert problem(await garage.drive(car)) == (409, "not_bookable")
    assert problem(await garage.ask("POST", path, {"state": "in_service"})) == (409, "vehicle_state")
    claims = "SELECT kind, claimed_until >= '2999-01-01' FROM claims WHERE city = :city AND resource_id = :id"
    assert await garage.database.rows(garage.seeded.city, claims, id=car) == [("maintenance", True)]
    assert (await garage.add()).status_code == 201, "its plate goes on to the next"


async def test_a_booking_and_a_retirement_at_once_leave_one_of_them(garage: Garage) -> None:
    for _ in range(4):
        car = await garage.added(plate=None, kind="pedelec", drive="electric_assist", range_km=60, documents=[])
        path = f"fleet/vehicles/{car}/state"
        booked, retired = await asyncio.gather(garage.drive(car), garage.ask("POST", path, {"state": "retired"}))
        assert (booked.status_code == 201) is not (retired.status_code == 200), (booked.text, retired.text)


async def test_managers_see_and_change_their_own_pools_only(garage: Garage) -> None:
    car = await garage.added()
    path = f"fleet/vehicles/{car}"
    mine = (await garage.ask("GET", "fleet/vehicles")).json()["items"]
    assert str(car) in [each["id"] for each in mine]
    assert {each["pool_id"] for each in mine} == {TOWN_HALL}
    assert (await garage.ask("GET", "fleet/vehicles", token=garage.stranger)).json()["items"] == []
    for method, where, body in (
        ("GET", path, None),
        ("PUT", path, garage.described(pool_id="harbour")),
        ("POST", f"{path}/documents", HU),
        ("POST", f"{path}/state", {"state": "retired"}),
    ):
        assert problem(await garage.ask(method, where, body, token=garage.stranger)) == (404, "unknown_vehicle")
    everything = (await garage.ask("GET", "fleet/vehicles", token=garage.operator)).json()["items"]
    assert len(everything) == 3
    abroad = await garage.ask("PUT", path, garage.described(pool_id="harbour"))
    assert problem(abroad) == (404, "unknown_pool")


async def test_a_list_goes_on_where_it_ended(garage: Garage) -> None:
    for n in range(5):
        await garage.added(name=f"Car {n // 2}", plate=f"BS-A {n + 1}")
    names: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await garage.ask("GET", "fleet/vehicles", **query)).json()
        names += [each["name"] for each in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert names == ["Car 0", "Car 0", "Car 1", "Car 1", "Car 2", "fleet 2"]


async def test_who_did_what_stands_in_the_audit_trail(garage: Garage) -> None:
    car = await garage.added(state="ordered", documents=[])
    for paper in PAPERS:
        await garage.ask("POST", f"fleet/vehicles/{car}/documents", paper)
    await garage.ask("POST", f"fleet/vehicles/{car}/state", {"state": "in_service"})
    await garage.ask("PUT", f"fleet/vehicles/{car}", garage.described())
    audit = "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY id"
    assert [action for (action,) in await garage.database.rows(garage.seeded.city, audit, id=car)] == [
        "fleet.vehicle_added",
        *(f"fleet.paper_entered:{paper['kind']}" for paper in PAPERS),
        "fleet.vehicle_in_service",
        "fleet.vehicle_changed",
    ]


FOR_RENT = [
    REGISTRATION | {"rental": True},
    INSURANCE | {"rental": True},
    {"kind": "hu", "done_on": day(-20)},
    UVV,
]


async def rented(garage: Garage) -> tuple[UUID, dict[str, Any]]:
    """A car that is shared with residents, and one's hold on it."""
    car = await garage.added(shared=True, documents=FOR_RENT)
    times = {"start": NOON.isoformat(), "end": (NOON + timedelta(hours=2)).isoformat()}
    wish = {"service": "fleet", "resource_id": str(car)} | times
    booked = await garage.ask("POST", "bookings", wish, token=garage.token(Role.RESIDENT))
    assert booked.status_code == 201, booked.text
    return car, booked.json()


async def test_a_vehicle_is_not_closed_to_residents_who_have_booked_it(garage: Garage) -> None:
    car, booking = await rented(garage)
    await garage.drive(car, NOON + timedelta(hours=6))
    closed = garage.described(shared=False)

    refused = await garage.ask("PUT", f"fleet/vehicles/{car}", closed)

    assert problem(refused) == (409, "still_rented")
    assert [each["booking_id"] for each in refused.json()["bookings"]] == [booking["id"]]
    assert (await garage.shown(car))["shared"] is True
    kept = await garage.ask("PUT", f"fleet/vehicles/{car}", closed, residents_stay="true")
    assert (kept.status_code, kept.json()["shared"]) == (200, False)


async def test_nor_are_the_papers_for_renting_taken_from_it_while_they_have(garage: Garage) -> None:
    car, booking = await rented(garage)
    await garage.ask("PUT", f"fleet/vehicles/{car}", garage.described(shared=False), residents_stay="true")

    refused = await garage.ask("POST", f"fleet/vehicles/{car}/documents", REGISTRATION, key="a")

    assert problem(refused) == (409, "still_rented")
    assert [each["booking_id"] for each in refused.json()["bookings"]] == [booking["id"]]


async def test_a_booking_that_is_over_or_given_up_keeps_no_vehicle_open(garage: Garage) -> None:
    car, booking = await rented(garage)
    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        lapsed = "UPDATE bookings SET hold_expires_at = :at WHERE city = :city AND id = :id"
        at = AT - timedelta(minutes=1)
        await connection.execute(text(lapsed), {"city": garage.seeded.city, "id": booking["id"], "at": at})
    assert (await garage.ask("PUT", f"fleet/vehicles/{car}", garage.described(shared=False))).status_code == 200


@pytest.mark.parametrize(
    ("paper", "told"),
    [(INSURANCE | {"valid_until": day(100)}, 1), (INSURANCE | {"valid_until": day(250)}, 0)],
)
async def test_papers_that_end_sooner_have_the_bookings_beyond_looked_at(
    garage: Garage, paper: dict[str, Any], told: int
) -> None:
    """The inspection ends in 200 days in any case."""
    car = await garage.added()
    await garage.ask("POST", f"fleet/vehicles/{car}/documents", paper, key="a")
    outbox = "SELECT count(*) FROM outbox WHERE city = :city AND kind = 'fleet.use_shortened' AND subject_id = :id"
    assert await garage.database.rows(garage.seeded.city, outbox, id=car) == [(told,)]


@pytest.mark.parametrize("state", ["in_service", "workshop", "retired"])
async def test_a_state_that_is_asked_for_again_under_its_key_is_answered_as_before(garage: Garage, state: str) -> None:
    """Whatever became of the vehicle since; and the key does for nothing else."""
    car = await garage.added(state="ordered") if state == "in_service" else await garage.added()
    path, until = f"fleet/vehicles/{car}/state", (AT + timedelta(hours=5)).isoformat()
    workshop = {"state": "workshop", "until": until}
    asked = workshop if state == "workshop" else {"state": state}

    first = await garage.ask("POST", path, asked, key="one")
    assert (first.status_code, first.json()["state"]) == (200, state)
    if state == "in_service":
        await garage.ask("POST", path, workshop, key="two")
    if state == "workshop":
        await garage.ask("POST", path, {"state": "in_service"}, key="two")
    again = await garage.ask("POST", path, asked, key="one")
    other = await garage.ask("POST", path, {"state": "in_service" if state == "retired" else "retired"}, key="one")

    assert (again.status_code, again.content) == (200, first.content)
    assert problem(other) == (422, "key_reused")
    assert (await garage.shown(car))["state"] != state or state == "retired"


async def test_so_is_coming_back_from_the_workshop(garage: Garage) -> None:
    car = await garage.added()
    path, until = f"fleet/vehicles/{car}/state", (AT + timedelta(hours=5)).isoformat()
    await garage.ask("POST", path, {"state": "workshop", "until": until}, key="there")
    back = await garage.ask("POST", path, {"state": "in_service"}, key="back")
    there = await garage.ask("POST", path, {"state": "workshop", "until": until}, key="again")
    assert there.status_code == 200, there.text

    again = await garage.ask("POST", path, {"state": "in_service"}, key="back")

    assert (again.content, (await garage.shown(car))["state"]) == (back.content, "workshop")
