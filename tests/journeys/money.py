"""Whether the books and the provider tell the same: every charge of the sandbox belongs to one payment, and vice versa."""

import asyncio
import time
from collections import Counter
from typing import Any

from msgspec import Struct

from domain.identity import City
from tests.journeys.client import Connection
from tests.journeys.observer import Sql

OPEN_ENTRIES = "SELECT kind, count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL GROUP BY kind"
UNDER_WAY = """
SELECT count(*) FROM payments p JOIN bookings b ON b.city = p.city AND b.id = p.booking_id
WHERE p.recovery_point <> 'settled' AND b.state IN ('cancelled', 'expired', 'completed', 'no_show')
"""
PAYMENTS = """
SELECT p.id, p.intent_id, p.state, p.amount, p.captured, p.refunded, b.state AS booking, b.fee, b.id AS booking_id
FROM payments p JOIN bookings b ON b.city = p.city AND b.id = p.booking_id
WHERE p.city = $1 AND p.kind = 'payment'
"""


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
    connection = Connection(sandbox)
    try:
        reply = await connection.get("/sandbox/overview")
    finally:
        connection.close()
    assert reply.status == 200, reply.body
    overview = reply.read(Overview)
    return next(each.payments for each in overview.accounts if each.account == account)


class Books(Struct, frozen=True):
    """How many payments agree, and in words what does not."""

    agreeing: int
    faults: list[str]


async def compared(sql: Sql, city: City, found: list[Charge]) -> Books:
    """Match the city's payments with the charges of its account, one to one, and compare amounts and states."""
    rows = {str(row["id"]): row for row in await sql.fetch(PAYMENTS, city)}
    named = Counter(charge.metadata.get("payment_id", "") for charge in found)
    faults = [f"{count} intents for payment {name!r}" for name, count in named.items() if count > 1]
    faults += [f"{charge.id} belongs to no payment" for charge in found if charge.metadata["payment_id"] not in rows]
    faults += [f"{charge.id} was charged {len(charge.charges)} times" for charge in found if len(charge.charges) > 1]
    unheard = [row for id_, row in rows.items() if id_ not in named and row["intent_id"] is not None]
    faults += [f"payment {row['id']} is {row['state']}, and the provider does not know it" for row in unheard]
    agreeing = 0
    for charge in found:
        row = rows.get(charge.metadata["payment_id"])
        if row is None:
            continue
        said = (row["intent_id"], row["amount"], row["captured"], row["refunded"], row["state"] == "authorised")
        seen = (charge.id, charge.amount, charge.captured, charge.refunded, charge.held > 0)
        if said == seen:
            agreeing += 1
        else:
            faults.append(f"payment {row['id']} of a {row['booking']} booking: {said} in the books, {seen} there")
    return Books(agreeing, faults)


async def at_rest(sql: Sql, seconds: float) -> float:
    """Wait until nothing is pending: no entry in the outbox, no step of a payment under way for a booking that is over.

    How long that took. Raises TimeoutError with what is left.
    """
    began = time.monotonic()
    while True:
        left: dict[str, Any] = {row[0]: row[1] for row in await sql.fetch(OPEN_ENTRIES)}
        if under_way := await sql.fetchval(UNDER_WAY):
            left["payments under way"] = under_way
        passed = time.monotonic() - began
        if not left:
            return passed
        if passed > seconds:
            raise TimeoutError(f"after {seconds} s still pending: {left}")
        await asyncio.sleep(0.1)
