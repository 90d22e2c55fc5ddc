"""Sharing a group's power: who may draw how much from when on, so that no limit is ever exceeded.

Safety first: the limits as they will be, less what stations draw that nobody can tell anything; then the needs by departure;
then what is left, alike. What a plan says of later is made again at the latest after `PLANNED_AGAIN`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.orders import PowerStep
from domain.charging.power.board import Board, Want
from domain.charging.power.charges import Charge, Standing, Standstill
from domain.charging.power.evenly import evenly
from domain.charging.power.groups import GUARD, GridLimit, Member, PowerGroup, SharingPolicy
from domain.charging.power.serving import GRAIN, served

LASTS = timedelta(minutes=45)
"""How long a station keeps a profile that nobody renews; then its safe default counts."""

PLANNED_AGAIN = timedelta(minutes=15)
LATE = timedelta(minutes=15)
"""Whoever is late is expected so much later than now; the power would be of no use to anybody meanwhile."""


class Allocation(Struct, frozen=True):
    """What a point may give: steps from the plan's moment on."""

    evse_id: ResourceId
    steps: tuple[PowerStep, ...]


class Short(Struct, frozen=True):
    """A charge that will lack so much when it leaves."""

    charge: Charge
    missing_wh: int


class PowerPlan(Struct, frozen=True):
    """`limit` is what the group may draw, `allocations` are those of points at which somebody is or will be, in the group's order."""

    at: datetime
    limit: tuple[PowerStep, ...]
    allocations: tuple[Allocation, ...]
    short: tuple[Short, ...]


def share(
    group: PowerGroup,
    limits: Sequence[GridLimit],
    charges: Sequence[Charge],
    now: datetime,
    without_link: Sequence[Standstill] = (),
) -> PowerPlan:
    """Give the group's power to its charges. Those at points that are not its members, or over, count for nothing."""
    sheet = _sheet(group, limits, charges, now, without_link)
    board = _served(group, sheet)
    present = [n for n, charge in enumerate(sheet.charges) if charge.present]
    short = _short(sheet, board)
    board.spread(sheet.wants, present, int(LASTS.total_seconds()))
    return PowerPlan(
        now,
        _steps(sheet.limit.times, sheet.limit.free),
        tuple(_allocations(group, sheet, board)),
        short,
    )


def short_of(
    group: PowerGroup,
    limits: Sequence[GridLimit],
    promised: Sequence[Charge],
    now: datetime,
    wanted: Charge | None = None,
) -> tuple[Short, ...]:
    """Who would lack something if these were all, each one's departure counting alike; `wanted` comes after what was promised."""
    sheet = _sheet(group, limits, [*promised, wanted] if wanted else promised, now, ())
    by_deadline = _by_deadline(sheet)
    by_rank = sorted(by_deadline, key=lambda n: sheet.charges[n] is wanted)
    first = sum(charge is not wanted for charge in sheet.charges)
    return _short(sheet, served(sheet.board, sheet.wants, by_deadline, by_rank, first))


class Sheet(Struct, frozen=True):
    """What is to be planned: the limit alone, the board with what others draw taken off, and the wants in the charges' order,
    none of which wants more than it could have if it were alone."""

    now: datetime
    limit: Board
    board: Board
    charges: Sequence[Charge]
    wants: Sequence[Want]


def _sheet(
    group: PowerGroup,
    limits: Sequence[GridLimit],
    charges: Sequence[Charge],
    now: datetime,
    without_link: Sequence[Standstill],
) -> Sheet:
    members = {member.evse_id: member for member in group.members}
    still = {each.evse_id: each for each in without_link if each.evse_id in members}
    told = members.keys() - still.keys()
    planned = [each for each in charges if (each.present or each.departure > now) and each.evse_id in told]
    planned.sort(key=lambda charge: (charge.departure, charge.arrival, charge.id))
    wants = _wants(planned, members, now)
    horizon = max([int(LASTS.total_seconds()), *(want.until for want in wants)])
    limit = _limit(group, limits, now, horizon)
    board = limit.copy()
    for each in still.values():
        _stand(board, each, members[each.evse_id], now, horizon)
    busy: dict[ResourceId, list[tuple[int, int]]] = {}
    for charge, want in zip(planned, wants, strict=True):
        since = want.since if charge.present else max(want.since, _seconds(now + LASTS, now))
        busy.setdefault(charge.evse_id, []).append((since, want.until))
    for member in group.members:
        if member.safe_w and member.evse_id not in still:
            _keep(board, member, sorted(busy.get(member.evse_id, [])), horizon)
    possible = [
        replace(want, energy=min(want.energy, board.energy(want.since, want.until, want.max_w, want.min_w)))
        for want in wants
    ]
    return Sheet(now, limit, board, planned, possible)


def _wants(planned: Sequence[Charge], members: Mapping[ResourceId, Member], now: datetime) -> list[Want]:
    """In the order of the charges. Whoever is plugged in comes before whoever is to come to the same point; who should have
    left already has nothing but what the others leave, until it is planned again."""
    wants: dict[int, Want] = {}
    taken: dict[ResourceId, int] = {}
    for n in sorted(range(len(planned)), key=lambda n: (not planned[n].present, planned[n].arrival, n)):
        charge, member = planned[n], members[planned[n].evse_id]
        over = charge.departure <= now
        expected = now if charge.present else charge.arrival if charge.arrival > now else now + LATE
        since = max(_seconds(max(expected, charge.arrival), now), taken.get(charge.evse_id, 0))
        until = max(_seconds(now + PLANNED_AGAIN if over else charge.departure, now), since)
        taken[charge.evse_id] = until
        most = min(member.max_w, charge.max_w or member.max_w)
        wants[n] = Want(since, until, 0 if over else charge.energy_wh * 3600, member.min_w, most)
    return [wants[n] for n in range(len(planned))]


def _seconds(at: datetime, now: datetime) -> int:
    return int((at - now).total_seconds())


def _limit(group: PowerGroup, limits: Sequence[GridLimit], now: datetime, horizon: int) -> Board:
    """The group's limit from now on, in spans."""
    counting = [
        (_seconds(limit.period.start - GUARD, now), _seconds(limit.period.end + GUARD, now), group.allowed_w(limit))
        for limit in limits
    ]
    board = Board([0, horizon], [group.nominal_w])
    for since, until, allowed in counting:
        if until > 0 and since < horizon:
            for i in range(board.cut(since), board.cut(until)):
                board.free[i] = min(board.free[i], allowed)
    return board


def _stand(board: Board, still: Standstill, member: Member, now: datetime, horizon: int) -> None:
    """What a point without link may draw: by the profile it has, or by its safe default, should its vehicle be another by now."""
    offset = _seconds(still.since, now)
    if still.steps and (begins := still.steps[0].from_s + offset) > 0:
        board.take(0, begins, member.safe_w)
    ends = [step.from_s for step in still.steps[1:]] + [still.lasts_s]
    for step, end in zip(still.steps, ends, strict=False):
        since, until = max(step.from_s + offset, 0), min(end, still.lasts_s) + offset
        if since < until:
            board.take(since, until, max(step.limit_w, member.safe_w))
    since = max(still.lasts_s + offset if still.steps else 0, 0)
    if since < horizon:
        board.take(since, horizon, member.safe_w)


def _keep(board: Board, member: Member, busy: Sequence[tuple[int, int]], horizon: int) -> None:
    """A point at which nobody is charging may be plugged into at any moment, and gives its safe default then. That is kept as
    long as this plan may count; whoever is there later has a profile by then."""
    free_from = 0
    for since, until in busy:
        if free_from < since:
            board.take(free_from, since, member.safe_w)
        free_from = max(free_from, until)
    if free_from < horizon:
        board.take(free_from, horizon, member.safe_w)


def _served(group: PowerGroup, sheet: Sheet) -> Board:
    by_deadline = _by_deadline(sheet)
    if group.policy is SharingPolicy.EQUAL:
        return evenly(sheet.board, sheet.wants, int(PLANNED_AGAIN.total_seconds()))
    if group.policy is SharingPolicy.BY_DEADLINE:
        return served(sheet.board, sheet.wants, by_deadline, by_deadline, 0)
    by_rank = sorted(by_deadline, key=lambda n: sheet.charges[n].standing)
    fleet = sum(charge.standing is Standing.FLEET for charge in sheet.charges)
    return served(sheet.board, sheet.wants, by_deadline, by_rank, fleet)


def _by_deadline(sheet: Sheet) -> Sequence[int]:
    return range(len(sheet.wants))  # the sheet has them in this order


def _short(sheet: Sheet, board: Board) -> tuple[Short, ...]:
    """Who will lack something: also what there was no hope for, alone at the connection."""
    lacking = zip(sheet.charges, sheet.wants, board.missing(sheet.wants), strict=True)
    hopeless = {n: charge.energy_wh * 3600 for n, charge in enumerate(sheet.charges) if charge.departure > sheet.now}
    found = [
        (charge, missing + max(hopeless.get(n, 0) - want.energy, 0))
        for n, (charge, want, missing) in enumerate(lacking)
    ]
    return tuple(Short(charge, lack // 3600) for charge, lack in found if lack >= GRAIN)


def _allocations(group: PowerGroup, sheet: Sheet, board: Board) -> list[Allocation]:
    at: dict[ResourceId, set[int]] = {}
    for n, charge in enumerate(sheet.charges):
        at.setdefault(charge.evse_id, set()).add(n)
    found: list[Allocation] = []
    for member in group.members:
        if numbers := at.get(member.evse_id):
            watts = [sum(given.get(n, 0) for n in numbers) for given in board.given]
            found.append(Allocation(member.evse_id, _steps(board.times, watts)))
    return found


def _steps(times: Sequence[int], watts: Sequence[int]) -> tuple[PowerStep, ...]:
    steps: list[PowerStep] = []
    for start, each in zip(times, watts, strict=False):
        if not steps or steps[-1].limit_w != each:
            steps.append(PowerStep(start, each))
    return tuple(steps)
