"""Examples of approvals, as the API describes itself by them."""

from typing import Any

_ANY: dict[str, Any] = {
    "asks": True,
    "price_over": None,
    "longer_than_s": None,
    "notice_under_s": None,
    "ahead_over_s": None,
    "words": [],
    "cost_centre": None,
}
RULES: list[dict[str, Any]] = [
    _ANY | {"name": "Fahrten ins Ausland", "words": ["Ausland"]},
    _ANY | {"name": "Über 200 Euro", "price_over": 20000},
    _ANY | {"name": "Länger als ein Tag", "longer_than_s": 86400},
]
APPROVER = "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d42"
DEPUTY = "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d43"
APPROVAL: dict[str, Any] = {"answer_s": 14400, "rules": RULES, "approvers": [], "escalated_s": 7200}
POOL_APPROVAL: dict[str, Any] = APPROVAL | {
    "pool_id": "town-hall",
    "approver_count": 2,
    "trial": {
        "bookings": 200,
        "asked": 14,
        "by_rule": [
            {"rule": "Fahrten ins Ausland", "asked": 1},
            {"rule": "Über 200 Euro", "asked": 4},
            {"rule": "Länger als ein Tag", "asked": 9},
        ],
    },
    "version": 3,
}
INBOX: dict[str, Any] = {
    "items": [
        {
            "booking_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d77",
            "pool_id": "town-hall",
            "resource_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
            "vehicle": "Volkswagen ID.3",
            "holder_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d44",
            "holder": "Kim Beispiel",
            "booked_by": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d44",
            "start": "2026-12-01T07:00:00Z",
            "end": "2026-12-03T16:00:00Z",
            "more_until": None,
            "payer": "cost_centre",
            "price": {"amount": 0, "currency": "EUR"},
            "state": "pending",
            "rule": "Länger als ein Tag",
            "why": {
                "de": "Die Dauer von 2 Tage 9 Stunden liegt über 1 Tag.",
                "en": "The length of 2 days 9 hours is above 1 day.",
            },
            "due_at": "2026-11-29T18:00:00Z",
            "escalated": False,
            "decision": None,
            "as": "deputy",
            "deputy_for": APPROVER,
            "own": False,
            "actions": ["approve", "reject"],
            "version": 1,
            "series_id": None,
        }
    ],
    "next_cursor": None,
}
NAMING: dict[str, Any] = {"deputy_id": DEPUTY, "start": "2026-12-21T00:00:00+01:00", "end": "2027-01-04T00:00:00+01:00"}
DEPUTYSHIP: dict[str, Any] = {
    "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d78",
    "person_id": APPROVER,
    "deputy_id": DEPUTY,
    "start": "2026-12-20T23:00:00Z",
    "end": "2027-01-03T23:00:00Z",
    "named_by": APPROVER,
    "named_at": "2026-11-29T09:00:00Z",
    "ended_at": None,
}
