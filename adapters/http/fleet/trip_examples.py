"""A trip, as the documentation shows it."""

from typing import Any

ENTRY: dict[str, Any] = {
    "kind": "business",
    "destination": "Bohlweg 30, 38100 Braunschweig",
    "purpose": "Ortstermin Radweg",
    "partner": "Frau Beispiel, Tiefbauamt",
}
_DRIVER = {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11", "name": "Kim Beispiel"}
_READ: dict[str, Any] = {"odometer_start": 18234, "odometer_end": 18279}
_UNTOLD: dict[str, Any] = dict.fromkeys(("kind", "destination", "purpose", "partner", "route"))
TRIP: dict[str, Any] = {
    "id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "vehicle": {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d12", "name": "Volkswagen ID.3"},
    "plate": "BS-KM 7E",
    "pool_id": "rathaus",
    "driver": _DRIVER,
    "started_at": "2026-11-20T08:02:00Z",
    "ended_at": "2026-11-20T10:47:00Z",
    "time_zone": "Europe/Berlin",
    "start_place": "Rathaus",
    "end_place": "Rathaus",
    **_READ,
    "km": 45,
    "gap_km": 0,
    **_UNTOLD,
    **ENTRY,
    "planned_destination": "Bohlweg 30, 38100 Braunschweig",
    "planned_purpose": None,
    "state": "complete",
    "complete_by": "2026-11-27",
    "missing": [],
    "version": 2,
    "entries": [
        {
            "version": 2,
            **_READ,
            **_UNTOLD,
            **ENTRY,
            "reason": None,
            "entered_by": _DRIVER,
            "entered_at": "2026-11-20T12:10:00Z",
        },
        {
            "version": 1,
            **_READ,
            **_UNTOLD,
            "reason": None,
            "entered_by": None,
            "entered_at": "2026-11-20T10:47:02Z",
        },
    ],
}
