"""What the operations of charging stations look like."""

from typing import Any

KEY = "3f0c9d4e52a6b17c88e1d2405f6a7b90c1d2e3f4"
EVSES: list[dict[str, Any]] = [{"number": 1, "resource_id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52"}]
STATION: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9bda",
    "identity": "BS-0017",
    "station_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "security_profile": "basic",
    "admission": "accepted",
    "heartbeat_s": 900,
    "certificate_name": None,
    "key_pending": False,
    "connected": True,
    "version": "ocpp2.0.1",
    "vendor": "Example",
    "model": "Twin 22",
    "serial": "17",
    "firmware": "4.2.0",
    "booted_at": "2026-11-23T17:00:00Z",
    "seen_at": "2026-11-29T16:59:58Z",
    "made_at": "2026-11-22T09:00:00Z",
    "evses": [
        {
            **EVSES[0],
            "status": "AVAILABLE",
            "said": "Available",
            "error": None,
            "status_at": "2026-11-29T16:40:00Z",
        }
    ],
}
EQUIPMENT: dict[str, Any] = {
    "reported_at": "2026-11-29T17:00:02Z",
    "evses": [
        {
            "number": 1,
            "power_w": 11000,
            "phases": 3,
            "connectors": [{"number": 1, "type": "sType2"}],
            "resource_id": EVSES[0]["resource_id"],
        }
    ],
    "differences": [{"evse": 1, "what": "power", "reported": "11000 W", "registered": "22 kW"}],
}
RESET: dict[str, Any] = {"type": "reset", "at_once": False}
ORDER: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9bdb",
    "order": RESET,
    "made_at": "2026-11-29T17:00:00Z",
    "expires_at": "2026-11-29T17:05:00Z",
    "sent_at": "2026-11-29T17:00:00Z",
    "times": 1,
    "answered_at": "2026-11-29T17:00:01Z",
    "answered": "accepted",
    "said": "Accepted",
    "values": None,
}
MESSAGE: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9bdc",
    "at": "2026-11-29T17:00:00Z",
    "direction": "out",
    "kind": "call",
    "message_id": "01a20a87-4824-7955-bad7-2c5ae0fe9bdb",
    "action": "Reset",
    "payload": {"type": "OnIdle"},
    "fault": None,
    "frame": None,
}
