"""Examples of what stands in the ledger."""

from typing import Any

from adapters.http.finance.bank_examples import AT, PERSON_ID, euros

ENTRY_ID = "01a20a87-4824-7955-bad7-2c5ae0fe9b15"
BOOKING_ID = "01a20a87-4824-7955-bad7-2c5ae0fe9b16"
INVOICE_ID = "01a20a87-4824-7955-bad7-2c5ae0fe9b17"
ORIGIN = {
    "booking_id": BOOKING_ID,
    "payment_id": None,
    "provider_id": None,
    "booking": f"{AT}/bookings/{BOOKING_ID}",
    "invoice": f"{AT}/invoices/{INVOICE_ID}",
    "invoices": f"{AT}/invoices?booking_id={BOOKING_ID}",
    "bank_line": None,
    "exception": None,
}


def _leg(account: str, side: str, cents: int, **more: Any) -> dict[str, Any]:
    statement = f"{AT}/accounts/{account}/statement?from=2026-11&to=2026-11&currency=EUR"
    plain = {"debtor_id": None, "cost_centre": None, "vat_rate": None}
    return {"account": account, "side": side, "amount": euros(cents), "statement": statement, **plain, **more}


ENTRY = {
    "id": ENTRY_ID,
    "kind": "invoice",
    "source": f"invoice:{INVOICE_ID}",
    "effective_at": "2026-11-21T09:00:00Z",
    "recorded_at": "2026-11-21T09:00:02Z",
    "period": "2026-11",
    "position": 17,
    "text": "RE-2026-000017",
    "legs": [
        _leg("receivables", "debit", 2470, debtor_id=PERSON_ID),
        _leg("revenue.fleet.19", "credit", 2076, vat_rate="0.19"),
        _leg("vat.19", "credit", 394, vat_rate="0.19"),
    ],
    "origin": ORIGIN,
    "reverses": None,
    "reversed_by": None,
}
REVERSAL = ENTRY | {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9b18",
    "kind": "reversal",
    "source": f"reversal:{ENTRY_ID}",
    "effective_at": "2026-11-23T10:00:00Z",
    "recorded_at": "2026-11-23T10:00:00Z",
    "position": None,
    "text": "posted for the wrong operator",
    "legs": [
        _leg("receivables", "credit", 2470),
        _leg("revenue.fleet.19", "debit", 2076),
        _leg("vat.19", "debit", 394),
    ],
    "reverses": f"{AT}/entries/{ENTRY_ID}",
}
ACCOUNT = {
    "key": "receivables",
    "kind": "asset",
    "name": "Forderungen",
    "number": "153100",
    "skr03": "1400",
    "skr04": "1200",
}
TURNOVER = {
    "account": ACCOUNT,
    "opening": euros(0),
    "debit": euros(2470),
    "credit": euros(0),
    "closing": euros(2470),
    "statement": f"{AT}/accounts/receivables/statement?from=2026-11&to=2026-11&currency=EUR",
}
TRIAL_BALANCE = {
    "first": "2026-11",
    "last": "2026-11",
    "items": [TURNOVER],
    "totals": [{"debit": euros(2470), "credit": euros(2470), "difference": euros(0)}],
}
POSTING = {
    "entry_id": ENTRY_ID,
    "kind": "invoice",
    "source": f"invoice:{INVOICE_ID}",
    "text": "RE-2026-000017",
    "effective_at": "2026-11-21T09:00:00Z",
    "period": "2026-11",
    "side": "debit",
    "amount": euros(2470),
    "balance": euros(2470),
    "debtor_id": PERSON_ID,
    "cost_centre": None,
    "origin": ORIGIN,
    "entry": f"{AT}/entries/{ENTRY_ID}",
}
STATEMENT = {
    "account": ACCOUNT,
    "first": "2026-11",
    "last": "2026-11",
    "opening": euros(0),
    "debit": euros(2470),
    "credit": euros(0),
    "closing": euros(2470),
    "items": [POSTING],
    "next_cursor": None,
}
OPEN_MONTH = {
    "period": "2026-11",
    "state": "open",
    "closed_at": None,
    "closed_by": None,
    "closed_with": None,
    "trial_balance": f"{AT}/trial-balance?from=2026-11&to=2026-11",
    "entries": f"{AT}/entries?period=2026-11",
}
CLOSED_MONTH = OPEN_MONTH | {
    "state": "closed",
    "closed_at": "2026-12-03T08:15:00Z",
    "closed_by": PERSON_ID,
    "closed_with": "2026-11",
}
