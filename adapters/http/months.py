"""Months as `2026-11`, in queries and in paths."""

import re
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta

from adapters.http.problems import Fault, Rejected

PATTERN = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
Month: TypeAlias = Annotated[str, Meta(pattern=PATTERN, description="a month of this century", examples=["2026-11"])]


def first_day(month: str) -> date:
    """Of a month that has the pattern."""
    return date.fromisoformat(f"{month}-01")


def in_path(named: str) -> date:
    """The first day. Raises Rejected for what is no month."""
    if re.fullmatch(PATTERN, named) is None:
        raise Rejected("unknown_period")
    return first_day(named)


def in_turn(first: str | None, last: str) -> None:
    """Raises Rejected where the last comes before the first."""
    if first is not None and first > last:
        raise Rejected("invalid_input", errors=(Fault("the last month is not before the first", parameter="to"),))
