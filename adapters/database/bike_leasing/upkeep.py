"""What leased bikes' upkeep costs, in PostgreSQL: dealers' invoices, and what of each lease's budget they have used."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from adapters.database.bike_leasing.leases import DEALER, SqlLeaseBooks, page_of
from adapters.database.connections import Within
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet, as_json
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, PartyId
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.bike_leasing.upkeep.invoices import InvoiceState, ServiceInvoice, ServiceInvoiceId
from domain.identity import Actor, Role
from domain.ledger.entries import Entry
from domain.money import Money
from services.bike_leasing.pages import Wanted
from services.bike_leasing.upkeep.ports import UpkeepDesk

LEASE = "SELECT lease FROM leases WHERE city = :city AND id = :id"
LOCKED = " FOR NO KEY UPDATE"
USED = "SELECT year, used FROM lease_service_years WHERE city = :city AND lease_id = :id"
KNOWN = """SELECT 1 FROM lease_service_invoices WHERE city = :city AND dealer = :dealer AND lower(number) = lower(:number)"""
COLUMNS = """i.id, i.lease_id, i.dealer, i.number, i.issued_on, i.serviced_on, i.lines, i.year, i.state, i.submitted_by, i.submitted_at,
  i.decided_by, i.decided_at, i.reason"""
ONE = f"SELECT {COLUMNS} FROM lease_service_invoices i WHERE i.city = :city AND i.id = :id"
PAGE = f"""SELECT {COLUMNS}, l.lease FROM lease_service_invoices i JOIN leases l ON l.city = i.city AND l.id = i.lease_id
WHERE i.city = :city AND (l.holder_id = :actor OR l.lessor = ANY (:lessors) OR i.dealer = ANY (:dealers))
  AND (cardinality(CAST(:states AS text[])) = 0 OR i.state = ANY (:states))
  AND (CAST(:at AS timestamptz) IS NULL OR i.submitted_at < :at OR (i.submitted_at = :at AND i.id > :after))
ORDER BY i.submitted_at DESC, i.id LIMIT :limit"""
ALL = f"SELECT {COLUMNS} FROM lease_service_invoices i WHERE i.city = :city ORDER BY i.submitted_at DESC, i.id LIMIT :limit"
KEPT = """INSERT INTO lease_service_invoices (city, id, lease_id, dealer, number, issued_on, serviced_on, lines, net, vat, gross, year,
  state, submitted_by, submitted_at, decided_by, decided_at, reason)
VALUES (:city, :id, :lease_id, :dealer, :number, :issued_on, :serviced_on, CAST(:lines AS jsonb), :net, :vat, :gross, :year,
  :state, :submitted_by, :submitted_at, :decided_by, :decided_at, :reason)
ON CONFLICT (city, id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at,
  reason = excluded.reason"""
SPENT = """INSERT INTO lease_service_years (city, lease_id, year, granted, used) VALUES (:city, :lease_id, :year, :granted, :used)
ON CONFLICT (city, lease_id, year) DO UPDATE SET used = excluded.used"""


class SqlUpkeepBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def today(self) -> date:
        return (await SqlLeaseBooks(self._sheet).place()).today

    async def desk(self, lease_id: LeaseId, dealer: PartyId | None = None, number: str = "") -> UpkeepDesk | None:
        found = await self.budget(lease_id, LOCKED)
        if found is None or dealer is None:
            return found
        dealers = await self._sheet.rows(DEALER, lessor=found.lease.parties.lessor, dealer=dealer)
        accreditation = msgspec.convert(dealers[0].accreditation, Accreditation) if dealers else None
        known = await self._sheet.rows(KNOWN, dealer=dealer, number=number.strip())
        return UpkeepDesk(found.lease, found.used, accreditation, bool(known))

    async def budget(self, lease_id: LeaseId, lock: str = "") -> UpkeepDesk | None:
        rows = await self._sheet.rows(LEASE + lock, id=lease_id)
        if not rows:
            return None
        return UpkeepDesk(msgspec.convert(rows[0].lease, Lease), await used_by_year(self._sheet, lease_id))

    async def invoice(self, invoice_id: ServiceInvoiceId) -> ServiceInvoice | None:
        rows = await self._sheet.rows(ONE, id=invoice_id)
        return _invoice(rows[0]) if rows else None

    async def keep(self, invoice: ServiceInvoice, budget: ServiceBudget, entry: Entry | None) -> None:
        values = {name: getattr(invoice, name) for name in ServiceInvoice.__struct_fields__}
        said = {"lines": as_json(invoice.lines), "state": invoice.state.value}
        sums = {name: getattr(invoice, name).amount for name in ("net", "vat", "gross")}
        await self._spend(invoice.lease_id, budget)
        await self._sheet.write(KEPT, **(values | said | sums))
        await self._sheet.note(f"bike_leasing.service_invoice_{invoice.state}", invoice.id)
        if entry is not None:
            posting = Posting({self._sheet.new_id(): entry}, self._sheet.now)
            await write(Within(self._sheet.connection), self._sheet.city, posting)

    async def _spend(self, lease_id: LeaseId, budget: ServiceBudget) -> None:
        for year in budget.years:
            sums = {"granted": year.granted.amount, "used": year.used.amount}
            await self._sheet.write(SPENT, lease_id=lease_id, year=year.number, **sums)

    async def invoices(
        self, actor: Actor, wanted: Wanted, states: Sequence[InvoiceState]
    ) -> Sequence[tuple[ServiceInvoice, Lease]]:
        of = {"lessors": list(actor.parties_as(Role.LESSOR)), "dealers": list(actor.parties_as(Role.DEALER))}
        of |= {"states": [state.value for state in states]}
        rows = await self._sheet.rows(PAGE, actor=actor.id, **of, **page_of(wanted))
        return [(_invoice(row), msgspec.convert(row.lease, Lease)) for row in rows]


async def used_by_year(sheet: Sheet, lease_id: LeaseId) -> Mapping[int, Money]:
    return {row.year: Money(row.used, EUR) for row in await sheet.rows(USED, id=lease_id)}


async def invoices_of_city(sheet: Sheet, limit: int) -> Sequence[ServiceInvoice]:
    """All dealers', the newest first."""
    return [_invoice(row) for row in await sheet.rows(ALL, limit=limit)]


def _invoice(row: Any) -> ServiceInvoice:
    return msgspec.convert({name: getattr(row, name) for name in ServiceInvoice.__struct_fields__}, ServiceInvoice)
