"""What payroll asks for, in PostgreSQL."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.database.bike_leasing.plans import COLUMNS, instalment
from adapters.database.sheets import Sheet, as_json
from domain.bike_leasing.calculation.benefit import BikeGiven
from domain.bike_leasing.calculation.recomputing import restored
from domain.bike_leasing.contracts.leases import Lease
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.payroll import BikeBenefit, PayrollBook
from domain.bike_leasing.money.payroll_files import PayrollLayout
from services.bike_leasing.money.payrolls import Layout, PersonnelNumber

# A lease that went to somebody else is still paid for by the pay of the months before.
HERS = "(l.employer = :employer OR l.lease ->> 'transferred_on' IS NOT NULL)"
LEASES = f"""SELECT l.lease, p.number, ARRAY(SELECT s.sheet FROM lease_sheets s
    WHERE s.city = l.city AND s.lease_id = l.id AND (s.name = 'benefit' OR starts_with(s.name, 'benefit-'))
    ORDER BY s.made_at, s.name) AS benefits, coalesce((f.framework ->> 'deducts_vat')::bool, false) AS deducts_vat
FROM leases l
LEFT JOIN lease_personnel p ON p.city = l.city AND p.employer = :employer AND p.person_id = l.holder_id
LEFT JOIN lease_frameworks f ON f.city = l.city AND f.employer = :employer AND f.lessor = l.lessor
WHERE l.city = :city AND {HERS} AND EXISTS (SELECT FROM lease_instalments i
  WHERE i.city = l.city AND i.lease_id = l.id AND i.employer = :employer) ORDER BY l.id"""
PLANS = f"""SELECT i.lease_id, {COLUMNS.replace("employer", "i.employer").replace("state", "i.state")} FROM lease_instalments i
JOIN leases l ON l.city = i.city AND l.id = i.lease_id WHERE i.city = :city AND {HERS} AND i.employer = :employer ORDER BY i.number"""
LAYOUT = "SELECT layout FROM lease_payrolls WHERE city = :city AND employer = :employer"
KEEP_LAYOUT = """INSERT INTO lease_payrolls (city, employer, layout, said_by, said_at)
VALUES (:city, :employer, CAST(:layout AS jsonb), :by, :now) ON CONFLICT (city, employer)
DO UPDATE SET layout = excluded.layout, said_by = excluded.said_by, said_at = excluded.said_at"""
KEEP_NUMBER = """INSERT INTO lease_personnel (city, employer, person_id, number, said_by, said_at)
SELECT l.city, :employer, l.holder_id, :number, :by, :now FROM leases l
WHERE l.city = :city AND l.id = :id AND (l.employer = :employer OR (l.lease ->> 'transferred_on' IS NOT NULL AND EXISTS (
  SELECT FROM lease_instalments i WHERE i.city = l.city AND i.lease_id = l.id AND i.employer = :employer))) ON CONFLICT (city, employer, person_id)
DO UPDATE SET number = excluded.number, said_by = excluded.said_by, said_at = excluded.said_at"""


class SqlPayrollBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def leases(self, employer: PartyId) -> Sequence[PayrollBook]:
        plans = defaultdict(list)
        for row in await self._sheet.rows(PLANS, employer=employer):
            plans[row.lease_id].append(instalment(row))
        return [_book(row, employer, plans) for row in await self._sheet.rows(LEASES, employer=employer)]

    async def layout(self, employer: PartyId) -> PayrollLayout | None:
        rows = await self._sheet.rows(LAYOUT, employer=employer)
        return msgspec.convert(rows[0].layout, PayrollLayout) if rows else None

    async def keep_layout(self, layout: Layout) -> None:
        said, by = as_json(layout.layout), self._sheet.actor_id
        await self._sheet.write(KEEP_LAYOUT, employer=layout.employer, layout=said, by=by)
        await self._sheet.note("bike_leasing.payroll_layout_said", self._sheet.named("lease_payrolls", layout.employer))

    async def keep_number(self, number: PersonnelNumber) -> bool:
        said = {"employer": number.employer, "id": number.lease_id, "number": number.number}
        if not await self._sheet.write(KEEP_NUMBER, by=self._sheet.actor_id, **said):
            return False
        await self._sheet.note("bike_leasing.personnel_number_said", number.lease_id)
        return True


def _book(row: Any, employer: PartyId, plans: dict[Any, list[Any]]) -> PayrollBook:
    lease = msgspec.convert(row.lease, Lease)
    found = ((sheet.asked, sheet.results["benefit"]) for sheet in (restored(each.encode()) for each in row.benefits))
    benefits = tuple(
        BikeBenefit(asked.handed_over_on, amount) for asked, amount in found if isinstance(asked, BikeGiven)
    )
    return PayrollBook(lease, employer, benefits, row.number, row.deducts_vat, tuple(plans[lease.id]))
