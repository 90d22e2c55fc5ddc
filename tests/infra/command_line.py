"""The command line as somebody at a terminal uses it, on the tests' database."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from msgspec import Struct

from infra.cli import main
from infra.embedded import DatabaseUrls
from infra.ids import new_id

_numbers = itertools.count(1)

CITY: dict[str, Any] = {
    "name": "Okerstadt",
    "legal_entity": "Stadt Okerstadt",
    "address": "Altstadtmarkt 1, 38100 Okerstadt",
    "vat_id": "DE999999995",
    "iban": "DE70999999990000003810",
    "creditor_id": "DE98ZZZ09999999999",
    "leitweg_id": "04011000-1234512345-06",
    "time_zone": "Europe/Berlin",
    "state": "NI",
    "postcodes": ["38100", "38106"],
    "languages": ["de", "en"],
    "imprint": "Stadt Okerstadt, Altstadtmarkt 1",
    "terms": {"general": "2026-01", "privacy": "2025-07"},
    "center": {"lat": 52.25, "lon": 10.5},
    "stripe": None,
    "oidc": [],
    "invoicing": {
        "invoice_numbers": "RE-{year}-{number:6}",
        "credit_note_numbers": "RK-{year}-{number:6}",
        "cash_references": "{year}{number:7}{check}",
        "check_digits": "mod97",
        "payable_within_days": 14,
        "contact": None,
        "meter_values_link": None,
    },
    "booking_link": "https://app.city.example/b/{code}",
    "waitlist": {"offer_min": 60, "most_entries": 3},
    "repairs": {"expected_days": 14},
    "leasing": {"collections_per_s": 20, "again_after_days": [10], "run_on_day": None, "holders_invoiced_from": None},
    "charging": {
        "tickets": {"after_min": 15, "times": 3, "within_h": 24, "again_after_h": 24},
        "plugs": {"lead_min": 15, "tell_before_min": 5, "occupied_min": 10, "most_orders": 12},
    },
    "notices": {
        "quiet": {"start": "22:00", "end": "07:00"},
        "before_start_min": 60,
        "before_end_min": 30,
        "late_after_min": 5,
        "extend_link": None,
        "approval_link": None,
    },
    "requires": {
        "charging": [],
        "fleet": [],
        "bike_leasing": [],
        "min_age": {"charging": None, "fleet": None, "bike_leasing": None},
    },
    "retention": {"apply": False},
    "refunds": {"four_eyes_above": 5000},
    "debits": {"offered": False},
    "partners": [],
    "disputes": {"claim_lost": False},
    "dunning": [],
    "accounting": {
        "consultant": None,
        "client": None,
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
    "name": "Ladepunkt",
    "currency": "EUR",
    "vat_rate": "0.19",
    "time": {"per": "h", "gross": "1.20"},
    "valid_from": "2025-01-01T00:00:00Z",
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


class Said(Struct, frozen=True):
    """How a command ended, and what it said where."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)


class CommandLine:
    """`kommobil`, on one database, with a folder for its secrets and for files."""

    def __init__(self, urls: DatabaseUrls, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.environment = {
            "KOMMOBIL_DATABASE_URL": urls.owner,
            "KOMMOBIL_APP_DATABASE_URL": urls.app,
            "KOMMOBIL_RELAY_DATABASE_URL": urls.relay,
            "KOMMOBIL_DATA": str(self.data),
        }

    def __call__(self, *words: object, **environment: str | None) -> Said:
        """Run the command; `environment` goes over the installation's."""
        result = CliRunner(env=self.environment | environment).invoke(main, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    async def aside(self, *words: object, **environment: str | None) -> Said:
        """The same for a test that is asynchronous itself: a command runs an event loop of its own."""
        return await asyncio.to_thread(self, *words, **environment)

    def file(self, name: str, content: Mapping[str, Any] | str) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def new_city(self, **changed: object) -> str:
        """Open a city that no other test knows; its name."""
        name = f"cli-{next(_numbers)}-{new_id().hex[-12:]}"
        said = self("city", "add", self.file("city.json", {"city": name} | CITY | changed))
        assert said == Said(0, f"{name} is open\n", "")
        return name
