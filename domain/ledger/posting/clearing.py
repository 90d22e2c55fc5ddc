"""What was unexplained until a person said what it was."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import UNEXPLAINED, AccountKey
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.money import Money


class Cleared(Struct, frozen=True):
    """`amount` is signed as the movement: more than nothing came in. `id` is that of the decision, `why` its kind and
    step: entries stay for ever, so a person's words stay where they can be erased."""

    id: UUID
    account: AccountKey
    amount: Money
    at: datetime
    by: PersonId
    why: str
    origin: Origin


def cleared(decided: Cleared) -> Entry:
    """It is explained, and stands on the account that was named; by whom and why stays with it."""
    money = Money(abs(decided.amount.amount), decided.amount.currency)
    side = Side.DEBIT if decided.amount.amount > 0 else Side.CREDIT
    return balanced(
        Entry(
            EntryKind.CLEARING,
            f"cleared:{decided.id}",
            decided.at,
            (Leg(UNEXPLAINED, side, money), Leg(decided.account, side.other, money)),
            decided.origin,
            said_by(decided.why, decided.by),
        )
    )


def said_by(why: str, by: PersonId) -> str:
    return f"{why} ({by})"
