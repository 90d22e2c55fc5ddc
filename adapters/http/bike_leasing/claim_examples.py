"""A claim of the insurance as an example: somebody has torn off the bike's mudguard."""

from typing import Any

from adapters.http.bike_leasing.examples import ID

_CLAIM = "01a22834-a599-7c37-b25a-5e49c7c14002"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


CLAIM: dict[str, Any] = {"lease_id": ID, "words": "Schutzblech abgerissen", "estimate": _eur(9_000)}
CLAIMED: dict[str, Any] = CLAIM | {
    "id": _CLAIM,
    "incident": 1,
    "kind": "damage",
    "happened_on": "2027-05-02",
    "state": "reported",
    "reported_at": "2027-05-03T08:15:00Z",
    "updated_at": "2027-05-03T08:15:00Z",
    "reference": None,
    "amount": None,
    "deductible": None,
    "payout": None,
    "reason": None,
    "photos": [],
    "paid_to": None,
}
CLAIMED_WITH_PHOTO: dict[str, Any] = CLAIMED | {
    "photos": [
        {
            "digest": _DIGEST,
            "media_type": "image/jpeg",
            "width": 2048,
            "height": 1536,
            "size": 412_345,
            "added_at": "2027-05-03T08:17:00Z",
            "href": f"/v1/braunschweig/leasing/claims/{_CLAIM}/photos/{_DIGEST}",
        }
    ]
}
ACCEPTANCE: dict[str, Any] = {"state": "accepted", "amount": _eur(8_500), "deductible": _eur(2_500)}
ACCEPTED: dict[str, Any] = CLAIMED | {
    "state": "accepted",
    "updated_at": "2027-05-20T10:00:00Z",
    "reference": "SV-2027-4711",
    "amount": _eur(8_500),
    "deductible": _eur(2_500),
    "payout": _eur(6_000),
}
