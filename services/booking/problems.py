"""Problems that holders report, and staff see to."""

from datetime import datetime

from domain.booking.events import Decision
from domain.booking.problems import ReportProblem, ResolveProblems, report, resolve
from domain.identity import Actor
from services.booking.life import act
from services.booking.ports import BookingStore, LifeDesk, Outcome


async def report_problem(command: ReportProblem, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        return report(command, desk.sheet.booking, desk.policy, actor, now)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def resolve_problems(command: ResolveProblems, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        return resolve(command, desk.sheet.booking, desk.sheet.resource, actor, now)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)
