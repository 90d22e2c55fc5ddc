"""Plans of charge points over HTTP."""

from typing import Any

import httpx
import pytest

from adapters.http.charging.plan_examples import ASKED, PLANNED
from domain.identity import Role
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database
DISTRICT = ASKED["districts"][0]


class Desk:
    """An operator in a city of her own."""

    def __init__(self, http: httpx.AsyncClient, city: str, token: str) -> None:
        self._http, self._url, self._headers = http, f"/v1/{city}/charging/plans", bearer(token)

    async def ask(self, query: str = "", **changed: Any) -> httpx.Response:
        return await self._http.post(self._url + query, json=ASKED | changed, headers=self._headers)


@pytest.fixture
async def desk(http: httpx.AsyncClient, database: Databases) -> Desk:
    city = (await database.new_city()).city
    return Desk(http, city, a_token(city, Role.OPERATOR))


async def test_a_plan_is_answered_with_all_that_it_assumes(desk: Desk) -> None:
    found = (await desk.ask()).json()
    assert (found["total"], found["afir"]) == (PLANNED["total"], PLANNED["afir"])
    assert len(found["assumptions"]) == 35
    (visitors,) = (each for each in found["assumptions"] if each["name"] == "visitors")
    assert visitors | {"as_of": None} == PLANNED["assumptions"][0] | {"as_of": None}
    assert [each["case"] for each in found["cases"]] == ["low", "mid", "high"]


async def test_stations_of_the_city_count_where_the_district_says_nothing_better(desk: Desk) -> None:
    at_the_market = {"centre": {"lat": 52.2646, "lon": 10.5236}, "existing": None}
    found = (await desk.ask(districts=[DISTRICT | at_the_market])).json()
    assert sum(found["total"]["existing"].values()) == 2
    assert found["outside"] == []


async def test_a_plan_comes_as_table_map_and_chart(desk: Desk) -> None:
    begins = {"csv": ("text/csv", b"\xef\xbb\xbfpart;"), "geojson": ("application/geo+json", b'{"type":"FeatureC')}
    for form, (media_type, start) in (begins | {"svg": ("image/svg+xml", b"<svg ")}).items():
        found = await desk.ask(f"?format={form}")
        assert found.headers["content-type"].partition(";")[0] == media_type
        assert found.headers["content-disposition"].endswith(f'-2025.{form}"')
        assert found.content.startswith(start)
    refused = await desk.ask("?format=pdf")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["allowed"] == ["json", "csv", "geojson", "svg"]


async def test_what_cannot_be_planned_is_pointed_at(desk: Desk) -> None:
    async def pointers(**changed: Any) -> list[str]:
        refused = await desk.ask(**changed)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
        return [each["pointer"] for each in refused.json()["errors"]]

    twice = DISTRICT | {"vehicles": -1, "colour": "red"}
    assert await pointers(ev_share="many", districts=[DISTRICT, twice]) == ["/ev_share", "/districts/1/colour"]
    twice.pop("colour")
    assert await pointers(ev_share=1.5, districts=[DISTRICT, twice]) == [
        "/ev_share",
        "/districts/1/vehicles",
        "/districts/1/id",
    ]
    assert await pointers(districts=[DISTRICT] * 501) == ["/districts"]
    assert await pointers(assumptions={"moon": {"value": 1}}) == ["/assumptions"]
    assert await pointers(assumptions={"visitors": {"value": 21}}) == ["/assumptions/visitors"]
    assert await pointers(assumptions={"visitors": {"value": 1, "how": 2}}) != []
    ring = [{"lat": 52, "lon": 10}] * 3
    assert await pointers(districts=[DISTRICT | {"area": [[ring]]}]) == ["/districts/0/area"]


async def test_what_is_larger_than_any_city_is_not_read(desk: Desk) -> None:
    assert (await desk.ask(notes=["x" * 2**21])).status_code == 413
