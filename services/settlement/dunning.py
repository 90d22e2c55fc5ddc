"""Reminding of what is owed and could not be taken, in the city's steps, until it is paid or a person closes the case."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.invoicing import falls_due_later, fee_of
from domain.booking.life import bill
from domain.identity import City
from domain.payments.dunning import (
    Case,
    CaseState,
    NotClosable,
    close,
    in_force,
    reminded,
    reviewed,
    settled_by,
    waive,
)
from domain.payments.owing import CaseId, Invoiced, Standing, fees_paid, owed, standing
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.settlement.case_ports import CaseDesk, DocumentOwed, OpenCase
from services.settlement.ports import Ports

Outcome: TypeAlias = Case | Refusal[NotClosable] | Refusal[NotAnswerable]
Decide: TypeAlias = Callable[[OpenCase], Awaitable[Outcome]]


class CloseCase(Struct, frozen=True):
    """`reference` is where it stands that it was paid, a receipt of the treasury say; `seen` is the version that was looked at,
    where that was said."""

    case_id: CaseId
    how: CaseState
    reason: str
    reference: str = ""
    seen: int | None = None


class WaiveFees(Struct, frozen=True):
    """`seen` is the version that was looked at, where that was said."""

    case_id: CaseId
    reason: str
    seen: int | None = None


async def review(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """Open, change or close the booking's case by what is owed now, and see when something falls due next; again is harmless.
    Raises Unavailable."""

    async def do(books: OpenCase) -> None:
        desk = books.desk
        if desk is not None:
            await _reviewed(books, desk, desk.case, ports)

    await ports.cases.work(city, booking_id, do)


async def review_dispute(city: City, dispute_id: UUID, *, ports: Ports) -> None:
    """The same for the booking that a dispute is about, after whatever waited for it was given back. Raises Unavailable and
    what the provider does."""
    filed = await ports.dispute_books.find(city, dispute_id)
    if filed is not None and filed.dispute.booking_id is not None:
        await ports.settle(city, filed.dispute.booking_id)
        await review(city, filed.dispute.booking_id, ports=ports)


async def review_document(city: City, invoice_id: UUID, *, ports: Ports) -> None:
    """The same for the booking of an invoice or credit note, where that may change what is owed."""
    for booking_id in await ports.cases.owing_by_document(city, invoice_id):
        await review(city, booking_id, ports=ports)


async def review_match(city: City, match_id: UUID, *, ports: Ports) -> None:
    """The same for the bookings whose invoices were matched with a transfer, or are not any more."""
    for booking_id in await ports.cases.matched_in(city, match_id):
        await review(city, booking_id, ports=ports)


async def remind(city: City, booking_id: UUID, *, ports: Ports) -> None:
    """One step further, if it is time, something is still owed, and no money is under way. Raises Unavailable."""
    await review(city, booking_id, ports=ports)

    async def do(books: OpenCase) -> None:
        desk = books.desk
        now = ports.clock()
        found = _standing(desk, now) if desk is not None else None
        if desk is None or desk.case is None or found is None:
            return
        further = reminded(desk.case, found, now)
        if further is not None:
            await books.keep(further)

    await ports.cases.work(city, booking_id, do)


async def close_case(call: Call[Outcome], command: CloseCase, *, ports: Ports) -> Answer:
    """A person's word on what is owed at this moment: it was paid otherwise, or never will be. Raises Unavailable."""

    async def do(books: OpenCase) -> Outcome:
        case, desk, now = _of(books, command.case_id), books.desk, ports.clock()
        if case is None or desk is None:
            return Refusal(NotClosable.UNKNOWN_CASE)
        if command.seen not in {None, case.version}:
            return Refusal(NotClosable.VERSION_MISMATCH)
        outcome = close(
            case,
            _standing(desk, now),
            command.how,
            reason=command.reason,
            reference=command.reference,
            by=call.actor.id,
            now=now,
        )
        if isinstance(outcome, Case):
            await books.keep(outcome)
        elif outcome.reason is NotClosable.ALREADY_PAID:
            await _reviewed(books, desk, case, ports)
        return outcome

    return await _answered(call, command.case_id, do, ports)


async def waive_fees(call: Call[Outcome], command: WaiveFees, *, ports: Ports) -> Answer:
    """A person asks for the reminders' fees no more, as far as nothing of them was paid. Raises Unavailable."""

    async def do(books: OpenCase) -> Outcome:
        case, desk, now = _of(books, command.case_id), books.desk, ports.clock()
        if case is None or desk is None:
            return Refusal(NotClosable.UNKNOWN_CASE)
        if command.seen not in {None, case.version}:
            return Refusal(NotClosable.VERSION_MISMATCH)
        outcome = waive(case, fees_paid(_invoiced(desk)), command.reason, call.actor.id, now)
        if isinstance(outcome, Refusal) or outcome is case:
            return outcome
        await books.keep(outcome)
        return await _reviewed(books, desk, outcome, ports) or outcome

    return await _answered(call, command.case_id, do, ports)


async def _answered(call: Call[Outcome], case_id: CaseId, do: Decide, ports: Ports) -> Answer:
    known = await ports.cases.find(call.city, case_id)
    if known is None:
        return call.answer(Refusal(NotClosable.UNKNOWN_CASE))
    return await ports.cases.answered(call, known.booking_id, do)


async def _reviewed(books: OpenCase, desk: CaseDesk, case: Case | None, ports: Ports) -> Case | None:
    """The case as it is kept; None where nothing changed, or money is under way."""
    now, agreed = ports.clock(), bill(desk.booking)
    found = _standing(desk, now)
    if found is None:
        return None
    policy = in_force(desk.policies, _today(desk, now))
    after = reviewed(case, found, agreed, policy, new_id=CaseId(ports.new_id()), now=now)
    if after is not None:
        await books.keep(after)
    await books.look_again(None if found.due_next is None else _after(found.due_next, desk))
    return after


def _standing(desk: CaseDesk, now: datetime) -> Standing | None:
    base = owed(bill(desk.booking), desk.payments, desk.disputes)
    return standing(base, _invoiced(desk), settled_by(desk.cases), _today(desk, now)) if base is not None else None


def _invoiced(desk: CaseDesk) -> tuple[Invoiced, ...]:
    return tuple(_as_owed(each) for each in desk.documents)


def _as_owed(found: DocumentOwed) -> Invoiced:
    case_id, step = fee_of(found.source) or (None, 0)
    return Invoiced(
        found.id,
        found.number,
        found.cash_reference,
        found.left,
        found.transferred,
        found.due_on,
        later=falls_due_later(found.source),
        fee_of=CaseId(case_id) if case_id is not None else None,
        step=step,
    )


def _of(books: OpenCase, case_id: CaseId) -> Case | None:
    cases = books.desk.cases if books.desk is not None else ()
    return next((case for case in cases if case.id == case_id), None)


def _today(desk: CaseDesk, now: datetime) -> date:
    return now.astimezone(desk.zone).date()


def _after(day: date, desk: CaseDesk) -> datetime:
    """The first instant at which what was due on that day is late."""
    return datetime.combine(day + timedelta(days=1), time(), desk.zone)
