"""The plans of leases in PostgreSQL: a row is an instalment, which moves as long as the ledger has not taken it up."""

from typing import Any

import msgspec

from adapters.database.sheets import Sheet
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.contracts.plans import OPEN, InstalmentParts, InstalmentState, LeaseInstalment
from domain.money import Money

COLUMNS = """number, month, due_on, amount, coalesce(rate_cents, amount) AS rate_cents, insurance_cents, service_cents,
  rate_protection_cents, conversion_cents, currency, employer, state"""
READ = f"SELECT {COLUMNS} FROM lease_instalments WHERE city = :city AND lease_id = :id ORDER BY number"
# In one statement: months may change places in it, and are looked at once all of them have.
WRITE = """INSERT INTO lease_instalments (city, lease_id, number, month, due_on, amount, rate_cents, insurance_cents, service_cents,
  rate_protection_cents, conversion_cents, currency, employer, state)
SELECT :city, :id, number, month, due_on, amount, rate_cents, insurance_cents, service_cents, rate_protection_cents,
  conversion_cents, currency, employer, state
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (number int, month date, due_on date, amount bigint, rate_cents bigint,
  insurance_cents bigint, service_cents bigint, rate_protection_cents bigint, conversion_cents bigint, currency text,
  employer text, state text)
ON CONFLICT (city, lease_id, number) DO UPDATE SET month = excluded.month, due_on = excluded.due_on,
  conversion_cents = excluded.conversion_cents, employer = excluded.employer, state = excluded.state
WHERE lease_instalments.state = ANY (:open)"""


async def read_plan(sheet: Sheet, lease_id: LeaseId, lock: str = "") -> tuple[LeaseInstalment, ...]:
    return tuple(map(instalment, await sheet.rows(READ + lock, id=lease_id)))


async def write_plan(sheet: Sheet, lease_id: LeaseId, plan: tuple[LeaseInstalment, ...]) -> None:
    """Those that are new, or otherwise since they were read and locked."""
    if plan:
        rows = msgspec.json.encode([_row(each) for each in plan]).decode()
        written = await sheet.write(WRITE, id=lease_id, rows=rows, open=[state.value for state in OPEN])
        assert written == len(plan), lease_id  # noqa: S101 - they were locked while they were open


def instalment(row: Any) -> LeaseInstalment:
    """A row of `COLUMNS`."""

    def cents(amount: int) -> Money:
        return Money(amount, row.currency)

    parts = InstalmentParts(
        cents(row.rate_cents), cents(row.insurance_cents), cents(row.service_cents), cents(row.rate_protection_cents)
    )
    employer = PartyId(row.employer) if row.employer is not None else None
    return LeaseInstalment(
        row.number, row.month, row.due_on, parts, cents(row.conversion_cents), employer, InstalmentState(row.state)
    )


def _row(each: LeaseInstalment) -> dict[str, Any]:
    parts = each.parts
    return {
        "number": each.number,
        "month": each.month,
        "due_on": each.due_on,
        "amount": each.amount.amount,
        "rate_cents": parts.rate.amount,
        "insurance_cents": parts.insurance.amount,
        "service_cents": parts.service.amount,
        "rate_protection_cents": parts.rate_protection.amount,
        "conversion_cents": each.conversion.amount,
        "currency": each.amount.currency,
        "employer": each.employer,
        "state": each.state.value,
    }
