"""`kommobil tariff price`: an OCPI tariff and a session in files, no installation needed."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from infra.cli import main
from tests.infra.command_line import Said

ENERGY = {"type": "ENERGY", "price": 0.25, "step_size": 1, "vat": 10}
PARKING = {"type": "PARKING_TIME", "price": 2, "step_size": 60, "vat": 20}
TARIFF: dict[str, Any] = {
    "country_code": "DE",
    "party_id": "KOM",
    "id": "night",
    "currency": "EUR",
    "elements": [
        {"price_components": [ENERGY], "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
        {"price_components": [ENERGY | {"price": 0.5}, PARKING]},
    ],
    "last_updated": "2026-11-01T00:00:00Z",
}
CHARGED = {"start": "2026-10-24T21:00:00+02:00", "end": "2026-10-25T03:00:00+01:00"}  # seven hours
PARKED = {"start": "2026-10-25T03:00:00+01:00", "end": "2026-10-25T03:10:00+01:00"}
SESSION: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "periods": [
        {"period": CHARGED, "activity": "charging", "energy_kwh": 77},
        {"period": PARKED, "activity": "parked"},
    ],
}


def priced(folder: Path, tariff: dict[str, Any], session: dict[str, Any], *words: str) -> Said:
    files = folder / "tariff.json", folder / "session.json"
    for file, content in zip(files, (tariff, session), strict=True):
        file.write_text(json.dumps(content))
    result = CliRunner().invoke(main, ["tariff", "price", *map(str, files), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Said(result.exit_code, result.stdout, result.stderr.replace(f"{folder}/", ""))


def test_a_session_in_the_longer_night_is_itemised(tmp_path: Path) -> None:
    assert priced(tmp_path, TARIFF | {"max_price": {"before_taxes": 20}}, SESSION) == Said(
        0,
        "ENERGY                        11.0000 kWh at 0.5:     6.0500\n"
        "ENERGY                        66.0000 kWh at 0.25:    18.1500\n"
        "PARKING_TIME                   0.1667 h   at 2:     0.4000\n"
        "to the limit of the tariff -2.5701\n"
        "22.03 EUR, of which 2.03 tax\n",
        "",
    )


def test_it_is_said_in_json_before_and_after_taxes(tmp_path: Path) -> None:
    kept = {"start": "2026-10-24T18:00:00Z", "end": "2026-10-24T18:20:00Z"}
    fee = {"type": "FLAT", "price": 4, "step_size": 1, "vat": 20}
    element = {"price_components": [fee], "restrictions": {"reservation": "RESERVATION_EXPIRES"}}
    nobody = {"time_zone": "Europe/Berlin", "reservation": {"period": kept, "expired": True}}
    said = priced(tmp_path, TARIFF | {"elements": [element]}, nobody, "--json")
    assert json.loads(said.out) == {
        "items": [
            {
                "type": "FLAT",
                "quantity": "1.0000",
                "unit": "1",
                "price": "4",
                "sums": {"before_taxes": "4.0000", "after_taxes": "4.8000"},
                "vat": "20",
                "reservation": "RESERVATION_EXPIRES",
            }
        ],
        "limits": {"before_taxes": "0.0000", "after_taxes": "0.0000"},
        "net": {"amount": 400, "currency": "EUR"},
        "vat": {"amount": 80, "currency": "EUR"},
        "gross": {"amount": 480, "currency": "EUR"},
    }


def test_a_restriction_that_is_not_known_is_no_price(tmp_path: Path) -> None:
    element = {"price_components": [ENERGY], "restrictions": {"moon": "full", "min_kwh": -1}}
    said = priced(tmp_path, TARIFF | {"elements": [element]}, SESSION)
    assert (said.exit_code, said.err.splitlines()[1:]) == (1, ["  elements[0].restrictions.moon is not known"])
    said = priced(tmp_path, TARIFF | {"elements": [], "currency": "Euro"}, SESSION)
    assert said.err.splitlines()[1:] == ["  currency is an ISO 4217 code such as EUR", "  elements is empty"]


def test_a_session_without_a_price_says_why(tmp_path: Path) -> None:
    backwards = {"period": {"start": PARKED["end"], "end": PARKED["start"]}, "activity": "parked"}
    refused = [
        SESSION | {"periods": SESSION["periods"][::-1]},
        SESSION | {"periods": [backwards]},
        SESSION | {"time_zone": "Europe/Wolfsburg"},
    ]
    assert ["".join(priced(tmp_path, TARIFF, session).err.splitlines()[-1:]) for session in refused] == [
        "Error: session.json has no price: out_of_order /periods",
        "  a period ends after it starts - at `$.periods[0].period`",
        "  time_zone 'Europe/Wolfsburg' is not in the tz database",
    ]
