"""Examples of what the bank says, and what is made of it."""

from typing import Any

AT = "/v1/braunschweig/finance"
STATEMENT_ID = "5f5b1c5e-0f0b-5e2b-9c0b-0a4f7f6d1b11"
LINE_ID = "8a1d6f0e-3b7e-5c3c-8d60-5b2d9a1c7e12"
MATCH_ID = "01a20a87-4824-7955-bad7-2c5ae0fe9b13"
EXCEPTION_ID = "01a20a87-4824-7955-bad7-2c5ae0fe9b14"
PERSON_ID = "4020db74-2b2c-5853-b245-ccd04bcad027"


def euros(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


TAKEN_IN = {
    "id": STATEMENT_ID,
    "iban": "DE70999999990000003810",
    "named": "STMT-2026-231",
    "sequence": 231,
    "line_count": 14,
    "imported": True,
    "href": f"{AT}/bank-statements/{STATEMENT_ID}",
}
STATEMENT = {
    "id": STATEMENT_ID,
    "iban": "DE70999999990000003810",
    "named": "STMT-2026-231",
    "sequence": 231,
    "page": 1,
    "opened_on": "2026-11-27",
    "closed_on": "2026-11-30",
    "opening": euros(100_000),
    "came_in": euros(193_278),
    "went_out": euros(990),
    "closing": euros(292_288),
    "line_count": 14,
    "open_line_count": 1,
    "skipped": 0,
    "file": "umsaetze-2026-11-30.zip",
    "digest": "6988c526c97d1ceced621023e5826cac2b8830bab2d1df08f21800cb87e5c5a9",
    "made_at": "2026-11-30T17:30:00Z",
    "imported_at": "2026-12-01T05:00:02Z",
    "imported_by": PERSON_ID,
    "lines": f"{AT}/bank-statements/{STATEMENT_ID}/lines",
    "version": 1,
}
LINE = {
    "id": LINE_ID,
    "position": 3,
    "booked_on": "2026-11-30",
    "value_on": "2026-11-30",
    "amount": euros(190_808),
    "left": euros(0),
    "state": "matched",
    "text": "STRIPE K3L9 AUSZAHLUNG",
    "counterparty": "Stripe Payments Europe",
    "counterparty_iban": "DE02120300000000202051",
    "end_to_end_id": "ST-K3L9",
    "references": [],
    "bank_reference": "2026113000017",
    "mandate_id": "",
    "code": "166",
    "returned": "",
    "original": None,
    "reversal": False,
    "statement": f"{AT}/bank-statements/{STATEMENT_ID}",
    "matches": [f"{AT}/matches/{MATCH_ID}"],
    "expected": [],
    "exceptions": [],
    "version": 1,
}
PART = {
    "line_id": LINE_ID,
    "expected_id": "payout:po_1QK3L9",
    "amount": euros(190_808),
    "line": f"{AT}/bank-lines/{LINE_ID}",
    "expected": f"{AT}/payouts/5146497d-7e08-5ced-b2d2-39538d39cb09",
}
PROPOSAL = {
    "rule": "reference",
    "score": 100,
    "reason": "it names the reference, and the amount is the same",
    "parts": [PART],
}
MATCH = PROPOSAL | {
    "id": MATCH_ID,
    "made_at": "2026-12-01T05:00:04Z",
    "made_by": "00000000-0000-0000-0000-000000000000",
    "undone_at": None,
    "undone_by": None,
    "undone_for": None,
    "version": 1,
}
UNDONE = MATCH | {
    "undone_at": "2026-12-01T09:12:00Z",
    "undone_by": PERSON_ID,
    "undone_for": "it belongs to the payout of the day before",
    "version": 2,
}
RAISED = {
    "kind": "raised",
    "at": "2026-12-01T05:00:04Z",
    "by": "00000000-0000-0000-0000-000000000000",
    "words": "nothing that is expected surely fits it",
    "owner": None,
    "due_on": "2026-12-06",
    "resolution": None,
    "account": None,
    "amount": None,
}
EXCEPTION = {
    "id": EXCEPTION_ID,
    "kind": "unexplained_line",
    "words": "nothing that is expected surely fits it",
    "amount": euros(2470),
    "since": "2026-11-28",
    "age_days": 3,
    "raised_at": "2026-12-01T05:00:04Z",
    "due_on": "2026-12-06",
    "overdue": False,
    "owner": None,
    "resolution": None,
    "resolved_at": None,
    "resolved_by": None,
    "line": f"{AT}/bank-lines/{LINE_ID}",
    "expected": None,
    "about": f"{AT}/bank-lines/{LINE_ID}",
    "cleared": None,
    "cleared_to": None,
    "entries": None,
    "history": [RAISED],
    "version": 1,
}
