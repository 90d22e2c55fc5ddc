"""`kommobil finance`, of leased bikes: what the API answers finance of them, and dealers paid from the terminal."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import pytest

from domain.identity import City
from infra.bench.leases import BIKE, bikes_of, many_leases
from infra.clock import now
from infra.ids import new_id
from tests.database import Databases
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database
LISTS = ("lease-receivables", "lease-payables", "lease-accounts", "lease-payments", "lease-services")
RESIDUALS = ("lease-residuals", "--from", "2026-10", "--to", "2026-11")
LAST = (now().date().replace(day=1) - timedelta(days=5)).replace(day=1)
PRICE = BIKE.sale_price
ACCOUNT = """INSERT INTO lease_accounts (city, party, name, iban, said_by, said_at)
  VALUES (:city, 'radhaus', 'Radhaus Beispiel GmbH', 'DE02120300000000202051', :id, now()) RETURNING party"""
BILL = """INSERT INTO lease_service_invoices (city, id, lease_id, dealer, number, issued_on, serviced_on, lines, net, vat, gross, year, state,
    submitted_by, submitted_at)
  VALUES (:city, :id, :lease, 'radhaus', 'R-' || :number, '2026-11-02', '2026-11-02', CAST(:lines AS jsonb), 7000, 1330, 8330, 1, 'submitted', :id, :at)
  RETURNING id"""
LINE = """[{"kind": "inspection", "words": "Inspection", "net": {"amount": 7000, "currency": "EUR"}, "vat_percent": "19",
  "vat": {"amount": 1330, "currency": "EUR"}, "gross": {"amount": 8330, "currency": "EUR"}}]"""


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    return City(await asyncio.to_thread(kommobil.new_city))


async def leased(database: Databases, city: City) -> UUID:
    """One lease of an employer's, which began last month."""
    async with database.app.transactions.city(city) as connection:
        await many_leases(connection, city, 1, first=LAST, debited=0)
    ((lease,),) = await database.rows(city, "SELECT id FROM leases WHERE city = :city")
    return UUID(str(lease))


async def handed_over(database: Databases, city: City) -> UUID:
    lease = await leased(database, city)
    async with database.app.transactions.city(city) as connection:
        await bikes_of(connection, city, now().date())
    return lease


@pytest.mark.parametrize("verb", LISTS)
async def test_where_nothing_happened_there_is_nothing_to_show(kommobil: CommandLine, city: City, verb: str) -> None:
    said = await kommobil.aside("finance", verb, "--city", city, "--json")
    assert (said.exit_code, said.json) == (0, [])
    assert (await kommobil.aside("finance", verb, "--city", city)).out == ""


@pytest.mark.parametrize(
    "words",
    [
        *((verb,) for verb in LISTS),
        RESIDUALS,
        ("pay-dealers", "--on", "2026-12-01"),
        ("lease-payments-file", UUID(int=1)),
    ],
)
async def test_a_city_that_is_not_there_is_said_so(kommobil: CommandLine, words: tuple[object, ...]) -> None:
    said = await kommobil.aside("finance", *words, "--city", "nowhere")
    assert (said.exit_code, said.out, "there is no city" in said.err) == (1, "", True)


async def test_what_an_employer_owes_for_its_leases_is_shown_by_its_reference(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    await leased(database, city)
    charged = await kommobil.aside("leasing", "run", "--city", city, "--month", f"{LAST:%Y-%m}")
    assert charged.exit_code == 0, charged.err
    (owed,) = (await kommobil.aside("finance", "lease-receivables", "--city", city, "--json")).json
    assert (owed["about"], owed["employer"], owed["open"]["amount"]) == (f"{LAST:%Y-%m}", "employer-1", 125_60)
    words = (await kommobil.aside("finance", "lease-receivables", "--city", city)).out.split()
    assert words == [owed["due_on"], f"LEASING-{LAST:%Y-%m}-EMPLOYER-1", *("125.60", "EUR") * 2, "0"]


async def test_bikes_stand_in_the_books_month_by_month(kommobil: CommandLine, database: Databases, city: City) -> None:
    await handed_over(database, city)
    this = f"{now():%Y-%m}"
    words = ("finance", "lease-residuals", "--city", city, "--from", f"{LAST:%Y-%m}", "--to", this)
    before, after = (await kommobil.aside(*words, "--json")).json
    assert (before["month"], before["bikes"]) == (f"{LAST:%Y-%m}", 0)
    assert (after["month"], after["bikes"], after["open_payables"]["amount"]) == (this, 1, PRICE.amount)
    assert (await kommobil.aside(*words)).out.splitlines()[1].split()[:4] == [this, "1", "3192.43", "EUR"]
    alone = (await kommobil.aside(*words[:-2], "--json")).json
    assert alone == [before]


async def test_what_dealers_billed_is_shown_the_newest_first(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    lease = await leased(database, city)
    for number in ("1", "2"):
        at = datetime(2026, 11, int(number), tzinfo=UTC)
        await database.rows(city, BILL, id=new_id(), lease=lease, number=number, lines=LINE, at=at)
    found = (await kommobil.aside("finance", "lease-services", "--city", city, "--json")).json
    assert [(each["number"], each["gross"]["amount"]) for each in found] == [("R-2", 8330), ("R-1", 8330)]
    assert (
        len((await kommobil.aside("finance", "lease-services", "--city", city, "--limit", "1")).out.splitlines()) == 1
    )


async def test_dealers_are_paid_once_by_an_order_that_is_written_for_the_bank(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    lease, today = await handed_over(database, city), f"{now():%Y-%m-%d}"
    into = kommobil.folder / "bank"
    pay = ("finance", "pay-dealers", "--city", city, "--on", today, "--into", into)
    (owed,) = (await kommobil.aside("finance", "lease-payables", "--city", city, "--json")).json
    assert (owed["lease_id"], owed["amount"]["amount"], owed["account_known"]) == (str(lease), PRICE.amount, False)
    unknown = await kommobil.aside(*pay)
    assert (unknown.exit_code, unknown.out) == (1, "")
    assert unknown.err == "Error: no dealer whose account is known is owed anything\n"
    await database.rows(city, ACCOUNT, id=new_id())
    late = await kommobil.aside("finance", "pay-dealers", "--city", city, "--on", "2020-01-01")
    assert (late.exit_code, "from today on, 60 days ahead at most" in late.err) == (1, True)

    made = (await kommobil.aside(*pay, "--json")).json

    assert (made["order"]["total"]["amount"], len(made["order"]["items"])) == (PRICE.amount, 1)
    assert (await kommobil.aside("finance", "lease-payables", "--city", city)).out == ""
    assert (await kommobil.aside("finance", "lease-payments", "--city", city, "--json")).json == [made["order"]]
    (file,) = into.iterdir()
    assert (str(file), file.name) == (made["file"], f"pain001-{made['order']['id']}.xml")
    said = "".join(ElementTree.fromstring(file.read_bytes()).itertext())  # noqa: S314 - our own file
    assert made["order"]["items"][0]["reference"] in said
    assert (await kommobil.aside(*pay)).exit_code == 1, "nothing is owed any more"


async def test_where_dealers_are_paid_is_shown(kommobil: CommandLine, database: Databases, city: City) -> None:
    await database.rows(city, ACCOUNT, id=new_id())

    said = (await kommobil.aside("finance", "lease-accounts", "--city", city, "--json")).json

    assert said == [{"party": "radhaus", "name": "Radhaus Beispiel GmbH", "iban": "DE02120300000000202051"}]


async def test_the_file_of_an_order_is_the_same_each_time(
    kommobil: CommandLine, database: Databases, city: City
) -> None:
    await handed_over(database, city)
    await database.rows(city, ACCOUNT, id=new_id())
    first, again = kommobil.folder / "first", kommobil.folder / "again"
    made = await kommobil.aside("finance", "pay-dealers", "--city", city, "--on", f"{now():%Y-%m-%d}", "--into", first)
    order, file = made.out.split()
    said = await kommobil.aside("finance", "lease-payments-file", order, "--city", city, "--into", again)
    assert said.out.strip() == str(again / f"pain001-{order}.xml")
    assert (again / f"pain001-{order}.xml").read_bytes() == (first / f"pain001-{order}.xml").read_bytes()
    assert file == str(first / f"pain001-{order}.xml")
    none = await kommobil.aside("finance", "lease-payments-file", UUID(int=1), "--city", city)
    assert (none.exit_code, none.err) == (1, "Error: there is no such order\n")
