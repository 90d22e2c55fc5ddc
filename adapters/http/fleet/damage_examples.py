"""A damage, as the documentation shows it."""

from typing import Any

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
REPORT: dict[str, Any] = {
    "place": "left",
    "kind": "scratch",
    "severity": "minor",
    "drivable": True,
    "words": "Kratzer an der hinteren Tür",
}
NOTE: dict[str, Any] = {"state": "known", "paid_by": "city", "words": "Bleibt bis zur nächsten Inspektion"}
_REPORTER = {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11", "name": "Kim Beispiel"}
_MANAGER = {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d13", "name": "Gerd Beispiel"}
_ID = "01890a5d-ac96-774b-bcce-b302099a8061"
PHOTO: dict[str, Any] = {
    "digest": DIGEST,
    "media_type": "image/jpeg",
    "width": 2048,
    "height": 1536,
    "size": 412_339,
    "added_at": "2026-11-20T10:50:11Z",
    "href": f"/v1/braunschweig/damages/{_ID}/photos/{DIGEST}",
}
DAMAGE: dict[str, Any] = {
    "id": _ID,
    "vehicle": {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d12", "name": "Volkswagen ID.3"},
    "pool_id": "rathaus",
    "booking_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    **REPORT,
    "state": "known",
    "withdraws": False,
    "out_until": None,
    "paid_by": "city",
    "reporter": _REPORTER,
    "reported_at": "2026-11-20T10:49:30Z",
    "photos": [PHOTO],
    "notes": [
        NOTE
        | {"number": 1, "drivable": True, "noted_by": _MANAGER, "noted_at": "2026-11-20T13:05:00Z", "out_until": None},
    ],
}
SEEN: dict[str, Any] = {
    "id": _ID,
    **REPORT,
    "words": None,
    "state": "known",
    "reported_on": "2026-11-20",
    "mine": False,
    "photos": [PHOTO],
}
