"""Entries of the ledger as rows of two accounts each, the way DATEV posts.

On an automatic account (Automatikkonto) DATEV splits the value added tax off by itself: the row has the gross amount, and
the tax has no row of its own. Where DATEV would round otherwise than we did, as with the last of several partial credits,
the automatic is switched off (BU-Schlüssel 40), and net and tax have a row each. So both books agree to the cent.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.ledger.accounts import HELD, HELD_CONTRA
from domain.ledger.entries import EntryKind, Leg, Side, sums
from domain.money import shared, vat_within

AUTOMATIC_OFF = "40"
OUTSIDE_THE_BALANCE_SHEET = frozenset({HELD, HELD_CONTRA})
TURNED_ROUND = frozenset({EntryKind.CREDIT_NOTE, EntryKind.REVERSAL})


class Item(Struct, frozen=True):
    """An amount on one side of one of DATEV's accounts. `rate` is set where DATEV splits the tax off by itself."""

    number: str
    side: Side
    amount: int
    cost_centre: str = ""
    rate: Decimal | None = None
    key: str = ""


class Row(Struct, frozen=True):
    """`side` is that of `account`; with `turned_round` the amount is taken back on the other side (Generalumkehr)."""

    amount: int
    side: Side
    account: str
    contra: str
    key: str = ""
    cost_centre: str = ""
    cost_centre_2: str = ""
    turned_round: bool = False


class NotExportable(Exception):
    """The postings cannot be exported as they are; the message says which and why."""


Numbered: TypeAlias = Callable[[Leg], str]
"""DATEV's number of a leg's account. Raises NotExportable."""


def rows_of(legs: Sequence[Leg], kind: EntryKind, numbered: Numbered, automatic: frozenset[str]) -> tuple[Row, ...]:
    """What the entry is to DATEV; nothing, where all of it stands outside the balance sheet.

    `automatic` are the numbers of accounts that split tax off.
    """
    counted = [leg for leg in legs if leg.account not in OUTSIDE_THE_BALANCE_SHEET]
    if not counted:
        return ()
    if any(sums(counted).values()):
        raise NotExportable("what is held on cards balances with what is not")
    rows = _paired(_folded(counted, numbered, automatic))
    if rows is None:
        rows = _by_turns(_as_they_are(counted, numbered, automatic))
    return tuple(_turned(row) if kind in TURNED_ROUND else row for row in rows)


def _as_they_are(legs: Sequence[Leg], numbered: Numbered, automatic: frozenset[str]) -> list[Item]:
    """Net amounts and taxes apart, the automatic switched off."""
    items = []
    for leg in legs:
        number = numbered(leg)
        key = AUTOMATIC_OFF if number in automatic else ""
        items.append(Item(number, leg.side, leg.amount.amount, leg.cost_centre or "", key=key))
    return items


def _folded(legs: Sequence[Leg], numbered: Numbered, automatic: frozenset[str]) -> list[Item]:
    """Gross amounts on automatic accounts, wherever DATEV takes the tax out of them that we put in."""
    taxes: dict[tuple[Decimal, Side], list[Leg]] = defaultdict(list)
    taxed: dict[tuple[Decimal, Side], list[Leg]] = defaultdict(list)
    for leg in legs:
        rate = _rate(leg)
        if rate is not None and leg.account.startswith("vat."):
            taxes[rate, leg.side].append(leg)
        elif rate is not None and numbered(leg) in automatic:
            taxed[rate, leg.side].append(leg)
    folded: list[Item] = []
    gone: list[Leg] = []
    for (rate, side), nets in taxed.items():
        tax = sum(leg.amount.amount for leg in taxes[rate, side])
        shares = shared(tax, [leg.amount.amount for leg in nets])
        grosses = [leg.amount.amount + share for leg, share in zip(nets, shares, strict=True)]
        if all(vat_within(gross, rate) == share for gross, share in zip(grosses, shares, strict=True)):
            folded += [
                Item(numbered(leg), side, gross, leg.cost_centre or "", rate=rate)
                for leg, gross in zip(nets, grosses, strict=True)
            ]
            gone += [*nets, *taxes[rate, side]]
    left = [leg for leg in legs if not any(leg is each for each in gone)]
    return [*_as_they_are(left, numbered, automatic), *folded]


def _paired(items: Sequence[Item]) -> list[Row] | None:
    """One against one or several; None where that cannot be said, or DATEV would round otherwise in parts."""
    debits = [item for item in items if item.side is Side.DEBIT]
    credits_ = [item for item in items if item.side is Side.CREDIT]
    if min(len(debits), len(credits_)) != 1:
        return None
    one, others = (debits[0], credits_) if len(debits) == 1 else (credits_[0], debits)
    if len(others) == 1 and (one.rate or one.key):
        one, others = others[0], [one]  # an income is the contra account
    if one.rate is not None:
        parts = sum(vat_within(other.amount, one.rate) for other in others)
        if parts != vat_within(one.amount, one.rate) or any(other.rate is not None for other in others):
            return None
    if any(item.key for item in items) and any(one.rate or (other.rate and one.key) for other in others):
        return None  # one key switches the automatic of both accounts off
    return [_row(one, other, other.amount) for other in others]


def _by_turns(items: Sequence[Item]) -> list[Row]:
    """Several against several: as much of each as the other still bears."""
    debits = [item for item in items if item.side is Side.DEBIT]
    credits_ = [item for item in items if item.side is Side.CREDIT]
    rows = []
    while debits and credits_:
        debit, credit = debits[0], credits_[0]
        amount = min(debit.amount, credit.amount)
        rows.append(_row(debit, credit, amount))
        for queue, item in ((debits, debit), (credits_, credit)):
            queue[:1] = [replace(item, amount=item.amount - amount)] if item.amount > amount else []
    return rows


def _row(one: Item, other: Item, amount: int) -> Row:
    """Who bears it stands first among the cost centres."""
    debit, credit = (one, other) if one.side is Side.DEBIT else (other, one)
    centres = list(dict.fromkeys(filter(None, (debit.cost_centre, credit.cost_centre))))
    first, second = (*centres, "", "")[:2]
    return Row(amount, one.side, one.number, other.number, one.key or other.key, first, second)


def _turned(row: Row) -> Row:
    return replace(row, side=row.side.other, turned_round=True)


def _rate(leg: Leg) -> Decimal | None:
    """At which the leg is taxed, or what the tax is of: said by the leg, or by the end of its account's key."""
    if leg.vat_rate is not None:
        return leg.vat_rate
    last = leg.account.rpartition(".")[2]
    return Decimal(last) / 100 if leg.account.startswith(("vat.", "revenue.")) and _is_number(last) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.replace(".", "", 1).isdigit()
