"""What was done with a fleet's vehicles, for reports: one statement, by vehicle, each through its own part of the indices."""

from datetime import timedelta
from functools import partial

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.fleet.reach import IN_REACH, OF_THE_POOL, reach_values
from domain.booking.publishing import LONGEST
from domain.fleet.charge import Battery
from domain.fleet.emissions import Consumption
from domain.identity import Actor, City
from services.fleet.keeping import Reach
from services.fleet.reporting import (
    Days,
    ElectrificationReport,
    FleetUse,
    Reports,
    SavingReport,
    UtilisationReport,
    report_electrification,
    report_saving,
    report_utilisation,
)

USED = text(f"""
WITH span AS (SELECT y.time_zone, CAST(:since AS date)::timestamp AT TIME ZONE y.time_zone AS since,
    CAST(:until AS date)::timestamp AT TIME ZONE y.time_zone AS until FROM cities y WHERE y.city = :city)
SELECT json_build_object('since', n.since, 'until', n.until, 'time_zone', n.time_zone, 'vehicles', (
  SELECT coalesce(json_agg(json_build_object('id', r.id, 'name', r.name, 'drive', x.drive, 'consumption', x.consumption,
    'since', greatest(x.in_service_since, n.since), 'until', least(x.retired_at, n.until), 'trips', (SELECT coalesce(json_agg(u), '[]'::json) FROM (
      SELECT b.started_at AS start, greatest(b.finished_at, b.started_at + interval '1 second') AS end, false AS blocked,
        CAST(b.finish_readings ->> 'odometer_km' AS int) - CAST(b.start_readings ->> 'odometer_km' AS int) AS km
      FROM bookings b WHERE b.city = :city AND b.resource_id = r.id AND b.state = 'completed'
        AND b.starts < n.until AND b.starts > n.since - CAST(:longest AS interval)
        AND b.started_at < n.until AND b.finished_at > n.since
      UNION ALL
      SELECT k.starts, least(k.ends, coalesce(k.lifted_at, k.ends)), true, NULL FROM blocks k
      WHERE k.city = :city AND k.resource_id = r.id AND k.starts < n.until
        AND least(k.ends, coalesce(k.lifted_at, k.ends)) > greatest(n.since, k.starts)) u))
    ORDER BY r.name, r.id), '[]'::json)
  FROM resources r JOIN vehicles x ON x.city = r.city AND x.id = r.id
  WHERE r.city = :city AND r.service = 'fleet' AND x.life <> 'ordered'
    AND coalesce(x.in_service_since < n.until, true) AND coalesce(x.retired_at > n.since, true)
    AND coalesce(x.in_service_since < x.retired_at, true)
    AND {IN_REACH} AND {OF_THE_POOL}))::text
FROM span n
""")
# No booking lasts longer, and who brings a vehicle back late is not that late.
LOOKED_BACK = LONGEST + timedelta(days=60)
_use = msgspec.json.Decoder(FleetUse, strict=False)


class SqlReportBooks:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def used(self, city: City, within: Reach, days: Days) -> FleetUse:
        async with self._transactions.city(city) as connection:
            found = await connection.execute(
                USED,
                {
                    "city": city,
                    "since": days.since,
                    "until": days.until,
                    "longest": LOOKED_BACK,
                }
                | reach_values(within, days.pool_id),
            )
            return _use.decode(found.scalar_one())

    def bound(self) -> Reports:
        """The use cases, each tried again where the database could not answer at once."""

        async def utilised(actor: Actor, days: Days) -> UtilisationReport:
            return await through(partial(report_utilisation, days, books=self, actor=actor))

        async def electric(actor: Actor, days: Days, battery: Battery) -> ElectrificationReport:
            return await through(partial(report_electrification, days, battery, books=self, actor=actor))

        async def saved(actor: Actor, days: Days, reference: Consumption, green: bool) -> SavingReport:
            return await through(partial(report_saving, days, reference, green=green, books=self, actor=actor))

        return Reports(utilised, electric, saved)
