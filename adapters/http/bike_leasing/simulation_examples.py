"""A simulated lease as an example: a pedelec for 36 months, with a year of parental leave, bought at the end."""

from typing import Any


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


SCENARIO: dict[str, Any] = {
    "list_price": _eur(399_900),
    "sale_price": _eur(399_900),
    "residual": _eur(39_990),
    "months": 36,
    "nominal_percent": "5.90",
    "gross_pay": _eur(350_000),
    "tax_percent": "30",
    "handed_over_on": "2026-12-10",
    "fees": [{"kind": "insurance", "amount": _eur(1_064)}],
    "pauses": [{"pause": "parental_leave", "first_month": 13, "months": 12}],
    "protection": "public",
    "buys": True,
}
EXAMPLE: dict[str, Any] = {
    "employee": _eur(-225_990),
    "employer": _eur(57_312),
    "against_buying": _eur(173_910),
    "notes": [
        {"code": "estimate", "text": "An estimate: taxes and insurance are simplified, and nobody is owed this."}
    ],
    "months": [
        {
            "month": "2027-01-01",
            "phase": "running",
            "rate_due_on": "2027-01-04",
            "employee": {"total": _eur(-6_417), "flows": [{"kind": "net_burden", "amount": _eur(-6_417)}]},
            "employer": {
                "total": _eur(2_388),
                "flows": [
                    {"kind": "lease", "amount": _eur(-12_193)},
                    {"kind": "conversion", "amount": _eur(12_193)},
                    {"kind": "shares_saved", "amount": _eur(2_388)},
                ],
            },
        }
    ],
    "sheets": {
        "benefit": {
            "asked": {
                "type": "benefit_in_kind-1",
                "list_price": _eur(399_900),
                "handed_over_on": "2026-12-10",
                "rule": {
                    "version": {
                        "name": "benefit_in_kind",
                        "since": "2020-01-01",
                        "source": "Erlasse der Länder, 09.01.2020 - 3-S233.4/187",
                    },
                    "part": "0.25",
                    "percent": "1",
                    "first_handover": "2019-01-01",
                    "last_handover": "2030-12-31",
                },
                "on_top": False,
            },
            "steps": [
                {
                    "name": "base",
                    "formula": "floor100(part)",
                    "exact": "999.75",
                    "rounding": "hundred_down",
                    "value": "900",
                }
            ],
            "results": {"benefit": _eur(900)},
            "notes": [],
        }
    },
}
OWN: dict[str, Any] = {
    "sale_price": _eur(399_900),
    "residual": _eur(39_990),
    "months": 36,
    "nominal_percent": "5.90",
    "concluded_on": "2026-12-01",
    "due_day": 15,
    "fees": [{"kind": "insurance", "amount": _eur(1_064)}],
}
CREDIT: dict[str, Any] = {
    "nominal_percent": "5.90",
    "effective_percent": "12.13",
    "financed": _eur(399_900),
    "total": _eur(478_938),
    "cost": _eur(79_038),
    "effective_percent_from_handover": None,
}
OF_TWO_THIRDS: dict[str, Any] = {
    "nominal_percent": "5.90",
    "effective_percent": "14.12",
    "financed": _eur(300_000),
    "months": 36,
    "month": _eur(9_413),
    "total": _eur(368_868),
    "cost": _eur(68_868),
}
OWN_EXAMPLE: dict[str, Any] = {
    "month": _eur(12_193),
    "credit": CREDIT,
    "example": OF_TWO_THIRDS,
    "notes": [
        {
            "code": "bike_for_residual",
            "text": "The bike that goes back counts as if its residual value were paid; nobody owes that.",
        },
        {
            "code": "expected",
            "text": "The example is of what is expected of all contracts, and no part of this one.",
        },
    ],
    "sheets": {
        "effective_rate": {
            "asked": {
                "type": "effective_rate-1",
                "financed": _eur(399_900),
                "residual": _eur(39_990),
                "months": 36,
                "rate": _eur(11_129),
                "fees": [{"kind": "insurance", "amount": _eur(1_064), "borne_by": "employee"}],
                "days_to_first": 15,
                "rule": {
                    "version": {
                        "name": "effective_rate",
                        "since": "2013-01-01",
                        "source": "§ 16 PAngV and its annex; directive 2008/48/EC, annex I",
                    },
                    "counted": ["insurance", "rate_protection"],
                    "days": 365,
                },
            },
            "steps": [
                {
                    "name": "effective_percent",
                    "formula": "100 X, by P = sum of payments / (1 + X)^t",
                    "exact": "12.128461159314",
                    "rounding": "two_decimals",
                    "value": "12.13",
                }
            ],
            "results": {"total": _eur(478_938), "cost": _eur(79_038)},
            "notes": ["bike_for_residual"],
        }
    },
}
