"""What stations say that they have, in PostgreSQL: a document in the station's row."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.reading import IN_CITY
from adapters.database.connections import Database
from adapters.database.reading import read
from adapters.database.sheets import as_json
from adapters.database.transacting import in_city
from domain.charging.equipment import EvseFound, Variable, merged
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import City
from services.charging.central.equipment import EquipmentView, Known, equipment_view

FOUND = text("SELECT equipment::text FROM charging_stations WHERE city = :city AND id = :id FOR UPDATE")
KEEP = text("""
UPDATE charging_stations SET equipment = CAST(:equipment AS jsonb), equipment_at = :now WHERE city = :city AND id = :id
""")
KNOWN = """SELECT json_build_object('reported_at', s.equipment_at, 'found', s.equipment,
  'points', (SELECT coalesce(json_agg(json_build_object('number', e.number, 'resource_id', e.resource_id, 'power_kw', x.power_kw::text,
      'connectors', x.connectors) ORDER BY e.number), '[]'::json)
    FROM evses e JOIN charge_points x ON x.city = e.city AND x.id = e.resource_id WHERE e.city = s.city AND e.charging_station_id = s.id))
  FROM charging_stations s WHERE s.city = $1::text AND s.id = $2::uuid"""

_found = msgspec.json.Decoder(dict[int, EvseFound])
_known = msgspec.json.Decoder(Known)


class SqlEquipment:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._clock = clock

    async def reported(self, at: StationAt, told: tuple[Variable, ...], *, first: bool) -> None:
        async def work(connection: AsyncConnection) -> None:
            scope = {"city": at.city, "id": at.id}
            kept = (await connection.execute(FOUND, scope)).scalar_one_or_none()
            if kept is not None:
                found = merged({} if first else _found.decode(kept), told)
                await connection.execute(KEEP, scope | {"equipment": as_json(found), "now": self._clock()})

        await in_city(self._transactions, at.city, work)

    async def find(self, city: City, station_id: ChargingStationId) -> EquipmentView | None:
        said = await read(self._statements, IN_CITY.format(query=KNOWN), city, station_id)
        return equipment_view(_known.decode(said)) if said else None
