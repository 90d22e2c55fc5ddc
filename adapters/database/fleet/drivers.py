"""Drivers in PostgreSQL: people with a grant, every look at their licence, their briefings."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from adapters.database.fleet.vehicles import today_in
from adapters.database.proofs import LOCKED, enter_look, enter_proof
from adapters.database.sheets import Sheet
from domain.fleet.drivers import Briefing, Driver
from domain.identity import PersonId, PoolId
from domain.proofs import LicenceCheck, Proof, ProofKind
from services.fleet.driving import DriversWanted
from services.fleet.keeping import Reach, Today
from services.operator.proofs import Seen

# Whoever runs a pool drives its vehicles as well. A grant without a pool counts in all of them.
DRIVERS = """
SELECT p.id, p.email, p.name, g.pools, g.every_pool,
  (SELECT coalesce(json_agg(json_build_object('result', c.result, 'method', c.method, 'classes', c.classes,
    'licence_until', c.licence_until, 'checked_by', c.checked_by, 'checked_at', c.checked_at, 'counts_until', c.counts_until)
    ORDER BY c.number), '[]'::json) FROM licence_checks c WHERE c.city = p.city AND c.person_id = p.id) AS checks,
  (SELECT coalesce(json_agg(json_build_object('given_on', b.given_on, 'topic', b.topic, 'given_by', b.given_by,
    'entered_at', b.entered_at, 'counts_until', b.counts_until) ORDER BY b.number), '[]'::json)
    FROM briefings b WHERE b.city = p.city AND b.person_id = p.id) AS briefings
FROM persons p JOIN LATERAL (SELECT coalesce(array_agg(DISTINCT g.pool_id) FILTER (WHERE g.pool_id <> ''), '{}') AS pools,
    bool_or(g.pool_id = '') AS every_pool
  FROM role_grants g WHERE g.city = p.city AND g.person_id = p.id AND g.role IN ('driver', 'fleet_manager')
  HAVING count(*) > 0) g ON true
WHERE p.city = :city AND p.erased_at IS NULL AND p.email IS NOT NULL
"""
PAGE = f"""{DRIVERS}
  AND (:everybody OR g.every_pool OR g.pools && cast(:pools AS text[]))
  AND (cast(:pool_id AS text) IS NULL OR g.every_pool OR :pool_id = ANY (g.pools))
  AND (cast(:due_before AS date) IS NULL OR coalesce((SELECT c.counts_until FROM licence_checks c
    WHERE c.city = p.city AND c.person_id = p.id ORDER BY c.number DESC LIMIT 1), '-infinity') < :due_before)
  AND p.email > :after
ORDER BY p.email LIMIT :limit
"""
BRIEFED = """
INSERT INTO briefings (city, person_id, number, given_on, topic, given_by, entered_at, counts_until)
VALUES (:city, :person_id, :number, :given_on, :topic, :given_by, :entered_at, :counts_until)
"""


class SqlDriverBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> Today:
        return await today_in(self._sheet)

    async def now(self) -> datetime:
        return self._sheet.now

    async def find(self, person_id: PersonId, *, locked: bool = False) -> Driver | None:
        if locked:
            await self._sheet.rows(LOCKED, person_id=person_id)
        rows = await self._sheet.rows(f"{DRIVERS} AND p.id = :id", id=person_id)
        return _driver(rows[0]) if rows else None

    async def page(self, within: Reach, wanted: DriversWanted) -> Sequence[Driver]:
        rows = await self._sheet.rows(
            PAGE,
            everybody=within.everything or within.every_pool,
            pools=list(within.pools),
            pool_id=wanted.pool_id,
            due_before=wanted.due_before,
            after=wanted.after.email if wanted.after else "",
            limit=wanted.limit,
        )
        return [_driver(row) for row in rows]

    async def keep_check(self, driver: Driver, check: LicenceCheck, remind_on: date | None) -> None:
        await enter_look(self._sheet, driver.id, check, remind_on)
        await self._sheet.note(f"fleet.licence_checked:{check.result.value}", driver.id)

    async def keep_briefing(self, driver: Driver, briefing: Briefing) -> None:
        row = msgspec.structs.asdict(briefing)
        await self._sheet.write(BRIEFED, person_id=driver.id, number=len(driver.briefings), **row)
        latest = max(each.counts_until for each in (*driver.briefings, briefing))
        await enter_proof(self._sheet, driver.id, Seen(Proof(ProofKind.BRIEFING, latest), briefing.topic))
        await self._sheet.note("fleet.driver_briefed", driver.id)


def _driver(row: Any) -> Driver:
    return Driver(
        PersonId(row.id),
        row.email,
        row.name,
        tuple(PoolId(pool) for pool in sorted(row.pools)),
        row.every_pool,
        msgspec.convert(row.checks, tuple[LicenceCheck, ...]),
        msgspec.convert(row.briefings, tuple[Briefing, ...]),
    )
