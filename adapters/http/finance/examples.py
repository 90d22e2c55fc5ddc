"""Examples of payouts, refunds and disputes."""

from typing import Any

BOOKING_ID = "46e5d2ad-acb4-54ba-bc0a-b2fe8e84c504"
PAYMENT_ID = "01890a5d-ac96-774b-9c11-7a2b1c3d4e70"
BOOKING = f"/v1/braunschweig/finance/bookings/{BOOKING_ID}"


def euros(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


PAYOUT = {
    "id": "5146497d-7e08-5ced-b2d2-39538d39cb09",
    "provider_id": "po_1RQk2a",
    "amount": euros(1908),
    "state": "paid",
    "automatic": True,
    "itemised": True,
    "created_at": "2026-12-01T00:00:00Z",
    "arrives_on": "2026-12-03",
    "trace_id": "TR1RQK2A",
    "failure": None,
    "items": "/v1/braunschweig/finance/payouts/5146497d-7e08-5ced-b2d2-39538d39cb09/items",
    "matches": "/v1/braunschweig/finance/matches?expected_id=payout:po_1RQk2a",
    "version": 5,
}
PAYOUT_DETAILS = PAYOUT | {
    "totals": [
        {"kind": "charge", "count": 1, "amount": euros(2470), "fee": euros(62), "net": euros(2408)},
        {"kind": "refund", "count": 1, "amount": euros(-500), "fee": euros(0), "net": euros(-500)},
    ]
}
ITEM = {
    "id": "txn_1RQk2a",
    "kind": "charge",
    "amount": euros(2470),
    "fee": euros(62),
    "net": euros(2408),
    "source_id": "ch_1RQk2a",
    "created_at": "2026-11-30T15:11:00Z",
    "payment_id": PAYMENT_ID,
    "booking_id": BOOKING_ID,
    "booking": BOOKING,
    "movement": "/v1/braunschweig/finance/movements/6d2f7d5a-0b8e-5a43-9a55-2b7a53a0d6b1",
}
MOVEMENT = ITEM | {
    "payout": "/v1/braunschweig/finance/payouts/5146497d-7e08-5ced-b2d2-39538d39cb09",
    "entries": [
        "/v1/braunschweig/finance/entries?source=bt:txn_1RQk2a:capture",
        "/v1/braunschweig/finance/entries?source=bt:txn_1RQk2a:fee",
    ],
}
PROPOSAL = {"booking_id": BOOKING_ID, "amount": euros(500), "reason": "Der Ladepunkt war defekt."}
REFUND = {
    "id": "01890a5d-ac96-774b-8a11-7a2b1c3d4e62",
    "booking_id": BOOKING_ID,
    "payment_id": PAYMENT_ID,
    "amount": euros(500),
    "reason": "Der Ladepunkt war defekt.",
    "state": "approved",
    "needs_second": False,
    "proposed_by": "4020db74-2b2c-5853-b245-ccd04bcad027",
    "proposed_at": "2026-12-02T09:14:00Z",
    "decided_by": "4020db74-2b2c-5853-b245-ccd04bcad027",
    "decided_at": "2026-12-02T09:14:00Z",
    "decision_reason": "",
    "provider_id": None,
    "failure": None,
    "booking": BOOKING,
    "version": 1,
}
EVIDENCE = {
    "service_date": "2026-11-30",
    "access_activity_log": "Geladen von 14:00 bis 16:11 Uhr, 22,4 kWh.",
    "cancellation_policy_disclosure": "Bis 24 Stunden vorher kostenlos stornierbar, bei der Buchung angezeigt.",
}
DISPUTE = {
    "id": "0b6a1c52-0f5e-5a44-9b53-3f2a5a0d7c17",
    "provider_id": "dp_1RQk2a",
    "amount": euros(1970),
    "withdrawn": euros(1970),
    "fee": euros(2000),
    "reason": "fraudulent",
    "state": "needs_response",
    "opened_at": "2026-12-05T08:00:00Z",
    "answer_by": "2026-12-14T08:00:00Z",
    "answer": None,
    "payment_id": PAYMENT_ID,
    "booking_id": BOOKING_ID,
    "booking": BOOKING,
    "version": 1,
}
CHARGE = {
    "step": 2,
    "amount": euros(250),
    "made_at": "2027-01-06T08:00:00Z",
    "waived_at": None,
    "waived_by": None,
    "waived_for": "",
}
WAIVED = {
    "waived_at": "2027-01-08T10:15:00Z",
    "waived_by": "b2d9c0de-8f0e-5f7c-9a53-0f9a51f8c6a1",
    "waived_for": "Die Adresse war falsch.",
}
CASE = {
    "id": "0d6b2f6c-5c5e-4a55-9d1a-3b1f6d6f0c11",
    "booking_id": BOOKING_ID,
    "debtor_id": "4020db74-2b2c-5853-b245-ccd04bcad027",
    "owed": euros(1970),
    "fees": euros(250),
    "total": euros(2220),
    "cash_reference": "2026000001740",
    "claims": [
        {
            "invoice_id": "6f3b7a1c-91d4-5f0e-8a34-2d9f1f5b7e20",
            "number": "RE-2026-000017",
            "cash_reference": "2026000001740",
            "open": euros(1970),
            "transferred": euros(0),
            "invoice": "/v1/braunschweig/finance/invoices/6f3b7a1c-91d4-5f0e-8a34-2d9f1f5b7e20",
        }
    ],
    "charges": [CHARGE],
    "state": "open",
    "steps_taken": 2,
    "steps": 3,
    "next_at": "2027-01-20T08:00:00Z",
    "opened_at": "2026-12-09T08:00:00Z",
    "closed_at": None,
    "closed_by": None,
    "reason": "",
    "reference": "",
    "booking": BOOKING,
    "version": 3,
}
