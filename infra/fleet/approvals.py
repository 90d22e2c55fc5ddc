"""How pools approve, who decides for whom, and the inbox, bound to their books."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.approvals import SqlApprovalBooks, SqlDeputyBooks, SqlInboxBooks
from adapters.database.sheets import SqlSheets
from domain.fleet.approvals import SetApproval
from domain.fleet.deputies import DeputyId, Deputyship, NameDeputy
from domain.identity import Actor, City, PoolId
from services.calls import Answer, Call
from services.fleet import deputies as deputising
from services.fleet.approvals import PoolApprovals, Shown, find_pool_approval, set_pool_approval
from services.fleet.deputies import Deputies, Named
from services.fleet.inbox import InboxPage, InboxWanted, ShowInbox, inbox


def pool_approvals(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> PoolApprovals:
    desk = SqlSheets(transactions, clock, new_id)

    async def approve_so(call: Call[Any], command: SetApproval, only_looking: bool) -> Shown:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda sheet: set_pool_approval(
                command, books=SqlApprovalBooks(sheet), actor=call.actor, only_looking=only_looking
            ),
        )

    async def find(city: City, actor: Actor, pool_id: PoolId) -> Shown:
        return await desk.work(
            city, actor.id, "", lambda sheet: find_pool_approval(pool_id, books=SqlApprovalBooks(sheet), actor=actor)
        )

    return PoolApprovals(approve_so, find)


def deputies(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Deputies:
    desk = SqlSheets(transactions, clock, new_id)

    async def name(call: Call[Named], command: NameDeputy) -> Answer:
        return await desk.answered(
            call,
            lambda sheet: deputising.name(command, books=SqlDeputyBooks(sheet), actor=call.actor, now=sheet.now),
        )

    async def end(call: Call[Named], deputy_id: DeputyId) -> Named:
        return await desk.work(
            call.city,
            call.actor.id,
            call.request_id,
            lambda sheet: deputising.end(deputy_id, books=SqlDeputyBooks(sheet), actor=call.actor, now=sheet.now),
        )

    async def page(city: City, actor: Actor) -> Sequence[Deputyship]:
        return await desk.work(
            city, actor.id, "", lambda sheet: deputising.page(books=SqlDeputyBooks(sheet), actor=actor, now=sheet.now)
        )

    return Deputies(name, end, page)


def approval_inbox(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> ShowInbox:
    desk = SqlSheets(transactions, clock, new_id)

    async def show(actor: Actor, city: City, wanted: InboxWanted) -> InboxPage:
        return await desk.work(
            city,
            actor.id,
            "",
            lambda sheet: inbox(wanted, books=SqlInboxBooks(sheet), actor=actor, now=sheet.now),
        )

    return show
