"""A lease that does not last its months: for an important reason alone, and by one of four ways on.

To another employer, to the holder herself, by her buying the bike, or by giving it back and settling. The lessor makes out first
what each of them comes to; whoever confirms names the sheet that was shown.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import is_amount
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, Turn, turn
from domain.bike_leasing.contracts.leases import Lease, LeaseState, MadeOut, Protocol, Termination
from domain.bike_leasing.contracts.parties import Framework, PartyId
from domain.bike_leasing.contracts.plans import (
    Calendar,
    LeaseInstalment,
    brought_by,
    changed,
    ended,
    held,
    last_day,
    owed_by,
    released,
    resumed,
    still_to_come,
    uninsured,
    waiting,
)
from domain.bike_leasing.contracts.reviewing import credit_against
from domain.money import Money
from domain.refusals import Refusal


def terminate(
    lease: Lease, plan: Sequence[LeaseInstalment], termination: Termination, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """Give notice for an important reason, for one of the lease's days. What is due for months that begin afterwards waits for what
    becomes of the lease."""
    found = turn(lease, Act.TERMINATE, by)
    if isinstance(found, Refusal):
        return found
    if lease.handed_over_on is None or termination.on < lease.handed_over_on:
        return Refusal(NotDone.TOO_EARLY, "/on")
    if termination.on > _would_end_on(lease, plan, by.today):
        return Refusal(NotDone.TOO_LATE, "/on")
    return found.taken(replace(lease, termination=termination), changed(plan, held(plan, termination.on)))


def _would_end_on(lease: Lease, plan: Sequence[LeaseInstalment], today: date) -> date:
    """Its last day; while it rests, as if it went on with the next month."""
    known = lease.last_day or today
    if lease.state is not LeaseState.SUSPENDED:
        return known
    return max(known, months_on(today, 1 + waiting(plan)) - timedelta(days=1))


def make_out(lease: Lease, made_out: MadeOut, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Show what it comes to, as often as that changes; nothing is owed by it."""
    found = turn(lease, Act.MAKE_OUT, by)
    if isinstance(found, Refusal):
        return found
    price = made_out.buyout_price
    if not is_amount(made_out.owed) or (price is not None and (not is_amount(price) or not price.amount)):
        return Refusal(NotDone.AMOUNT_MISSING, "/buyout_price")
    return found.taken(replace(lease, made_out=made_out))


def transfer(
    lease: Lease,
    plan: Sequence[LeaseInstalment],
    framework: Framework | None,
    credit_used: Money,
    by: Attempt,
    *,
    calendar: Calendar,
) -> LeaseStepped | Refusal[NotDone]:
    """Go on with the new employer, whose `framework` is with the same lessor."""
    found = turn(lease, Act.TRANSFER, by)
    if isinstance(found, Refusal):
        return found
    if framework is None or framework.lessor != lease.parties.lessor:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    if (no := credit_against(lease, framework, credit_used, by.today)) is not None:
        return Refusal(no)
    return _going_on(found, lease, plan, framework.employer, calendar)


def continue_privately(
    lease: Lease, plan: Sequence[LeaseInstalment], calendar: Calendar, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """The holder pays the rates herself from now on, if the lessor grants her the credit."""
    found = turn(lease, Act.CONTINUE_PRIVATELY, by)
    if isinstance(found, Refusal):
        return found
    if lease.made_out is None or not lease.made_out.credit_granted:
        return Refusal(NotDone.CREDIT_NOT_GRANTED)
    return _going_on(found, lease, plan, None, calendar)


def _going_on(
    found: Turn, lease: Lease, plan: Sequence[LeaseInstalment], employer: PartyId | None, calendar: Calendar
) -> LeaseStepped:
    """What waited is owed by whoever goes on with the lease; a rest is over with the next month."""
    today = found.by.today
    rests, parties = lease.suspensions, replace(lease.parties, employer=employer)
    if rests and rests[-1].until is None:
        on = months_on(max(today, rests[-1].since), 1)
        first = brought_by(replace(lease, parties=parties), on)
        after = resumed(owed_by(uninsured(plan, first), employer), first, calendar)
        rests = (*rests[:-1], replace(rests[-1], until=on))
    else:
        after = released(owed_by(plan, employer))
    gone_on = replace(
        lease,
        parties=parties,
        suspensions=rests,
        termination=None,
        made_out=None,
        transferred_on=today,
        last_day=last_day(after),
    )
    return found.taken(gone_on, changed(plan, after))


def buy_out(lease: Lease, plan: Sequence[LeaseInstalment], by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The holder buys the bike now, at the price that the lessor has made out, once the last month has begun for which her employer
    pays: what has been made out comes on top of those months."""
    found = turn(lease, Act.BUY_OUT, by)
    if isinstance(found, Refusal):
        return found
    if lease.made_out is None or lease.made_out.buyout_price is None:
        return Refusal(NotDone.NOT_MADE_OUT)
    if still_to_come(plan, by.today):
        return Refusal(NotDone.TOO_EARLY)
    return found.taken(replace(lease, settled=lease.made_out.buyout_price), changed(plan, ended(plan)))


def settle(
    lease: Lease, plan: Sequence[LeaseInstalment], sheet: str, protocol: Protocol | None, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """The bike is back, with a protocol, unless it is lost; what is owed is what the `sheet` has shown, be it nothing. What was found lowers
    what the bike brings, and so is in there: the protocol charges nothing beside it. Months up to the notice's day are not in it, and the
    last of them has begun."""
    found = turn(lease, Act.SETTLE, by)
    if isinstance(found, Refusal):
        return found
    if lease.made_out is None:
        return Refusal(NotDone.NOT_MADE_OUT)
    if lease.made_out.sheet != sheet:
        return Refusal(NotDone.NOT_AS_SHOWN, "/sheet")
    if protocol is None and lease.state is not LeaseState.TOTAL_LOSS:
        return Refusal(NotDone.REASON_MISSING, "/protocol")
    if protocol is not None and not protocol.charges.is_zero:
        return Refusal(NotDone.NOT_AS_SHOWN, "/protocol/charges")
    if still_to_come(plan, by.today):
        return Refusal(NotDone.TOO_EARLY)
    settled = replace(lease, settled=lease.made_out.owed, protocol=protocol)
    return found.taken(settled, changed(plan, ended(plan)))
