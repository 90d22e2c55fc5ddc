"""What is assigned to what: trips that ask for a kind of vehicle, and the vehicles with what they have to do already."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId, StationId
from domain.fleet.charge import Battery
from domain.fleet.vehicles import Drive, VehicleKind
from domain.identity import PoolId
from domain.periods import Period


class Trip(Struct, frozen=True):
    """A booking that needs a vehicle. None is what nobody asked for. `seats` are for all who come along, `distance_km` is
    the driver's estimate, `range_km` the least that the vehicle has to reach. Of two that want the same, the higher
    `priority` gets it. `provisional_id` is the vehicle that is claimed for it until now. `for_resident` is a
    trip that somebody pays for, who gets nothing but what may be rented."""

    booking_id: BookingId
    period: Period
    vehicle_class: str | None = None
    drive: str | None = None
    seats: int = 1
    load_kg: int | None = None
    range_km: int | None = None
    distance_km: Decimal | None = None
    station_id: StationId | None = None
    pool_id: PoolId | None = None
    priority: int = 0
    provisional_id: ResourceId | None = None
    for_resident: bool = False


class Charge(Struct, frozen=True):
    """What was in the battery, a fraction of it, when somebody last read it."""

    soc: Decimal
    read_at: datetime


class Use(Struct, frozen=True):
    """What a vehicle has to do already: `claimed` is the time with its buffers. `booking_id` is None for a repair and the
    like, `planned` says that the same plan put it there. Unknown kilometres are assumed, a repair has none."""

    period: Period
    claimed: Period
    booking_id: BookingId | None = None
    km: Decimal | None = None
    planned: bool = False


class Candidate(Struct, frozen=True):
    """A vehicle that may be given out, as far as assigning it asks. `battery` is there where it has one and its figures
    are known, `charge` where somebody read it. What belongs to a pool is rented to residents where it is `shared`."""

    id: ResourceId
    name: str
    kind: VehicleKind
    vehicle_class: str
    drive: Drive
    seats: int
    range_km: int
    station_id: StationId
    pool_id: PoolId | None
    in_service: bool = True
    shared: bool = False
    buffer_before_s: int = 0
    buffer_after_s: int = 0
    load_kg: int | None = None
    battery: Battery | None = None
    charge: Charge | None = None
    uses: tuple[Use, ...] = ()

    def claim(self, period: Period) -> Period:
        return period.widened(timedelta(seconds=self.buffer_before_s), timedelta(seconds=self.buffer_after_s))

    def use_for(self, trip: Trip) -> Use:
        return Use(trip.period, self.claim(trip.period), trip.booking_id, furthest(trip), planned=True)


class AssignmentPolicy(Struct, frozen=True):
    """What the city prefers, from `valid_from` on: a bicycle for trips of up to `bicycle_km`, then what drives on
    electricity. `assumed_km` is how far somebody goes who says nothing, `charging_kw` with how much a vehicle is charged
    whose figure is not known."""

    bicycle_km: Decimal
    assumed_km: Decimal
    charging_kw: Decimal
    valid_from: date
    source: str


POLICIES = (
    AssignmentPolicy(
        bicycle_km=Decimal(5),
        assumed_km=Decimal(40),
        charging_kw=Decimal(11),
        valid_from=date(2020, 1, 1),
        source="kommobil's assumption; 40 km a day is what a study of NOW GmbH calls typical",
    ),
)


def policy_on(day: date, policies: Iterable[AssignmentPolicy] = POLICIES) -> AssignmentPolicy:
    """The policy in force on a day. Raises ValueError for a day before all of them."""
    known = [policy for policy in policies if policy.valid_from <= day]
    if not known:
        raise ValueError(f"no policy about assigning vehicles is known for {day}")
    return max(known, key=lambda policy: policy.valid_from)


def furthest(trip: Trip) -> Decimal | None:
    """How far the trip may go: the estimate or the range that was asked for, whichever is more; None where neither was."""
    said = [Decimal(km) for km in (trip.distance_km, trip.range_km) if km]
    return max(said, default=None)
