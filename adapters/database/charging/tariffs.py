"""By which tariff charge points are sold, in PostgreSQL. Each point carries its own, so that a booking's desk looks at nothing more; a
trigger gives it to it, also to a point that comes later."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.database.operator import SqlTariffBooks
from adapters.database.sheets import Sheet
from domain.booking.publishing import Published
from domain.charging.selling import AssignTariff, KnownTariff, Scope
from domain.pricing.tariffs import TariffId
from services.charging.tariffs import TariffDesk

WHOLE_CITY = UUID(int=0)
"""What is assigned to the city has no other subject."""
KNOWN = """
SELECT json_build_object(
  'versions', json_agg(json_build_object('tariff', v.tariff, 'policy', v.policy) ORDER BY v.version),
  'retired', EXISTS (SELECT FROM retired_tariffs x WHERE x.city = v.city AND x.tariff_id = v.id),
  'sold', (SELECT count(*) FROM resources r WHERE r.city = v.city AND r.tariff_id = v.id AND r.service = 'charging'),
  'city', EXISTS (SELECT FROM charging_tariff_assignments a WHERE a.city = v.city AND a.tariff_id = v.id AND a.scope = 'city'),
  'stations', (SELECT count(*) FROM charging_tariff_assignments a WHERE a.city = v.city AND a.tariff_id = v.id AND a.scope = 'station'),
  'points', (SELECT count(*) FROM charging_tariff_assignments a WHERE a.city = v.city AND a.tariff_id = v.id AND a.scope = 'point'))::text
FROM tariffs v WHERE v.city = :city AND {which}
"""
ONE = KNOWN.format(which="v.id = :id GROUP BY v.city, v.id")
PAGE = KNOWN.format(
    which="v.id > :after GROUP BY v.city, v.id HAVING bool_or(v.tariff -> 'charging' IS NOT NULL) ORDER BY v.id LIMIT :limit"
)
CURRENCY = """
SELECT v.tariff ->> 'currency' AS currency FROM tariffs v WHERE v.city = :city AND v.id <> :id ORDER BY v.valid_from DESC LIMIT 1
"""
STATION = "SELECT 1 FROM stations WHERE city = :city AND id = :id"
POINT = "SELECT 1 FROM resources WHERE city = :city AND id = :id AND service = 'charging' AND bookable"
ASSIGN = """
INSERT INTO charging_tariff_assignments (city, scope, subject_id, tariff_id, assigned_at)
VALUES (:city, :scope, :subject, :tariff_id, :now)
ON CONFLICT (city, scope, subject_id) DO UPDATE SET tariff_id = excluded.tariff_id, assigned_at = excluded.assigned_at
"""
# The trigger says by which: whatever is narrower counts.
SELL = """
UPDATE resources SET tariff_id = tariff_id WHERE city = :city AND service = 'charging' AND bookable
  AND (:scope = 'city' OR id = :subject OR station_id = :subject)
  AND tariff_id IS DISTINCT FROM charging_tariff_of(city, id, station_id)
"""
RETIRE = "INSERT INTO retired_tariffs (city, tariff_id, retired_at) VALUES (:city, :id, :now) ON CONFLICT DO NOTHING"
_known = msgspec.json.Decoder(KnownTariff)


class SqlChargingTariffBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def page(self, after: TariffId, limit: int) -> Sequence[KnownTariff]:
        return [_known.decode(row[0]) for row in await self._sheet.rows(PAGE, after=after, limit=limit)]

    async def desk(self, tariff_id: TariffId) -> TariffDesk:
        await self._sheet.rows("SELECT 1 FROM cities WHERE city = :city FOR NO KEY UPDATE")
        rows = await self._sheet.rows(ONE, id=tariff_id)
        others = await self._sheet.rows(CURRENCY, id=tariff_id)
        return TariffDesk(_known.decode(rows[0][0]) if rows else None, others[0].currency if others else None)

    async def knows(self, wanted: AssignTariff) -> bool:
        if wanted.scope is Scope.CITY:
            return True
        return bool(await self._sheet.rows(STATION if wanted.scope is Scope.STATION else POINT, id=wanted.subject))

    async def publish(self, published: Published) -> None:
        await SqlTariffBooks(self._sheet).publish(published)

    async def assign(self, wanted: AssignTariff) -> None:
        values: dict[str, Any] = {"scope": wanted.scope.value, "subject": wanted.subject or WHOLE_CITY}
        await self._sheet.write(ASSIGN, tariff_id=wanted.tariff_id, **values)
        await self._sheet.write(SELL, **values)
        await self._sheet.note(
            f"operator.tariff_assigned:{wanted.scope}", self._sheet.named("tariffs", wanted.tariff_id)
        )

    async def retire(self, tariff_id: TariffId) -> None:
        if await self._sheet.write(RETIRE, id=tariff_id):
            await self._sheet.note("operator.tariff_retired", self._sheet.named("tariffs", tariff_id))
