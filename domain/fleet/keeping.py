"""Keeping the books of a fleet: adding a vehicle, changing it, entering its papers, ending its life."""

from base64 import b32encode
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.blocks import BlockId, Hit
from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import (
    Document,
    DocumentKind,
    NotADocument,
    NotRentable,
    drivable_until,
    entered,
    in_force,
    overdue,
)
from domain.fleet.vehicles import (
    Description,
    Draft,
    Life,
    NoDescription,
    NotMovable,
    described,
    may_be_shared,
    moved,
)
from domain.identity import Actor, PoolId, Role
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal


class Placement(Struct, frozen=True):
    """Where a vehicle stands, whose it is, and how it is booked. Without a tariff it is listed and cannot be booked; `code`
    stands on its dashboard; `shared` opens it to residents."""

    station_id: StationId
    pool_id: PoolId | None = None
    tariff_id: TariffId | None = None
    code: str | None = None
    shared: bool = False
    buffer_before_s: int = 0
    buffer_after_s: int = 0


class Vehicle(Struct, frozen=True):
    """As the books have it. `papers` are in the order in which they were entered; `block_id` is the block under which it is
    now, `blocked_until` its end, None where there is none; `withdrawn` while a reported problem is open. `rented` is what
    residents have booked of it from now on, read where it is to be changed."""

    id: ResourceId
    description: Description
    placement: Placement
    life: Life
    papers: tuple[Document, ...] = ()
    station: str = ""
    block_id: BlockId | None = None
    blocked_until: datetime | None = None
    withdrawn: bool = False
    version: int = 1
    rented: tuple[Hit, ...] = ()

    @property
    def standing(self) -> Life:
        """Its life as people see it: in the workshop while it is blocked."""
        return Life.WORKSHOP if self.life is Life.IN_SERVICE and self.blocked_until is not None else self.life

    @property
    def is_bookable(self) -> bool:
        """Whether it is for sale at all; blocks and papers say from when to when."""
        return self.life is Life.IN_SERVICE and self.placement.tariff_id is not None


def code_of(vehicle_id: ResourceId) -> str:
    """What stands on its dashboard where nobody gave it a code: always the same, told apart by 40 of the id's random bits."""
    return "KM-" + b32encode(vehicle_id.bytes[-5:]).decode()


class AddVehicle(Struct, frozen=True):
    """`life` is `ordered` or `in_service`; the id comes from the edge."""

    id: ResourceId
    draft: Draft
    placement: Placement
    life: Life = Life.IN_SERVICE
    papers: tuple[Document, ...] = ()


class ChangeVehicle(Struct, frozen=True):
    """This in place of what it was; `seen` is the version that the caller has in mind, None where any will do. `residents_stay`
    says that those who have booked it keep it where it is closed to residents from now on."""

    id: ResourceId
    draft: Draft
    placement: Placement
    seen: int | None = None
    residents_stay: bool = False


class Around(Struct, frozen=True):
    """What the city has of what is named: the station, the pool, the tariff; and which of `plate`, `vin` and `code` another
    vehicle has."""

    station: bool
    pool: bool
    tariff: bool
    taken: frozenset[str] = frozenset()


class NotKept(StrEnum):
    UNKNOWN_VEHICLE = "unknown_vehicle"
    UNKNOWN_STATION = "unknown_station"
    UNKNOWN_POOL = "unknown_pool"
    UNKNOWN_TARIFF = "unknown_tariff"
    PLATE_TAKEN = "plate_taken"
    VIN_TAKEN = "vin_taken"
    CODE_TAKEN = "code_taken"
    PLATE_MISSING = "plate_missing"
    VERSION_MISMATCH = "version_mismatch"


class StillRented(Struct, frozen=True):
    """Residents have booked what they might not have any more, and nobody said what becomes of that."""

    code: ClassVar[str] = "still_rented"
    hits: tuple[Hit, ...]


NoVehicle: TypeAlias = (
    NoDescription | Refusal[NotKept] | Refusal[NotADocument] | Refusal[NotMovable] | Refusal[NotRentable]
)
TAKEN = {"plate": NotKept.PLATE_TAKEN, "vin": NotKept.VIN_TAKEN, "code": NotKept.CODE_TAKEN}


def runs(actor: Actor, pool: PoolId | None) -> bool:
    """Whoever runs the pool keeps its vehicles; the operator those of all pools and of none."""
    return actor.has(Role.OPERATOR) or (actor.has(Role.FLEET_MANAGER) and actor.works_in(pool))


def added(command: AddVehicle, around: Around, actor: Actor, today: date) -> Vehicle | NoVehicle:
    """The vehicle as it comes onto the books, or what stands against it. Into service it comes with all its papers."""
    description = described(command.draft)
    if isinstance(description, Refusal):
        return description
    if refusal := _nowhere(command.placement, around, actor):
        return refusal
    papers: list[Document] = []
    rental = _is_rental(command.papers)
    for number, document in enumerate(command.papers):
        found = entered(document, rental=rental, today=today)
        if isinstance(found, Refusal):
            return replace(found, pointer=f"/documents/{number}{found.pointer}")
        papers.append(found)
    if command.life is not Life.ORDERED and (refused := moved(description, Life.ORDERED, command.life, papers, today)):
        return refused
    if command.placement.shared and (closed := may_be_shared(description.kind, papers)):
        return replace(closed, pointer="/shared")
    place = replace(command.placement, code=command.placement.code or code_of(command.id))
    return Vehicle(command.id, description, place, command.life, tuple(papers))


def changed(
    command: ChangeVehicle, known: Vehicle | None, around: Around, actor: Actor
) -> Vehicle | NoVehicle | StillRented:
    """The vehicle's next version. Whoever gives it into another pool runs both. In service it stays a motor vehicle or a
    bicycle, as it came there with the papers of the one or without. Of a retired one only how it was procured is entered
    later: the quota counts it still."""
    if known is None or not runs(actor, known.placement.pool_id):
        return Refusal(NotKept.UNKNOWN_VEHICLE)
    if command.seen not in {None, known.version}:
        return Refusal(NotKept.VERSION_MISMATCH)
    description = described(command.draft)
    if known.life is Life.RETIRED:
        return _procured_later(command, known, description)
    if isinstance(description, Refusal):
        return description
    if refusal := _nowhere(command.placement, around, actor):
        return refusal
    if known.life is Life.IN_SERVICE and description.kind.is_motor_vehicle != known.description.kind.is_motor_vehicle:
        return Refusal(NotMovable.VEHICLE_STATE, "/kind")
    if known.life is Life.IN_SERVICE and known.description.plate is not None and description.plate is None:
        return Refusal(NotKept.PLATE_MISSING, "/plate")
    if command.placement.shared and (closed := may_be_shared(description.kind, known.papers)):
        return replace(closed, pointer="/shared")
    if known.rented and not command.residents_stay and _is_open(known.placement) and not _is_open(command.placement):
        return StillRented(known.rented)
    code = command.placement.code or known.placement.code
    return replace(
        known,
        description=description,
        placement=replace(command.placement, code=code),
        version=known.version + 1,
    )


def _procured_later(
    command: ChangeVehicle, known: Vehicle, description: Description | NoDescription
) -> Vehicle | NoVehicle:
    if isinstance(description, Refusal):
        return description
    place = replace(command.placement, code=command.placement.code or known.placement.code)
    procured, before = description.procured, known.description.procured
    same = replace(description, procured=before) == known.description and place == known.placement
    if not same or procured == before:
        return Refusal(NotMovable.VEHICLE_STATE)
    return replace(known, description=description, version=known.version + 1)


def with_paper(
    document: Document, known: Vehicle | None, actor: Actor, today: date
) -> Vehicle | NoVehicle | StillRented:
    """The vehicle with one more paper. What residents may rent, or have booked, does not lose what makes it rentable."""
    if known is None or not runs(actor, known.placement.pool_id):
        return Refusal(NotKept.UNKNOWN_VEHICLE)
    if known.life is Life.RETIRED:
        return Refusal(NotMovable.VEHICLE_STATE)
    found = entered(document, rental=_is_rental((*known.papers, document)), today=today)
    if isinstance(found, Refusal):
        return found
    papers = (*known.papers, found)
    kind, was_rentable = known.description.kind, may_be_shared(known.description.kind, known.papers) is None
    if was_rentable and (closed := may_be_shared(kind, papers)):
        if known.placement.shared:
            return closed
        if known.rented:
            return StillRented(known.rented)
    return replace(known, papers=papers, version=known.version + 1)


def changes_nothing(command: ChangeVehicle, known: Vehicle) -> bool:
    """Whether the vehicle is like that already: it may lack what nobody could open it to residents without today."""
    place = replace(command.placement, code=command.placement.code or known.placement.code)
    return (described(command.draft), place) == (known.description, known.placement)


def changed_with_papers(
    command: ChangeVehicle,
    papers: Iterable[Document],
    known: Vehicle,
    around: Around,
    actor: Actor,
    *,
    today: date,
) -> Vehicle | NoVehicle | StillRented:
    """The change and more papers at once. The papers come first where the change asks for them: what residents may rent from
    now on needs what makes it rentable, and what they may not rent any more may lose it."""
    given = tuple(papers)
    found = _with_papers(given, changed(command, known, around, actor), actor, today)
    if not (isinstance(found, Refusal) and isinstance(found.reason, NotRentable)):
        return found
    papered = _with_papers(given, known, actor, today)
    return changed(command, papered, around, actor) if isinstance(papered, Vehicle) else found


def _with_papers(
    papers: Iterable[Document], known: Vehicle | NoVehicle | StillRented, actor: Actor, today: date
) -> Vehicle | NoVehicle | StillRented:
    for paper in papers:
        if isinstance(known, Vehicle):
            known = with_paper(paper, known, actor, today)
    return known


def living(known: Vehicle | None, to: Life, actor: Actor, today: date) -> Vehicle | NoVehicle:
    """The vehicle in that state, if its life may go on to it; unchanged where it is there. Into the workshop and back it goes
    by its blocks."""
    if known is None or not runs(actor, known.placement.pool_id):
        return Refusal(NotKept.UNKNOWN_VEHICLE)
    if to is known.standing:
        return known
    if refusal := moved(known.description, known.standing, to, known.papers, today):
        return refusal
    life = Life.IN_SERVICE if to is Life.WORKSHOP else to
    return replace(known, life=life, version=known.version + 1)


def usable_until(papers: Iterable[Document], time_zone: str) -> datetime | None:
    """The instant at which the first of its papers is over: midnight, in the city, behind the last day that counts."""
    last = drivable_until(papers)
    if last is None:
        return None
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(time_zone))


def is_shortened(vehicle: Vehicle, known: Vehicle | None) -> bool:
    """Whether its papers end before the day until which it could be booked."""
    if known is None or known.life is not Life.IN_SERVICE or (last := drivable_until(vehicle.papers)) is None:
        return False
    before = drivable_until(known.papers)
    return before is None or last < before


def why_not(vehicle: Vehicle, today: date) -> tuple[str, ...]:
    """What keeps the vehicle from being booked today, in words: its standing, a problem, papers that ran out, no tariff."""
    standing = vehicle.standing
    return (
        *([standing.value] if standing is not Life.IN_SERVICE else ()),
        *(["problem_reported"] if vehicle.withdrawn else ()),
        *(f"{document.kind.value}_overdue" for document in overdue(vehicle.papers, today)),
        *(["no_tariff"] if vehicle.placement.tariff_id is None else ()),
    )


def _nowhere(placement: Placement, around: Around, actor: Actor) -> Refusal[NotKept] | None:
    if not around.station:
        return Refusal(NotKept.UNKNOWN_STATION, "/station_id")
    if not runs(actor, placement.pool_id) or (placement.pool_id is not None and not around.pool):
        return Refusal(NotKept.UNKNOWN_POOL, "/pool_id")
    if placement.tariff_id is not None and not around.tariff:
        return Refusal(NotKept.UNKNOWN_TARIFF, "/tariff_id")
    for what, reason in TAKEN.items():
        if what in around.taken:
            return Refusal(reason, f"/{what}")
    return None


def _is_open(placement: Placement) -> bool:
    """Whether residents may book what stands there, as `domain.booking.resources` has it."""
    return placement.pool_id is None or placement.shared


def _is_rental(papers: Iterable[Document]) -> bool:
    registration = in_force(papers).get(DocumentKind.REGISTRATION)
    return registration is not None and registration.rental
