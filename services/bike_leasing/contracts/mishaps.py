"""What happens to the bike, and what becomes of it: repaired, replaced within the contract, or lost."""

from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone
from domain.bike_leasing.contracts.leases import Incident, IncidentOutcome, LeasedBike, LeaseId
from domain.bike_leasing.contracts.pausing import declare_total_loss, replace_bike, report_incident, resolve
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.benefits import benefit_of
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, Outcome
from services.bike_leasing.contracts.stepping import at_desk, recorded, stepped


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
    """Of another bike the benefit in kind is calculated, by its own list price."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    outcome = _ended(command, desk, by)
    if isinstance(outcome, Refusal) or outcome.act is not Act.REPLACE:
        return await recorded(outcome, books, actor)
    sheet = benefit_of(outcome.lease, by.today)
    if isinstance(sheet, Refusal):
        return sheet
    sheets = {f"benefit-{outcome.lease.version}": sheet} if sheet is not None else {}
    return await recorded(outcome, books, actor, sheets)


def _ended(command: EndIncident, desk: LeaseDesk, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    match command.outcome:
        case IncidentOutcome.REPAIRED:
            return resolve(desk.lease, by)
        case IncidentOutcome.TOTAL_LOSS:
            return declare_total_loss(desk.lease, desk.plan, by)
        case IncidentOutcome.REPLACED:
            bike = command.bike
            return replace_bike(desk.lease, bike, by) if bike is not None else Refusal(NotDone.BAD_QUOTE, "/bike")
