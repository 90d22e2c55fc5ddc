"""Before the handover a lease is cancelled; a consumer withdraws also afterwards, as long as her right runs."""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Lease
from domain.bike_leasing.contracts.plans import LeaseInstalment, changed, undone
from domain.refusals import Refusal


def cancel(lease: Lease, reason: str, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """What nobody has yet is given up; who does so for somebody else says why."""
    found = turn(lease, Act.CANCEL, by)
    if isinstance(found, Refusal):
        return found
    if by.actor.id != lease.parties.holder and not reason.strip():
        return Refusal(NotDone.REASON_MISSING, "/reason")
    return found.taken(replace(lease, reason=reason.strip() or None, pin=None))


def withdraw(
    lease: Lease, plan: Sequence[LeaseInstalment], declared_on: date, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """Sent in time is declared in time (§ 355 Abs. 1 Satz 5 BGB), whenever it is read; no reason is asked."""
    found = turn(lease, Act.WITHDRAW, by)
    if isinstance(found, Refusal):
        return found
    if lease.withdrawal_until is None or declared_on > lease.withdrawal_until:
        return Refusal(NotDone.RIGHT_OVER)
    return found.taken(replace(lease, pin=None), changed(plan, undone(plan)))
