"""A pool bike without a set end as an example: for six months at least, and then until a month after notice was given."""

from typing import Any

WANTED: dict[str, Any] = {
    "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c33",
    "start": "2026-12-01T08:00:00+01:00",
    "plan": "standard",
}
HELD: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "state": "held",
    "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c33",
    "resource_name": "Pedelec 1",
    "plan": "standard",
    "start": "2026-12-01T07:00:00Z",
    "minimum_until": "2027-06-01T06:00:00Z",
    "minimum_months": 6,
    "notice_months": 1,
    "claimed_until": "2027-07-01T06:00:00Z",
    "notice_given_at": None,
    "notice_by": None,
    "ends_at": None,
    "earliest_end": "2027-06-01T06:00:00Z",
    "monthly": {"amount": 3_900, "currency": "EUR"},
    "first_payment": None,
    "hold_expires_at": "2026-11-28T10:15:00Z",
    "withdrawal": {
        "applies": True,
        "until": "2026-12-14T22:59:59Z",
        "early_start": False,
        "counted": {"days": 14, "time_zone": "Europe/Berlin", "state": "NI"},
    },
    "time_zone": "Europe/Berlin",
    "version": 1,
}
_PAID = {"id": "01890a5d-ac96-774b-9a11-7a2b1c3d4e5f", "kind": "payment", "state": "captured"}
RUNNING: dict[str, Any] = HELD | {"state": "running", "first_payment": _PAID, "hold_expires_at": None, "version": 2}
ENDING: dict[str, Any] = RUNNING | {
    "state": "ending",
    "notice_given_at": "2027-05-30T15:04:05Z",
    "notice_by": "holder",
    "ends_at": "2027-07-01T06:00:00Z",
    "earliest_end": "2027-07-01T06:00:00Z",
    "version": 3,
}
