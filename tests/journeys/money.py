"""Whether the books and the provider tell the same: every charge of the sandbox belongs to one payment, and vice versa."""

import asyncio
import time
from collections import Counter
from uuid import UUID

from msgspec import Struct

from domain.identity import City
from tests.journeys.client import Connection
from tests.journeys.observer import Sql

OPEN_ENTRIES = "SELECT kind, count(*) FROM outbox WHERE city = $1 AND done_at IS NULL GROUP BY kind"
UNDER_WAY = """
SELECT p.recovery_point, count(*) FROM payments p JOIN bookings b ON b.city = p.city AND b.id = p.booking_id
WHERE p.city = $1 AND p.recovery_point <> 'settled' AND b.state IN ('cancelled', 'expired', 'completed', 'no_show')
GROUP BY 1
"""
PAYMENTS = "SELECT id, booking_id, intent_id, state, amount, captured, refunded FROM payments WHERE city = $1 AND kind = 'payment'"
OWED = "SELECT id, (fee ->> 'amount')::bigint AS fee FROM bookings WHERE city = $1 AND fee IS NOT NULL"


class Charge(Struct, frozen=True):
    """One payment as the sandbox sees it, in minor units; `charges` are what the card was charged with."""

    id: str
    status: str
    amount: int
    held: int
    captured: int
    released: int
    refunded: int
    charges: list[str]
    metadata: dict[str, str]


class Account(Struct, frozen=True):
    account: str
    payments: list[Charge]


class Overview(Struct, frozen=True):
    accounts: list[Account]


async def charges(sandbox: str, account: str) -> list[Charge]:
    """Everything that the account has ever been asked for."""
    with Connection(sandbox) as connection:
        reply = await connection.get("/sandbox/overview")
    assert reply.status == 200, reply.body
    overview = reply.read(Overview)
    return next(each.payments for each in overview.accounts if each.account == account)


class Books(Struct, frozen=True):
    """How many payments agree, and in words what does not."""

    agreeing: int
    faults: list[str]


async def compared(sql: Sql, city: City, found: list[Charge]) -> Books:
    """Match the city's payments with the charges of its account, one to one: amounts, states, and what is owed.

    A fault also is a booking that is over and of which more or less was taken, or is still held, than its fee says.
    """
    rows = {str(row["id"]): row for row in await sql.fetch(PAYMENTS, city)}
    fees = {row["id"]: row["fee"] for row in await sql.fetch(OWED, city)}
    named = Counter(charge.metadata["payment_id"] for charge in found)
    faults = [f"{count} intents for payment {name}" for name, count in named.items() if count > 1]
    faults += [f"{charge.id} was charged {len(charge.charges)} times" for charge in found if len(charge.charges) > 1]
    faults += [f"{charge.id} belongs to no payment" for charge in found if charge.metadata["payment_id"] not in rows]
    unheard = [row for id_, row in rows.items() if id_ not in named and row["intent_id"] is not None]
    faults += [f"payment {row['id']} is {row['state']}, and the provider does not know it" for row in unheard]
    kept: Counter[UUID] = Counter()
    held: Counter[UUID] = Counter()
    agreeing = 0
    for charge, row in ((charge, rows.get(charge.metadata["payment_id"])) for charge in found):
        if row is None:
            continue
        kept[row["booking_id"]] += charge.captured - charge.refunded
        held[row["booking_id"]] += charge.held
        said = (row["intent_id"], row["amount"], row["captured"], row["refunded"], row["state"] == "authorised")
        seen = (charge.id, charge.amount, charge.captured, charge.refunded, charge.held > 0)
        agreeing += said == seen
        if said != seen:
            faults.append(f"payment {row['id']}: {said} in the books, {seen} there")
    for booking_id, fee in fees.items():
        if (kept[booking_id], held[booking_id]) != (fee, 0):
            faults.append(f"booking {booking_id} owes {fee}: {kept[booking_id]} taken, {held[booking_id]} held")
    return Books(agreeing, faults)


async def at_rest(sql: Sql, city: City, seconds: float) -> float:
    """Wait until nothing of the city's is pending: no entry in the outbox, no step of a payment of a booking that is over.

    How long that took. Raises TimeoutError with what is left, and what was given up is never done.
    """
    began = time.monotonic()
    while True:
        left: dict[str, int] = {row[0]: row[1] for row in await sql.fetch(OPEN_ENTRIES, city)}
        left |= {f"payments {row[0]}": row[1] for row in await sql.fetch(UNDER_WAY, city)}
        passed = time.monotonic() - began
        if not left:
            return passed
        if passed > seconds:
            raise TimeoutError(f"after {seconds} s still pending: {left}")
        await asyncio.sleep(0.1)
