"""A plan as a table."""

import csv
from io import StringIO

from adapters.spreadsheets.charging_plan import COLUMNS, plan_csv
from tests.adapters.plans import HOSTILE, STATION, a_plan


def test_a_plan_is_a_table_whose_parts_add_up_and_whose_cells_are_never_run() -> None:
    text = plan_csv(a_plan()).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text), delimiter=";"))
    assert set(rows[0]) == set(COLUMNS)
    by_part = {
        part: [row for row in rows if row["part"] == part] for part in dict.fromkeys(row["part"] for row in rows)
    }
    assert list(by_part) == [
        *("district", "total", "case", "station", "new_sites", "year", "assumption", "law", "note")
    ]
    total = by_part["total"][0]
    for column in ("cars", "kwh_home", "ac_needed", "ac_to_build", "hpc_to_build"):
        assert sum(int(row[column]) for row in by_part["district"]) == int(total[column])
    built = by_part["station"] + by_part["new_sites"]
    assert sum(int(row["ac_to_build"]) for row in built) == int(total["ac_to_build"])
    assert (by_part["district"][0]["name"], by_part["district"][0]["source"]) == (f"'{HOSTILE}", "'@sum")
    (station,) = by_part["station"]
    assert (station["id"], station["name"].startswith("'=")) == (STATION.id, True)
    assert (total["ev_share"], by_part["assumption"][0]["value"], total["existing_kw"]) == ("0,5", "0,58", "44")
    assert (by_part["year"][-1]["year"], by_part["note"][0]["name"]) == ("2035", "a <note>")
