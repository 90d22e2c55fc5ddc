"""A lease that does not last its months: for an important reason alone, and by one of four ways on.

To another employer, to the holder herself, by her buying the bike, or by giving it back and settling.
"""

from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import is_amount
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Lease, LeaseState, Protocol, Termination
from domain.bike_leasing.contracts.parties import Framework
from domain.bike_leasing.contracts.reviewing import credit_against
from domain.money import Money
from domain.refusals import Refusal


def terminate(lease: Lease, termination: Termination, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Give notice for an important reason."""
    found = turn(lease, Act.TERMINATE, by)
    return found if isinstance(found, Refusal) else found.taken(replace(lease, termination=termination))


def transfer(
    lease: Lease, framework: Framework | None, credit_used: Money, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """Go on with the new employer, whose `framework` is with the same lessor."""
    found = turn(lease, Act.TRANSFER, by)
    if isinstance(found, Refusal):
        return found
    if framework is None or framework.lessor != lease.parties.lessor:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    if (no := credit_against(lease, framework, credit_used, by.today)) is not None:
        return Refusal(no)
    parties = replace(lease.parties, employer=framework.employer)
    return found.taken(replace(lease, parties=parties, termination=None))


def continue_privately(lease: Lease, by: Attempt, *, credit_granted: bool) -> LeaseStepped | Refusal[NotDone]:
    """The holder pays the rates herself from now on."""
    found = turn(lease, Act.CONTINUE_PRIVATELY, by)
    if isinstance(found, Refusal):
        return found
    if not credit_granted:
        return Refusal(NotDone.CREDIT_NOT_GRANTED)
    return found.taken(replace(lease, parties=replace(lease.parties, employer=None), termination=None))


def buy_out(lease: Lease, price: Money, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The holder buys the bike now, at the price that the lessor has made out."""
    found = turn(lease, Act.BUY_OUT, by)
    if isinstance(found, Refusal):
        return found
    if not is_amount(price) or not price.amount:
        return Refusal(NotDone.AMOUNT_MISSING, "/price")
    return found.taken(replace(lease, settled=price))


def settle(lease: Lease, owed: Money, protocol: Protocol | None, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The bike is back, with a protocol, unless it is lost; and what is `owed` is known, be it nothing."""
    found = turn(lease, Act.SETTLE, by)
    if isinstance(found, Refusal):
        return found
    if not is_amount(owed):
        return Refusal(NotDone.AMOUNT_MISSING, "/owed")
    if protocol is None and lease.state is not LeaseState.TOTAL_LOSS:
        return Refusal(NotDone.REASON_MISSING, "/protocol")
    return found.taken(replace(lease, settled=owed, protocol=protocol))
