"""What the report on clean vehicles looks at: one statement over all motor vehicles, whenever they were awarded."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

import msgspec
from msgspec import Struct
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.fleet.reach import IN_REACH, OF_THE_POOL, reach_values
from domain.identity import Actor, City, PoolId
from services.fleet.clean_vehicles import (
    Asked,
    CleanVehicleReport,
    CleanVehicles,
    MotorVehicle,
    report_clean_vehicles,
)
from services.fleet.keeping import Reach

MOTOR_VEHICLES = text(f"""
SELECT json_build_object('today', CAST(CAST(:now AS timestamptz) AT TIME ZONE y.time_zone AS date), 'vehicles', (
  SELECT coalesce(json_agg(json_build_object('id', r.id, 'name', r.name, 'drive', x.drive, 'procured', json_build_object(
      'awarded_on', x.awarded_on, 'procurement', x.procurement, 'eu_category', x.eu_category,
      'co2_g_per_km', x.co2_g_per_km, 'rde_pollutants', x.rde_pollutants, 'alternative_fuel', x.alternative_fuel,
      'contract_value', CASE WHEN x.contract_cents IS NOT NULL
        THEN json_build_object('amount', x.contract_cents, 'currency', 'EUR') END,
      'quota_exempt', x.quota_exempt)) ORDER BY r.name, r.id), '[]'::json)
  FROM resources r JOIN vehicles x ON x.city = r.city AND x.id = r.id
  WHERE r.city = :city AND r.service = 'fleet' AND x.kind IN ('car', 'van')
    AND {IN_REACH} AND {OF_THE_POOL}))::text
FROM cities y WHERE y.city = :city
""")


class _Found(Struct, frozen=True):
    today: date
    vehicles: tuple[MotorVehicle, ...]


_found = msgspec.json.Decoder(_Found, strict=False)


class SqlQuotaBooks:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime]) -> None:
        self._transactions = transactions
        self._clock = clock

    async def motor_vehicles(
        self, city: City, within: Reach, pool_id: PoolId | None
    ) -> tuple[date, tuple[MotorVehicle, ...]]:
        async with self._transactions.city(city) as connection:
            answered = await connection.execute(
                MOTOR_VEHICLES,
                {"city": city, "now": self._clock()} | reach_values(within, pool_id),
            )
            found = _found.decode(answered.scalar_one())
            return found.today, found.vehicles

    def bound(self) -> CleanVehicles:
        """The use case, tried again where the database could not answer at once."""

        async def report(actor: Actor, asked: Asked) -> CleanVehicleReport:
            return await through(partial(report_clean_vehicles, asked, books=self, actor=actor))

        return CleanVehicles(report)
