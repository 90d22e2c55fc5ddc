"""How a fleet's pools approve, who decides for whom, and what waits for an answer, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from adapters.database.sheets import Sheet, as_json
from domain.booking.approval_rules import Facts, Rule
from domain.booking.asking import facts_of
from domain.booking.bookings import Payer
from domain.booking.deciding import Deciders
from domain.fleet.approvals import ApprovalSet, PoolApproval
from domain.fleet.deputies import DeputyId, DeputyNamed, Deputyship, DeputyshipEnded
from domain.identity import PersonId, PoolId
from domain.periods import Period
from domain.pricing.quotes import Quote
from domain.pricing.tariffs import Tariff
from services.fleet.inbox import InboxWanted, PoolDeciders, Question, Standing

POOL = "SELECT approval_s, approval, approval_version FROM pools WHERE city = :city AND id = :id"
# How long there is to answer is the pool's as the operators see it too: that is another version of it.
KEEP = """
UPDATE pools SET approval = cast(:approval AS jsonb), approval_version = :version, approval_s = cast(:answer_s AS int),
  version = CASE WHEN approval_s IS DISTINCT FROM cast(:answer_s AS int) THEN pools.version + 1 ELSE pools.version END
WHERE city = :city AND id = :id
"""
DECIDES = """
SELECT 1 FROM role_grants WHERE city = :city AND person_id = :id AND role = 'fleet_manager'
UNION ALL SELECT 1 FROM pools WHERE city = :city AND approval -> 'approvers' ? CAST(CAST(:id AS uuid) AS text) LIMIT 1
"""
EMPLOYEES = """
SELECT DISTINCT person_id FROM role_grants
WHERE city = :city AND person_id = ANY (cast(:people AS uuid[])) AND role IN ('driver', 'fleet_manager', 'operator')
"""
APPROVERS = """
SELECT count(DISTINCT person_id) AS count FROM role_grants
WHERE city = :city AND role = 'fleet_manager' AND pool_id IN (:id, '')
"""
LATEST = """
SELECT b.starts, b.ends, b.payer, b.options::text AS options, b.quote::text AS quote, t.tariff::text AS tariff, y.time_zone, b.made_at
FROM resources r CROSS JOIN LATERAL (
    SELECT * FROM bookings b WHERE b.city = r.city AND b.resource_id = r.id ORDER BY b.starts DESC, b.id LIMIT :count) b
  JOIN tariffs t ON t.city = b.city AND t.id = b.tariff_id AND t.version = b.tariff_version JOIN cities y ON y.city = b.city
WHERE r.city = :city AND r.pool_id = :id ORDER BY b.made_at DESC, b.id LIMIT :count
"""
DEPUTYSHIP = 'id, person_id, deputy_id, starts AS start, ends AS "end", named_by, named_at, ended_at'
# Whoever names another one waits for the person's row, so that they are counted one after the other.
PERSON = "SELECT 1 FROM persons WHERE city = :city AND id = :id FOR NO KEY UPDATE"
GIVEN = f"SELECT {DEPUTYSHIP} FROM deputies WHERE city = :city AND person_id = :id AND ended_at IS NULL AND ends > :now"
ONE = f"SELECT {DEPUTYSHIP} FROM deputies WHERE city = :city AND id = :id FOR UPDATE"
STANDING = f"""
SELECT {DEPUTYSHIP} FROM deputies WHERE city = :city AND ended_at IS NULL AND ends > :now
  AND (cast(:person AS uuid) IS NULL OR person_id = :person OR deputy_id = :person) ORDER BY starts, id LIMIT 500
"""
NAME = """
INSERT INTO deputies (city, id, person_id, deputy_id, starts, ends, named_by, named_at)
VALUES (:city, :id, :person_id, :deputy_id, :start, :end, :named_by, :named_at)
"""
END = "UPDATE deputies SET ended_at = :ended_at WHERE city = :city AND id = :id"
POOLS = "SELECT id AS pool_id, deciders_of(city, id)::text AS deciders FROM pools WHERE city = :city ORDER BY id"
# More time that was asked for, or refused, speaks for itself; else it is about the booking.
_OF_MORE = "b.extension ->> 'approval' IS NOT NULL"
_ASKED = f"CASE WHEN {_OF_MORE} THEN b.extension -> 'approval' ELSE b.approval END"
_ASKED_BY = f"CASE WHEN {_OF_MORE} THEN cast(b.extension ->> 'asked_by' AS uuid) END"
_PLACE = {
    Standing.PENDING: """AND b.approval_due_at > :now AND q.asked ->> 'state' = 'pending' AND b.state IN ('held', 'confirmed', 'in_use')
  AND (cast(:at AS timestamptz) IS NULL OR (b.approval_due_at, b.id) > (:at, cast(:after AS uuid)))
ORDER BY b.approval_due_at, b.id""",
    Standing.DECIDED: """AND q.asked ->> 'state' <> 'pending'
  AND (cast(:at AS timestamptz) IS NULL OR (b.approval_due_at, b.id) < (:at, cast(:after AS uuid)))
ORDER BY b.approval_due_at DESC, b.id DESC""",
}
PAGE = f"""
SELECT json_build_object('booking_id', b.id, 'pool_id', r.pool_id, 'resource_id', r.id, 'vehicle', r.name,
  'holder_id', b.holder_id, 'holder', p.name, 'booked_by', b.booked_by, 'start', b.starts, 'end', b.ends,
  'more_until', CASE WHEN {_OF_MORE} THEN b.extension -> 'end' END, 'payer', b.payer,
  'price', CASE WHEN {_OF_MORE} THEN b.extension -> 'quote' ELSE b.quote END -> 'total', 'approval', q.asked, 'reason', b.reason,
  'version', b.version, 'asked_by', q.asked_by,
  'series_id', (SELECT n.series_id FROM series_bookings n WHERE n.city = b.city AND n.booking_id = b.id))::text AS question
FROM bookings b CROSS JOIN LATERAL (SELECT {_ASKED} AS asked, {_ASKED_BY} AS asked_by) q
  JOIN resources r ON r.city = b.city AND r.id = b.resource_id
  LEFT JOIN persons p ON p.city = b.city AND p.id = b.holder_id
WHERE b.city = :city AND b.approval_due_at IS NOT NULL AND r.pool_id = ANY (cast(:pools AS text[]))
  AND (cast(:without AS uuid) IS NULL OR (b.holder_id <> :without AND b.booked_by <> :without
    AND q.asked_by IS DISTINCT FROM :without))
"""
_question = msgspec.json.Decoder(Question)
_deciders = msgspec.json.Decoder(Deciders)
_quote = msgspec.json.Decoder(Quote)
_tariff = msgspec.json.Decoder(Tariff)


class _Kept(Struct, frozen=True):
    """As it stands with the pool."""

    rules: tuple[Rule, ...] | None = None
    approvers: tuple[PersonId, ...] = ()
    escalated_s: int | None = None


class SqlApprovalBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, pool_id: PoolId, *, locked: bool = False) -> PoolApproval | None:
        rows = await self._sheet.rows(POOL + (" FOR NO KEY UPDATE" if locked else ""), id=pool_id)
        if not rows:
            return None
        kept = msgspec.convert(rows[0].approval or {}, _Kept)
        return PoolApproval(
            pool_id, rows[0].approval_s, kept.rules, kept.approvers, kept.escalated_s, rows[0].approval_version
        )

    async def employees(self, people: Sequence[PersonId]) -> frozenset[PersonId]:
        rows = await self._sheet.rows(EMPLOYEES, people=list(people)) if people else []
        return frozenset(PersonId(row.person_id) for row in rows)

    async def approvers(self, pool_id: PoolId) -> int:
        return int((await self._sheet.rows(APPROVERS, id=pool_id))[0].count)

    async def latest(self, pool_id: PoolId, count: int) -> Sequence[Facts]:
        rows = await self._sheet.rows(LATEST, id=pool_id, count=count)
        return [
            facts_of(
                Period(row.starts, row.ends),
                Payer(row.payer),
                msgspec.Raw(row.options.encode()),
                _quote.decode(row.quote),
                (_tariff.decode(row.tariff), row.time_zone),
                made_at=row.made_at,
            )
            for row in rows
        ]

    async def keep(self, event: ApprovalSet) -> None:
        pool = event.pool
        kept = as_json(_Kept(pool.rules, pool.approvers, pool.escalated_s))
        await self._sheet.write(KEEP, id=pool.pool_id, approval=kept, version=pool.version, answer_s=pool.answer_s)
        await self._sheet.note("fleet.approval_set", self._sheet.named("pools", pool.pool_id))


class SqlDeputyBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def employees(self, people: Sequence[PersonId]) -> frozenset[PersonId]:
        return await SqlApprovalBooks(self._sheet).employees(people)

    async def decides(self, person_id: PersonId) -> bool:
        return bool(await self._sheet.rows(DECIDES, id=person_id))

    async def of(self, person_id: PersonId, now: datetime) -> Sequence[Deputyship]:
        await self._sheet.rows(PERSON, id=person_id)
        return _deputyships(await self._sheet.rows(GIVEN, id=person_id, now=now))

    async def find(self, deputy_id: DeputyId) -> Deputyship | None:
        found = _deputyships(await self._sheet.rows(ONE, id=deputy_id))
        return found[0] if found else None

    async def page(self, concerning: PersonId | None, now: datetime) -> Sequence[Deputyship]:
        return _deputyships(await self._sheet.rows(STANDING, person=concerning, now=now))

    async def keep(self, event: DeputyNamed | DeputyshipEnded) -> None:
        stands = event.deputyship
        if isinstance(event, DeputyNamed):
            await self._sheet.write(NAME, **msgspec.structs.asdict(stands))
            await self._sheet.note("fleet.deputy_named", stands.person_id)
        else:
            await self._sheet.write(END, id=stands.id, ended_at=stands.ended_at)
            await self._sheet.note("fleet.deputyship_ended", stands.person_id)


class SqlInboxBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def pools(self) -> Sequence[PoolDeciders]:
        rows = await self._sheet.rows(POOLS)
        return [PoolDeciders(PoolId(row.pool_id), _deciders.decode(row.deciders)) for row in rows]

    async def page(
        self, pools: Sequence[PoolId], wanted: InboxWanted, now: datetime, without: PersonId | None
    ) -> Sequence[Question]:
        at, after = wanted.after or (None, None)
        sql = f"{PAGE}{_PLACE[wanted.standing]} LIMIT :limit"
        rows = await self._sheet.rows(
            sql, pools=list(pools), now=now, without=without, at=at, after=after, limit=wanted.limit + 1
        )
        return [_question.decode(row.question) for row in rows]


def _deputyships(rows: Sequence[Any]) -> list[Deputyship]:
    return [msgspec.convert(dict(row._mapping), Deputyship) for row in rows]  # noqa: SLF001 - SQLAlchemy's own name for it
