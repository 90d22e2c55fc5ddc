"""`kommobil tariff`: versions are published, never edited."""

from typing import Any

import pytest

from tests.infra.command_line import TARIFF, CommandLine, Said

pytestmark = pytest.mark.database


def dearer(gross: str, **changed: Any) -> dict[str, Any]:
    return TARIFF | {"time": {"per": "h", "gross": gross}} | changed


def imported(kommobil: CommandLine, city: str, content: dict[str, Any]) -> Said:
    return kommobil("tariff", "import", kommobil.file("tariff.json", content), "--city", city)


def test_a_changed_tariff_becomes_a_new_version_and_the_old_one_stays(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    said = [imported(kommobil, city, content).out for content in (TARIFF, TARIFF, dearer("1.50"), TARIFF)]
    assert said == [
        "charging-standard version 1 published\n",
        "charging-standard version 1 unchanged\n",
        "charging-standard version 2 published\n",
        "charging-standard version 3 published\n",
    ]
    versions = kommobil("tariff", "show", "--city", city, "--json").json
    assert [(v["tariff"]["version"], v["tariff"]["time"]) for v in versions] == [
        (1, {"per": "h", "gross": "1.20"}),
        (2, {"per": "h", "gross": "1.50"}),
        (3, {"per": "h", "gross": "1.20"}),
    ]


def test_a_tariff_is_kept_as_its_file_says_in_utc(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    imported(kommobil, city, TARIFF | {"valid_from": "2025-01-01T00:00:00+01:00"})
    fields = {key: value for key, value in TARIFF.items() if key != "terms"}
    assert kommobil("tariff", "show", "--city", city, "--json").json == [
        {
            "tariff": fields | {"version": 1, "valid_from": "2024-12-31T23:00:00Z"},
            "policy": TARIFF["terms"],
        }
    ]


def test_what_is_shown_can_be_imported_again(kommobil: CommandLine) -> None:
    city, other = kommobil.new_city(), kommobil.new_city()
    windows = [{"gross": "0.60", "name": "Nacht", "from": "22:00", "to": "06:00", "days": ["mon"], "holidays": False}]
    time = {"per": "h", "gross": "1.20", "cap_per_date": "9.60", "step_s": 900, "grace_minutes": 5, "windows": windows}
    rich = {"time": time, "minimum": "0.50", "energy_step_wh": 100, "energy": "0.4850", "holidays_in": "NI"}
    for content in (TARIFF, TARIFF | rich, dearer("1.50")):
        imported(kommobil, city, content)
    shown = kommobil("tariff", "show", "--city", city, "--json")
    file = kommobil.file("shown.json", shown.out)

    again = kommobil("tariff", "import", file, "--city", city)
    elsewhere = kommobil("tariff", "import", file, "--city", other)

    assert again == Said(0, "charging-standard version 3 unchanged\n", "")
    assert elsewhere == Said(0, "charging-standard version 3 published\n", "")
    assert kommobil("tariff", "show", "--city", other, "--json").json == shown.json
    assert shown.json[1]["tariff"]["time"] == time


def test_a_fault_in_a_window_is_named_where_it_stands(kommobil: CommandLine) -> None:
    time = {"per": "h", "gross": "1.20", "windows": [{"gross": "1"}, {"gross": "x", "till": "8"}, {"to": "8"}]}
    said = imported(kommobil, kommobil.new_city(), TARIFF | {"time": time})
    assert said.err.splitlines()[1:] == [
        "  tariff charging-standard: time.windows[1].till is not known",
        "  tariff charging-standard: time.windows[1].gross: invalid decimal string",
        "  tariff charging-standard: time.windows[2].gross is missing",
    ]


def test_other_terms_are_a_new_version_too(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    imported(kommobil, city, TARIFF)
    said = imported(kommobil, city, TARIFF | {"terms": TARIFF["terms"] | {"no_show_fee_percent": 80}})
    assert said == Said(0, "charging-standard version 2 published\n", "")


def test_without_a_date_a_tariff_counts_from_now_and_the_same_again_is_unchanged(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    undated = {key: value for key, value in TARIFF.items() if key != "valid_from"}
    said = [imported(kommobil, city, undated).out for _ in range(2)]
    assert said == ["charging-standard version 1 published\n", "charging-standard version 1 unchanged\n"]


def test_a_file_of_several_is_published_whole_or_not_at_all(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    faulty = TARIFF | {"id": "fleet-standard", "vat_rate": "19", "kilometre": "0.29"}
    said = imported(kommobil, city, {"tariffs": [TARIFF, faulty]})
    assert (said.exit_code, said.err.splitlines()[1:]) == (1, ["  tariff fleet-standard: kilometre is not known"])
    assert kommobil("tariff", "show", "--city", city, "--json").json == []
    good = TARIFF | {"id": "fleet-standard", "distance": "0.2900"}
    assert imported(kommobil, city, {"tariffs": [TARIFF, good]}).out.splitlines() == [
        "charging-standard version 1 published",
        "fleet-standard version 1 published",
    ]


def test_everything_wrong_with_tariffs_is_said_at_once(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    steps = [{"before_start_s": 7200, "fee_percent": 90}, {"before_start_s": 60, "fee_percent": 50}]
    terms = TARIFF["terms"] | {"steps": steps, "hold_s": 5, "max_duration_s": 60}
    wrong = TARIFF | {"vat_rate": "19", "currency": "euro", "time": None, "terms": terms}
    said = imported(kommobil, city, {"tariffs": [wrong, TARIFF]})
    assert said.err.splitlines()[1:] == [
        "  tariff charging-standard: a tariff needs at least one price",
        "  tariff charging-standard: vat_rate is a fraction such as 0.19",
        "  tariff charging-standard: currency is an ISO 4217 code such as EUR",
        "  tariff charging-standard: terms.hold_s is at least 60: nobody pays faster",
        "  tariff charging-standard: terms.min_duration_s is more than 0 and at most max_duration_s",
        "  tariff charging-standard: a later cancellation does not cost less, and not coming costs the most",
        "  tariff charging-standard: terms.steps run from early to late, all of them after the free cancellation",
        "  tariff charging-standard: stands here more than once",
    ]


def test_a_city_that_is_not_open_has_no_tariffs(kommobil: CommandLine) -> None:
    assert imported(kommobil, "atlantis", TARIFF) == Said(1, "", "Error: there is no city 'atlantis'\n")
