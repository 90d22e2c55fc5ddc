"""The end of a lease: a purchase that is offered then and not before, or the bike goes back."""

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import RuleVersion, is_amount
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Lease, Protocol, PurchaseOffer
from domain.refusals import Refusal


class EndPolicy(Struct, frozen=True):
    """So many days before its last the lease begins to end."""

    version: RuleVersion
    days_before: int


END_POLICIES = (
    EndPolicy(RuleVersion("end", date(2026, 11, 1), "our policy", doubt="each lessor has days of its own"), 90),
)


def near_end(lease: Lease, policy: EndPolicy, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    found = turn(lease, Act.NEAR_END, by)
    if isinstance(found, Refusal):
        return found
    if lease.last_day is None or by.today < lease.last_day - timedelta(days=policy.days_before):
        return Refusal(NotDone.TOO_EARLY)
    return found.taken(lease)


def offer_purchase(lease: Lease, offered: PurchaseOffer, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """An offer of its own, which nobody was promised (Leasingerlass)."""
    found = turn(lease, Act.OFFER_PURCHASE, by)
    if isinstance(found, Refusal):
        return found
    if not is_amount(offered.price) or not offered.price.amount:
        return Refusal(NotDone.AMOUNT_MISSING, "/price")
    if offered.expires_at <= by.now:
        return Refusal(NotDone.OFFER_EXPIRED, "/expires_at")
    return found.taken(replace(lease, purchase_offer=offered))


def revoke_purchase(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    found = turn(lease, Act.REVOKE_PURCHASE, by)
    return found if isinstance(found, Refusal) else found.taken(replace(lease, purchase_offer=None))


def purchase(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Take the offer, before it expires."""
    found = turn(lease, Act.PURCHASE, by)
    if isinstance(found, Refusal):
        return found
    if lease.purchase_offer is None or lease.purchase_offer.expires_at <= by.now:
        return Refusal(NotDone.OFFER_EXPIRED)
    return found.taken(lease)


def schedule_return(lease: Lease, on: date, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The bike is picked up at the holder's on that day."""
    found = turn(lease, Act.SCHEDULE_RETURN, by)
    if isinstance(found, Refusal):
        return found
    if on < by.today:
        return Refusal(NotDone.TOO_EARLY, "/on")
    return found.taken(replace(lease, pickup_on=on, purchase_offer=None))


def take_back(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """At its end, or once a consumer who had it has withdrawn (§ 357 Abs. 1 BGB): that lease stays withdrawn from."""
    found = turn(lease, Act.TAKE_BACK, by)
    return found if isinstance(found, Refusal) else found.taken(replace(lease, returned_on=by.today))


def inspect(lease: Lease, protocol: Protocol, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """What was found; a charge says for what."""
    found = turn(lease, Act.INSPECT, by)
    if isinstance(found, Refusal):
        return found
    if not is_amount(protocol.charges):
        return Refusal(NotDone.AMOUNT_MISSING, "/charges")
    if protocol.charges.amount and not protocol.findings.strip():
        return Refusal(NotDone.REASON_MISSING, "/findings")
    return found.taken(replace(lease, protocol=protocol))


def close(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    found = turn(lease, Act.CLOSE, by)
    return found if isinstance(found, Refusal) else found.taken(lease)
