"""What happens to the bike, and what becomes of it: repaired, replaced within the contract, or lost."""

from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt, LeaseStepped, NotDone
from domain.bike_leasing.contracts.leases import Incident, IncidentOutcome, LeasedBike, LeaseId
from domain.bike_leasing.contracts.pausing import declare_total_loss, replace_bike, report_incident, resolve
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, Outcome, Place, Refused
from services.bike_leasing.contracts.stepping import stepped


class Report(Struct, frozen=True):
    lease_id: LeaseId
    incident: Incident


class EndIncident(Struct, frozen=True):
    """`bike` is the other one where it was replaced."""

    lease_id: LeaseId
    outcome: IncidentOutcome
    bike: LeasedBike | None


async def report(command: Report, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: report_incident(desk.lease, command.incident, by),
        books=books,
        actor=actor,
        now=now,
    )


async def end_incident(command: EndIncident, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LeaseDesk, _: Place, by: Attempt) -> LeaseStepped | Refused:
        match command.outcome:
            case IncidentOutcome.REPAIRED:
                return resolve(desk.lease, by)
            case IncidentOutcome.TOTAL_LOSS:
                return declare_total_loss(desk.lease, desk.plan, by)
            case IncidentOutcome.REPLACED:
                bike = command.bike
                return replace_bike(desk.lease, bike, by) if bike is not None else Refusal(NotDone.BAD_QUOTE, "/bike")

    return await stepped(command.lease_id, decide, books=books, actor=actor, now=now)
