"""A fleet's books in PostgreSQL: resources with their facts, files behind the wall, papers that are only added to."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from adapters.database.answering import LostRace
from adapters.database.booking.taking_back import TAKEN_BACK, take_back_offers
from adapters.database.fleet.reach import IN_REACH, OF_THE_POOL, reach_values
from adapters.database.sheets import Sheet
from domain.booking.blocks import BlockId, Hit
from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import Document, DocumentKind
from domain.fleet.keeping import Around, Placement, Vehicle, is_shortened, usable_until
from domain.fleet.plates import Plate, plate
from domain.fleet.procurement import CURRENCY, EuCategory, Procured, Procurement
from domain.fleet.reminding import UseShortened
from domain.fleet.vehicles import Description, Draft, Drive, Life, VehicleKind
from domain.fleet.vins import vin
from domain.identity import PoolId
from domain.money import Money
from domain.periods import Period
from domain.places import Location, Plane
from domain.pricing.tariffs import TariffId
from services.fleet.keeping import Reach, Today, Wanted

# So far ahead lies no booking. The claim of what was retired ends then: the constraint refuses whoever comes later.
FOR_GOOD = datetime.fromisoformat("2999-12-31T00:00:00+00:00")

VEHICLES = """
SELECT v.id, v.kind, v.class, v.seats, v.drive, v.range_km, v.battery_kwh, v.consumption, v.charging_kw, v.load_kg,
  v.equipment, v.life, v.version, v.awarded_on, v.procurement, v.eu_category, v.co2_g_per_km, v.rde_pollutants,
  v.alternative_fuel, v.contract_cents, v.quota_exempt, r.name, r.station_id, r.pool_id, r.tariff_id, r.code, r.shared, r.buffer_before_s,
  r.buffer_after_s, NOT r.in_service AS withdrawn, s.name AS station, f.plate, f.season, f.vin, f.frame_number,
  k.id AS block_id, k.ends AS blocked_until,
  (SELECT coalesce(json_agg(json_build_object('kind', p.kind, 'done_on', p.done_on, 'valid_until', p.valid_until,
    'rental', p.rental, 'reference', p.reference) ORDER BY p.number), '[]'::json)
    FROM vehicle_papers p WHERE p.city = v.city AND p.vehicle_id = v.id) AS papers
FROM vehicles v JOIN resources r ON r.city = v.city AND r.id = v.id
JOIN stations s ON s.city = r.city AND s.id = r.station_id
LEFT JOIN vehicle_files f ON f.city = v.city AND f.id = v.id
LEFT JOIN LATERAL (SELECT b.id, b.ends FROM blocks b WHERE b.city = v.city AND b.resource_id = v.id
  AND b.lifted_at IS NULL AND b.starts <= :now AND b.ends > :now ORDER BY b.ends DESC LIMIT 1) k ON true
WHERE v.city = :city
"""
# A statement of its own: what waits for a lock reads everything else as it was before.
# A resident who books looks at the resource's row until she has it: whoever closes it comes before her, or after.
LOCKED = """
SELECT 1 FROM vehicles v JOIN resources r ON r.city = v.city AND r.id = v.id WHERE v.city = :city AND v.id = :id FOR NO KEY UPDATE
"""
# `usable_until` is the midnight behind the last day on which all papers count.
DUE = """r.usable_until <= (SELECT cast(:due_before AS date)::timestamp AT TIME ZONE y.time_zone FROM cities y WHERE y.city = :city)"""
PAGE = f"""{VEHICLES}
  AND {IN_REACH} AND {OF_THE_POOL}
  AND (r.name, v.id) > (:name, cast(:after AS uuid))
  AND (cast(:station_id AS uuid) IS NULL OR r.station_id = :station_id)
  AND (cast(:kind AS text) IS NULL OR v.kind = :kind)
  AND (cast(:life AS text) IS NULL
    OR :life = CASE WHEN v.life = 'in_service' AND k.id IS NOT NULL THEN 'workshop' ELSE v.life END)
  AND (cast(:due_before AS date) IS NULL OR {DUE})
ORDER BY r.name, v.id LIMIT :limit
"""
AROUND = """
SELECT EXISTS (SELECT FROM stations s WHERE s.city = :city AND s.id = :station_id) AS station,
  EXISTS (SELECT FROM pools p WHERE p.city = :city AND p.id = :pool_id) AS pool,
  EXISTS (SELECT FROM tariffs t WHERE t.city = :city AND t.id = :tariff_id) AS tariff,
  EXISTS (SELECT FROM vehicle_files f WHERE f.city = :city AND f.plate = :plate AND NOT f.retired AND f.id <> :id) AS plate,
  EXISTS (SELECT FROM vehicle_files f WHERE f.city = :city AND f.vin = :vin AND f.id <> :id) AS vin,
  EXISTS (SELECT FROM resources r WHERE r.city = :city AND r.code = :code AND r.id <> :id) AS code
"""
RESOURCE = """
INSERT INTO resources (city, id, service, station_id, name, code, pool_id, shared, bookable, tariff_id, buffer_before_s,
  buffer_after_s, usable_until, position)
VALUES (:city, :id, 'fleet', :station_id, :name, :code, :pool_id, :shared, :bookable, :tariff_id, :buffer_before_s,
  :buffer_after_s, :usable_until, point(cast(:x AS float8), cast(:y AS float8)))
ON CONFLICT (city, id) DO UPDATE SET station_id = excluded.station_id, name = excluded.name, code = excluded.code,
  pool_id = excluded.pool_id, shared = excluded.shared, bookable = excluded.bookable, tariff_id = excluded.tariff_id,
  buffer_before_s = excluded.buffer_before_s, buffer_after_s = excluded.buffer_after_s,
  usable_until = excluded.usable_until, position = excluded.position
"""
FACTS = """
INSERT INTO vehicles (city, id, kind, class, seats, drive, range_km, battery_kwh, consumption, charging_kw, load_kg,
  equipment, life, version, awarded_on, procurement, eu_category, co2_g_per_km, rde_pollutants, alternative_fuel,
  contract_cents, quota_exempt)
VALUES (:city, :id, :kind, :class, :seats, :drive, :range_km, :battery_kwh, :consumption, :charging_kw, :load_kg,
  :equipment, :life, :version, :awarded_on, :procurement, :eu_category, :co2_g_per_km, :rde_pollutants, :alternative_fuel,
  :contract_cents, :quota_exempt)
ON CONFLICT (city, id) DO UPDATE SET kind = excluded.kind, class = excluded.class, seats = excluded.seats,
  drive = excluded.drive, range_km = excluded.range_km, battery_kwh = excluded.battery_kwh,
  consumption = excluded.consumption, charging_kw = excluded.charging_kw, load_kg = excluded.load_kg,
  equipment = excluded.equipment, life = excluded.life, version = excluded.version, awarded_on = excluded.awarded_on,
  procurement = excluded.procurement, eu_category = excluded.eu_category, co2_g_per_km = excluded.co2_g_per_km,
  rde_pollutants = excluded.rde_pollutants, alternative_fuel = excluded.alternative_fuel,
  contract_cents = excluded.contract_cents, quota_exempt = excluded.quota_exempt
"""
CAME = "UPDATE vehicles SET in_service_since = :now WHERE city = :city AND id = :id"
WENT = "UPDATE vehicles SET retired_at = :now WHERE city = :city AND id = :id"
FILE = """
INSERT INTO vehicle_files (city, id, plate, season, vin, frame_number, retired)
VALUES (:city, :id, :plate, :season, :vin, :frame_number, :retired)
ON CONFLICT (city, id) DO UPDATE SET plate = excluded.plate, season = excluded.season, vin = excluded.vin,
  frame_number = excluded.frame_number, retired = excluded.retired
"""
PAPER = """
INSERT INTO vehicle_papers (city, vehicle_id, number, kind, done_on, valid_until, rental, reference, entered_by, entered_at)
VALUES (:city, :vehicle_id, :number, :kind, :done_on, :valid_until, :rental, :reference, :entered_by, :now)
"""
NO_REMINDERS = """
UPDATE vehicle_papers SET remind_on = NULL WHERE city = :city AND vehicle_id = :id AND remind_on IS NOT NULL
  AND (cast(:kind AS text) IS NULL OR kind = :kind)
"""
# Of each kind the paper that was entered last counts.
REMIND = """
UPDATE vehicle_papers SET remind_on = :remind_on WHERE city = :city AND vehicle_id = :id AND kind = :kind
  AND number = (SELECT max(p.number) FROM vehicle_papers p WHERE p.city = :city AND p.vehicle_id = :id AND p.kind = :kind)
"""
HITS = """
SELECT c.booking_id, b.state, c.claimed_from AS start, c.claimed_until AS "end", false AS movable
FROM claims c LEFT JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
WHERE c.city = :city AND c.resource_id = :id AND c.claimed_until > :now AND c.kind = 'booking' ORDER BY c.claimed_from LIMIT 100
"""
# A hold that lapsed is nobody's any more.
RENTED = """
SELECT b.id AS booking_id, b.state, b.starts AS start, b.ends AS "end",
  b.final_at IS NOT NULL AND b.state IN ('held', 'confirmed') AS movable
FROM bookings b WHERE b.city = :city AND b.resource_id = ANY (cast(:ids AS uuid[])) AND b.ends > :now AND b.payer = 'self'
  AND (b.state IN ('confirmed', 'in_use') OR (b.state = 'held' AND b.hold_expires_at > :now)) ORDER BY b.starts, b.id LIMIT 100
"""
LIFT = """
UPDATE blocks SET lifted_at = :now WHERE city = :city AND resource_id = :id AND lifted_at IS NULL AND ends > :now
"""
CLEAR = """
DELETE FROM claims WHERE city = :city AND resource_id = :id AND claimed_until > :now AND kind NOT IN ('booking', 'offer')
"""
GOOD = """
INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
VALUES (:city, :id, :now, :until, 'maintenance') ON CONFLICT DO NOTHING
"""


async def rented_of(sheet: Sheet, vehicle_ids: Sequence[UUID]) -> tuple[Hit, ...]:
    """What residents have booked of these from now on."""
    return _hits(await sheet.rows(RENTED, ids=list(vehicle_ids)))


async def today_in(sheet: Sheet) -> Today:
    rows = await sheet.rows("SELECT time_zone FROM cities WHERE city = :city")
    return Today(sheet.day_in(rows[0].time_zone), rows[0].time_zone)


class SqlVehicleBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> Today:
        return await today_in(self._sheet)

    async def find(self, vehicle_id: ResourceId, *, locked: bool = False) -> Vehicle | None:
        if locked:
            await self._sheet.rows(LOCKED, id=vehicle_id)
        rows = await self._sheet.rows(f"{VEHICLES} AND v.id = :id", id=vehicle_id)
        if not rows or not locked:
            return _vehicle(rows[0]) if rows else None
        return replace(_vehicle(rows[0]), rented=await rented_of(self._sheet, [vehicle_id]))

    async def page(self, reach: Reach, wanted: Wanted) -> Sequence[Vehicle]:
        after = wanted.after
        rows = await self._sheet.rows(
            PAGE,
            name=after.name if after else "",
            after=after.id if after else UUID(int=0),
            station_id=wanted.station_id,
            kind=wanted.kind.value if wanted.kind else None,
            life=wanted.life.value if wanted.life else None,
            due_before=wanted.due_before,
            limit=wanted.limit,
            **reach_values(reach, wanted.pool_id),
        )
        return [_vehicle(row) for row in rows]

    async def around(self, vehicle_id: ResourceId, draft: Draft, placement: Placement) -> Around:
        number = plate(draft.plate) if draft.plate else None
        identified = vin(draft.vin) if draft.vin else None
        rows = await self._sheet.rows(
            AROUND,
            id=vehicle_id,
            station_id=placement.station_id,
            pool_id=placement.pool_id or "",
            tariff_id=placement.tariff_id or "",
            plate=number.mark if isinstance(number, Plate) else "",
            vin=identified if isinstance(identified, str) else "",
            code=placement.code or "",
        )
        found = rows[0]
        taken = frozenset(what for what in ("plate", "vin", "code") if getattr(found, what))
        return Around(found.station, found.pool, found.tariff, taken)

    async def keep(
        self, vehicle: Vehicle, known: Vehicle | None, reminders: Mapping[DocumentKind, date | None]
    ) -> None:
        place, what = vehicle.placement, vehicle.description
        zone = (await self.today()).time_zone
        await self._sheet.write(
            RESOURCE,
            id=vehicle.id,
            name=what.name,
            bookable=vehicle.is_bookable,
            usable_until=usable_until(vehicle.papers, zone),
            **asdict(place),
            **await self._position(place.station_id),
        )
        facts = asdict(what)
        number = facts.pop("plate")
        file = {name: facts.pop(name) for name in ("vin", "frame_number")}
        facts |= {"kind": what.kind.value, "drive": what.drive.value, "class": facts.pop("vehicle_class")}
        facts |= {"equipment": list(what.equipment), "life": vehicle.life.value, "version": vehicle.version}
        del facts["name"]
        facts |= _procured(facts.pop("procured"))
        await self._sheet.write(FACTS, id=vehicle.id, **facts)
        await self._live(vehicle, known)
        retired = vehicle.life is Life.RETIRED
        await self._sheet.write(
            FILE,
            id=vehicle.id,
            plate=number.mark if number else None,
            season=str(number.season) if number and number.season else None,
            retired=retired,
            **file,
        )
        if retired:
            await self._sheet.write(NO_REMINDERS, id=vehicle.id, kind=None)
        before = len(known.papers) if known is not None else 0
        for number in range(before, len(vehicle.papers)):
            await self._enter(vehicle, number)
        for kind, remind_on in reminders.items():
            await self._sheet.write(NO_REMINDERS, id=vehicle.id, kind=kind.value)
            await self._sheet.write(REMIND, id=vehicle.id, kind=kind.value, remind_on=remind_on)
        await self._sheet.note(_action(vehicle, known), vehicle.id)
        if is_shortened(vehicle, known):
            await self._sheet.tell(str(UseShortened.__struct_config__.tag), vehicle.id)

    async def named(self, vehicle_vin: str | None, mark: str | None) -> ResourceId | None:
        rows = await self._sheet.rows(
            "SELECT id FROM vehicle_files WHERE city = :city AND (vin = :vin OR (plate = :plate AND NOT retired))"
            " ORDER BY (vin = :vin) DESC NULLS LAST LIMIT 1",
            vin=vehicle_vin,
            plate=mark,
        )
        return ResourceId(rows[0].id) if rows else None

    async def station_named(self, name: str) -> StationId | None:
        rows = await self._sheet.rows("SELECT id FROM stations WHERE city = :city AND name = :name LIMIT 2", name=name)
        return StationId(rows[0].id) if len(rows) == 1 else None

    async def claim_for_good(self, vehicle_id: ResourceId) -> tuple[Hit, ...]:
        if not (rows := await self._sheet.rows(HITS, id=vehicle_id)):
            sheet, for_good = self._sheet, Period(self._sheet.now, FOR_GOOD)
            for entry_id in await take_back_offers(sheet.connection, sheet.city, vehicle_id, for_good, sheet.now):
                await sheet.tell(TAKEN_BACK, entry_id)
            await self._sheet.write(LIFT, id=vehicle_id)
            await self._sheet.write(CLEAR, id=vehicle_id)
            if not await self._sheet.write(GOOD, id=vehicle_id, until=FOR_GOOD):
                raise LostRace
            return ()
        return _hits(rows)

    async def _live(self, vehicle: Vehicle, known: Vehicle | None) -> None:
        """Note when it comes into the fleet and when it leaves; what never came was there for no time at all."""
        before = known.life if known is not None else Life.ORDERED
        if before is Life.ORDERED and vehicle.life is not Life.ORDERED:
            await self._sheet.write(CAME, id=vehicle.id)
        if vehicle.life is Life.RETIRED and before is not Life.RETIRED:
            await self._sheet.write(WENT, id=vehicle.id)

    async def _enter(self, vehicle: Vehicle, number: int) -> None:
        paper = vehicle.papers[number]
        await self._sheet.write(
            PAPER,
            vehicle_id=vehicle.id,
            number=number,
            entered_by=self._sheet.actor_id,
            **asdict(paper) | {"kind": paper.kind.value},
        )

    async def _position(self, station_id: StationId) -> dict[str, float]:
        rows = await self._sheet.rows(
            "SELECT s.lat, s.lon, (y.settings #>> '{center,lat}')::float8 AS center FROM stations s"
            " JOIN cities y ON y.city = s.city WHERE s.city = :city AND s.id = :id",
            id=station_id,
        )
        x, y = Plane(rows[0].center).metres(Location(rows[0].lat, rows[0].lon))
        return {"x": x, "y": y}


def _hits(rows: Sequence[Any]) -> tuple[Hit, ...]:
    return tuple(msgspec.convert(dict(row._mapping), Hit) for row in rows)  # noqa: SLF001 - SQLAlchemy's own name for it


def _action(vehicle: Vehicle, known: Vehicle | None) -> str:
    if known is None:
        return "fleet.vehicle_added"
    if vehicle.life is not known.life:
        return f"fleet.vehicle_{vehicle.life.value}"
    if len(vehicle.papers) > len(known.papers):
        return f"fleet.paper_entered:{vehicle.papers[-1].kind.value}"
    return "fleet.vehicle_changed"


def _procured(procured: Procured) -> dict[str, Any]:
    """As its columns; what a contract is worth is in euros."""
    columns = asdict(procured)
    value = columns.pop("contract_value")
    return columns | {
        "procurement": procured.procurement.value if procured.procurement else None,
        "eu_category": procured.eu_category.value if procured.eu_category else None,
        "contract_cents": value.amount if value is not None else None,
    }


def _vehicle(row: Any) -> Vehicle:
    said = f"{row.plate} {row.season}" if row.season else row.plate
    number = plate(said) if said else None
    description = Description(
        name=row.name,
        kind=VehicleKind(row.kind),
        vehicle_class=getattr(row, "class"),
        seats=row.seats,
        drive=Drive(row.drive),
        range_km=row.range_km,
        battery_kwh=row.battery_kwh,
        consumption=row.consumption,
        charging_kw=row.charging_kw,
        load_kg=row.load_kg,
        equipment=tuple(row.equipment),
        plate=number if isinstance(number, Plate) else None,
        vin=row.vin,
        frame_number=row.frame_number,
        procured=Procured(
            row.awarded_on,
            Procurement(row.procurement) if row.procurement is not None else None,
            EuCategory(row.eu_category) if row.eu_category is not None else None,
            row.co2_g_per_km,
            row.rde_pollutants,
            row.alternative_fuel,
            Money(row.contract_cents, CURRENCY) if row.contract_cents is not None else None,
            row.quota_exempt,
        ),
    )
    placement = Placement(
        StationId(row.station_id),
        PoolId(row.pool_id) if row.pool_id is not None else None,
        TariffId(row.tariff_id) if row.tariff_id is not None else None,
        row.code,
        row.shared,
        row.buffer_before_s,
        row.buffer_after_s,
    )
    return Vehicle(
        ResourceId(row.id),
        description,
        placement,
        Life(row.life),
        msgspec.convert(row.papers, tuple[Document, ...]),
        row.station,
        BlockId(row.block_id) if row.block_id is not None else None,
        row.blocked_until,
        row.withdrawn,
        row.version,
    )
