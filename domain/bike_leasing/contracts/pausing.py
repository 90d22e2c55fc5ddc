"""A lease that rests, and what happens to its bike."""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import LONGEST
from domain.bike_leasing.contracts.acts import ANNOUNCED, Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    Incident,
    IncidentKind,
    IncidentOutcome,
    Lease,
    LeasedBike,
    LeaseState,
)
from domain.bike_leasing.contracts.offering import fault_of
from domain.bike_leasing.contracts.plans import (
    Calendar,
    LeaseInstalment,
    brought_by,
    changed,
    held,
    last_day,
    rested,
    resumed,
)
from domain.bike_leasing.contracts.suspensions import RateProtection, RestRule, ResumptionPolicy, Suspension
from domain.refusals import Refusal


def suspend(
    lease: Lease,
    plan: Sequence[LeaseInstalment],
    rest: Suspension,
    by: Attempt,
    *,
    protection: RateProtection,
    rule: RestRule,
) -> LeaseStepped | Refusal[NotDone]:
    """No pay, so none of it is converted; from the first day of a month on, and what that month's pay would have paid for is the first
    that rests. The insurer, if there is one, pays for as long as its terms say. Before the lease's first month it is known of that month at the most: who rests later has a lease that runs until then."""
    found = turn(lease, Act.SUSPEND, by)
    if isinstance(found, Refusal):
        return found
    since, begins = rest.since, lease.first_month
    if begins is not None and since < begins:
        return Refusal(NotDone.BEFORE_FIRST_MONTH, "/since")
    if lease.state is LeaseState.HANDED_OVER and since != begins:
        return Refusal(NotDone.NOT_BEGUN, "/since")
    if since.day != 1 or not _within(lease, since):
        return Refusal(NotDone.NOT_ON_A_FIRST, "/since")
    unpaid = brought_by(lease, since)
    converted = sum(each.month < unpaid and not _rested(lease, each.month) for each in plan)
    insured = protection.covered(rest.pause, LONGEST, converted, (by.today - since).days)
    resting = rested(plan, unpaid, insured, moves=rule.moves)
    return found.taken(replace(lease, suspensions=(*lease.suspensions, rest)), changed(plan, resting))


def _within(lease: Lease, day: date) -> bool:
    """Of the lease's months, and after those in which it rested before."""
    begins, ends = lease.first_month, lease.last_day
    before = [each.until for each in lease.suspensions if each.until is not None]
    return begins is not None and ends is not None and max([begins, *before]) <= day <= ends


def _rested(lease: Lease, month: date) -> bool:
    """Whether no pay was converted for that month."""
    return any(
        brought_by(lease, each.since) <= month and (each.until is None or month < brought_by(lease, each.until))
        for each in lease.suspensions
    )


def resume(
    lease: Lease,
    plan: Sequence[LeaseInstalment],
    on: date,
    calendar: Calendar,
    by: Attempt,
    *,
    policy: ResumptionPolicy,
) -> LeaseStepped | Refusal[NotDone]:
    """Pay is converted again from the first of a month, for what the pay of that month pays for. What nobody paid moves on, and the lease's last day with it."""
    found = turn(lease, Act.RESUME, by)
    if isinstance(found, Refusal):
        return found
    *before, current = lease.suspensions
    if on.day != 1 or on <= current.since:
        return Refusal(NotDone.NOT_ON_A_FIRST, "/on")
    if on > months_on(by.today, policy.most_months_ahead):
        return Refusal(NotDone.TOO_LATE, "/on")
    moved = resumed(plan, brought_by(lease, on), calendar)
    over = (*before, replace(current, until=on))
    return found.taken(replace(lease, suspensions=over, last_day=last_day(moved)), changed(plan, moved))


def report_incident(lease: Lease, incident: Incident, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Damage, or a theft: for the insurer that needs the police's reference, and a bike that was locked. Rates go on, and where the lease
    rests it does so until pay is converted again, which may be said meanwhile. Its end stays as it was announced, and waits for what becomes
    of the bike; but an offer to buy was of the bike as it was before."""
    found = turn(lease, Act.REPORT_INCIDENT, by)
    if isinstance(found, Refusal):
        return found
    if incident.happened_on > by.today:
        return Refusal(NotDone.TOO_EARLY, "/happened_on")
    if incident.kind is IncidentKind.THEFT:
        if not (incident.police_reference or "").strip():
            return Refusal(NotDone.POLICE_REFERENCE_MISSING, "/police_reference")
        if not incident.was_locked:
            return Refusal(NotDone.WAS_NOT_LOCKED, "/was_locked")
    interrupted = LeaseState.ENDING if lease.state is LeaseState.PURCHASE_OFFERED else lease.state
    return found.taken(
        replace(
            lease,
            incident=incident,
            interrupted=interrupted if interrupted in ANNOUNCED else None,
            purchase_offer=None,
        )
    )


def resolve(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """What was damaged is repaired. What was stolen is replaced, or lost."""
    found = turn(lease, Act.RESOLVE, by)
    if isinstance(found, Refusal):
        return found
    if lease.incident is None or lease.incident.kind is not IncidentKind.DAMAGE:
        return Refusal(NotDone.NOT_A_DAMAGE)
    return found.taken(_over(lease, IncidentOutcome.REPAIRED, by))


def replace_bike(lease: Lease, bike: LeasedBike, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Another bike in the same contract; its rates and its end stay what they are. What an early end comes to is made out anew, by what
    this one brings."""
    found = turn(lease, Act.REPLACE, by)
    if isinstance(found, Refusal):
        return found
    assert lease.quote is not None  # noqa: S101 - what is active has a quote
    if not (bike.serial_number or "").strip():
        return Refusal(NotDone.SERIAL_NUMBER_MISSING, "/bike/serial_number")
    if (field := fault_of(bike)) is not None:
        return Refusal(NotDone.BAD_QUOTE, f"/bike/{field}")
    if bike.kind is BikeKind.S_PEDELEC:
        return Refusal(NotDone.NO_BIKE_BY_LAW, "/bike/kind")
    swapped = replace(lease, quote=replace(lease.quote, bike=bike), made_out=None)
    return found.taken(_over(swapped, IncidentOutcome.REPLACED, by))


def declare_total_loss(lease: Lease, plan: Sequence[LeaseInstalment], by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """There is no bike any more, and no other one for it: what is due for later months waits to be settled, also where notice was for a
    later day, by what is made out since. Nothing is left to pick up."""
    found = turn(lease, Act.DECLARE_TOTAL_LOSS, by)
    if isinstance(found, Refusal):
        return found
    lost = replace(_over(lease, IncidentOutcome.TOTAL_LOSS, by), made_out=None, pickup_on=None)
    return found.taken(lost, changed(plan, held(plan, by.today)))


def _over(lease: Lease, outcome: IncidentOutcome, by: Attempt) -> Lease:
    if lease.incident is None:
        return lease
    ended = replace(lease.incident, outcome=outcome, ended_on=by.today)
    return replace(lease, incident=None, incidents_before=(*lease.incidents_before, ended), interrupted=None)
