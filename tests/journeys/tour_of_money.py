"""What finance does in one walk: with what moved at the provider and at the bank, in the ledger, and in the books of a
month."""

import asyncio
from datetime import date, timedelta
from typing import Any, Protocol

import httpx

from infra.clock import now
from tests.adapters.banking.files import document, entry, part, statement

ACCOUNT = "acct_braunschweig"
IBAN = "DE70999999990000003810"  # as the demo has it
FOUND_WITHIN_S = 120  # at full length the payout holds what two thousand bookings moved


class Asking(Protocol):
    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any: ...

    async def send(self, path: str, content: bytes, media_type: str) -> None: ...

    async def fetch(self, path: str, begins: bytes) -> None: ...


async def money(walk: Asking, second: Asking, bank: httpx.AsyncClient, leased: str, used: str) -> None:
    """`second` decides what `walk` proposes; `bank` is the sandbox's own calls. The lease and the use are paid."""
    await refunds(walk, second, leased)
    await disputes(walk, bank, used)
    await dunning(walk, used)
    payout = await payouts(walk, bank)
    await statements(walk, payout)
    await ledger(walk, used)
    await books(walk)


async def refunds(walk: Asking, second: Asking, booking: str) -> None:
    wish = {"booking_id": booking, "amount": {"amount": 3000, "currency": "EUR"}, "reason": "Das Rad war defekt."}
    refund = f"finance/refunds/{(await walk.ask('POST', 'finance/refunds', wish))['id']}"
    decided = await second.ask("POST", f"{refund}/decision", {"approve": True, "reason": "Es war defekt."})
    assert decided["state"] != "proposed"
    await walk.ask("GET", refund)
    await walk.ask("GET", "finance/refunds")


async def disputes(walk: Asking, bank: httpx.AsyncClient, booking: str) -> None:
    """Two parts of what was taken are disputed; one is answered, the other accepted."""
    overview = (await bank.get("/sandbox/overview")).json()
    charge = next(
        payment["charges"][0]
        for account in overview["accounts"]
        for payment in account["payments"]
        if payment["metadata"].get("booking_id") == booking and payment["charges"]
    )
    for _ in range(2):
        (await bank.post("/sandbox/disputes", json={"charge": charge, "amount": 20})).raise_for_status()
    first, other = await listed(walk, "finance/disputes", 2)
    await walk.ask("GET", f"finance/disputes/{first['id']}")
    await walk.ask(
        "POST", f"finance/disputes/{first['id']}/evidence", {"access_activity_log": "Ausgeliehen um 14 Uhr."}
    )
    await walk.ask("POST", f"finance/disputes/{other['id']}/accept", {})


async def dunning(walk: Asking, booking: str) -> None:
    """Her bank took back what she owes for a use that is over."""
    (case,) = await listed(walk, "finance/dunning-cases", 1)
    assert case["booking_id"] == booking
    await walk.ask("GET", f"finance/dunning-cases/{case['id']}")
    await walk.ask("POST", f"finance/dunning-cases/{case['id']}/waive-fees", {"reason": "the address was wrong"})
    await walk.ask(
        "POST", f"finance/dunning-cases/{case['id']}/close", {"how": "written_off", "reason": "too little to claim"}
    )


async def payouts(walk: Asking, bank: httpx.AsyncClient) -> dict[str, Any]:
    made = (await bank.post("/sandbox/payouts", json={"account": ACCOUNT, "early": True})).json()
    for step in ("sent", "paid", "reconciled"):
        (await bank.post(f"/sandbox/payouts/{made['id']}", json={"step": step})).raise_for_status()
    (payout, *_) = await listed(walk, "finance/payouts", 1)
    await walk.ask("GET", f"finance/payouts/{payout['id']}")
    (item, *_) = await listed(walk, f"finance/payouts/{payout['id']}/items", 1)
    await walk.ask("GET", "finance/movements/" + item["movement"].rpartition("/")[2])
    return payout


async def statements(walk: Asking, payout: dict[str, Any]) -> None:
    """The payout comes by a line that says only how much it is, and somebody else's money by another."""
    today = now().date()
    before = today - timedelta(days=4)
    amount = payout["amount"]["amount"]
    lines = (
        entry(amount, part(text=(payout["provider_id"],)), on=f"{today}"),
        entry(1234, part(name="Wer"), on=f"{before}"),
    )
    said = statement(*lines, closing=101_234 + amount, sequence=1, iban=IBAN, on=f"{today}", before=f"{before}")
    await walk.send("finance/bank-statements?name=umsaetze.xml", document(said), "application/xml")
    (found,) = await listed(walk, "finance/bank-statements", 1)
    await walk.ask("GET", f"finance/bank-statements/{found['id']}")
    await walk.ask("GET", f"finance/bank-statements/{found['id']}/lines")
    await walk.ask("GET", "finance/bank-lines")
    (match,) = await listed(walk, "finance/matches", 1)
    await walk.ask("GET", f"finance/matches/{match['id']}")
    await walk.ask("POST", f"finance/matches/{match['id']}/undo", {"reason": "to put it together by hand"})
    parts = [{name: each[name] for name in ("line_id", "expected_id", "amount")} for each in match["parts"]]
    await walk.ask("GET", f"finance/bank-lines/{parts[0]['line_id']}")
    await walk.ask("GET", f"finance/bank-lines/{parts[0]['line_id']}/proposals")
    await walk.ask("POST", "finance/matches", {"parts": parts, "reason": "it is the payout"})
    (strange,) = await listed(walk, "finance/exceptions?kind=unexplained_line", 1)
    await exception(walk, f"finance/exceptions/{strange['id']}", today)


async def exception(walk: Asking, one: str, today: date) -> None:
    await walk.ask("GET", one)
    await walk.ask("POST", f"{one}/take", {"words": "I ask the bank"})
    await walk.ask("POST", f"{one}/note", {"words": "the bank looks into it"})
    await walk.ask("POST", f"{one}/postpone", {"due_on": f"{today + timedelta(days=14)}", "words": "it takes a while"})
    await walk.ask("POST", f"{one}/close", {"resolution": "booked", "words": "a donation", "account": "other_income"})
    await walk.ask("POST", f"{one}/reopen", {"words": "it was none"})


async def ledger(walk: Asking, booking: str) -> None:
    await walk.ask("GET", f"finance/bookings/{booking}")
    (entry, *_) = await listed(walk, "finance/entries", 1)
    await walk.ask("GET", f"finance/entries/{entry['id']}")
    (charge, *_) = await listed(walk, "finance/entries?kind=cost_centre", 1)
    await walk.ask("POST", f"finance/entries/{charge['id']}/reverse", {"reason": "posted for the wrong office"})
    await walk.ask("GET", "finance/trial-balance")
    await walk.ask("GET", "finance/accounts/provider/statement")


async def books(walk: Asking) -> None:
    """Of this month; the last one is closed."""
    today = now().date()
    last = today.replace(day=1) - timedelta(days=1)
    await walk.ask("GET", "finance/periods")
    await walk.ask("GET", f"finance/periods/{today:%Y-%m}")
    await walk.ask("POST", f"finance/periods/{last:%Y-%m}/close")
    await walk.fetch(f"finance/exports/datev?from={today:%Y-%m}", b"")
    await walk.fetch(f"finance/exports/journal?from={today:%Y-%m}&format=xlsx", b"PK")
    await walk.fetch(f"finance/exports/receivables?year={today.year}", b"")


async def listed(walk: Asking, path: str, at_least: int) -> list[dict[str, Any]]:
    """The items, once there are so many."""
    async with asyncio.timeout(FOUND_WITHIN_S):
        while len(items := (await walk.ask("GET", path))["items"]) < at_least:  # noqa: ASYNC110 - as any client that waits
            await asyncio.sleep(0.2)
    found: list[dict[str, Any]] = items
    return found
