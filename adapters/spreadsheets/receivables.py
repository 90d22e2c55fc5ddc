"""Receivables for a municipal treasury (Kasse): what is due and what was received, in the columns that its system reads.

Every treasury wants other columns, so a file for each city says which, what stands in them, and how its products and
accounts are called there.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Literal

import msgspec
from msgspec import Struct

from adapters.spreadsheets.tables import harmless
from domain.ledger.accounts import AccountKey
from domain.reconciliation.statements import written
from services.accounting.ports import Due


class Field(StrEnum):
    CASH_REFERENCE = "cash_reference"
    NUMBER = "number"
    BUDGET_YEAR = "budget_year"
    PRODUCT = "product"
    ACCOUNT = "account"
    COST_CENTRE = "cost_centre"
    ISSUED_ON = "issued_on"
    DUE_ON = "due_on"
    AMOUNT = "amount"
    RECEIVED = "received"
    OPEN = "open"
    RECEIVED_ON = "received_on"
    CURRENCY = "currency"
    DEBTOR = "debtor"
    DEBTOR_NUMBER = "debtor_number"
    TEXT = "text"


class Column(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in it: a field, or always the same words. `longest` cuts it off."""

    title: str
    field: Field | None = None
    words: str | None = None
    longest: int | None = None


class Mapped(Struct, frozen=True, forbid_unknown_fields=True):
    """A city's file. `products` are by service, `accounts` by account, with `*` for what is not named; cost centres that
    an item has itself go over those `by service`."""

    columns: tuple[Column, ...]
    products: dict[str, str]
    accounts: dict[str, str]
    cost_centres: dict[str, str] = {}
    delimiter: Literal[";", ",", "\t", "|"] = ";"
    decimal: Literal[",", "."] = ","
    day: Literal["%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", "%d%m%Y"] = "%d.%m.%Y"
    encoding: Literal["utf-8", "utf-8-sig", "cp1252", "iso-8859-15"] = "cp1252"
    titles: bool = True

    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, in words for whoever wrote it; empty if nothing."""
        faults = [
            f"column {column.title!r} has a field or words, one of them"
            for column in self.columns
            if (column.field is None) == (column.words is None)
        ]
        if not self.columns:
            faults.append("there are no columns")
        if len({column.title for column in self.columns}) < len(self.columns):
            faults.append("two columns have one title")
        return tuple(faults)


PLAIN = Mapped(
    columns=tuple(Column(field.value, field) for field in Field),
    products={"*": ""},
    accounts={"*": ""},
    encoding="utf-8-sig",
)
"""Of a city that has not said: every field, under its own name; services and accounts as they are called here."""


class NotMapped(Exception):
    """The city's file does not say all that is needed; the message says what."""


def mapping(raw: bytes) -> Mapped:
    """A city's file, as JSON. Raises NotMapped."""
    try:
        found = msgspec.json.decode(raw, type=Mapped)
    except msgspec.MsgspecError as problem:
        raise NotMapped(str(problem)) from problem
    if faults := found.faults():
        raise NotMapped("; ".join(faults))
    return found


def receivables(
    items: Iterable[Due], mapped: Mapped, budget_year: int, product: str | None = None, cost_centre: str | None = None
) -> bytes:
    """The items of one budget year, in order of product, cost centre and cash reference; of one product and cost centre, where
    they are named. Raises NotMapped."""
    chosen = [(_key(item, mapped), item) for item in items if item.budget_year == budget_year]
    rows = sorted(
        (key, [_cell(item, column, mapped) for column in mapped.columns])
        for key, item in chosen
        if product in {None, key[0]} and cost_centre in {None, key[1]}
    )
    text = StringIO()
    writer = csv.writer(text, delimiter=mapped.delimiter, lineterminator="\r\n")
    if mapped.titles:
        writer.writerow([column.title for column in mapped.columns])
    writer.writerows(row for _, row in rows)
    return text.getvalue().encode(mapped.encoding, errors="replace")


def _key(item: Due, mapped: Mapped) -> tuple[str, str, str, str]:
    return (
        _named(mapped.products, item.service, "product"),
        _cost_centre(item, mapped),
        item.cash_reference,
        item.number,
    )


def _cell(item: Due, column: Column, mapped: Mapped) -> str:
    text = column.words if column.field is None else _value(item, column.field, mapped)
    plain = re.sub(r"\s+", " ", text or "").strip()
    return plain if column.longest is None else plain[: column.longest]


def _value(item: Due, field: Field, mapped: Mapped) -> str:
    match field:
        case Field.PRODUCT:
            return _named(mapped.products, item.service, "product")
        case Field.ACCOUNT:
            return _account(item.account, mapped)
        case Field.COST_CENTRE:
            return _cost_centre(item, mapped)
        case Field.AMOUNT | Field.RECEIVED | Field.OPEN:
            amounts = {
                Field.AMOUNT: item.amount,
                Field.RECEIVED: item.received,
                Field.OPEN: item.amount - item.received,
            }
            return written(amounts[field]).replace(".", mapped.decimal)
        case Field.ISSUED_ON | Field.DUE_ON | Field.RECEIVED_ON:
            day: date | None = getattr(item, field)
            return day.strftime(mapped.day) if day is not None else ""
        case Field.DEBTOR_NUMBER:
            return "" if item.debtor_number is None else str(item.debtor_number)
        case Field.DEBTOR | Field.TEXT:
            return harmless(str(getattr(item, field)))  # what people wrote, in a file that people open
    return str(getattr(item, field))


def _account(account: AccountKey, mapped: Mapped) -> str:
    """By its key, else by the longest beginning that is named, as in `revenue.charging.*`."""
    parts = account.split(".")
    keys = [account, *(".".join((*parts[:length], "*")) for length in range(len(parts) - 1, 0, -1)), "*"]
    for key in keys:
        if key in mapped.accounts:
            return mapped.accounts[key] or account
    raise NotMapped(f"no account is named for {account}")


def _cost_centre(item: Due, mapped: Mapped) -> str:
    return item.cost_centre or mapped.cost_centres.get(item.service, mapped.cost_centres.get("*", ""))


def _named(names: Mapping[str, str], key: str, what: str) -> str:
    if (found := names.get(key, names.get("*"))) is None:
        raise NotMapped(f"no {what} is named for {key}")
    return found or key
