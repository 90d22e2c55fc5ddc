"""OCPI tariffs over HTTP: published, assigned, sold by, kept by bookings, retired."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.tariffs import SqlChargingTariffBooks
from adapters.database.inventory import SqlInventoryBooks
from adapters.database.sheets import Sheet
from adapters.http.charging.tariffs import ASKED
from domain.booking.resources import ResourceId, StationId
from domain.charging.selling import AssignTariff, Scope
from domain.identity import PersonId, Role
from domain.places import Location
from domain.pricing.tariffs import TariffId
from infra.clock import now
from infra.ids import new_id
from services.operator.inventory import ChargePointFacts, Inventory, ResourceEntry, StationEntry
from tests.adapters.http.test_pools import Office, problem
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database
OLGA = PersonId(new_id())


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return Office(http, database, await database.new_city())


async def ask(office: Office, method: str, path: str, json: Any = None) -> httpx.Response:
    said = bearer(a_token(office.seeded.city, Role.OPERATOR, person=OLGA))
    place = f"/v1/{office.seeded.city}/charging/tariffs{path}"
    return await office.http.request(method, place, json=json, headers=said)


def priced(per_kwh: str, **more: Any) -> dict[str, Any]:
    component = {"type": "ENERGY", "price": per_kwh, "step_size": 1, "vat": "19"}
    tariff = {"id": "any", "currency": "EUR", "elements": [{"price_components": [component]}]}
    return ASKED | {"tariff": tariff | more.pop("tariff", {})} | more


async def assign(office: Office, tariff: str, scope: str, subject: UUID | None = None) -> httpx.Response:
    said = {"scope": scope} | ({"id": str(subject)} if subject is not None else {})
    return await ask(office, "POST", f"/{tariff}/assignments", said)


async def sold_by(office: Office) -> list[str]:
    found = "SELECT tariff_id FROM resources WHERE city = :city AND service = 'charging' AND bookable ORDER BY id"
    rows = await office.database.rows(office.seeded.city, found)
    by_id = dict(
        zip(sorted(str(point.id) for point in office.seeded.charge_points), [row[0] for row in rows], strict=True)
    )
    return [by_id[str(point.id)] for point in office.seeded.charge_points]


def in_hours(hours: int) -> datetime:
    return now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


async def book(office: Office, number: int, start: datetime) -> tuple[dict[str, Any], str]:
    body = {
        "service": "charging",
        "resource_id": str(office.seeded.charge_points[number].id),
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "options": {"energy_kwh": 10},
    }
    said = bearer(a_token(office.seeded.city, Role.RESIDENT, person=new_id()))
    quote = await office.http.post(f"/v1/{office.seeded.city}/quotes", json=body, headers=said)
    assert quote.status_code == 201, quote.text
    made = await office.http.post(
        f"/v1/{office.seeded.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=said
    )
    assert made.status_code == 201, made.text
    return quote.json(), made.json()["id"]


async def version_of(office: Office, booking: str) -> tuple[str, int]:
    found = "SELECT tariff_id, tariff_version FROM bookings WHERE city = :city AND id = :id"
    (row,) = await office.database.rows(office.seeded.city, found, id=booking)
    return tuple(row)


async def test_a_tariff_is_assigned_and_sold_by_and_a_booking_keeps_its_version(office: Office) -> None:
    assert (await ask(office, "PUT", "/by-energy", priced("0.40"))).status_code == 201
    again = await ask(office, "PUT", "/by-energy", priced("0.40"))
    assert (again.status_code, again.json()["version"], again.json()["tariff"]["id"]) == (200, 1, "by-energy")
    assigned = await assign(office, "by-energy", "city")
    count = len(office.seeded.charge_points)
    assert (assigned.status_code, assigned.json()["assigned"]) == (
        200,
        {"city": True, "stations": 0, "points": 0, "sold": count},
    )

    quote, before = await book(office, 0, in_hours(3))
    assert (quote["total"]["amount"], [line["kind"] for line in quote["lines"]]) == (476, ["energy"])
    assert [(each["per"], each["cause"], each["gross"]) for each in quote["prices"]] == [
        ("kwh", "energy", "0.4760"),
        ("minute", "occupancy", "0.10"),
    ]
    assert (await ask(office, "PUT", "/by-energy", priced("0.50"))).status_code == 201
    dearer, after = await book(office, 0, in_hours(5))
    assert dearer["total"]["amount"] == 595
    assert [await version_of(office, each) for each in (before, after)] == [("by-energy", 1), ("by-energy", 2)]
    shown = (await ask(office, "GET", "/by-energy")).json()
    assert [each["tariff"]["version"] for each in shown["versions"]] == [1, 2]
    assert (await ask(office, "GET", "")).json() == {"items": [shown["latest"]], "next_cursor": None}


async def test_the_narrower_assignment_counts_also_for_a_point_that_comes_later(office: Office) -> None:
    first, *others = office.seeded.charge_points
    for name, price in (("of-city", "0.40"), ("of-station", "0.45"), ("of-point", "0.50")):
        await ask(office, "PUT", f"/{name}", priced(price))
    assert (await assign(office, "of-point", "point", first.id)).status_code == 200
    assert (await assign(office, "of-station", "station", first.station.id)).status_code == 200
    assert (await assign(office, "of-city", "city")).status_code == 200
    assert await sold_by(office) == ["of-point", *("of-station" for _ in others)]
    # A register that is imported again says what it said before.
    again = "UPDATE resources SET tariff_id = 'charging-standard', bookable = true WHERE city = :city AND id = :id RETURNING tariff_id"
    assert await office.database.rows(office.seeded.city, again, id=first.id) == [("of-point",)]
    assert (await assign(office, "charging-standard", "point", first.id)).json()["assigned"]["points"] == 1
    assert (await sold_by(office))[0] == "charging-standard"


async def test_what_is_in_use_is_not_retired_and_what_is_retired_is_not_sold_by(office: Office) -> None:
    for name in ("old", "new"):
        await ask(office, "PUT", f"/{name}", priced("0.40"))
    await assign(office, "old", "city")
    assert problem(await ask(office, "POST", "/old/retire")) == (409, "tariff_in_use")
    await assign(office, "new", "city")
    retired = await ask(office, "POST", "/old/retire")
    assert (retired.status_code, retired.json()["retired"]) == (200, True)
    assert (await ask(office, "POST", "/old/retire")).json() == retired.json()
    assert problem(await assign(office, "old", "city")) == (409, "tariff_retired")
    assert problem(await ask(office, "PUT", "/old", priced("0.41"))) == (409, "tariff_retired")


async def test_nothing_is_sold_by_a_tariff_that_counts_only_later_as_it_would_have_no_price(office: Office) -> None:
    later = priced("0.40", valid_from=(now() + timedelta(days=30)).isoformat())
    assert (await ask(office, "PUT", "/next-year", later)).status_code == 201
    assert problem(await assign(office, "next-year", "city")) == (409, "tariff_not_yet")
    assert "next-year" not in await sold_by(office)
    assert (await ask(office, "PUT", "/next-year", priced("0.45"))).status_code == 201
    assert (await assign(office, "next-year", "city")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"terms": ASKED["terms"] | {"hold_seconds": 900}}, "/terms/hold_seconds"),
        ({"terms": ASKED["terms"] | {"ad_hoc": {"mots": "20.00"}}}, "/terms/ad_hoc/mots"),
        ({"tariff": {"end_date_time": "2027-01-01T00:00:00Z"}}, "/tariff/end_date_time"),
        ({"tariff": {"min_price": {"before_taxes": "1.00", "after": "1.19"}}}, "/tariff/min_price/after"),
        ({"vat": "0.19"}, "/vat"),
    ],
)
async def test_a_field_that_is_not_known_is_refused_by_its_name(
    office: Office, changes: dict[str, Any], pointer: str
) -> None:
    refused = await ask(office, "PUT", "/strict", priced("0.40", **changes))
    assert (*problem(refused), [each["pointer"] for each in refused.json()["errors"]]) == (
        422, "invalid_input", [pointer],
    )  # fmt: skip


async def test_what_of_an_ocpi_tariff_says_nothing_of_its_price_may_come_along(office: Office) -> None:
    party = {"country_code": "DE", "party_id": "KOM", "tariff_alt_text": [], "last_updated": "2026-11-29T12:00:00Z"}
    published = await ask(office, "PUT", "/of-a-party", priced("0.40", tariff=party))
    assert (published.status_code, published.json()["tariff"].keys() & party.keys()) == (201, set())


async def test_what_a_city_cannot_sell_by_is_refused_with_the_reason(office: Office) -> None:
    francs = await ask(office, "PUT", "/francs", priced("0.40", tariff={"currency": "CHF"}))
    assert problem(francs) == (409, "other_currency")
    faulty = await ask(office, "PUT", "/faulty", priced("-1"))
    assert (*problem(faulty), faulty.json()["errors"][0]["pointer"]) == (422, "invalid_input", "/tariff")
    await ask(office, "PUT", "/fine", priced("0.40"))
    assert problem(await assign(office, "unknown", "city")) == (404, "unknown_tariff")
    assert problem(await assign(office, "fine", "station", new_id())) == (404, "unknown_station")
    assert problem(await assign(office, "fine", "point", new_id())) == (422, "unknown_charge_point")
    assert problem(await assign(office, "fine", "city", new_id())) == (422, "invalid_input")
    only_listed = office.seeded.charge_points[0].id
    listed = "UPDATE resources SET bookable = false WHERE city = :city AND id = :id RETURNING 1"
    assert await office.database.rows(office.seeded.city, listed, id=only_listed) == [(1,)]
    assert problem(await assign(office, "fine", "point", only_listed)) == (422, "unknown_charge_point")
    assert problem(await assign(office, "fleet-standard", "city")) == (409, "not_for_charging")


async def test_a_point_that_is_imported_while_a_tariff_is_assigned_is_sold_by_it(office: Office) -> None:
    await ask(office, "PUT", "/of-city", priced("0.40"))
    city, transactions = office.seeded.city, office.database.app.transactions
    station = StationEntry(StationId(new_id()), "Hagenmarkt", "Hagenmarkt 1, 38100 Braunschweig", Location(52.2, 10.5))
    facts = ChargePointFacts(("IEC_62196_T2",), Decimal(22), "Stadtwerke")
    point = ResourceEntry(ResourceId(new_id()), station.id, "Hagenmarkt 1", facts, TariffId("charging-standard"))

    def sheet(connection: AsyncConnection) -> Sheet:
        return Sheet(connection, city, OLGA, "import", now(), new_id)

    async def imported() -> None:
        async with transactions.city(city) as connection:
            await SqlInventoryBooks(sheet(connection)).write(Inventory(stations=(station,), resources=(point,)), 52.0)

    async with transactions.city(city) as connection:
        books = SqlChargingTariffBooks(sheet(connection))
        await books.desk(TariffId("of-city"))
        await books.assign(AssignTariff(TariffId("of-city"), Scope.CITY))
        importing = asyncio.create_task(imported())
        await asyncio.wait({importing}, timeout=0.5)
    await importing
    found = "SELECT tariff_id FROM resources WHERE city = :city AND id = :id"
    assert await office.database.rows(city, found, id=point.id) == [("of-city",)]
