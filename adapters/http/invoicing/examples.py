"""Examples of invoices."""

import msgspec

INVOICE = msgspec.json.decode(
    """{
      "id": "e3a340ff-05ce-547a-877a-77f8aa269810",
      "kind": "invoice",
      "number": "RE-2026-000017",
      "form": "small",
      "why": "use",
      "issued_on": "2026-12-01",
      "performed": {"start": "2026-11-30T13:00:00Z", "end": "2026-11-30T15:11:00Z"},
      "time_zone": "Europe/Berlin",
      "subject": {"booking_id": "46e5d2ad-acb4-54ba-bc0a-b2fe8e84c504", "service": "fleet", "thing": "ID.3 BS-KM 101", "place": "Altstadtmarkt"},
      "seller": {"name": "Stadt Braunschweig", "short": "Braunschweig", "address": {"street": "Platz der Deutschen Einheit 1", "postcode": "38100", "town": "Braunschweig", "country": "DE"}, "vat_id": "DE999999995", "iban": "DE70999999990000003810", "creditor_id": "DE98ZZZ09999999999", "leitweg_id": "04011000-1234512345-06", "imprint": "https://okerstadt.example/impressum", "contact": {"name": "Kasse Mobilität", "phone": "+49 531 470 1", "email": "rechnung@okerstadt.example"}},
      "debtor": {"person_id": "4020db74-2b2c-5853-b245-ccd04bcad027", "customer": "D04BCAD027", "name": "Ada Beispiel", "address": {"street": "Wendenring 7", "postcode": "38114", "town": "Braunschweig", "country": "DE"}, "leitweg_id": null, "employer": null},
      "lines": [{"kind": "time", "description": "Carsharing Standard", "quantity": "2.5", "unit": "h", "category": "S", "rate": "0.19", "net": {"amount": 840, "currency": "EUR"}, "vat": {"amount": 160, "currency": "EUR"}, "gross": {"amount": 1000, "currency": "EUR"}}, {"kind": "distance", "description": "Carsharing Standard", "quantity": "49", "unit": "km", "category": "S", "rate": "0.19", "net": {"amount": 1236, "currency": "EUR"}, "vat": {"amount": 234, "currency": "EUR"}, "gross": {"amount": 1470, "currency": "EUR"}}],
      "totals": [{"category": "S", "rate": "0.19", "net": {"amount": 2076, "currency": "EUR"}, "vat": {"amount": 394, "currency": "EUR"}, "gross": {"amount": 2470, "currency": "EUR"}}],
      "net": {"amount": 2076, "currency": "EUR"},
      "vat": {"amount": 394, "currency": "EUR"},
      "gross": {"amount": 2470, "currency": "EUR"},
      "open": {"amount": 2470, "currency": "EUR"},
      "cash_reference": "2026000001733",
      "collected": true,
      "debit": null,
      "payable_by": "2026-12-15",
      "corrects": null,
      "credit_notes": [],
      "evidence": [],
      "digest": "6988c526c97d1ceced621023e5826cac2b8830bab2d1df08f21800cb87e5c5a9",
      "documents": {"pdf": "/v1/braunschweig/invoices/e3a340ff-05ce-547a-877a-77f8aa269810/pdf", "xml": "/v1/braunschweig/invoices/e3a340ff-05ce-547a-877a-77f8aa269810/xml"},
      "booking": "/v1/braunschweig/bookings/46e5d2ad-acb4-54ba-bc0a-b2fe8e84c504",
      "version": 1
    }"""
)
ADDRESS = {
    "name": "Ada Beispiel",
    "street": "Wendenring 7",
    "postcode": "38114",
    "town": "Braunschweig",
    "country": "DE",
    "leitweg_id": None,
    "changed_at": "2026-11-29T16:03:12Z",
    "version": 1,
}
