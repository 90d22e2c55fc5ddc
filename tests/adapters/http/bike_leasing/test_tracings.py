"""Tracing a stolen leased bike over HTTP: with its holder's yes, while the theft is open, and for nobody else to know."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.http.bike_leasing.running_examples import INCIDENT, OUTCOME
from adapters.http.bike_leasing.tracings import PLACE, SAID
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.database import Databases

pytestmark = pytest.mark.database
ACTIVE = """UPDATE leases SET state = 'active', next_on = NULL, lease = lease || '{"state": "active"}' WHERE id = :id RETURNING id"""
HELD = """INSERT INTO legal_holds (city, id, kind, subject_id, reason, placed_by, placed_at)
  VALUES (:city, :hold, 'person', :ada, 'r', :ada, now()) RETURNING id"""


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return await opened(http, database)


async def traced(office: Office) -> str:
    """A lease whose bike has a tracker, of which nobody has been asked yet."""
    lease, pin = await office.ready()
    await office.done("dealer", "handovers", handed(lease, pin))
    await office.database.rows(office.city, ACTIVE, id=lease)
    said = await office.done("lessor", f"tracings/{lease}", SAID, "PUT")
    assert (said["serial_number"], said["consented_at"], said["place"]) == ("SN-4711", None, None)
    return lease


async def steal(office: Office, lease: str) -> None:
    day = (now() - timedelta(days=1)).date().isoformat()
    await office.done("ada", "incidents", INCIDENT | {"lease_id": lease, "kind": "theft", "happened_on": day})


async def stolen(office: Office) -> str:
    """The same, once its holder has said yes and it is gone."""
    lease = await traced(office)
    await office.done("ada", f"tracings/{lease}/consents", {"given": True})
    await steal(office, lease)
    return lease


def seen() -> dict[str, Any]:
    return PLACE | {"seen_at": now().isoformat()}


async def test_a_place_is_told_with_the_holders_yes_while_the_theft_is_open(office: Office) -> None:
    lease = await traced(office)
    places = f"tracings/{lease}/places"
    assert await office.refused("lessor", places, seen()) == (409, "no_consent_to_tracing")
    assert await office.refused("lessor", f"tracings/{lease}/consents", {"given": True}) == (403, "forbidden")
    await office.done("ada", f"tracings/{lease}/consents", {"given": True})
    assert await office.refused("lessor", places, seen()) == (409, "not_stolen")

    await steal(office, lease)
    told = await office.done("lessor", places, seen())
    assert (told["place"]["lat"], told["place"]["lon"]) == (PLACE["lat"], PLACE["lon"])
    assert (await office.ask("ada", "GET", f"tracings/{lease}")).json() == told
    for wrong, code in (({"lat": 91}, "invalid_input"), ({"seen_at": "2099-01-01T00:00:00Z"}, "not_seen_then")):
        assert await office.refused("lessor", places, seen() | wrong) == (422, code)


async def test_nobody_else_learns_where_a_bike_is(office: Office) -> None:
    lease = await stolen(office)
    await office.done("ada", f"tracings/{lease}/places", seen())
    for who, answer in (
        ("hr", (403, "forbidden")),
        ("dealer", (403, "forbidden")),
        ("stranger", (404, "unknown_lease")),
    ):
        found = await office.ask(who, "GET", f"tracings/{lease}")
        assert (found.status_code, found.json()["code"]) == answer
        said = (await office.ask(who, "GET", f"leases/{lease}")).text
        assert "52.25" not in said
        assert SAID["device"] not in said
    assert await office.refused("stranger", f"tracings/{lease}/places", seen()) == (404, "unknown_lease")


async def test_with_the_holders_no_or_the_end_of_the_theft_the_place_goes(office: Office) -> None:
    lease = await stolen(office)
    await office.done("lessor", f"tracings/{lease}/places", seen())
    no = await office.done("ada", f"tracings/{lease}/consents", {"given": False})
    assert (no["place"], no["consented_at"], no["device"]) == (None, None, SAID["device"])
    await office.done("ada", f"tracings/{lease}/consents", {"given": True})
    await office.done("lessor", f"tracings/{lease}/places", seen())

    await office.done("lessor", "incident-outcomes", OUTCOME | {"lease_id": lease})
    other = (await office.ask("ada", "GET", f"tracings/{lease}")).json()
    assert (other["serial_number"], other["device"], other["place"]) == ("SN-4712", None, None)
    kept = await office.database.rows(
        office.city, "SELECT lat, device FROM lease_tracings WHERE lease_id = :id", id=lease
    )
    assert kept == [(None, SAID["device"])]
    await office.database.rows(
        office.city, "UPDATE leases SET state = 'returned' WHERE id = :id RETURNING id", id=lease
    )
    assert await office.database.rows(office.city, "SELECT 1 FROM lease_tracings WHERE lease_id = :id", id=lease) == []


async def test_a_legal_hold_keeps_what_the_police_may_ask_for(office: Office) -> None:
    lease = await stolen(office)
    await office.done("lessor", f"tracings/{lease}/places", seen())
    await office.database.rows(office.city, HELD, hold=new_id(), ada=office.ada)
    await office.done("lessor", "incident-outcomes", {"lease_id": lease, "outcome": "total_loss"})
    kept = await office.database.rows(office.city, "SELECT lat FROM lease_tracings WHERE lease_id = :id", id=lease)
    assert kept == [(PLACE["lat"],)]


async def test_the_books_keep_no_place_without_a_yes(office: Office) -> None:
    lease = await traced(office)
    placed = "UPDATE lease_tracings SET lat = 1, lon = 1, seen_at = now(), told_by = lease_id, told_at = now() WHERE lease_id = :id"
    with pytest.raises(DBAPIError) as error:
        async with office.database.app.transactions.city(office.city) as connection:
            await connection.execute(text(placed), {"id": lease})
    assert sqlstate(error.value) == "23514"
