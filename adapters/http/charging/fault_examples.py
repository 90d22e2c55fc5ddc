"""What the operations of faults and tickets look like."""

from typing import Any

ASSIGNEE = "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d12"
FAULT: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9be1",
    "charging_station_id": "01a20a87-4824-7955-bad7-2c5ae0fe9bda",
    "station": "BS-0017",
    "evse": 1,
    "kind": "out_of_order",
    "what": "1",
    "says": "GroundFailure",
    "began_at": "2026-11-29T16:40:00Z",
    "ended_at": None,
    "ticket_id": "01a20a87-4824-7955-bad7-2c5ae0fe9be2",
    "times": 1,
}
TICKET: dict[str, Any] = {
    "id": "01a20a87-4824-7955-bad7-2c5ae0fe9be2",
    "charging_station_id": "01a20a87-4824-7955-bad7-2c5ae0fe9bda",
    "station": "BS-0017",
    "evse": 1,
    "kind": "out_of_order",
    "why": "lasted",
    "severity": "high",
    "title": None,
    "state": "in_work",
    "opened_at": "2026-11-29T16:55:00Z",
    "changed_at": "2026-11-29T17:10:00Z",
    "assignee": None,
    "out_since": None,
    "withdrawn": [],
    "lasts": True,
    "closed_at": None,
    "reason": None,
    "follows": None,
    "version": 2,
    "faults": [FAULT],
    "notes": [
        {"at": "2026-11-29T16:55:00Z", "by": None, "state": "open", "words": None},
        {
            "at": "2026-11-29T17:10:00Z",
            "by": ASSIGNEE,
            "state": "in_work",
            "words": "The fitter comes tomorrow at nine",
        },
    ],
}
BY_HAND: dict[str, Any] = {
    "title": "The cable of the left plug is torn",
    "severity": "high",
    "text": "Seen by the street cleaners; the plug was still live",
}
OPENED: dict[str, Any] = TICKET | {
    "charging_station_id": None,
    "station": None,
    "evse": 0,
    "kind": None,
    "why": "by_hand",
    "severity": "high",
    "title": BY_HAND["title"],
    "state": "open",
    "changed_at": "2026-11-29T16:55:00Z",
    "lasts": False,
    "version": 1,
    "faults": [],
    "notes": [{"at": "2026-11-29T16:55:00Z", "by": ASSIGNEE, "state": "open", "words": BY_HAND["text"]}],
}
