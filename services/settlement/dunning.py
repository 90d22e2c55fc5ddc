"""Reminding of what is owed and could not be taken, in the city's steps, until it is paid or a person closes the case."""

from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.life import bill
from domain.identity import City
from domain.payments.dunning import Case, CaseState, NotClosable, close, in_force, owed, reminded, reviewed
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.settlement.ports import OpenCase, Ports

Outcome: TypeAlias = Case | Refusal[NotClosable] | Refusal[NotAnswerable]


class CloseCase(Struct, frozen=True):
    """`seen` is the version that was looked at, where that was said."""

    booking_id: UUID
    how: CaseState
    reason: str
    seen: int | None = None


async def review(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """Open, change or close the booking's case by what is owed now; again is harmless. Raises Unavailable."""

    async def do(books: OpenCase) -> None:
        desk = books.desk
        if desk is None:
            return
        now, agreed = ports.clock(), bill(desk.booking)
        due = owed(agreed, desk.payments, desk.disputes)
        if due is None:
            return
        policy = in_force(desk.policies, now.astimezone(desk.zone).date())
        case = reviewed(desk.case, due, agreed, policy, now)
        if case is not None:
            await books.keep(case)

    await ports.cases.work(city, booking_id, do)


async def review_dispute(city: City, dispute_id: UUID, *, ports: Ports) -> None:
    """The same for the booking that a dispute is about."""
    filed = await ports.dispute_books.find(city, dispute_id)
    if filed is not None and filed.dispute.booking_id is not None:
        await review(city, filed.dispute.booking_id, ports=ports)


async def remind(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """One step further, if it is time, something is still owed, and no money is under way. Raises Unavailable."""
    await review(city, booking_id, ports=ports)

    async def do(books: OpenCase) -> None:
        desk = books.desk
        if desk is None or desk.case is None or owed(bill(desk.booking), desk.payments, desk.disputes) is None:
            return
        further = reminded(desk.case, ports.clock())
        if further is not None:
            await books.keep(further)

    await ports.cases.work(city, booking_id, do)


async def close_case(call: Call[Outcome], command: CloseCase, *, ports: Ports) -> Answer:
    """A person's word: it was paid otherwise, or never will be. Raises Unavailable."""

    async def do(books: OpenCase) -> Outcome:
        case = books.desk.case if books.desk is not None else None
        if case is None:
            return Refusal(NotClosable.UNKNOWN_CASE)
        if command.seen not in {None, case.version}:
            return Refusal(NotClosable.VERSION_MISMATCH)
        outcome = close(case, command.how, command.reason, call.actor.id, ports.clock())
        if isinstance(outcome, Case):
            await books.keep(outcome)
        return outcome

    return await ports.cases.answered(call, command.booking_id, do)
