"""A lease that rests, and what happens to its bike."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Incident, IncidentKind, Lease, LeasedBike
from domain.bike_leasing.contracts.suspensions import Pause, Suspension
from domain.refusals import Refusal


def suspend(lease: Lease, pause: Pause, since: date, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """No pay, so none of it is converted; from the first day of a month on."""
    found = turn(lease, Act.SUSPEND, by)
    if isinstance(found, Refusal):
        return found
    if since.day != 1 or not _within(lease, since):
        return Refusal(NotDone.NOT_ON_A_FIRST, "/since")
    return found.taken(replace(lease, suspensions=(*lease.suspensions, Suspension(pause, since))))


def _within(lease: Lease, day: date) -> bool:
    """Of the lease's months, and after those in which it rested before."""
    begins, ends = lease.first_month, lease.last_day
    before = [each.until for each in lease.suspensions if each.until is not None]
    return begins is not None and ends is not None and max([begins, *before]) <= day <= ends


def resume(lease: Lease, on: date, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Pay is converted again from the first of a month."""
    found = turn(lease, Act.RESUME, by)
    if isinstance(found, Refusal):
        return found
    *before, current = lease.suspensions
    if on.day != 1 or on <= current.since:
        return Refusal(NotDone.NOT_ON_A_FIRST, "/on")
    return found.taken(replace(lease, suspensions=(*before, replace(current, until=on))))


def report_incident(lease: Lease, incident: Incident, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Damage, or a theft: for the insurer that needs the police's reference, and a bike that was locked."""
    found = turn(lease, Act.REPORT_INCIDENT, by)
    if isinstance(found, Refusal):
        return found
    if incident.kind is IncidentKind.THEFT:
        if not (incident.police_reference or "").strip():
            return Refusal(NotDone.POLICE_REFERENCE_MISSING, "/police_reference")
        if not incident.was_locked:
            return Refusal(NotDone.WAS_NOT_LOCKED, "/was_locked")
    return found.taken(replace(lease, incident=incident))


def resolve(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """What was damaged is repaired. What was stolen is replaced, or lost."""
    found = turn(lease, Act.RESOLVE, by)
    if isinstance(found, Refusal):
        return found
    if lease.incident is None or lease.incident.kind is not IncidentKind.DAMAGE:
        return Refusal(NotDone.NOT_A_DAMAGE)
    return found.taken(replace(lease, incident=None))


def replace_bike(lease: Lease, bike: LeasedBike, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Another bike in the same contract; its rates and its end stay what they are."""
    found = turn(lease, Act.REPLACE, by)
    if isinstance(found, Refusal):
        return found
    assert lease.quote is not None  # noqa: S101 - what is active has a quote
    if not (bike.serial_number or "").strip():
        return Refusal(NotDone.SERIAL_NUMBER_MISSING, "/bike/serial_number")
    return found.taken(replace(lease, quote=replace(lease.quote, bike=bike), incident=None))


def declare_total_loss(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """There is no bike any more, and no other one for it."""
    found = turn(lease, Act.DECLARE_TOTAL_LOSS, by)
    return found if isinstance(found, Refusal) else found.taken(lease)
