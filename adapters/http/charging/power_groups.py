"""`/v1/{city}/charging/power-groups`: charge points behind one grid connection, its limits, and who may draw how much."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors, reading
from adapters.http.administration import PageQuery
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer, nothing
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Instant
from domain.booking.resources import ResourceId
from domain.charging.power.groups import (
    GridLimit,
    LimitKind,
    Member,
    PowerGroup,
    PowerGroupId,
    PowerType,
    SharingPolicy,
)
from domain.charging.power.setting import GroupSet, LimitId, LimitTold, SignalLimit
from domain.charging.power.steering import Steering
from domain.cities.identifiers import is_slug
from domain.refusals import Refusal
from services.calls import Answer
from services.charging.power import KnownGroup, PowerGroups

LIST = "/v1/{city:str}/charging/power-groups"
ONE = f"{LIST}/{{group_id:str}}"
MOST_MEMBERS = 500
Watts: TypeAlias = Annotated[int, Meta(ge=1, le=20_000_000)]
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]


class MemberShape(Struct, forbid_unknown_fields=True, frozen=True):
    """`max_w` is the most that the point gives, `safe_w` what it gives while nobody can tell it anything: 0, or no less than a
    vehicle charges with (6 A on each phase). `least_w` is the least that the point itself gives while it charges, as its data sheet says,
    where that is more: direct current has none otherwise. With less it is paused."""

    evse_id: UUID
    max_w: Watts
    power_type: PowerType = PowerType.AC_3_PHASE
    safe_w: Annotated[int, Meta(ge=0, le=20_000_000)] = 0
    least_w: Watts | None = None


class PowerGroupRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`nominal_w` is what the grid connection bears, `default_need_wh` what a booking is taken to need that says nothing of
    energy. Each station is in it with all of its points."""

    name: Words
    nominal_w: Watts
    members: Annotated[tuple[MemberShape, ...], Meta(min_length=1, max_length=MOST_MEMBERS)]
    policy: SharingPolicy = SharingPolicy.FLEET_FIRST
    default_need_wh: Annotated[int, Meta(ge=100, le=500_000)] = 15_000


class LimitRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """From `from`, now where it is not said, and before `until`. `dimming` (§ 14a EnWG) never takes less than the floor, so 0
    means: as far as is allowed; `technical` is what the site itself cannot bear. `told_by` are words for who says so."""

    until: Instant
    limit_w: Annotated[int, Meta(ge=0, le=20_000_000)]
    told_by: Words
    from_: Instant | None = msgspec.field(name="from", default=None)
    kind: LimitKind = LimitKind.DIMMING


class LimitView(Struct, frozen=True, rename={"from_": "from"}):
    """`allowed_w` is what it comes to."""

    id: UUID
    from_: datetime
    until: datetime
    limit_w: int
    allowed_w: int
    kind: LimitKind
    told_by: str


class PowerGroupView(Struct, frozen=True):
    """`floor_w` is the least to which it may be dimmed; `limits` are those that are not over."""

    id: str
    name: str
    nominal_w: int
    floor_w: int
    policy: SharingPolicy
    default_need_wh: int
    members: tuple[MemberShape, ...]
    limits: tuple[LimitView, ...]


class PowerGroupList(Struct, frozen=True):
    items: tuple[PowerGroupView, ...]
    next_cursor: str | None


class GroupMark(Struct, array_like=True, frozen=True):
    id: str


class StepView(Struct, frozen=True):
    """So many W at most from so many seconds after the plan's moment on; 0 is a pause."""

    from_s: int
    limit_w: int


class AllocationView(Struct, frozen=True):
    evse_id: UUID
    steps: tuple[StepView, ...]


class ShortView(Struct, frozen=True):
    """What a booking, or a session that nobody booked, will lack when it leaves."""

    id: UUID
    evse_id: UUID
    departure: datetime
    missing_wh: int


class PowerPlanView(Struct, frozen=True):
    """`limit` is what the group may draw. A plan is made anew with whatever happens. Stations of `unreached` points have no link, or
    refused a profile a moment ago: what they may draw is taken off first. Those of `unsure` points did not say yes to their safe
    default (yet), and count with all that they can give."""

    at: datetime
    limit: tuple[StepView, ...]
    allocations: tuple[AllocationView, ...]
    short: tuple[ShortView, ...]
    unreached: tuple[UUID, ...]
    unsure: tuple[UUID, ...]


def power_groups(offered: PowerGroups) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_groups(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        since = PowerGroupId(cursors.read_as(GroupMark, asked.cursor).id if asked.cursor is not None else "")
        found = await offered.page(ask.city, since, asked.limit + 1)
        items = tuple(_view(each, ask.now) for each in found[: asked.limit])
        mark = GroupMark(found[asked.limit].group.id) if len(found) > asked.limit else None
        return answer(PowerGroupList(items, cursors.written(mark) if mark else None))

    async def set_group(ask: Ask) -> Reply:
        group_id = _group_id(ask)
        asked = await ask.body(PowerGroupRequest)
        members = tuple(
            Member(ResourceId(each.evse_id), each.max_w, each.power_type, each.safe_w, each.least_w)
            for each in asked.members
        )
        group = PowerGroup(group_id, asked.nominal_w, members, asked.policy, asked.default_need_wh)
        done = await offered.set(ask.unkeyed(nothing), GroupSet(group, asked.name))
        if isinstance(done, Refusal):
            return ask.refuse(done)
        return answer(_view(done.known, ask.now), 201 if done.new else 200)

    async def signal_limit(ask: Ask) -> Reply:
        group_id = _group_id(ask)
        asked = await ask.body(LimitRequest)
        period = reading.period(asked.from_ or ask.now, asked.until)
        command = SignalLimit(
            LimitId(ask.edge.new_id()), group_id, GridLimit(period, asked.limit_w, asked.kind), asked.told_by
        )

        def told(outcome: LimitTold) -> Answer:
            return answer(_limit(outcome), 201)

        return await offered.signal(ask.call((group_id, asked), told), command)

    async def lift_limit(ask: Ask) -> Reply:
        refusal = await offered.lift(ask.unkeyed(nothing), _group_id(ask), LimitId(ask.path("limit_id")))
        return nothing(None) if refusal is None else ask.refuse(refusal)

    async def show_plan(ask: Ask) -> Reply:
        found = await offered.plan(ask.city, _group_id(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_plan(found))

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "charging", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            LIST,
            "listPowerGroups",
            "Charge points behind one grid connection, with the limits that are known",
            handler=list_groups,
            answers={200: PowerGroupList},
            query=PageQuery,
            examples={200: {"items": [_SHOWN], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.PUT,
            ONE,
            "setPowerGroup",
            "Make a power group, 201, or put this in its place; bookings of its points draw on it from then on",
            handler=set_group,
            answers={200: PowerGroupView, 201: PowerGroupView},
            codes=(
                *("unknown_charge_point", "charge_point_twice", "charge_point_elsewhere", "station_divided"),
                *("less_than_least", "safe_defaults_too_high"),
            ),
            body=PowerGroupRequest,
            example=_GROUP,
            examples={200: _SHOWN, 201: _SHOWN | {"limits": []}},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/limits",
            "signalGridLimit",
            "Limit what a power group draws for a while, as the grid operator or the site itself demands it",
            handler=signal_limit,
            answers={201: LimitView},
            codes=("unknown_power_group", "limit_is_over", "below_safe_defaults"),
            body=LimitRequest,
            keyed=True,
            example={name: _LIMIT[name] for name in ("from", "until", "limit_w", "told_by")},
            examples={201: _LIMIT},
        ),
        endpoint(
            HttpMethod.DELETE,
            f"{ONE}/limits/{{limit_id:uuid}}",
            "liftGridLimit",
            "Lift a limit before its time; that it was told stays in the books",
            handler=lift_limit,
            answers={204: None},
            codes=("unknown_limit",),
        ),
        endpoint(
            HttpMethod.GET,
            f"{ONE}/plan",
            "showPowerPlan",
            "Who may draw how much from now on, and who will lack something",
            handler=show_plan,
            answers={200: PowerPlanView},
            codes=("unknown_power_group",),
            examples={200: _PLAN},
        ),
    )


def _group_id(ask: Ask) -> PowerGroupId:
    """Raises Rejected for what cannot be a group's name."""
    name = str(ask.path("group_id"))
    if not is_slug(name):
        fault = Fault("lower case letters, digits and dashes, a letter first", parameter="group_id")
        raise Rejected("invalid_input", errors=(fault,))
    return PowerGroupId(name)


def _view(known: KnownGroup, now: datetime) -> PowerGroupView:
    group = known.group
    return PowerGroupView(
        id=group.id,
        name=known.name,
        nominal_w=group.nominal_w,
        floor_w=group.floor_w(now.date()),
        policy=group.policy,
        default_need_wh=group.default_need_wh,
        members=tuple(
            MemberShape(each.evse_id, each.max_w, each.power_type, each.safe_w, each.least_w) for each in group.members
        ),
        limits=tuple(_limit(each.told) for each in known.limits),
    )


def _limit(told: LimitTold) -> LimitView:
    signal, limit = told.signal, told.signal.limit
    period = limit.period
    return LimitView(signal.id, period.start, period.end, limit.limit_w, told.allowed_w, limit.kind, signal.told_by)


def _plan(steering: Steering) -> PowerPlanView:
    plan = steering.plan
    return PowerPlanView(
        at=plan.at,
        limit=tuple(StepView(step.from_s, step.limit_w) for step in plan.limit),
        allocations=tuple(
            AllocationView(each.evse_id, tuple(StepView(step.from_s, step.limit_w) for step in each.steps))
            for each in plan.allocations
        ),
        short=tuple(
            ShortView(each.charge.id, each.charge.evse_id, each.charge.departure, each.missing_wh)
            for each in plan.short
        ),
        unreached=tuple(sorted(steering.silent)),
        unsure=tuple(sorted(steering.unsure)),
    )


_MEMBER = {
    "evse_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11",
    "max_w": 22_000,
    "power_type": "AC_3_PHASE",
    "safe_w": 0,
    "least_w": None,
}
_GROUP = {
    "name": "Betriebshof Nord",
    "nominal_w": 250_000,
    "members": [_MEMBER],
    "policy": "fleet_first",
    "default_need_wh": 15_000,
}
_LIMIT = {
    "id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e61",
    "from": "2026-12-01T16:00:00Z",
    "until": "2026-12-01T17:00:00Z",
    "limit_w": 0,
    "allowed_w": 4200,
    "kind": "dimming",
    "told_by": "BS|NETZ",
}
_SHOWN = _GROUP | {"id": "depot-north", "floor_w": 4200, "limits": [_LIMIT]}
_PLAN = {
    "at": "2026-12-01T15:30:00Z",
    "limit": [{"from_s": 0, "limit_w": 250_000}, {"from_s": 1770, "limit_w": 4200}],
    "allocations": [
        {"evse_id": _MEMBER["evse_id"], "steps": [{"from_s": 0, "limit_w": 22_000}, {"from_s": 1770, "limit_w": 4200}]}
    ],
    "short": [
        {
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "evse_id": _MEMBER["evse_id"],
            "departure": "2026-12-01T16:30:00Z",
            "missing_wh": 8900,
        }
    ],
    "unreached": [],
    "unsure": [],
}
