"""A lease as an example: a pedelec that a dealer offers to an employee of the city's works."""

from typing import Any

from adapters.http.bike_leasing.simulation_examples import EXAMPLE

ID = "01a22834-a599-7c37-b25a-5e49c7c13efe"
_HOLDER = "01890a5d-ac96-774b-bcce-b302099a8057"


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


_FEES = [{"kind": "insurance", "amount": _eur(1_064), "borne_by": "employee"}]
_CONDITIONS: dict[str, Any] = {
    "nominal_percent": "5.90",
    "residual_percent": "10",
    "months": 36,
    "due": "arrears",
    "due_day": 1,
    "fees": _FEES,
    "subsidy": _eur(0),
    "service": {"budget": _eur(8_330), "carries_over": True, "accepted_up_to": _eur(5_000)},
}
FRAMEWORK: dict[str, Any] = {
    "lessor": "leasing-ag",
    "since": "2026-01-01",
    "credit_line": _eur(50_000_000),
    "agreement": "tv_fahrradleasing",
    "conditions": _CONDITIONS,
    "billed_to": {"name": "Stadtwerke Okerstadt", "street": "Werkstr. 1", "postcode": "38100", "town": "Okerstadt"},
}
AGREED: dict[str, Any] = {
    "employer": "stadtwerke",
    "lessor": "leasing-ag",
    "since": "2026-01-01",
    "until": None,
    "credit_line": _eur(50_000_000),
    "agreement": {
        "version": {
            "name": "tv_fahrradleasing",
            "since": "2021-03-01",
            "source": "TV-Fahrradleasing (VKA) §§ 2 to 4, as commentaries have it",
        },
        "least": _eur(0),
        "most": _eur(700_000),
        "counts_services": False,
        "bikes_at_once": 1,
        "bars": ["garnishment", "under_notice"],
    },
    "conditions": _CONDITIONS,
    "deducts_vat": False,
    "protection": {
        "version": {"name": "rate_protection_none", "since": "2000-01-01", "source": "nothing was agreed"},
        "covers": [],
    },
    "discounts": False,
    "billed_to": {
        "name": "Stadtwerke Okerstadt",
        "address": {"street": "Werkstr. 1", "postcode": "38100", "town": "Okerstadt", "country": "DE"},
        "leitweg_id": None,
    },
}
CONSUMER_TERMS: dict[str, Any] = {"since": "2026-01-01", "conditions": _CONDITIONS}
ACCREDITATION: dict[str, Any] = {"lessor": "leasing-ag", "since": "2026-01-01", "online": False}
ACCREDITED: dict[str, Any] = ACCREDITATION | {"dealer": "radhaus", "until": None}
_BIKE: dict[str, Any] = {
    "kind": "pedelec",
    "model": "Stadtrad 9",
    "list_price": _eur(399_900),
    "sale_price": _eur(399_900),
}
OFFER: dict[str, Any] = {
    "dealer": "radhaus",
    "lessor": "leasing-ag",
    "employer": "stadtwerke",
    "holder_id": _HOLDER,
    "bike": _BIKE,
    "valid_until": "2099-12-31T17:00:00Z",
}
APPROVAL: dict[str, Any] = {"lease_id": ID, "approved": True, "bars": [], "hourly_after": "21.50"}
LINE: dict[str, Any] = {
    "id": ID,
    "state": "offered",
    "holder_id": _HOLDER,
    "dealer": "radhaus",
    "lessor": "leasing-ag",
    "employer": "stadtwerke",
    "bike": _BIKE | {"serial_number": None},
    "months": 36,
    "rate": _eur(11_129),
}
# What a dealer is shown: how the rate came about, and nothing of anybody's pay.
RATE: dict[str, Any] = {
    "asked": {
        "type": "annuity-1",
        "financed": _eur(399_900),
        "residual": _eur(39_990),
        "months": 36,
        "nominal_percent": "5.90",
        "due": "arrears",
        "vat": None,
    },
    "steps": [
        {
            "name": "rate",
            "formula": "(P q^n - RV) i / (q^n - 1)",
            "exact": "111.294768463437",
            "rounding": "cent",
            "value": "111.29",
        }
    ],
    "results": {"rate": _eur(11_129)},
    "notes": [],
}
STEPPED: dict[str, Any] = LINE | {
    "version": 1,
    "valid_until": "2099-12-31T17:00:00Z",
    "fees": _FEES,
    "concluded_on": None,
    "handed_over_on": None,
    "first_month": None,
    "last_day": None,
    "reason": None,
    "suspensions": [],
    "incident": None,
    "incidents_before": [],
    "termination": None,
    "made_out": None,
    "settled": None,
    "purchase_offer": None,
    "pickup_on": None,
    "returned_on": None,
    "protocol": None,
    "withdrawal_until": None,
    "credit": None,
    "example": None,
    "pin": None,
    "sides": ["dealer"],
    "acts": [],
    "sheets": {},
    "instalments": [],
}
INSTALMENTS: list[dict[str, Any]] = [
    {
        "number": 1,
        "month": "2027-01-01",
        "due_on": "2027-01-04",
        "amount": _eur(12_193),
        "parts": {
            "rate": _eur(11_129),
            "insurance": _eur(1_064),
            "service": _eur(0),
            "rate_protection": _eur(0),
        },
        "conversion": _eur(12_193),
        "state": "planned",
    },
]
LEASE: dict[str, Any] = STEPPED | {
    "state": "handed_over",
    "version": 6,
    "concluded_on": "2026-12-01",
    "handed_over_on": "2026-12-10",
    "first_month": "2027-01-01",
    "last_day": "2029-12-31",
    "sides": ["employee"],
    "sheets": EXAMPLE["sheets"] | {"rate": RATE},
    "instalments": INSTALMENTS,
}
