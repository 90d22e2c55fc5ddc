"""What leases have in the books at the end of a month, in PostgreSQL: bikes by the ledger's entries, and what no run has charged."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from adapters.database.bike_leasing.plans import instalment
from adapters.database.bike_leasing.runs import PLACE
from adapters.database.sheets import Sheet
from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.recomputing import restored
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.bikes import worth_as_financed
from domain.bike_leasing.money.charging import Charge, charge
from domain.bike_leasing.money.month_end import Standing, closing_entries
from domain.bike_leasing.money.residuals import ACCOUNTS
from domain.identity import PersonId
from domain.ledger.accounts import AccountKey
from domain.ledger.entries import Entry

BIKES = """SELECT l.lease::text AS lease, s.sheet, b.effective_at AS bought_at, g.effective_at AS gone_at FROM leases l
JOIN lease_sheets s ON s.city = l.city AND s.lease_id = l.id AND s.name = 'rate'
JOIN ledger_entries b ON b.city = l.city AND b.source = 'lease_bought:' || l.id
LEFT JOIN ledger_entries g ON g.city = l.city AND g.source = 'lease_bike_gone:' || l.id
WHERE l.city = :city ORDER BY l.id"""
MOVED = """SELECT account, period, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint AS amount FROM ledger_legs
WHERE city = :city AND account = ANY (:accounts) AND currency = 'EUR' GROUP BY 1, 2"""
NOT_CHARGED = """SELECT i.lease_id, i.number, i.month, i.due_on, i.amount, coalesce(i.rate_cents, i.amount) AS rate_cents, i.insurance_cents,
  i.service_cents, i.rate_protection_cents, i.conversion_cents, i.currency, i.employer, i.state, l.holder_id
FROM lease_instalments i JOIN leases l ON l.city = i.city AND l.id = i.lease_id
WHERE i.city = :city AND i.month <= :month AND i.state IN ('planned', 'insured') AND i.amount > 0"""
_lease = msgspec.json.Decoder(Lease)


class SqlResidualBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def zone(self) -> ZoneInfo:
        return ZoneInfo((await self._sheet.rows(PLACE))[0].time_zone)

    async def bikes(self) -> Sequence[Standing]:
        found = (_standing(row) for row in await self._sheet.rows(BIKES))
        return [each for each in found if each is not None]

    async def moved(self) -> Mapping[tuple[AccountKey, date], int]:
        rows = await self._sheet.rows(MOVED, accounts=list(ACCOUNTS))
        return {(AccountKey(row.account), row.period): row.amount for row in rows}


async def entries_of_closing(sheet: Sheet, month: date, closed: date | None) -> Sequence[Entry]:
    """What belongs into the months that close with this one; `closed` is the last that is closed already."""
    books = SqlResidualBooks(sheet)
    rows = await sheet.rows(NOT_CHARGED, month=month)
    not_charged = [each for each in map(_charge, rows) if each is not None]
    return closing_entries(month, closed, await books.bikes(), not_charged, await books.zone())


def _charge(row: Any) -> Charge | None:
    return charge(LeaseId(row.lease_id), PersonId(row.holder_id), instalment(row))


def _standing(row: Any) -> Standing | None:
    asked = restored(row.sheet.encode()).asked
    worth = worth_as_financed(_lease.decode(row.lease), asked) if isinstance(asked, Financing) else None
    return Standing(worth, row.bought_at, row.gone_at) if worth is not None else None
