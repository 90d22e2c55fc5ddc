"""What an exception is about, in a word that leads there: `movement:txn_1`, `payout:po_1`, `account:bank`."""

from enum import StrEnum


class Thing(StrEnum):
    MOVEMENT = "movement"
    PAYOUT = "payout"
    DISPUTE = "dispute"
    MATCH = "match"
    LINE = "line"
    ENTRY = "entry"
    ACCOUNT = "account"


def thing(kind: Thing, name: object) -> str:
    return f"{kind}:{name}"


def named(word: str) -> tuple[Thing, str]:
    kind, _, name = word.partition(":")
    return Thing(kind), name
