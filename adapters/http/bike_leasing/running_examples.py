"""A lease that runs, as examples: a pedelec of an employee of the city's works."""

from typing import Any

from adapters.http.bike_leasing.examples import ID, INSTALMENTS


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


_SETTLEMENT: dict[str, Any] = {
    "asked": {
        "type": "settlement-1",
        "rates_left": 14,
        "rate": _eur(11_129),
        "residual": _eur(39_990),
        "proceeds": _eur(150_000),
        "nominal_percent": "5.90",
        "rule": {
            "version": {
                "name": "settlement",
                "since": "2024-01-01",
                "source": "terms of a public employer's lessor (Rheinland-Pfalz)",
            },
            "discounts": False,
            "least_services": 12,
            "not_below_zero": True,
        },
        "due": "arrears",
        "service_rate": _eur(0),
        "service_used": False,
        "services_paid": 22,
    },
    "steps": [
        {
            "name": "balance",
            "formula": "remaining + services - proceeds",
            "exact": "457.96",
            "rounding": "cent",
            "value": "457.96",
        }
    ],
    "results": {"remaining": _eur(195_796), "services": _eur(0), "owed": _eur(45_796)},
    "notes": ["own_proceeds"],
}
_PURCHASE: dict[str, Any] = {
    "asked": {
        "type": "purchase-1",
        "list_price": _eur(399_900),
        "months": 36,
        "rule": {
            "version": {
                "name": "purchase_flat_tax",
                "since": "2017-11-17",
                "source": "BMF 17.11.2017; § 37b Abs. 1 EStG; § 4 SolzG",
            },
            "months": 36,
            "market_percent": "40",
            "flat_percent": "30",
            "solidarity_percent": "5.5",
        },
        "offer": {
            "version": {"name": "purchase_offer", "since": "2020-01-01", "source": "a lessor's help pages"},
            "percent": "18",
        },
        "market_value": None,
        "church_percent": "0",
    },
    "steps": [
        {
            "name": "offer",
            "formula": "list_price * percent / 100",
            "exact": "719.82",
            "rounding": "cent",
            "value": "719.82",
        }
    ],
    "results": {"offer": _eur(71_982), "flat_tax": _eur(25_205), "seller_pays": _eur(26_591)},
    "notes": ["not_promised"],
}
OF_LEASE: dict[str, Any] = {"lease_id": ID}
SUSPENSION: dict[str, Any] = OF_LEASE | {"pause": "parental_leave", "since": "2027-01-01"}
SUSPENDED: dict[str, Any] = {
    "state": "suspended",
    "sides": ["hr"],
    "suspensions": [{"pause": "parental_leave", "since": "2027-01-01", "until": None}],
    "instalments": [INSTALMENTS[0] | {"number": 2, "month": "2027-02-01", "due_on": "2027-02-01", "state": "insured"}],
}
RESUMPTION: dict[str, Any] = OF_LEASE | {"on": "2027-02-01"}
RESUMED: dict[str, Any] = {
    "state": "active",
    "sides": ["hr"],
    "suspensions": [{"pause": "parental_leave", "since": "2027-01-01", "until": "2027-02-01"}],
}
INCIDENT: dict[str, Any] = OF_LEASE | {
    "kind": "theft",
    "happened_on": "2026-11-02",
    "police_reference": "VNr. 2026/4711",
    "was_locked": True,
    "words": "Nachts vor dem Haus",
}
_HAPPENED: dict[str, Any] = {
    "kind": "theft",
    "happened_on": "2026-11-02",
    "police_reference": "VNr. 2026/4711",
    "was_locked": True,
    "words": "Nachts vor dem Haus",
    "outcome": None,
    "ended_on": None,
}
REPORTED: dict[str, Any] = {"state": "incident", "sides": ["employee"], "incident": _HAPPENED}
OUTCOME: dict[str, Any] = OF_LEASE | {
    "outcome": "replaced",
    "bike": {
        "kind": "pedelec",
        "model": "Stadtrad 9",
        "list_price": _eur(399_900),
        "sale_price": _eur(399_900),
        "serial_number": "SN-4712",
    },
}
REPAIRED: dict[str, Any] = {
    "state": "active",
    "sides": ["lessor"],
    "incidents_before": [_HAPPENED | {"outcome": "replaced", "ended_on": "2026-11-20"}],
}
TERMINATION: dict[str, Any] = OF_LEASE | {"reason": "leaving", "on": "2099-12-31"}
TERMINATED: dict[str, Any] = {
    "state": "terminating",
    "sides": ["hr"],
    "termination": {"reason": "leaving", "on": "2099-12-31"},
}
DRAFT: dict[str, Any] = OF_LEASE | {"proceeds": _eur(150_000), "buyout_price": _eur(160_000), "credit_granted": True}
DRAFTED: dict[str, Any] = {
    "state": "terminating",
    "sides": ["lessor"],
    "made_out": {
        "sheet": "settlement-9",
        "owed": _eur(45_796),
        "rates_left": 14,
        "made_out_on": "2026-12-20",
        "buyout_price": _eur(160_000),
        "credit_granted": True,
    },
    "sheets": {"settlement-9": _SETTLEMENT},
}
_PROTOCOL: dict[str, Any] = {
    "inspected_on": "2026-12-22",
    "findings": "Kratzer am Rahmen",
    "charges": _eur(4_000),
}
_BACK_EARLY: dict[str, Any] = _PROTOCOL | {"charges": _eur(0)}
SETTLEMENT: dict[str, Any] = OF_LEASE | {"sheet": "settlement-9", "protocol": _BACK_EARLY}
SETTLED: dict[str, Any] = {
    "state": "early_ended",
    "sides": ["lessor"],
    "settled": _eur(45_796),
    "protocol": _BACK_EARLY,
}
TRANSFER: dict[str, Any] = OF_LEASE | {"employer": "wasserwerke"}
PURCHASE_OFFER: dict[str, Any] = OF_LEASE | {"expires_at": "2099-12-31T17:00:00Z"}
OFFERED: dict[str, Any] = {
    "state": "purchase_offered",
    "sides": ["lessor"],
    "purchase_offer": {"price": _eur(71_982), "expires_at": "2099-12-31T17:00:00Z"},
    "sheets": {"purchase-8": _PURCHASE},
}
RETURN: dict[str, Any] = OF_LEASE | {"on": "2099-12-20"}
INSPECTION: dict[str, Any] = OF_LEASE | {"findings": "Kratzer am Rahmen", "charges": _eur(4_000)}
INSPECTED: dict[str, Any] = {"state": "inspected", "sides": ["lessor"], "protocol": _PROTOCOL}
