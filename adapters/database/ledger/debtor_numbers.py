"""The numbers of those who owe, as accountants count them: from 1 in each city, once and for all. Whoever charged without an account
is nobody whom the city knows: they share one (Sammeldebitor)."""

from collections.abc import Iterable, Mapping

from adapters.database.sheets import Sheet
from domain.identity import PersonId

SHARED = 0
# Several at once take turns, so that no number is left out.
TURN = "SELECT pg_advisory_xact_lock(hashtextextended('debtors ' || :city, 0))"
NUMBER = """
INSERT INTO debtor_numbers (city, person_id, number)
SELECT :city, p.id, coalesce((SELECT max(d.number) FROM debtor_numbers d WHERE d.city = :city), 0)
  + row_number() OVER (ORDER BY p.id)
FROM persons p WHERE p.city = :city AND p.id = ANY (CAST(:persons AS uuid[]))
  AND NOT EXISTS (SELECT FROM debtor_numbers d WHERE d.city = p.city AND d.person_id = p.id)
"""
FOUND = "SELECT person_id, number FROM debtor_numbers WHERE city = :city AND person_id = ANY (CAST(:persons AS uuid[]))"


class SqlDebtorNumbers:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def numbers(self, persons: Iterable[PersonId]) -> Mapping[PersonId, int]:
        """The number of each, made where there is none yet; persons that the city does not know share one."""
        wanted = list(dict.fromkeys(persons))
        await self._sheet.rows(TURN)
        await self._sheet.write(NUMBER, persons=wanted)
        found = {PersonId(row.person_id): row.number for row in await self._sheet.rows(FOUND, persons=wanted)}
        return {person: found.get(person, SHARED) for person in wanted}
