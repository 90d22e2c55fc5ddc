"""A contract of a lease as an example, to which the employee has said yes and HR has not yet."""

from typing import Any

DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
NAME: dict[str, Any] = {"name": "Stadtwerke Okerstadt GmbH", "street": "Werkweg 1", "town": "38100 Okerstadt"}
NAMED: dict[str, Any] = NAME | {"party": "stadtwerke"}
PAPER: dict[str, Any] = {
    "kind": "conversion",
    "digest": DIGEST,
    "drawn_at": "2026-12-01T08:00:00Z",
    "href": "/v1/braunschweig/leasing/leases/01a22834-a599-7c37-b25a-5e49c7c13efe/papers/conversion",
    "texts": [
        {
            "name": "no_purchase",
            "since": "2026-11-01",
            "digest": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        }
    ],
    "accepted": [
        {
            "side": "employee",
            "by": "01890a5d-ac96-774b-bcce-b302099a8057",
            "at": "2026-12-01T17:02:11Z",
            "digest": DIGEST,
            "method": "simple",
            "signature": None,
        }
    ],
    "awaits": ["hr"],
}
