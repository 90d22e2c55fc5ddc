"""Which entries a step of a lease brings with it, as its act alone says."""

from datetime import date

from domain.bike_leasing.contracts.acts import Act, LeaseStepped
from domain.bike_leasing.money.bikes import purchase_of
from domain.bike_leasing.money.claims import claims_of
from domain.bike_leasing.money.entries import bought, settled
from domain.ledger.entries import Entry

OWED_BY = frozenset({Act.SETTLE, Act.BUY_OUT, Act.PURCHASE, Act.INSPECT})
"""By which the holder comes to owe something beside her rates. That a lease is closed afterwards adds nothing."""


def entries_of(step: LeaseStepped, today: date) -> tuple[Entry, ...]:
    """Of the day on which it is taken; each has its name by lease and kind, and so is posted once."""
    if step.act is Act.HAND_OVER and (purchase := purchase_of(step.lease)) is not None:
        return (bought(purchase, step.at),)
    if step.act not in OWED_BY:
        return ()
    return tuple(settled(claim, step.at) for claim in claims_of(step.lease, today))
