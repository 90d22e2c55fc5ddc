"""What a lease's calendar brings: it begins with its first month, and begins to end some months before its last day."""

from datetime import date, datetime, timedelta

from domain.bike_leasing.calculation.sheets import in_force
from domain.bike_leasing.contracts.acts import Attempt, LeaseStepped
from domain.bike_leasing.contracts.ending import END_POLICIES, near_end
from domain.bike_leasing.contracts.handing_over import activate
from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.identity import SYSTEM, Actor, City
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, Outcome, Place, Refused
from services.bike_leasing.contracts.stepping import stepped


async def keep_dates(lease_id: LeaseId, city: City, *, books: LeaseBooks, now: datetime) -> Outcome:
    """What is due by the day in the city, if anything is; any number of times."""

    def decide(desk: LeaseDesk, _: Place, by: Attempt) -> LeaseStepped | Refused:
        if desk.lease.state is LeaseState.HANDED_OVER:
            return activate(desk.lease, by)
        return near_end(desk.lease, in_force(END_POLICIES, by.today) or END_POLICIES[0], by)

    return await stepped(lease_id, decide, books=books, actor=Actor(SYSTEM, city, frozenset()), now=now)


def next_date(lease: Lease) -> date | None:
    """The day on which the calendar moves it on; None where it waits for somebody."""
    if lease.state is LeaseState.HANDED_OVER:
        return lease.first_month
    if lease.state is LeaseState.ACTIVE and lease.last_day is not None:
        policy = in_force(END_POLICIES, lease.last_day) or END_POLICIES[0]
        return lease.last_day - timedelta(days=policy.days_before)
    return None
