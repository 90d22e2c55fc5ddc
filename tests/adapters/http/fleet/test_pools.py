"""The pools that one runs, from the wire to the tables."""

from typing import Any

import httpx
import pytest

from domain.identity import Role
from tests.adapters.http.garage import Garage, problem
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    """With a pool at the harbour besides, which has nothing."""
    found = Garage(http, database, await database.new_city())
    await database.rows(
        found.seeded.city, "INSERT INTO pools (city, id, name) VALUES (:city, 'harbour', 'Hafen') RETURNING id"
    )
    return found


async def listed(garage: Garage, token: str, **query: Any) -> dict[str, Any]:
    answer = await garage.ask("GET", "fleet/pools", token=token, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_whoever_runs_a_pool_sees_that_one_and_the_operator_all(garage: Garage) -> None:
    (own,) = (await listed(garage, garage.manager))["items"]
    everybody = garage.token(Role.FLEET_MANAGER)

    assert (own["id"], own["vehicles"], own["answer_s"], own["in_windows"]) == (TOWN_HALL, 1, None, False)
    assert [each["id"] for each in (await listed(garage, garage.stranger))["items"]] == ["harbour"]
    for token in (garage.operator, everybody):
        assert [(each["id"], each["vehicles"]) for each in (await listed(garage, token))["items"]] == [
            ("harbour", 0),
            (TOWN_HALL, 1),
        ]
    refused = await garage.ask("GET", "fleet/pools", token=garage.token(Role.DRIVER))
    assert problem(refused) == (403, "forbidden")


async def test_it_says_what_was_set_of_a_pool_and_counts_no_vehicle_that_is_gone(garage: Garage) -> None:
    car = await garage.added()
    await garage.ask("PUT", f"fleet/pools/{TOWN_HALL}/approval", {"answer_s": 7200})
    await garage.ask("PUT", f"fleet/pools/{TOWN_HALL}/sharing", {"windows": [{"from": "18:00", "to": "24:00"}]})
    (before,) = (await listed(garage, garage.manager))["items"]
    retired = await garage.ask("POST", f"fleet/vehicles/{car}/state", {"state": "retired"}, key="gone")
    assert retired.status_code == 200, retired.text
    (after,) = (await listed(garage, garage.manager))["items"]

    assert (before["vehicles"], before["answer_s"], before["in_windows"]) == (2, 7200, True)
    assert after == before | {"vehicles": 1}


async def test_pools_come_page_by_page(garage: Garage) -> None:
    first = await listed(garage, garage.operator, limit=1)
    second = await listed(garage, garage.operator, limit=1, cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + second["items"]] == ["harbour", TOWN_HALL]
    assert second["next_cursor"] is None
