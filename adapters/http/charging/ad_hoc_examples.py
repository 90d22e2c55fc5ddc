"""Charging without an account as examples."""

from typing import Any

WISH: dict[str, Any] = {
    "resource_id": "01928f4e-0a51-7b12-8d44-54cf0be7a1f3",
    "tariff_id": "charging-standard",
    "tariff_version": 1,
    "return_url": "https://city.example/charging",
    "budget": {"amount": 1500, "currency": "EUR"},
}
OFFER: dict[str, Any] = {
    "resource_id": WISH["resource_id"],
    "tariff_id": WISH["tariff_id"],
    "tariff_version": WISH["tariff_version"],
    "prices": [
        {"per": "kwh", "cause": "energy", "gross": "0.4850", "unit": "kWh", "currency": "EUR"},
        {
            "per": "minute",
            "cause": "occupancy",
            "gross": "0.10",
            "unit": "min",
            "currency": "EUR",
            "grace_s": 600,
            "cap": "12.00",
        },
    ],
    "held": {"amount": 4850, "currency": "EUR"},
    "until": "2026-12-01T21:00:00Z",
}
CHARGE: dict[str, Any] = {
    "state": "charging",
    "charge_point": "Altstadtmarkt 1",
    "place": "Altstadtmarkt",
    "time_zone": "Europe/Berlin",
    "held": {"amount": 1500, "currency": "EUR"},
    "limit": {"budget": {"amount": 1500, "currency": "EUR"}},
    "until": "2026-12-01T21:00:00Z",
    "pay_by": None,
    "payment": "authorised",
    "began_at": "2026-12-01T17:02:13Z",
    "over_at": None,
    "minutes": 48,
    "kwh": "8.412",
    "kw": "10.9",
    "soc": 61,
    "cost": {"amount": 408, "currency": "EUR"},
    "cost_is_final": False,
    "stopping": False,
}
LINK = "AZKPTnwaflOdUmpvWwydEfE0cV7xT2mQ9aLrY3uHkZbN6sJpD8wGvC1eXoR5iMtK"
BEGUN: dict[str, Any] = {
    "link": LINK,
    "href": f"/v1/braunschweig/charging/ad-hoc/{LINK}",
    "payment_url": "https://checkout.stripe.com/c/pay/cs_example",
    "charge": CHARGE
    | {
        "state": "awaiting_payment",
        "pay_by": "2026-12-01T17:05:00Z",
        "payment": "requires_payment_method",
        "began_at": None,
        "minutes": 0,
        "kwh": "0",
        "kw": None,
        "soc": None,
        "cost": None,
    },
}
