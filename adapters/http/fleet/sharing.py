"""`/v1/{city}/fleet/pools/{pool_id}/sharing`: when a pool's vehicles are shared with residents."""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.booking.changes import DryRun
from adapters.http.endpoints import STAFF, Ask, Endpoint, Reply
from adapters.http.fleet.vehicles import nothing
from adapters.http.pools import pool_id_of
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day, day
from adapters.http.tags import seen, tagged
from domain.booking.bookings import State
from domain.booking.sharing import SharingWindow
from domain.fleet.sharing import SetSharing
from domain.identity import PoolId
from domain.periods import Period
from domain.pricing.windows import Weekday
from domain.refusals import Refusal
from services.fleet.sharing import Days, PoolShown, PoolsShared, Shown

ONE = "/v1/{city:str}/fleet/pools/{pool_id:str}/sharing"
LONGEST = 92  # days
SAYS_NOTHING = "name its hours, its days or its dates; null in place of all windows shares at any time"
Opens: TypeAlias = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Closes: TypeAlias = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
DayOfYear: TypeAlias = Annotated[str, Meta(pattern=r"^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$")]


class WindowShape(Struct, forbid_unknown_fields=True, frozen=True):
    """From `from` to `to` by the clock of the city; where `to` is not after `from` it is that time of the next day. On
    `days`, on `dates` ("12-24" every year, "2027-05-02" once) and, with `holidays` true, on holidays; on all days where
    none is named. With `holidays` false not on holidays. From `start_date` on and before `end_date`, by the day on which it
    opens. Without `from` it opens at 00:00, without `to` it closes at 24:00; one that says nothing at all is refused: from 00:00 to
    24:00 is said."""

    days: Annotated[tuple[Weekday, ...], Meta(max_length=7)] = ()
    from_: Opens | UnsetType = msgspec.field(name="from", default=UNSET)
    to: Closes | UnsetType = UNSET
    dates: Annotated[tuple[DayOfYear, ...], Meta(max_length=100)] = ()
    holidays: bool | None = None
    start_date: Day | None = None
    end_date: Day | None = None

    @property
    def says_nothing(self) -> bool:
        return self == WindowShape()

    @property
    def window(self) -> SharingWindow:
        said = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}
        return SharingWindow(**said)


class SharingRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Outside of the windows the pool has its vehicles for itself. null: they are shared at any time; an empty list: never. What
    nobody of the pool has in its own time is released `release_after_s` seconds after that began, until the next window."""

    windows: Annotated[tuple[WindowShape, ...], Meta(max_length=50)] | None
    release_after_s: Annotated[int, Meta(ge=0, le=86400)] | None = None


class OpeningsQuery(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The days of the city whose openings are shown, before `to`; fourteen from today on where none are named."""

    from_: Annotated[Day, Meta(examples=["2026-12-01"])] | None = msgspec.field(name="from", default=None)
    to: Annotated[Day, Meta(examples=["2026-12-15"])] | None = None


class OutsideView(Struct, frozen=True):
    """A resident's booking that could not be made by these windows. It stays; whoever runs the pool may cancel it, or move
    it."""

    booking_id: UUID
    vehicle_id: UUID
    vehicle: str
    state: State
    start: datetime
    end: datetime


class SharingView(Struct, frozen=True):
    """`openings` are when residents may have what is shared, `holidays_in` the state whose holidays count,
    `shared_vehicles` how many of the pool's vehicles are shared at all. `outside` are bookings of residents that stand, a
    hundred at most, and `outside_count` how many there are."""

    pool_id: PoolId
    windows: tuple[WindowShape, ...] | None
    time_zone: str
    holidays_in: str | None
    openings: tuple[Period, ...]
    shared_vehicles: int
    outside: tuple[OutsideView, ...]
    outside_count: int
    version: int
    release_after_s: int | None = None


MOST_OUTSIDE = 100


def fleet_sharing(offered: PoolsShared) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def get_sharing(ask: Ask) -> Reply:
        days = _days(ask.query(OpeningsQuery))
        return _told(ask, await offered.find(ask.city, ask.actor, pool_id_of(ask), days))

    async def set_sharing(ask: Ask) -> Reply:
        pool_id, only_looking = pool_id_of(ask), ask.query(DryRun).dry_run
        asked = await ask.body(SharingRequest)
        command = SetSharing(pool_id, _windows(asked), seen(ask), asked.release_after_s)
        return _told(ask, await offered.set(ask.unkeyed(nothing), command, only_looking))

    return (
        Endpoint(
            HttpMethod.GET,
            STAFF,
            ONE,
            "getSharing",
            "fleet",
            "When a pool's vehicles are shared with residents, with an ETag",
            get_sharing,
            {200: SharingView, 304: None},
            codes=("unknown_pool",),
            query=OpeningsQuery,
            examples={200: EXAMPLE},
        ),
        Endpoint(
            HttpMethod.PUT,
            STAFF,
            ONE,
            "setSharing",
            "fleet",
            "Share a pool's vehicles with residents in these windows, for bookings from now on; with dry_run see what that would be",
            set_sharing,
            {200: SharingView},
            codes=("unknown_pool", "version_mismatch", "window_invalid"),
            body=SharingRequest,
            query=DryRun,
            tagged=True,
            example={"windows": WINDOWS, "release_after_s": 1800},
            examples={200: EXAMPLE},
        ),
    )


def _windows(asked: SharingRequest) -> tuple[SharingWindow, ...] | None:
    """Raises Rejected for windows that say nothing: what was forgotten does not share the vehicles round the clock."""
    if asked.windows is None:
        return None
    if empty := [place for place, each in enumerate(asked.windows) if each.says_nothing]:
        faults = [Fault(SAYS_NOTHING, pointer=f"/windows/{place}") for place in empty]
        raise Rejected("window_invalid", errors=tuple(faults))
    return tuple(each.window for each in asked.windows)


def _days(asked: OpeningsQuery) -> Days | None:
    """Raises Rejected for one day without the other, for days that are not in order, and for too many of them."""
    if asked.from_ is None and asked.to is None:
        return None
    if asked.from_ is None or asked.to is None:
        missing = "from" if asked.from_ is None else "to"
        raise Rejected("invalid_input", errors=(Fault("both days, or none", parameter=missing),))
    days = Days(day(asked.from_, parameter="from"), day(asked.to, parameter="to"))
    if not 0 < (asked.to - asked.from_).days <= LONGEST:
        raise Rejected("invalid_input", errors=(Fault(f"one to {LONGEST} days after the first", parameter="to"),))
    return days


def _told(ask: Ask, shown: Shown) -> Reply:
    return ask.refuse(shown) if isinstance(shown, Refusal) else tagged(ask, sharing_view(shown))


def sharing_view(shown: PoolShown) -> SharingView:
    pool = shown.pool
    return SharingView(
        pool_id=pool.pool_id,
        windows=None if pool.windows is None else tuple(_shape(each) for each in pool.windows),
        time_zone=pool.time_zone,
        holidays_in=pool.holidays_in,
        openings=tuple(Period(each.start.astimezone(UTC), each.end.astimezone(UTC)) for each in shown.openings),
        shared_vehicles=shown.shared_vehicles,
        outside=tuple(OutsideView(**msgspec.structs.asdict(each)) for each in shown.outside[:MOST_OUTSIDE]),
        outside_count=len(shown.outside),
        version=pool.version,
        release_after_s=pool.release_after_s,
    )


def _shape(window: SharingWindow) -> WindowShape:
    return WindowShape(**msgspec.structs.asdict(window))


def _window(**said: Any) -> dict[str, Any]:
    return {"days": [], "dates": [], "holidays": None, "start_date": None, "end_date": None} | said


WINDOWS: list[dict[str, Any]] = [
    _window(days=["mon", "tue", "wed", "thu"]) | {"from": "17:00", "to": "07:00"},
    _window(days=["fri"]) | {"from": "15:00", "to": "24:00"},
    _window(days=["sat", "sun"], dates=["12-24", "12-31"], holidays=True) | {"from": "00:00", "to": "24:00"},
    _window(days=["sun"]) | {"from": "18:00", "to": "07:00"},
]
EXAMPLE: dict[str, Any] = {
    "pool_id": "town-hall",
    "windows": WINDOWS,
    "time_zone": "Europe/Berlin",
    "holidays_in": "NI",
    "openings": [
        {"start": "2026-12-01T16:00:00Z", "end": "2026-12-02T06:00:00Z"},
        {"start": "2026-12-02T16:00:00Z", "end": "2026-12-03T06:00:00Z"},
    ],
    "shared_vehicles": 4,
    "outside": [
        {
            "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "vehicle_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
            "vehicle": "Volkswagen ID.3",
            "state": "confirmed",
            "start": "2026-12-01T15:00:00Z",
            "end": "2026-12-01T18:00:00Z",
        }
    ],
    "outside_count": 1,
    "version": 1,
    "release_after_s": 1800,
}
