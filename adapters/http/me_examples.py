"""Examples of one's own file."""

import msgspec

PROFILE = msgspec.json.decode(
    b"""{
      "id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
      "email": "ada@example.org",
      "name": "Ada Lovelace",
      "language": "en",
      "roles": [{"role": "driver", "pool": "town-hall", "party": null}],
      "accepted": [{"document": "general", "version": "2026-01", "accepted_at": "2026-11-23T18:00:00Z"}],
      "notices_off": ["start_near"],
      "created_at": "2026-11-23T18:00:00Z",
      "version": 2
    }"""
)
METHODS = msgspec.json.decode(
    b"""{"items": [{"type": "card", "id": "pm_1Example", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030},
                   {"type": "sepa_debit", "id": "pm_2Example", "country": "DE", "bank_code": "37040044", "last4": "3000",
                    "mandate": {"reference": "KOMMOBIL-1", "creditor_id": "DE98ZZZ09999999999"}}],
         "next_cursor": null}"""
)
MISSING = msgspec.json.decode(
    b"""{"service": "fleet", "eligible": false,
         "missing": [{"kind": "terms", "document": "general", "version": "2026-01", "min_age": null},
                     {"kind": "age", "document": null, "version": null, "min_age": 21}],
         "before_start": [{"kind": "licence", "document": null, "version": null, "min_age": null}]}"""
)
EXPORT = msgspec.json.decode(
    b"""{
      "exported_at": "2026-11-23T18:00:00+00:00",
      "city": "braunschweig",
      "person": {"id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11", "email": "ada@example.org", "name": null,
                 "language": "de", "made_at": "2026-11-23T18:00:00+00:00", "version": 1, "signed_in_at": null},
      "bookings": [], "payments": [], "quotes": [], "acceptances": [], "role_grants": [], "audit": []
    }"""
)
