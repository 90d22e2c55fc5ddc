"""Statements for tests: one account, a day each, balances that join up unless told otherwise."""

from datetime import date, timedelta
from typing import Any

from msgspec.structs import replace

from domain.reconciliation.statements import BankLine, BankStatement, Heading

IBAN = "DE89370400440532013000"
MONDAY = date(2026, 11, 23)


def a_heading(sequence: int | None = 17, **changes: Any) -> Heading:
    """Number 17 is of Monday, and each number a day later; nothing moves."""
    on = MONDAY + timedelta(days=(sequence or 17) - 17)
    heading = Heading(
        iban=IBAN,
        named=f"S{sequence}",
        sequence=sequence,
        page=1,
        currency="EUR",
        opening=100_000,
        closing=100_000,
        opened_on=on - timedelta(days=1),
        closed_on=on,
    )
    return replace(heading, **changes)


def a_line(heading: Heading, position: int, amount: int, **said: Any) -> BankLine:
    line = BankLine(heading.line_id(position), heading.closed_on, heading.closed_on, amount, heading.currency)
    return replace(line, **said)


def a_statement(*amounts: int, heading: Heading | None = None, **changes: Any) -> BankStatement:
    """With lines of these amounts, and a closing balance that fits them."""
    heading = heading or a_heading()
    heading = replace(heading, **({"closing": heading.opening + sum(amounts)} | changes))
    return BankStatement(heading, tuple(a_line(heading, at, amount) for at, amount in enumerate(amounts, 1)))
