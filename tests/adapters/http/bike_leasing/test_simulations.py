"""Simulating a bike lease over HTTP, without a token."""

from typing import Any

import httpx
import msgspec
import pytest

from adapters.http.bike_leasing.simulation_examples import CREDIT, EXAMPLE, OF_TWO_THIRDS, OWN, OWN_EXAMPLE, SCENARIO
from domain.bike_leasing.calculation.recomputing import AnySheet, calculate
from domain.bike_leasing.calculation.sheets import Note
from domain.identity import City
from infra.ids import new_id
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def url(database: Databases) -> str:
    city: City = (await database.new_city()).city
    return f"/v1/{city}/leasing/simulations"


async def test_both_sides_see_month_by_month_what_a_lease_would_cost_them(http: httpx.AsyncClient, url: str) -> None:
    answered = await http.post(url, json=SCENARIO)

    assert answered.status_code == 200, answered.text
    found = answered.json()
    assert {name: found[name] for name in ("employee", "employer", "against_buying")} == {
        name: EXAMPLE[name] for name in ("employee", "employer", "against_buying")
    }
    assert found["months"][1] == EXAMPLE["months"][0]
    assert found["sheets"]["benefit"]["asked"] == EXAMPLE["sheets"]["benefit"]["asked"]
    assert [month["phase"] for month in found["months"]].count("insured") == 12


async def test_every_sheet_that_is_shown_can_be_made_anew_from_it(http: httpx.AsyncClient, url: str) -> None:
    found = (await http.post(url, json=SCENARIO)).json()

    assert set(found["sheets"]) == {"rate", "month", "benefit", "net_burden", "purchase"}
    for shown in found["sheets"].values():
        sheet = msgspec.convert(shown, AnySheet)
        assert calculate(sheet.asked) == sheet


async def test_what_has_to_be_told_with_it_is_told_in_the_readers_language(http: httpx.AsyncClient, url: str) -> None:
    german = (await http.post(url, json=SCENARIO, headers={"accept-language": "de"})).json()["notes"]

    assert german[0] == {
        "code": Note.ESTIMATE,
        "text": "Eine Schätzung: Steuern und Abgaben sind vereinfacht; ein Anspruch folgt daraus nicht.",
    }
    assert [note["code"] for note in german[1:]] == [
        Note.LESS_PENSION,
        Note.LESS_SUPPLEMENTARY_PENSION,
        Note.LESS_BENEFITS,
        Note.NOT_PROMISED,
    ]


async def test_it_is_drawn_in_the_readers_language(http: httpx.AsyncClient, url: str) -> None:
    drawn = await http.post(f"{url}/chart", json=SCENARIO, headers={"accept-language": "de"})

    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert drawn.headers["content-language"] == "de"
    assert drawn.content.startswith(b"<svg")
    assert "Beschäftigte −2.259,90 €" in drawn.text


IMPOSSIBLE: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"residual": {"amount": 400_000, "currency": "EUR"}}, "residual_too_high", "/residual"),
    ({"sale_price": {"amount": 399_900, "currency": "CHF"}}, "amount_out_of_range", "/sale_price"),
    ({"months": 121}, "term_out_of_range", "/months"),
    ({"tax_percent": "1e-999999"}, "rate_out_of_range", "/tax_percent"),
    ({"months": 24, "pauses": []}, "no_market_value", "/market_value"),
    ({"handed_over_on": "2019-01-01"}, "no_rule_then", "/handed_over_on"),
    ({"wheels": 3}, "invalid_input", "/wheels"),
    ({"pauses": [{"pause": "sabbatical", "first_month": 1, "months": 1}]}, "invalid_input", "/pauses/0/pause"),
)


async def test_what_cannot_be_calculated_is_a_problem_that_says_where(http: httpx.AsyncClient, url: str) -> None:
    for changed, code, pointer in IMPOSSIBLE:
        for path in (url, f"{url}/chart"):
            refused = await http.post(path, json=SCENARIO | changed)
            said = refused.json()
            assert (refused.status_code, said["code"]) == (422, code), said
            assert said["errors"][0]["pointer"] == pointer


async def test_who_leases_for_herself_is_told_the_effective_annual_rate(http: httpx.AsyncClient, url: str) -> None:
    answered = await http.post(f"{url}/consumers", json=OWN, headers={"accept-language": "de"})
    found = answered.json()

    assert (answered.status_code, found["month"], found["credit"]) == (200, OWN_EXAMPLE["month"], CREDIT)
    assert [note["code"] for note in found["notes"]] == [Note.BIKE_FOR_RESIDUAL, Note.EXPECTED]
    assert found["example"] == OF_TWO_THIRDS
    assert found["notes"][0]["text"].startswith("Das Rad, das zurückgeht")
    assert set(found["sheets"]) == {"rate", "month", "effective_rate", "representative"}
    for shown in found["sheets"].values():
        sheet = msgspec.convert(shown, AnySheet)
        assert calculate(sheet.asked) == sheet


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"sale_price": {"amount": 0, "currency": "EUR"}}, "amount_out_of_range", "/sale_price"),
        ({"residual": {"amount": 400_000, "currency": "EUR"}}, "residual_too_high", "/residual"),
        ({"months": 0}, "term_out_of_range", "/months"),
        ({"due_day": 32}, "term_out_of_range", "/due_day"),
        ({"nominal_percent": "1e-999999"}, "rate_out_of_range", "/nominal_percent"),
        (
            {"fees": [{"kind": "insurance", "amount": {"amount": 10**9, "currency": "EUR"}}]},
            "rate_out_of_range",
            "/fees",
        ),
        ({"fees": [{"kind": "service", "amount": {"amount": -1, "currency": "EUR"}}]}, "amount_out_of_range", "/fees"),
        (
            {"fees": [{"kind": "service", "amount": {"amount": 1, "currency": "EUR"}}] * 11},
            "term_out_of_range",
            "/fees",
        ),
        ({"concluded_on": "2012-12-31"}, "no_rule_then", "/concluded_on"),
        ({"wheels": 3}, "invalid_input", "/wheels"),
    ],
)
async def test_what_is_no_lease_for_oneself_is_a_problem_that_says_where(
    http: httpx.AsyncClient, url: str, changed: dict[str, Any], code: str, pointer: str
) -> None:
    refused = await http.post(f"{url}/consumers", json=OWN | changed)
    said = refused.json()

    assert (refused.status_code, said["code"], said["errors"][0]["pointer"]) == (422, code, pointer), said


async def test_there_is_no_simulation_in_a_city_that_is_not_there(http: httpx.AsyncClient) -> None:
    for city in (f"nowhere-{new_id().hex[:8]}", "No-Slug"):
        refused = await http.post(f"/v1/{city}/leasing/simulations", json=SCENARIO)
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_city")
