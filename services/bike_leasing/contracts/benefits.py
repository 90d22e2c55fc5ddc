"""The benefit in kind of a lease's bike, calculated whenever its holder is given one."""

from datetime import date

from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet, in_force
from domain.bike_leasing.contracts.leases import Lease
from domain.refusals import Refusal


def benefit_of(lease: Lease, today: date) -> Sheet[BikeGiven] | Refusal[NotCalculable] | None:
    """Of the bike that she has from that day on; None for a consumer, and where no rule counts then."""
    rule = in_force(BENEFIT_RULES, today)
    if rule is None or lease.is_private or lease.quote is None:
        return None
    found = benefit_in_kind(BikeGiven(lease.quote.bike.list_price, today, rule))
    return None if isinstance(found, Refusal) and found.reason is NotCalculable.NO_RULE_THEN else found
