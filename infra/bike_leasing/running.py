"""Leases that run, bound to their books; and what their calendar brings, looked for across cities."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.bike_leasing.leases import SqlLeaseBooks, due_leases, holder_of
from adapters.database.bike_leasing.runs import SqlChargedMonths
from adapters.database.connections import Database, Transactions
from adapters.database.sheets import Sheet, SqlSheets
from adapters.jobs.sweeps import Batch, each
from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import SYSTEM, Actor, City
from domain.refusals import Refusal
from services.bike_leasing.contracts import RunningLeases, Step
from services.bike_leasing.contracts.dating import keep_dates
from services.bike_leasing.contracts.finishing import (
    buy_bike,
    close_lease,
    inspect_bike,
    offer_to_sell,
    schedule_pickup,
    take_bike_back,
    take_offer_back,
)
from services.bike_leasing.contracts.leaving import (
    buy_lease_out,
    give_notice,
    go_on_alone,
    settle_lease,
    transfer_lease,
    work_out,
)
from services.bike_leasing.contracts.mishaps import end_incident, report
from services.bike_leasing.contracts.ports import Outcome
from services.bike_leasing.contracts.resting import let_go_on, rest_lease
from services.bike_leasing.contracts.undoing import Declared, withdraw_from_lease
from services.calls import Answer, Call


def steps(desk: SqlSheets) -> Callable[..., Step[Any]]:
    """Binds a use case that takes a lease one step further to its books, in one transaction."""

    def step(use_case: Callable[..., Awaitable[Outcome]], **more: Callable[[Sheet], Any]) -> Step[Any]:
        async def taken(call: Call[Outcome], command: Any) -> Answer:
            async def work(sheet: Sheet) -> Outcome:
                books = SqlLeaseBooks(sheet)
                also = {name: make(sheet) for name, make in more.items()}
                return await use_case(command, books=books, actor=call.actor, now=sheet.now, **also)

            return await desk.answered(call, work)

        return taken

    return step


def running_leases(step: Callable[..., Step[Any]]) -> RunningLeases:
    return RunningLeases(
        rest=step(rest_lease),
        go_on=step(let_go_on),
        report=step(report),
        end_incident=step(end_incident),
        give_notice=step(give_notice),
        work_out=step(work_out),
        settle=step(settle_lease),
        buy_out=step(buy_lease_out),
        go_on_alone=step(go_on_alone),
        transfer=step(transfer_lease, employers=SqlLeaseBooks),
        offer_to_sell=step(offer_to_sell),
        take_offer_back=step(take_offer_back),
        buy=step(buy_bike),
        schedule_pickup=step(schedule_pickup),
        take_back=step(take_bike_back),
        inspect=step(inspect_bike),
        close=step(close_lease),
    )


def withdrawing(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Callable[[City, UUID, str, datetime], Awaitable[bool | None]]:
    """Undoes the lease of that id, if its holder has that address."""
    desk = SqlSheets(transactions, clock, new_id)

    async def withdraw(city: City, lease_id: UUID, email: str, at: datetime) -> bool | None:
        async def work(sheet: Sheet) -> bool | None:
            held = await holder_of(sheet, LeaseId(lease_id), email)
            if held is None:
                return None
            holder = Actor(held, city, frozenset())
            declared = Declared(LeaseId(lease_id), at)
            books, months = SqlLeaseBooks(sheet), SqlChargedMonths(sheet)
            return await withdraw_from_lease(declared, books=books, months=months, holder=holder, now=sheet.now)

        return await desk.work(city, SYSTEM, "withdrawal", work)

    return withdraw


def calendar_of_leases(
    app: Database, relay: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Batch:
    """Leases whose first month has come, or whose end is near."""
    desk = SqlSheets(app.transactions, clock, new_id)

    async def keep(due: tuple[City, LeaseId]) -> bool:
        city, lease_id = due
        outcome = await desk.work(
            city,
            SYSTEM,
            "",
            lambda sheet: keep_dates(lease_id, city, books=SqlLeaseBooks(sheet), now=sheet.now),
        )
        return not isinstance(outcome, Refusal)

    return each(lambda limit: due_leases(relay.transactions, clock(), limit), keep, "keep dates of leases")
