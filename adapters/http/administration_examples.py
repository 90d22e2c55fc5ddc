"""Examples of what an operator writes."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from domain.booking.publishing import Published, TariffDraft

CITY: dict[str, Any] = {
    "city": "braunschweig",
    "name": "Braunschweig",
    "legal_entity": "Stadt Braunschweig",
    "address": "Platz der Deutschen Einheit 1, 38100 Braunschweig",
    "vat_id": "DE123456789",
    "iban": "DE02120300000000202051",
    "creditor_id": "DE98ZZZ09999999999",
    "leitweg_id": "04011000-1234512345-06",
    "time_zone": "Europe/Berlin",
    "state": "NI",
    "postcodes": ["38100", "38102"],
    "languages": ["de", "en"],
    "imprint": "https://city.example/imprint",
    "terms": {"general": "2026-01"},
    "center": {"lat": 52.2638, "lon": 10.518},
    "stripe": None,
    "oidc": [],
    "invoicing": {
        "invoice_numbers": "RE-{year}-{number:6}",
        "credit_note_numbers": "RK-{year}-{number:6}",
        "cash_references": "{year}{number:7}{check}",
        "check_digits": "mod97",
        "payable_within_days": 14,
        "contact": {"name": "Kasse", "phone": "+49 531 470 1", "email": "rechnung@city.example"},
        "meter_values_link": "https://app.city.example/charging/{session}/meter-values",
    },
    "booking_link": "https://app.city.example/b/{code}",
    "notices": {
        "quiet": {"start": "22:00", "end": "07:00"},
        "before_start_min": 60,
        "before_end_min": 30,
        "late_after_min": 5,
        "extend_link": "https://app.city.example/bookings/{booking}/extend",
        "approval_link": "https://app.city.example/approvals/{booking}",
    },
    "waitlist": {"offer_min": 60, "most_entries": 3},
    "repairs": {"expected_days": 14},
    "leasing": {
        "collections_per_s": 20,
        "again_after_days": [10],
        "run_on_day": 1,
        "holders_invoiced_from": "2026-12-01",
    },
    "charging": {
        "tickets": {"after_min": 15, "times": 3, "within_h": 24, "again_after_h": 24},
        "plugs": {"lead_min": 15, "tell_before_min": 5, "occupied_min": 10, "most_orders": 12},
    },
    "requires": {
        "charging": [],
        "fleet": [],
        "bike_leasing": [],
        "min_age": {"charging": None, "fleet": None, "bike_leasing": None},
    },
    "refunds": {"four_eyes_above": 5000},
    "retention": {"apply": False},
    "debits": {"offered": False},
    "partners": [],
    "disputes": {"claim_lost": False},
    "dunning": [],
    "accounting": {
        "consultant": 29098,
        "client": 55003,
        "chart": "SKR03",
        "numbers": {},
        "automatic": [],
        "account_length": 4,
        "year_begins": 1,
        "label": "kommobil",
        "receivables": None,
    },
}
TARIFF: dict[str, Any] = {
    "id": "charging-standard",
    "name": "Ladepunkt reservieren",
    "currency": "EUR",
    "vat_rate": "0.19",
    "time": {"per": "h", "gross": "1.20", "cap_per_day": "9.60"},
    "terms": {
        "version": "2026-01",
        "hold_s": 900,
        "free_cancel_before_s": 3600,
        "steps": [{"before_start_s": 0, "fee_percent": 50}],
        "no_show_fee_percent": 100,
        "start_before_s": 900,
        "min_duration_s": 900,
        "max_duration_s": 86400,
        "max_ahead_s": 34560000,
    },
}
_DRAFT = msgspec.convert(TARIFF, TariffDraft)
PUBLISHED: dict[str, Any] = msgspec.json.decode(
    msgspec.json.encode(Published(_DRAFT.tariff(2, datetime(2026, 1, 1, tzinfo=UTC)), _DRAFT.terms))
)
