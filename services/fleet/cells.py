"""Cells of a table as values: German and other notations, and which column is wrong."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from domain.money import Money

Kind = TypeVar("Kind", bound=StrEnum)
_EUROS = re.compile(r"[0-9]{1,10}([.,][0-9]{1,2})?")
YES, NO = frozenset({"ja", "yes", "true", "wahr", "x", "1"}), frozenset({"", "nein", "no", "false", "falsch", "0"})


class WrongCell(Exception):
    """A row is rejected for what stands in a column; `code` is a problem's, `allowed` the words that may stand there."""

    def __init__(self, column: str, code: str = "invalid_input", allowed: tuple[str, ...] = ()) -> None:
        super().__init__(column)
        self.column = column
        self.code = code
        self.allowed = allowed


def one_of(kinds: type[Kind], said: str, column: str) -> Kind:
    try:
        return kinds(said)
    except ValueError:
        raise WrongCell(column, allowed=tuple(kind.value for kind in kinds)) from None


def uuid_in(said: str, column: str) -> UUID:
    try:
        return UUID(said)
    except ValueError:
        raise WrongCell(column) from None


def whole(cells: Mapping[str, str], column: str) -> int | None:
    said = cells[column]
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) <= 9):
        raise WrongCell(column)
    return int(said)


def seconds(cells: Mapping[str, str], column: str) -> int:
    value = whole(cells, column) or 0
    if value > 86400:
        raise WrongCell(column)
    return value


def decimal_in(cells: Mapping[str, str], column: str) -> Decimal | None:
    said = cells[column].replace(",", ".")
    if not said:
        return None
    try:
        return Decimal(said)
    except InvalidOperation:
        raise WrongCell(column) from None


def euros(cells: Mapping[str, str], column: str) -> Money | None:
    """At most two decimals: 221.000 may be a thousand times as much as it says, and is refused."""
    said = cells[column]
    if not said:
        return None
    if not _EUROS.fullmatch(said):
        raise WrongCell(column)
    return Money(int(Decimal(said.replace(",", ".")).scaleb(2)), "EUR")


def is_yes(cells: Mapping[str, str], column: str) -> bool:
    said = cells[column].lower()
    if said not in YES | NO:
        raise WrongCell(column)
    return said in YES


def day_in(cells: Mapping[str, str], column: str) -> date | None:
    """As 2026-11-23 or 23.11.2026."""
    said = cells[column]
    if not said:
        return None
    for notation in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            day = datetime.strptime(said, notation).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if 1950 <= day.year <= 2099:
            return day
    raise WrongCell(column)
