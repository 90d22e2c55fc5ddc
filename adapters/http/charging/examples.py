"""Charging sessions as examples."""

from typing import Any

import msgspec

SESSION: dict[str, Any] = {
    "id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52",
    "state": "active",
    "booking_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "resource_id": "01928f4e-0a51-7b12-8d44-54cf0be7a1f3",
    "charge_point": "Altstadtmarkt 1",
    "place": "Altstadtmarkt",
    "evse": 1,
    "began_at": "2026-12-01T17:02:13Z",
    "over_at": None,
    "reason": None,
    "minutes": 48,
    "parked_minutes": 0,
    "kwh": "8.412",
    "kw": "10.9",
    "soc": 61,
    "doing": "charging",
    "cost": {"amount": 888, "currency": "EUR"},
    "cost_is_final": False,
    "limit": {"budget": {"amount": 1500, "currency": "EUR"}},
    "stopping": False,
    "flags": [],
    "told_at": "2026-12-01T17:50:00Z",
    "version": 9,
}
PROGRESS = f"retry: 3000\n\nid: 9\nevent: session\ndata: {msgspec.json.encode(SESSION).decode()}\n\n"
LIMIT: dict[str, Any] = {"budget": {"amount": 1500, "currency": "EUR"}}
ASKED: dict[str, Any] = {
    "booking_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "evse": 1,
    "until": "2026-12-01T17:02:30Z",
}
METER_VALUES: dict[str, Any] = {
    "session_id": "01928f4f-9d12-7c1e-8a37-2b6f0c9d4e52",
    "verdict": "verified",
    "reason": None,
    "kwh": "11.25",
    "begins_kwh": "120.50",
    "ends_kwh": "131.75",
    "begins_at": "2026-12-01T17:02:13Z",
    "ends_at": "2026-12-01T18:01:40Z",
    "meter": "Z-2026-0815",
    "public_key": "3059301306072A8648CE3D020106082A8648CE3D030107034200",
    "examined_at": "2026-12-01T18:02:00Z",
    "digest": "7f0e1d0b5f7a4a0a1a5d2fb5f1b2b3b7d1a0c9e8f7a6b5c4d3e2f1a0b9c8d7e6",
    "values": [
        {
            "at": "2026-12-01T18:01:40Z",
            "context": "end",
            "encoding": "OCMF",
            "sha256": "7f0e1d0b5f7a4a0a1a5d2fb5f1b2b3b7d1a0c9e8f7a6b5c4d3e2f1a0b9c8d7e6",
            "data": "T0NNRnx7fXx7fQ==",
        }
    ],
    "file": "/v1/braunschweig/charging/sessions/01928f4f-9d12-7c1e-8a37-2b6f0c9d4e52/meter-values/file",
}
