"""What is asked and answered about a plan of charge points, as the document shows it."""

from typing import Any

ASKED: dict[str, Any] = {
    "ev_share": "0.5",
    "year": 2025,
    "districts": [
        {
            "id": "stadtmitte",
            "name": "Stadtmitte",
            "centre": {"lat": 52.423, "lon": 10.787},
            "vehicles": 2000,
            "km_per_vehicle": 12000,
            "no_own_parking": "0.45",
            "hub_weight": "1",
            "destination_weight": "1",
            "through_weight": "1",
            "existing": {"ac": 4},
            "source": "registered cars of 2026",
        }
    ],
    "assumptions": {"visitors": {"value": "1.2", "low": "1", "high": "1.5", "source": "traffic count of 2026"}},
    "notes": ["draft"],
}
_NONE = {"ac": 0, "dc": 0, "hpc": 0}
_NEEDED, _TO_BUILD = {"ac": 39, "dc": 2, "hpc": 6}, {"ac": 35, "dc": 2, "hpc": 6}
_SUMS: dict[str, Any] = {
    "cars": 2000,
    "bev": 810,
    "phev": 190,
    "kwh": {
        "home": 711961,
        "work": 353750,
        "street": 486570,
        "hub": 351270,
        "destination": 212250,
        "highway": 184446,
    },
    "needed": _NEEDED,
    "existing": _NONE | {"ac": 4},
    "to_build": _TO_BUILD,
    "existing_kw": "88",
    "planned_kw": "2208",
    "peak_kw": "889.50",
}
_STATION: dict[str, Any] = {
    "name": "Hauptbahnhof",
    "location": {"lat": 52.4293, "lon": 10.7879},
    "existing": _NONE | {"ac": 2},
    "to_build": _NONE | {"ac": 4},
    "station_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "new_sites": 0,
}
_NEW: dict[str, Any] = {
    "name": "Stadtmitte",
    "location": {"lat": 52.423, "lon": 10.787},
    "existing": _NONE,
    "to_build": _TO_BUILD | {"ac": 31},
    "station_id": None,
    "new_sites": 8,
}
PLANNED: dict[str, Any] = {
    "ev_share": "0.5",
    "year": 2025,
    "total": _SUMS,
    "districts": [
        {
            "id": "stadtmitte",
            "name": "Stadtmitte",
            "centre": {"lat": 52.423, "lon": 10.787},
            "source": "registered cars of 2026",
            "sums": _SUMS,
            "sites": [_STATION, _NEW],
        }
    ],
    "afir": {
        "required_kw": "1205.0",
        "planned_kw": "2208",
        "met": True,
        "kw_per_bev": "1.3",
        "kw_per_phev": "0.8",
        "valid_from": "2024-04-13",
        "source": "Regulation (EU) 2023/1804 (AFIR), Article 3(1)",
    },
    "cases": [{"case": "mid", "sums": _SUMS}],
    "path": [{"year": 2025, "ev_share": "0.5", "needed": _NEEDED, "to_build": _TO_BUILD}],
    "influences": [{"name": "ac_kwh_per_day", "low": 43, "high": 53}],
    "outside": [],
    "assumptions": [
        {
            "name": "visitors",
            "unit": "of what residents take at hubs, shops and through roads",
            "value": "1.2",
            "low": "1",
            "high": "1.5",
            "as_of": "2026-11-29",
            "source": "traffic count of 2026",
            "inverse": False,
            "least": "0",
            "most": "20",
            "whole": False,
        }
    ],
    "notes": ["draft"],
}
