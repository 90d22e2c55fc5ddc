"""`kommobil finance`: what the API answers finance, on the command line."""

import asyncio
import json

import pytest

from domain.identity import City
from tests.adapters.banking.files import document, entry, part, statement
from tests.adapters.http.bank import IBAN
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database
LISTS = ("entries", "trial-balance", "payouts", "matches", "exceptions", "refunds", "disputes")


@pytest.fixture
async def city(kommobil: CommandLine) -> City:
    return City(await asyncio.to_thread(kommobil.new_city))


@pytest.mark.parametrize("verb", LISTS)
async def test_where_nothing_happened_there_is_nothing_to_show(kommobil: CommandLine, city: City, verb: str) -> None:
    said = await kommobil.aside("finance", verb, "--city", city, "--json")
    assert (said.exit_code, json.loads(said.out)) == (0, [])
    words = await kommobil.aside("finance", verb, "--city", city)
    assert (words.out, words.err) == ("", "there is nothing to show\n")


@pytest.mark.parametrize("verb", LISTS)
async def test_a_city_that_is_not_there_is_said_so(kommobil: CommandLine, verb: str) -> None:
    said = await kommobil.aside("finance", verb, "--city", "nowhere")
    assert (said.exit_code, said.out) == (1, "")
    assert "there is no city" in said.err


async def test_a_line_at_the_bank_is_on_its_account_and_in_the_balance(kommobil: CommandLine, city: City) -> None:
    file = kommobil.folder / "umsaetze.xml"
    said = statement(entry(700, part(text=("?",))), opening=100_000, closing=100_700, sequence=1, iban=IBAN)
    file.write_bytes(document(said))
    assert (await kommobil.aside("import", "bank-statement", file, "--city", city)).exit_code == 0
    assert (await kommobil.aside("ledger", "post", "--city", city)).exit_code == 0
    (posted,) = json.loads((await kommobil.aside("finance", "entries", "--city", city, "--json")).out)
    assert posted["kind"] == "bank_line"
    lines = json.loads((await kommobil.aside("finance", "statement", "bank", "--city", city, "--json")).out)
    assert [(line["amount"]["amount"], line["balance"]["amount"]) for line in lines] == [(700, 700)]
    balance = json.loads((await kommobil.aside("finance", "trial-balance", "--city", city, "--json")).out)
    assert {each["account"]["key"]: each["closing"]["amount"] for each in balance} == {"bank": 700, "unexplained": -700}
    words = await kommobil.aside("finance", "trial-balance", "--city", city)
    assert words.err.splitlines() == ["account       opening     debit    credit    closing"]
    assert words.out.splitlines() == [
        "bank         0.00 EUR  7.00 EUR  0.00 EUR   7.00 EUR",
        "unexplained  0.00 EUR  0.00 EUR  7.00 EUR  -7.00 EUR",
    ]


async def test_an_account_that_is_none_is_said_so(kommobil: CommandLine, city: City) -> None:
    said = await kommobil.aside("finance", "statement", "piggy_bank", "--city", city)
    assert (said.exit_code, "there is no account 'piggy_bank'" in said.err) == (1, True)


async def test_a_month_is_closed_once_it_is_over_and_stays_so(kommobil: CommandLine, city: City) -> None:
    for _ in range(2):
        said = await kommobil.aside("finance", "close", "2026-01", "--city", city, "--json")
        assert (said.exit_code, json.loads(said.out)["month"]) == (0, "2026-01-01")
    assert (await kommobil.aside("finance", "close", "2026-01", "--city", city)).out == "2026-01 is closed\n"
    early = await kommobil.aside("finance", "close", "2098-01", "--city", city)
    assert (early.exit_code, "the month is not over" in early.err) == (1, True)
