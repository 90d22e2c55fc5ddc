"""The pool vehicles' books in PostgreSQL."""

import msgspec

from adapters.database.booking.choosing import desks
from adapters.database.booking.reservations import DESK, NOTHING_REQUIRED, OFFER, OFFERED, SqlReservations
from domain.booking.classes import ClassRequest
from domain.booking.holds import Offer
from domain.fleet.reservations import FleetOptions, ReserveVehicle, VehicleWanted
from services.fleet.ports import Offered, ReservationDesk, Reserved

VEHICLE_NAMED = DESK.format(
    facts=f"""
  'vehicle', (SELECT json_build_object('offer', {OFFER}, 'seats', x.seats, 'is_bicycle', x.kind IN ('pedelec', 'cargo_bike'),
      'licence_asked', coalesce(y.settings->'requires'->'fleet' ? 'licence', false),
      'only_bicycles', CASE WHEN {NOTHING_REQUIRED} THEN true ELSE only_bicycles(r.city, x.class) END)
    FROM {OFFERED} JOIN vehicles x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid)"""
)


def _wanted(request: ClassRequest, options: FleetOptions) -> tuple[object, ...]:
    """Seats for all who come along, too."""
    wanted = request.read(VehicleWanted)
    seats = max(wanted.seats or 1, options.passengers or 1)
    return wanted.vehicle_class, seats, wanted.drive, wanted.range_km or 0, wanted.load_kg or 0


VEHICLE = desks(
    VEHICLE_NAMED,
    "vehicles",
    matches="($15::text IS NULL OR x.class = $15::text) AND x.seats >= $16::int AND ($17::text IS NULL OR x.drive = $17::text) AND x.range_km >= $18::int AND coalesce(x.load_kg, 0) >= $19::int",
    surplus="x.seats",
    options=FleetOptions,
    wanted=_wanted,
    pooled=True,
)
_facts = msgspec.json.Decoder(ReservationDesk)


def _offer(desk: ReservationDesk) -> Offer | None:
    return desk.vehicle.offer if desk.vehicle else None


class SqlFleetStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: ReserveVehicle) -> ReservationDesk:
        return await self._books.desk(VEHICLE, _facts, _offer, command)

    async def offer(self, outcome: Offered) -> None:
        await self._books.offer(outcome)

    async def record(self, outcome: Reserved) -> None:
        await self._books.record(outcome)
