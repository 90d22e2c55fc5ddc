"""What each side sees of a lease: the dealer his offer, the employer the contract, and only holder and lessor what became of the bike."""

from collections.abc import Sequence, Set

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import Lease, LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.contracts.plans import LeaseInstalment

EVERYTHING = frozenset({Side.EMPLOYEE, Side.LESSOR, Side.SYSTEM})
_S = LeaseState
UP_TO_THE_HANDOVER = frozenset(
    {
        *(_S.DRAFT, _S.OFFERED, _S.APPLIED, _S.EMPLOYER_REVIEW, _S.APPROVED, _S.LESSOR_REVIEW, _S.ORDERED),
        *(_S.READY_FOR_PICKUP, _S.HANDED_OVER, _S.REJECTED, _S.CANCELLED, _S.WITHDRAWN),
    }
)
AFTER_ITS_END = frozenset({_S.PURCHASE_OFFERED, _S.PURCHASED, _S.RETURN_SCHEDULED, _S.RETURNED, _S.INSPECTED})
DEALERS_SHEETS = frozenset({"rate", "effective_rate", "representative"})
SETTLEMENTS = "settlement"
NOT_THE_EMPLOYERS = "purchase"
"""What the names of sheets begin with that are between holder and lessor alone."""


def as_seen(lease: Lease, sides: Set[Side]) -> Lease:
    """The lease as far as it concerns somebody on these sides.

    An employer sees that the bike had an incident, as the state, and nothing of it: no theft, no reference of the police, no protocol.
    Nor does she see rests of the time before the lease came to her, or whether the bike is bought. For a dealer a lease is
    his offer until the bike is handed over, and nobody's reasons.
    """
    if sides & EVERYTHING:
        return lease
    if Side.HR in sides:
        return _for_the_employer(lease)
    return _for_the_dealer(lease)


def _for_the_employer(lease: Lease) -> Lease:
    hers = lease.transferred_on
    made_out = lease.made_out
    return replace(
        lease,
        state=_S.ENDING if lease.state in AFTER_ITS_END else lease.state,
        suspensions=tuple(each for each in lease.suspensions if hers is None or each.since > hers),
        incident=None,
        incidents_before=(),
        interrupted=None,
        made_out=replace(made_out, buyout_price=None, credit_granted=False) if made_out is not None else None,
        purchase_offer=None,
        pickup_on=None,
        returned_on=None,
        protocol=None,
    )


def _for_the_dealer(lease: Lease) -> Lease:
    return Lease(
        lease.id,
        lease.state if lease.state in UP_TO_THE_HANDOVER else _S.HANDED_OVER,
        lease.parties,
        lease.version,
        quote=lease.quote,
        concluded_on=lease.concluded_on,
        pin=lease.pin,
        handed_over_on=lease.handed_over_on,
    )


def sheet_is_seen(name: str, lease: Lease, sides: Set[Side]) -> bool:
    """Whether the calculation sheet of that name concerns them. What settling would have come to before the lease came to an employer
    is between the holder and the one before."""
    if sides & EVERYTHING:
        return True
    if Side.HR not in sides:
        return name in DEALERS_SHEETS
    if lease.transferred_on is not None and name.startswith(SETTLEMENTS):
        return lease.made_out is not None and lease.made_out.sheet == name
    return not name.startswith(NOT_THE_EMPLOYERS)


def plan_as_seen(plan: Sequence[LeaseInstalment], lease: Lease, sides: Set[Side]) -> Sequence[LeaseInstalment]:
    """What they see of what is owed when: an employer what it owes itself, and a dealer nothing."""
    if sides & EVERYTHING:
        return plan
    return [each for each in plan if Side.HR in sides and each.employer == lease.parties.employer]
