"""Matches and the queue of exceptions in PostgreSQL, to be read."""

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.banking.exceptions import BY_ID, CASE
from adapters.database.banking.matches import FOUND, MATCH
from adapters.database.connections import Transactions
from domain.identity import City
from domain.reconciliation.exceptions import ExceptionId
from domain.reconciliation.matching import MatchId
from services.reconciliation.ports import Case, Match
from services.reconciliation.records import CasesWanted, MatchesWanted

MATCHES = f"""
SELECT {MATCH}::text AS match FROM matches m LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id
WHERE m.city = :city AND (CAST(:at AS timestamptz) IS NULL OR m.made_at < :at OR (m.made_at = :at AND m.id > :id))
  AND (CAST(:is_undone AS bool) IS NULL OR :is_undone = (u.match_id IS NOT NULL))
  AND (CAST(:line_id AS uuid) IS NULL OR EXISTS (SELECT FROM match_parts p
    WHERE p.city = m.city AND p.match_id = m.id AND p.line_id = :line_id))
  AND (CAST(:expected_id AS text) IS NULL OR EXISTS (SELECT FROM match_parts p
    WHERE p.city = m.city AND p.match_id = m.id AND p.expected_id = :expected_id))
ORDER BY m.made_at DESC, m.id LIMIT :limit
"""
CASES = f"""
SELECT {CASE}::text AS found FROM exceptions e
WHERE e.city = :city AND (CAST(:on AS date) IS NULL OR e.due_on > :on OR (e.due_on = :on AND e.id > :id))
  AND (CAST(:is_open AS bool) IS NULL OR :is_open = (e.resolution IS NULL))
  AND (cardinality(CAST(:kinds AS text[])) = 0 OR e.kind = ANY (CAST(:kinds AS text[])))
  AND (CAST(:owner AS uuid) IS NULL OR e.owner = :owner) AND (NOT CAST(:nobodys AS bool) OR e.owner IS NULL)
  AND (CAST(:due_before AS date) IS NULL OR e.due_on < :due_before)
ORDER BY e.due_on, e.id LIMIT :limit
"""
_match = msgspec.json.Decoder(Match)
_case = msgspec.json.Decoder(Case)


class SqlCaseArchive:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def matches(self, city: City, wanted: MatchesWanted) -> tuple[Match, ...]:
        after = wanted.after
        asked = msgspec.structs.asdict(wanted) | {"at": after and after.at, "id": after and after.id}
        del asked["after"]
        return tuple(map(_match.decode, await self._read(MATCHES, city, **asked)))

    async def match(self, city: City, match_id: MatchId) -> Match | None:
        found = await self._read(FOUND, city, id=match_id)
        return _match.decode(found[0]) if found else None

    async def cases(self, city: City, wanted: CasesWanted) -> tuple[Case, ...]:
        after = wanted.after
        asked = msgspec.structs.asdict(wanted) | {"on": after and after.on, "id": after and after.id}
        del asked["after"]
        asked["kinds"] = sorted(kind.value for kind in wanted.kinds)
        return tuple(map(_case.decode, await self._read(CASES, city, **asked)))

    async def case(self, city: City, exception_id: ExceptionId) -> Case | None:
        found = await self._read(BY_ID, city, id=exception_id)
        return _case.decode(found[0]) if found else None

    async def _read(self, sql: str, city: City, **values: object) -> list[str]:
        """The one column of each row: a value as JSON."""

        async def once() -> list[str]:
            async with self._transactions.city(city) as connection:
                rows = await connection.execute(text(sql), {"city": city} | values)
                return [value for (value,) in rows]

        return await through(once)
