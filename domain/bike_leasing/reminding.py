"""Of what a lease's sides are told by mail: steps as they are taken, and what comes near by the clock, each once.

A PIN stands in no letter, nor does anything that a dealer could scan: both are shown to the holder in her lease, signed in.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import IncidentKind, Lease, LeaseState
from domain.bike_leasing.contracts.parties import Side

OFFER_AHEAD, PIN_AHEAD = timedelta(days=3), timedelta(days=5)
END_AHEAD, INSPECTION_AHEAD = timedelta(days=90), timedelta(days=14)
A_YEAR = 12


class Occasion(StrEnum):
    """The last four come by the clock."""

    OFFERED = "offered"
    APPLIED = "applied"
    APPROVED = "approved"
    REJECTED = "rejected"
    ORDERED = "ordered"
    READY = "ready"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    OFFER_ENDS = "offer_ends"
    PIN_ENDS = "pin_ends"
    INSPECTION = "inspection"
    LEASE_ENDS = "lease_ends"


S = LeaseState
HANDED = frozenset({S.HANDED_OVER, S.ACTIVE, S.SUSPENDED, S.INCIDENT, S.ENDING, S.PURCHASE_OFFERED, S.RETURN_SCHEDULED})


class Telling(Struct, frozen=True):
    """Who is told of a step, as long as the lease still stands where that left it."""

    occasion: Occasion
    sides: frozenset[Side]
    states: frozenset[LeaseState]


def _told(occasion: Occasion, sides: str, *states: LeaseState) -> Telling:
    return Telling(occasion, frozenset(Side(side) for side in sides.split()), frozenset(states))


TOLD = {
    Act.OFFER: _told(Occasion.OFFERED, "employee", S.OFFERED),
    Act.APPLY: _told(Occasion.APPLIED, "hr", S.APPLIED, S.EMPLOYER_REVIEW),
    Act.APPROVE: _told(Occasion.APPROVED, "employee lessor", S.APPROVED, S.LESSOR_REVIEW),
    Act.REJECT: _told(Occasion.REJECTED, "employee", S.REJECTED),
    Act.ORDER: _told(Occasion.ORDERED, "employee dealer", S.ORDERED),
    Act.MAKE_READY: _told(Occasion.READY, "employee", S.READY_FOR_PICKUP),
    Act.REISSUE_PIN: _told(Occasion.READY, "employee", S.READY_FOR_PICKUP),
    Act.HAND_OVER: _told(Occasion.HANDED_OVER, "employee hr", *HANDED),
    Act.CANCEL: _told(Occasion.CANCELLED, "employee hr dealer lessor", S.CANCELLED),
}
BY_THE_CLOCK = frozenset({Side.EMPLOYEE})


class Reminder(Struct, frozen=True):
    """It is time from `due_on` on, and no more after `about`, the day that comes near. A lease has one of an occasion and a day."""

    occasion: Occasion
    due_on: date
    about: date


def reminders(lease: Lease, time_zone: str) -> Iterator[Reminder]:
    """All that its state gives cause for."""
    zone = ZoneInfo(time_zone)
    if lease.state is S.OFFERED and lease.quote is not None:
        ends = lease.quote.valid_until.astimezone(zone).date()
        yield Reminder(Occasion.OFFER_ENDS, ends - OFFER_AHEAD, ends)
    if lease.state is S.READY_FOR_PICKUP and lease.pin is not None:
        ends = lease.pin.expires_at.astimezone(zone).date()
        yield Reminder(Occasion.PIN_ENDS, ends - PIN_AHEAD, ends)
    runs = lease.state in HANDED and lease.interrupted is not S.TERMINATING
    if runs and lease.handed_over_on is not None and lease.last_day is not None:
        inspected = months_on(lease.handed_over_on, A_YEAR)
        while inspected <= lease.last_day and not is_stolen(lease):
            yield Reminder(Occasion.INSPECTION, inspected - INSPECTION_AHEAD, inspected)
            inspected = months_on(inspected, A_YEAR)
        yield Reminder(Occasion.LEASE_ENDS, lease.last_day - END_AHEAD, lease.last_day)


def is_stolen(lease: Lease) -> bool:
    """Then there is nothing to inspect."""
    return lease.incident is not None and lease.incident.kind is IncidentKind.THEFT


def due(lease: Lease, today: date, time_zone: str) -> tuple[Reminder, ...]:
    return tuple(each for each in reminders(lease, time_zone) if each.due_on <= today <= each.about)


def next_look(lease: Lease, today: date, time_zone: str) -> date | None:
    """When something comes near next; None where nothing does as the lease stands."""
    return min((each.due_on for each in reminders(lease, time_zone) if each.due_on > today), default=None)
