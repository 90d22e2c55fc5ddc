"""A fleet as a table: given away, taken in again, and what is wrong with a row or with a file."""

import csv
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from infra.ids import new_id
from tests.adapters.http.fleet.test_vehicles import rented
from tests.adapters.http.garage import AT, Garage, day, problem
from tests.api import bearer
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = ["name", "kind", "seats", "drive", "range_km", "plate", "pool", "tariff", "station"]
PAPERS = ["registered_on", "insured_until", "hu_until", "uvv_on"]


@pytest.fixture
async def garage(at_noon: httpx.AsyncClient, database: Databases) -> Garage:
    return Garage(at_noon, database, await database.new_city(), AT)


def a_row(garage: Garage, **more: str) -> dict[str, str]:
    said = {"name": "Caddy", "kind": "van", "seats": "5", "drive": "combustion_diesel", "range_km": "800"}
    said |= {"plate": "bs ab 12", "pool": TOWN_HALL, "tariff": "fleet-standard", "station": garage.seeded.station.name}
    said |= {"registered_on": "02.11.2020", "insured_until": day(300), "hu_until": day(200), "uvv_on": day(-20)}
    return said | more


def as_csv(rows: list[dict[str, str]]) -> bytes:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


async def sent(garage: Garage, content: bytes, media: str = CSV, **more: Any) -> httpx.Response:
    headers = bearer(more.get("token", garage.manager), more.get("key")) | {"content-type": media}
    return await garage.http.post(f"/v1/{garage.seeded.city}/fleet/vehicles/import", content=content, headers=headers)


async def given(garage: Garage, form: str) -> bytes:
    answer = await garage.ask("GET", "fleet/vehicles/export", format=form)
    assert answer.status_code == 200, answer.text
    return answer.content


def figures(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["added"], report["changed"], report["unchanged"], report["rejected"]


async def test_what_is_given_away_changes_nothing_when_it_comes_back(garage: Garage) -> None:
    await garage.added(
        name="=HYPERLINK(1)", plate="BS-KM 9H 04-10", vin="WVWZZZE1ZMP012345", drive="plug_in_hybrid", range_km=50
    )
    for form, media in (("csv", CSV), ("xlsx", XLSX)):
        back = (await sent(garage, await given(garage, form), media)).json()
        assert figures(back) == (0, 0, 2, 0), back
    sheet = load_workbook(BytesIO(await given(garage, "xlsx"))).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][1] == "=HYPERLINK(1)"
    assert sheet["B2"].data_type == "s"
    assert b"'=HYPERLINK(1)" in await given(garage, "csv")


async def test_a_vehicle_that_residents_rent_without_its_papers_is_left_as_it_is_or_comes_with_them(
    garage: Garage,
) -> None:
    (told,) = (await sent(garage, as_csv([a_row(garage)]))).json()["rows"]
    opened = "UPDATE resources SET shared = true WHERE city = :city AND id = :id RETURNING 1"
    await garage.database.rows(garage.seeded.city, opened, id=UUID(told["id"]))
    back = (await sent(garage, await given(garage, "csv"))).json()
    assert figures(back) == (0, 0, 2, 0), back
    shared = a_row(garage, shared="ja", name="Kombi")
    (told,) = (await sent(garage, as_csv([shared]))).json()["rows"]
    assert (told["code"], told["column"]) == ("rental_entry_missing", "shared")
    entered = {"rental_entry": "ja", "insurer_knows_of_renting": "ja", "hu_on": day(-100), "hu_until": day(200)}
    report = (await sent(garage, as_csv([shared | entered]))).json()
    assert figures(report) == (0, 1, 0, 0), report
    shown = await garage.shown(report["rows"][0]["id"])
    assert (shown["name"], shown["shared"], shown["version"]) == ("Kombi", True, 5)


async def test_how_a_vehicle_was_procured_comes_and_goes_with_the_table(garage: Garage) -> None:
    facts = {"awarded_on": "05.03.2025", "procurement": "lease", "eu_category": "n1", "co2_g_per_km": "48"}
    facts |= {"rde_pollutants": "0,75", "contract_value": "400000,5", "alternative_fuel": "", "quota_exempt": "nein"}
    report = (await sent(garage, as_csv([a_row(garage, **facts)]))).json()
    assert figures(report) == (1, 0, 0, 0), report
    shown = await garage.shown(report["rows"][0]["id"])
    assert {name: shown[name] for name in facts} == {
        "awarded_on": "2025-03-05",
        "procurement": "lease",
        "eu_category": "N1",
        "co2_g_per_km": 48,
        "rde_pollutants": "0.75",
        "alternative_fuel": None,
        "contract_value": {"amount": 40_000_050, "currency": "EUR"},
        "quota_exempt": False,
    }
    for form, media in (("csv", CSV), ("xlsx", XLSX)):
        back = (await sent(garage, await given(garage, form), media)).json()
        assert figures(back) == (0, 0, 2, 0), back
    other = facts | {"alternative_fuel": "ja", "quota_exempt": "ja"}
    assert figures((await sent(garage, as_csv([a_row(garage, **other)]))).json()) == (0, 1, 0, 0)
    now = await garage.shown(shown["id"])
    assert (now["alternative_fuel"], now["quota_exempt"]) == (True, True)
    assert figures((await sent(garage, as_csv([a_row(garage, name="Twin")]))).json()) == (0, 1, 0, 0)
    twin = await garage.shown(shown["id"])
    assert (twin["name"], twin["contract_value"], twin["quota_exempt"]) == ("Twin", now["contract_value"], True)


@pytest.mark.parametrize(
    ("column", "said", "code"),
    [
        ("contract_value", "221.000", "invalid_input"),
        ("contract_value", "-1", "invalid_input"),
        ("eu_category", "M9", "invalid_input"),
        ("procurement", "gift", "invalid_input"),
        ("awarded_on", "yesterday", "invalid_input"),
        ("co2_g_per_km", "0", "co2_does_not_fit"),
        ("rde_pollutants", "80", "number_out_of_range"),
        ("alternative_fuel", "perhaps", "invalid_input"),
    ],
)
async def test_a_cell_of_the_procurement_that_cannot_be_names_its_column(
    garage: Garage, column: str, said: str, code: str
) -> None:
    (told,) = (await sent(garage, as_csv([a_row(garage, **{column: said})]))).json()["rows"]
    assert (told["outcome"], told["code"], told["column"]) == ("rejected", code, column)


async def test_each_row_is_added_changed_or_says_what_is_wrong_with_it(garage: Garage) -> None:
    rows = [
        a_row(garage),
        a_row(garage, plate="BSAB 13"),
        a_row(garage, plate="BS-AB 14", uvv_on=""),
        a_row(garage, plate="BS-AB 15", seats="many"),
        a_row(garage, plate="BS-AB 16", pool="harbour"),
        a_row(garage, plate="BS-AB 17", station="Nowhere"),
        a_row(garage, plate="B-SA 1"),
        a_row(garage, plate="BS-A 1"),
        a_row(garage, plate="BS-AB 12", name="Twin"),
    ]
    report = (await sent(garage, as_csv(rows))).json()
    assert figures(report) == (3, 1, 0, 5)
    assert [(each["row"], each.get("code"), each.get("column")) for each in report["rows"]] == [
        (2, None, None),
        (3, "plate_ambiguous", "plate"),
        (4, "papers_missing", None),
        (5, "invalid_input", "seats"),
        (6, "unknown_pool", "pool"),
        (7, "unknown_station", "station"),
        (8, None, None),
        (9, None, None),
        (10, None, None),
    ]
    shown = await garage.shown(report["rows"][0]["id"])
    assert (shown["name"], shown["plate"], shown["state"]) == ("Twin", "BS-AB 12", "in_service")
    assert (await garage.drive(report["rows"][6]["id"])).status_code == 201
    renewed = as_csv([a_row(garage, name="Twin", hu_until=day(220))])
    assert figures((await sent(garage, renewed)).json()) == (0, 1, 0, 0)
    assert (await garage.shown(shown["id"]))["documents"][0]["valid_until"] == day(220)
    assert figures((await sent(garage, renewed)).json()) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("column", "said", "code", "allowed"),
    [
        ("state", "Werkstatt", "invalid_input", ["ordered", "in_service", "workshop", "retired"]),
        ("state", "retired", "vehicle_state", ["ordered", "in_service"]),
        ("state", "workshop", "vehicle_state", ["ordered", "in_service"]),
        ("kind", "truck", "invalid_input", ["car", "van", "pedelec", "cargo_bike"]),
    ],
)
async def test_a_word_that_nobody_knows_puts_no_vehicle_into_service(
    garage: Garage, column: str, said: str, code: str, allowed: list[str]
) -> None:
    (told,) = (await sent(garage, as_csv([a_row(garage, **{column: said})]))).json()["rows"]
    assert told == {"row": 2, "outcome": "rejected", "code": code, "column": column, "allowed": allowed}
    names = [each["name"] for each in (await garage.ask("GET", "fleet/vehicles")).json()["items"]]
    assert "Caddy" not in names


@pytest.mark.parametrize(
    ("said", "outcome", "code"),
    [
        ("in_service", "unchanged", None),
        ("workshop", "unchanged", None),
        ("ordered", "rejected", "vehicle_state"),
        ("retired", "rejected", "vehicle_state"),
        ("sold", "rejected", "invalid_input"),
    ],
)
async def test_a_table_moves_no_vehicle_into_another_state(
    garage: Garage, said: str, outcome: str, code: str | None
) -> None:
    await sent(garage, as_csv([a_row(garage)]))
    (told,) = (await sent(garage, as_csv([a_row(garage, state=said)]))).json()["rows"]
    assert (told["outcome"], told.get("code")) == (outcome, code)


async def test_a_row_that_is_refused_leaves_nothing_of_it(garage: Garage) -> None:
    car = (await sent(garage, as_csv([a_row(garage)]))).json()["rows"][0]["id"]
    before = await garage.shown(car)
    bad = a_row(garage, name="New name", hu_until=day(250), uvv_on=day(5))
    report = (await sent(garage, as_csv([bad]))).json()
    assert (figures(report), report["rows"][0]["code"]) == ((0, 0, 0, 1), "date_in_the_future")
    assert await garage.shown(car) == before


async def test_a_workbook_is_read_as_well(garage: Garage) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    row = a_row(garage)
    sheet.append(list(row))
    sheet.append([int(cell) if cell.isdigit() else cell for cell in row.values()])
    packed = BytesIO()
    book.save(packed)
    assert figures((await sent(garage, packed.getvalue(), XLSX)).json()) == (1, 0, 0, 0)


async def test_the_same_key_takes_a_file_in_once(garage: Garage) -> None:
    content = as_csv([a_row(garage)])
    first, again = [await sent(garage, content, key="one") for _ in range(2)]
    assert (figures(first.json()), again.content) == ((1, 0, 0, 0), first.content)
    assert problem(await sent(garage, as_csv([a_row(garage, plate="BS-AB 2")]), key="one")) == (422, "key_reused")


@pytest.mark.parametrize(
    "content",
    [
        b"name;kind;seats\r\n",
        b"name;kind;seats;drive;colour\r\n",
        b"name;kind;seats;drive;name\r\n",
        b"name;kind;seats;drive\r\nCaddy;van;5;combustion",
        b'name;kind;seats;drive\r\n"Caddy;van;5;combustion\r\n',
        b"name;kind;seats;drive\r\nCaddy;van;5;combustion;more\r\n",
        b"name;kind;seats;drive\r\n\x00\r\n",
        b"PK\x03\x04 and no more",
        b"%PDF-1.7",
    ],
)
async def test_a_file_that_cannot_be_read_changes_nothing(garage: Garage, content: bytes) -> None:
    assert problem(await sent(garage, content)) == (422, "fleet_file_invalid")
    too_many = as_csv([a_row(garage, plate=f"BS-AB {n}") for n in range(1, 2002)])
    assert problem(await sent(garage, too_many)) == (422, "fleet_file_invalid")
    assert (await garage.ask("GET", "fleet/vehicles", limit=100)).json()["items"][1:] == []


async def test_another_pools_vehicle_is_neither_given_away_nor_changed(garage: Garage) -> None:
    car = await garage.added()
    content = await given(garage, "csv")
    assert figures((await sent(garage, content, token=garage.stranger)).json()) == (0, 0, 0, 2)
    answer = await garage.ask("GET", "fleet/vehicles/export", token=garage.stranger)
    assert len(answer.content.splitlines()) == 1
    assert (await garage.shown(car))["version"] == 1
    unknown = as_csv([a_row(garage) | {"id": str(new_id())}])
    assert (await sent(garage, unknown)).json()["rows"][0]["code"] == "unknown_vehicle"
    assert problem(await sent(garage, content, "application/json")) == (415, "unsupported_file_type")


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        ("GET", "fleet/vehicles?state=broken", None, ["ordered", "in_service", "workshop", "retired"]),
        ("GET", "fleet/vehicles?kind=", None, ["car", "van", "pedelec", "cargo_bike"]),
        ("POST", f"fleet/vehicles/{new_id()}/state", {"state": "sold"}, ["in_service", "workshop", "retired"]),
    ],
)
async def test_of_a_state_that_there_is_not_it_is_said_which_there_are(
    garage: Garage, method: str, path: str, body: Any, allowed: list[str]
) -> None:
    refused = await garage.ask(method, path, body, key="a")
    assert problem(refused) == (422, "invalid_input")
    assert [each["allowed"] for each in refused.json()["errors"]] == [allowed]


async def test_nor_are_bookings_found_by_one(garage: Garage) -> None:
    refused = await garage.ask("GET", "bookings?state=lost", token=garage.operator)
    assert problem(refused) == (422, "invalid_input")
    (fault,) = refused.json()["errors"]
    assert (fault["parameter"], "no_show" in fault["allowed"]) == ("state", True)


async def test_a_table_does_not_close_a_vehicle_to_residents_who_have_booked_it(garage: Garage) -> None:
    car, _ = await rented(garage)
    content = await given(garage, "csv")
    told = (await sent(garage, content.replace(b";ja;0;0;", b";nein;0;0;"))).json()["rows"]
    (mine,) = [each for each in told if each.get("code")]
    assert (mine["code"], mine["column"]) == ("still_rented", "shared")
    assert (await garage.shown(car))["shared"] is True
