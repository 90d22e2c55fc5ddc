"""Districts and stations in tables."""

from decimal import Decimal

import pytest

from adapters.registers.plan_files import read_districts, read_stations
from domain.charging.planning.districts import District, ExistingSite
from domain.charging.planning.points import Points
from domain.places import Location
from services.charging.plan_files import FaultyRows, Unreadable, districts_of, stations_of


def faults(content: str) -> list[str]:
    with pytest.raises(FaultyRows) as refused:
        districts_of(read_districts(content.encode()).rows)
    return [str(fault).partition(": '")[0] for fault in refused.value.faults]


def test_a_table_of_districts_is_read_with_its_notes_whichever_way_its_numbers_are_written() -> None:
    content = (
        "# Demo; made up, all of it, and more, and more\n"
        "id;name;lat;lon;vehicles;no_own_parking;hub_weight;existing_ac;source\n"
        "\n"
        "mitte;Mitte;52,42;10,78;1000;0,4;2;6;counted\n"
        "# and below\n"
        "nord;'=Nord;52.44;10.79;500;;;;\n"
    )
    rows = read_districts(content.encode())
    assert rows.notes == ("Demo; made up, all of it, and more, and more", "and below")
    mitte = District("mitte", "Mitte", Location(52.42, 10.78), 1000, no_own_parking=Decimal("0.4"))
    assert districts_of(rows.rows) == (
        District(
            **{field: getattr(mitte, field) for field in ("id", "name", "centre", "vehicles", "no_own_parking")},
            hub_weight=Decimal(2),
            existing=Points(ac=6),
            source="counted",
        ),
        District("nord", "=Nord", Location(52.44, 10.79), 500),
    )


def test_everything_that_is_wrong_is_told_with_its_line() -> None:
    assert faults(
        "id,name,lat,lon,vehicles,no_own_parking\n"
        "a,A,52.4,10.8,many,\n"
        "b,,91,10.8,1.000,1.5\n"
        "c,C,,10.8,5,\n"
        "d,D,52.4,10.8,,2\n"
        "e,E,52.4,10.8,5,\n"
        "e,F,52.4,1080,5,\n"
    ) == [
        "line 2: no_whole_number in vehicles",
        "line 3: no_whole_number in vehicles",
        "line 4: missing in lat: where it is has to be known",
        "line 5: cannot_be in vehicles: cars or inhabitants have to be known",
        "line 7: no_coordinate in lon",
    ]
    assert faults("id,name,lat,lon,vehicles\ne,E,91,10.8,5\ne,,52.4,10.8,5\n") == [
        "line 2: cannot_be in centre: latitude -90 to 90, longitude -180 to 180",
        "line 3: cannot_be in name: 1 to 100 characters in one line",
        "line 3: repeated in id",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"# notes alone\n", "the column 'id' is missing"),
        (b"id;name;colour\n", "nobody knows the column 'colour'"),
        (b"id;name\nm;Mitte", "the last line has no end"),
        (b"id;name\nm;Mitte;9\n", "line 2 has more cells than there are columns"),
        (b"id;name\n" + b"m;M\n" * 501, "there are more than 500 rows"),
        (b"id;name\n\x00\n", "NUL"),
    ],
)
def test_what_is_no_table_of_districts_is_refused_whole(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read_districts(content)


def test_stations_are_put_together_of_rows_of_one_power_each() -> None:
    content = (
        "name,lat,lon,power_kw,points\nBahnhof,52.43,10.78,22,2\nBahnhof,52.43,10.78,150,\nMarkt,52.42,10.78,11,0\n"
    )
    bahnhof, markt = stations_of(read_stations(content.encode()).rows)
    assert (bahnhof.name, bahnhof.points, bahnhof.kilowatts) == ("Bahnhof", Points(ac=2, hpc=1), Decimal(194))
    assert markt == ExistingSite("Markt @ 52.420000,10.780000", "Markt", Location(52.42, 10.78), ())
    with pytest.raises(FaultyRows) as refused:
        stations_of(read_stations(b"name,lat,lon,power_kw,points\nX,52,,0,1001\n").rows)
    assert [fault.column for fault in refused.value.faults] == ["lon", "power_kw", "points"]
