"""What is open is found without reading what is done with, as the app's role behind the row policies."""

import re

import pytest
from sqlalchemy import text

from adapters.database.fleet.logbooks import PAGES
from adapters.database.fleet.reach import reach_values
from adapters.database.notices.books import FAILED, page_of
from domain.booking.bookings import State
from infra.ids import new_id
from services.fleet.keeping import Reach
from services.notices.reading import NoticesWanted
from tests.adapters.database.lives import World
from tests.adapters.database.test_plans_of_finance import scans

pytestmark = pytest.mark.database
COMPLETE, OPEN = 600, 3
TRIPS = """
WITH b AS (INSERT INTO bookings (city, id, service, resource_id, holder_id, booked_by, starts, ends, state, payer, options, quote,
    terms, tariff_id, tariff_version, made_at, updated_at)
  SELECT :city, gen_random_uuid(), 'fleet', :car, :kim, :kim, at, at + interval '1 hour', 'completed', 'cost_centre', '{}', '{}',
    '{}', 't', 1, at, at
  FROM (SELECT now() - n * interval '2 hours' AS at FROM generate_series(1, CAST(:many AS int)) n) n
  RETURNING city, id, resource_id, starts, ends),
t AS (INSERT INTO trips (city, id, vehicle_id, driver_id, started_at, ended_at)
  SELECT city, id, resource_id, :kim, starts, ends FROM b RETURNING city, id),
e AS (INSERT INTO trip_entries (city, trip_id, version, odometer_start, odometer_end, kind, entered_by, entered_at)
  SELECT city, id, 1, 1, 2, CAST(:kind AS text), :kim, now() FROM t)
INSERT INTO trips_to_complete (city, trip_id) SELECT city, id FROM t WHERE CAST(:kind AS text) IS NULL
"""
NOTICES = """
INSERT INTO notices (city, id, booking_id, person_id, occasion, about, happened_at, dated, planned_for, state, settled_at)
SELECT :city, gen_random_uuid(), :booking, :kim, 'booked', n, now(), now(), now() - n * interval '1 minute',
  CASE WHEN n > 600 THEN 'failed' ELSE 'sent' END, now()
FROM generate_series(1, 603) n
"""
ANY = {"own": False, "vehicle_id": None, "driver_id": None, "since": None, "until": None, "at": None, "after": None}


async def analysed(world: World, *tables: str) -> None:
    async with world.database.owner.transactions.everywhere() as connection:
        for table in tables:
            await connection.execute(text(f"ANALYZE {table}"))


async def test_open_trips_are_found_without_reading_those_that_are_complete(world: World) -> None:
    kim, car = new_id(), world.city.cars[1].id
    async with world.database.app.transactions.city(world.city.city) as connection:
        for many, kind in ((COMPLETE, "commute"), (OPEN, None)):
            values = {"city": world.city.city, "car": car, "kim": kim, "many": many, "kind": kind}
            await connection.execute(text(TRIPS), values)
    await analysed(world, "trips", "trip_entries", "trips_to_complete", "bookings")
    asked = ANY | reach_values(Reach(True, False, ()), None) | {"today": None, "zone": "Europe/Berlin"}
    asked |= {"reader": kim, "states": ["open", "overdue"], "days": 7, "limit": 20}
    found = await scans(world, "trip_entries", PAGES[True], **asked)
    read = sum((scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0)) * scan["Actual Loops"] for scan in found)
    assert 0 < read <= 2 * OPEN


async def test_failed_notices_are_found_without_reading_those_that_were_sent(world: World) -> None:
    booking = await world.booked(State.COMPLETED)
    async with world.database.app.transactions.city(world.city.city) as connection:
        values = {"city": world.city.city, "kim": new_id(), "booking": booking.id}
        await connection.execute(text(NOTICES), values)
    await analysed(world, "notices")
    query, (states,) = page_of(NoticesWanted(20, states=FAILED))
    page = re.sub(r"\$(\d)::(\w+(?:\[\])?)", r"CAST(:p\1 AS \2)", query)
    (listed,) = await scans(world, "notices", page, p1=world.city.city, p2=None, p3=None, p4=20, p5=list(states))
    assert (listed["Index Name"], int(listed["Actual Rows"])) == ("notices_failed", OPEN)
