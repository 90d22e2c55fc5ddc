"""Which entries a step of a lease brings with it, as its act alone says."""

from collections.abc import Sequence
from datetime import date, datetime

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts.acts import Act, LeaseStepped
from domain.bike_leasing.money.bikes import purchase_of, worth_as_financed
from domain.bike_leasing.money.claims import claims_of
from domain.bike_leasing.money.entries import bike_gone, bought, settled
from domain.ledger.entries import Entry, EntryId, mirrored

LETS_GO = frozenset({Act.SETTLE, Act.BUY_OUT, Act.PURCHASE, Act.INSPECT})
"""By which the holder comes to owe something beside her rates, and the bike leaves the lessor's books. That a lease is closed
afterwards adds nothing."""


def taken_back(months: Sequence[tuple[EntryId, Entry]], at: datetime) -> tuple[Entry, ...]:
    """The months that were charged before a consumer withdrew: both sides give back what they had (§ 357 Abs. 1 BGB)."""
    return tuple(mirrored(entry_id, entry, at, "Widerruf (§ 357 BGB)") for entry_id, entry in months)


def entries_of(step: LeaseStepped, today: date, financing: Financing | None = None) -> tuple[Entry, ...]:
    """Of the day on which it is taken; each has its name by lease and kind, and so is posted once. `financing` is what the lease's
    rate was calculated by, for the acts that let the bike go."""
    if step.act is Act.HAND_OVER and (purchase := purchase_of(step.lease)) is not None:
        return (bought(purchase, step.at),)
    if step.act not in LETS_GO:
        return ()
    owed = tuple(settled(claim, step.at) for claim in claims_of(step.lease, today))
    worth = worth_as_financed(step.lease, financing) if financing is not None else None
    if worth is None:
        return owed
    # What it stood in the books with at the end of the month before: that of its last month nobody writes off any more.
    return (*owed, *bike_gone(step.lease.id, worth.book_value(months_on(today, -1)), step.at))
