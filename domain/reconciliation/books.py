"""What three books say of the same money: our ledger, the payment provider's, the bank's."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from domain.ledger.accounts import AccountKey
from domain.ledger.entries import EntryId
from domain.payments.transactions import Dispute, Payout, ProviderTransaction
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.reconciling import LineState
from domain.reconciliation.statements import BankLineId


class Posted(Struct, frozen=True):
    """What the ledger posted on an account: more than nothing is a debit. `about` is the movement, the match or the line that
    the entry names, or that is named by the entry it takes back; `entry` is one of those entries."""

    account: AccountKey
    about: str
    amount: int
    currency: str
    entry: EntryId | None = None


class Moved(Struct, frozen=True):
    """A movement at the provider, and when we heard of it."""

    movement: ProviderTransaction
    seen_at: datetime


class Itemised(Struct, frozen=True):
    """A payout, and the sum of the net amounts of what went out with it; None where the provider has not said yet."""

    payout: Payout
    items: int | None = None


class Arrived(Struct, frozen=True):
    """What the bank has of payouts by one match, or by none any more: `amount` is nothing then."""

    about: str
    amount: int
    currency: str
    changed_at: datetime


class OnStatement(Struct, frozen=True):
    """A line of a bank statement that came at `seen_at`, and what the ledger has of it on the bank's account."""

    line_id: BankLineId
    on: date
    amount: int
    currency: str
    seen_at: datetime
    ledger: int | None = None


class Stated(Struct, frozen=True):
    """What the provider itself said, at a moment, that the city has with it, in minor units: what may be paid out, and what not
    yet. Of the movements that we know, `later` were made after that; `is_busy` says that one was made around that moment, so
    there may be others which its lists do not show yet; `differed` that it differed the last time as well."""

    available: int
    pending: int
    later: int = 0
    is_busy: bool = False
    differed: bool = False

    @property
    def whole(self) -> int:
        return self.available + self.pending


class Balances(Struct, frozen=True):
    """Of the bank's statements in one currency, the sums over all accounts: what they opened with when the first was read, what
    the last ones close with, and how much is missing where they do not join up. `last_on` is the day of the last of them."""

    opening: int
    closing: int
    missing: int
    last_on: date


class Totals(Struct, frozen=True):
    """The whole of one currency, in minor units: what the ledger says that the provider has and that is under way, what all
    movements sum to, those of payouts alone, and what of payouts the bank has; `bank` is what the ledger has on the bank's
    account, since its first statement. `stated` and `statements` are there where somebody said so."""

    currency: str
    ledger: int = 0
    in_transit: int = 0
    moved: int = 0
    paid_out: int = 0
    at_bank: int = 0
    bank: int = 0
    stated: Stated | None = None
    statements: Balances | None = None


class Books(Struct, frozen=True):
    """What the three say; what agreed before may be left out, but for the totals. `matched` is how much of what was expected
    the bank has."""

    movements: Sequence[Moved] = ()
    posted: Sequence[Posted] = ()
    payouts: Sequence[Itemised] = ()
    arrived: Sequence[Arrived] = ()
    lines: Sequence[OnStatement] = ()
    matched: Mapping[ExpectedId, int] = {}
    totals: Sequence[Totals] = ()
    disputes: Sequence[Dispute] = ()
    currency: str = "EUR"


class Compared(Struct, frozen=True):
    """One thing in up to three books, with what each says of it; None where it has no say. `differs` is how much the ledger
    has too much, or one book more than another; `thing` leads to what it is."""

    about: str
    state: LineState
    reason: str
    on: date
    currency: str
    ledger: int | None = None
    provider: int | None = None
    bank: int | None = None
    differs: int = 0
    thing: str | None = None
