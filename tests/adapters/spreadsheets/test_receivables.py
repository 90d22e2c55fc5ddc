"""What a municipal treasury gets, in the columns that its file names."""

import json
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.spreadsheets.receivables import NotMapped, mapping, receivables
from domain.ledger.accounts import AccountKey
from services.accounting.ports import Due

ADA = Due(
    cash_reference="5470.0000017",
    number="RE-2026-17",
    service="charging",
    account=AccountKey("revenue.charging.19"),
    issued_on=date(2026, 11, 16),
    due_on=date(2026, 11, 30),
    amount=2470,
    currency="EUR",
    received=2000,
    received_on=date(2026, 11, 23),
    debtor="Ada Łang",
    debtor_number=42,
    text="Laden\r\nPlatz; 1",
)
FILE: dict[str, Any] = {
    "columns": [
        {"title": "Mandant", "words": "01"},
        {"title": "Kassenzeichen", "field": "cash_reference"},
        {"title": "Jahr", "field": "budget_year"},
        {"title": "Produkt", "field": "product"},
        {"title": "Sachkonto", "field": "account"},
        {"title": "Kostenstelle", "field": "cost_centre"},
        {"title": "Fällig", "field": "due_on"},
        {"title": "Soll", "field": "amount"},
        {"title": "Ist", "field": "received"},
        {"title": "Rest", "field": "open"},
        {"title": "Eingang", "field": "received_on"},
        {"title": "Debitor", "field": "debtor_number"},
        {"title": "Name", "field": "debtor", "longest": 5},
        {"title": "Text", "field": "text"},
    ],
    "products": {"charging": "547.01", "*": "547.00"},
    "accounts": {"revenue.charging.*": "332100", "*": "346100"},
    "cost_centres": {"charging": "4711"},
}


def exported(*items: Due, **changed: Any) -> str:
    found = mapping(json.dumps(FILE | changed).encode())
    return receivables(items, found, 2026).decode(found.encoding)


def test_what_is_due_and_what_was_received_stands_in_the_citys_columns() -> None:
    assert exported(ADA) == (
        "Mandant;Kassenzeichen;Jahr;Produkt;Sachkonto;Kostenstelle;Fällig;Soll;Ist;Rest;Eingang;Debitor;Name;Text\r\n"
        '01;5470.0000017;2026;547.01;332100;4711;30.11.2026;24,70;20,00;4,70;23.11.2026;42;Ada ?;"Laden Platz; 1"\r\n'
    )


def test_another_treasury_wants_it_otherwise() -> None:
    columns = [
        {"title": "KZ", "field": "cash_reference"},
        {"title": "B", "field": "amount"},
        {"title": "D", "field": "due_on"},
    ]
    said = exported(ADA, columns=columns, delimiter="\t", decimal=".", day="%Y%m%d", encoding="utf-8", titles=False)
    assert said == "5470.0000017\t24.70\t20261130\r\n"


def test_only_what_is_due_in_the_budget_year_is_in_it() -> None:
    next_year = replace(ADA, due_on=date(2027, 1, 2))
    assert exported(next_year).count("\r\n") == 1


def test_items_stand_by_product_cost_centre_and_reference() -> None:
    items = [
        replace(ADA, service="fleet", account=AccountKey("revenue.fleet.19"), cash_reference="1"),
        replace(ADA, cash_reference="3"),
        replace(ADA, cash_reference="2"),
        replace(ADA, cash_reference="4", cost_centre="0815"),
    ]
    lines = exported(*items).split("\r\n")[1:-1]
    assert [line.split(";")[1:6] for line in lines] == [
        ["1", "2026", "547.00", "346100", ""],
        ["4", "2026", "547.01", "332100", "0815"],
        ["2", "2026", "547.01", "332100", "4711"],
        ["3", "2026", "547.01", "332100", "4711"],
    ]


def test_a_credit_is_below_zero_and_nothing_received_has_no_day() -> None:
    credit = replace(ADA, amount=-500, received=0, received_on=None, debtor_number=None)
    assert ";-5,00;0,00;-5,00;;;" in exported(credit)


def test_a_name_is_not_run_as_a_formula() -> None:
    assert ";42;'=HYP;" in exported(replace(ADA, debtor="=HYPERLINK(1)"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"products": {}}, "no product is named for charging"),
        ({"accounts": {"revenue.fleet.*": "1"}}, "no account is named for revenue.charging.19"),
        ({"columns": []}, "there are no columns"),
        ({"columns": [{"title": "x"}]}, "column 'x' has a field or words, one of them"),
        ({"columns": [{"title": "x", "field": "colour"}]}, "Invalid enum value 'colour'"),
        ({"columns": [{"title": "x", "words": "1"}, {"title": "x", "words": "2"}]}, "two columns have one title"),
        ({"colour": "blue"}, "unknown field `colour`"),
        ({"encoding": "utf-7"}, "Invalid enum value 'utf-7'"),
    ],
)
def test_a_file_that_does_not_say_enough_is_refused_in_words(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(NotMapped, match=words):
        exported(ADA, **changed)
