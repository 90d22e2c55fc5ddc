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
