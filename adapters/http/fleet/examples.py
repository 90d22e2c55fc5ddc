"""A fleet as the document shows it."""

from typing import Any

DRAFT: dict[str, Any] = {
    "name": "Volkswagen ID.3",
    "kind": "car",
    "class": "compact",
    "seats": 5,
    "drive": "electric",
    "battery_kwh": "58",
    "consumption": "18",
    "charging_kw": "11",
    "equipment": ["child_seat"],
    "plate": "BS-KM 111E",
    "vin": "WVWZZZE1ZMP912345",
    "awarded_on": "2026-03-05",
    "procurement": "lease",
    "eu_category": "M1",
    "co2_g_per_km": 0,
    "contract_value": {"amount": 42000000, "currency": "EUR"},
    "station_id": "c0fb7d34-6a4e-5f0c-8a0d-33c1b3a0f6d2",
    "pool_id": "rathaus",
    "tariff_id": "fleet-standard",
    "buffer_after_s": 900,
}
DOCUMENT: dict[str, Any] = {"kind": "hu", "done_on": "2026-11-10", "reference": "TÜV Nord 4711"}
DOCUMENTS: list[dict[str, Any]] = [
    {"kind": "registration", "done_on": "2026-11-02"},
    {"kind": "insurance", "done_on": "2026-11-02", "valid_until": "2027-12-31"},
    {"kind": "hu", "valid_until": "2029-11-30"},
    {"kind": "uvv", "done_on": "2026-11-10"},
]
_SHOWN: list[dict[str, Any]] = [
    {"kind": "uvv", "done_on": "2026-11-10", "valid_until": "2027-11-10"},
    {"kind": "hu", "done_on": None, "valid_until": "2029-11-30"},
    {"kind": "insurance", "done_on": "2026-11-02", "valid_until": "2027-12-31"},
    {"kind": "registration", "done_on": "2026-11-02", "valid_until": None},
]
VEHICLE: dict[str, Any] = {name: value for name, value in DRAFT.items() if name != "station_id"} | {
    "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "range_km": 214,
    "load_kg": None,
    "frame_number": None,
    "rde_pollutants": None,
    "alternative_fuel": None,
    "quota_exempt": False,
    "code": "KM-N6XQZHIR",
    "station": {"id": "c0fb7d34-6a4e-5f0c-8a0d-33c1b3a0f6d2", "name": "Rathaus"},
    "shared": False,
    "buffer_before_s": 0,
    "state": "in_service",
    "workshop_until": None,
    "block_id": None,
    "usable_until": "2027-11-10T23:00:00Z",
    "not_bookable": [],
    "lacks": [],
    "documents": [paper | {"rental": False, "reference": None, "in_force": True, "overdue": False} for paper in _SHOWN],
    "time_zone": "Europe/Berlin",
    "version": 1,
}
