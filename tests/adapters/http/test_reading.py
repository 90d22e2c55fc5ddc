"""Reading input: each fault is found, and pointed at."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
import pytest
from msgspec import Meta, Struct

from adapters.http import reading
from adapters.http.problems import Rejected
from adapters.http.reading import Instant


class Inner(Struct, forbid_unknown_fields=True, frozen=True):
    note: str | None = None


class Outer(Struct, forbid_unknown_fields=True, frozen=True):
    start: Instant
    seats: Annotated[int, Meta(ge=1)] = 1
    inner: Inner | None = None
    names: tuple[str, ...] = ()
    options: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class Asked(Struct, forbid_unknown_fields=True, frozen=True):
    radius_m: Annotated[int, Meta(ge=1)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    at: Instant | None = None


def faults_of(raw: bytes) -> set[str]:
    with pytest.raises(Rejected) as no:
        reading.body(raw, Outer)
    assert no.value.code == "invalid_input"
    return {fault.pointer for fault in no.value.more["errors"]}


def test_all_faults_of_a_body_are_told_at_once() -> None:
    raw = b'{"seats": 0, "inner": {"note": 7}, "names": ["a", 1], "king": true, "a/b": 1}'
    assert faults_of(raw) == {"/start", "/seats", "/inner/note", "/names/1", "/king", "/a~1b"}


def test_a_fault_that_only_the_whole_shows_is_told_too() -> None:
    assert faults_of(b'{"start": "2030-01-01T10:00:00"}') == {"/start"}
    assert faults_of(b"[]") == {""}


@pytest.mark.parametrize(
    ("field", "pointers"),
    [
        (rb'"inner": {"note": "a\u0000"}', {"/inner/note"}),
        (rb'"names": ["a", "\u0000", "\u0000"]', {"/names/1", "/names/2"}),
        (rb'"options": {"purpose": {"deep~": "\u0000"}}', {"/options/purpose/deep~0"}),
        (rb'"options": {"\u0000": 1}', {"/options"}),
    ],
)
def test_a_nul_is_pointed_at(field: bytes, pointers: set[str]) -> None:
    assert faults_of(b'{"start": "2030-01-01T10:00:00Z", ' + field + b"}") == pointers


class Stay(Struct, frozen=True, rename={"first": "from"}):
    first: date
    note: str = ""
    others: tuple["Stay", ...] = ()


@pytest.mark.parametrize("end", ["0001-01-01", "9999-12-31"])
def test_the_calendars_first_and_last_day_are_pointed_at_as_the_database_knows_them_for_no_days(end: str) -> None:
    raw = f'{{"from": "{end}", "others": [{{"from": "2030-01-01"}}, {{"from": "{end}"}}]}}'
    with pytest.raises(Rejected) as no:
        reading.body(raw.encode(), Stay)
    assert (no.value.code, [fault.pointer for fault in no.value.more["errors"]]) == (
        "invalid_input",
        ["/from", "/others/1/from"],
    )
    assert reading.body(f'{{"from": "2030-01-01", "note": "{end}"}}'.encode(), Stay).note == end


def test_a_backslash_before_four_zeros_is_no_nul() -> None:
    raw = rb'{"start": "2030-01-01T10:00:00Z", "inner": {"note": "C:\\u0000"}}'
    assert reading.body(raw, Outer).inner == Inner(r"C:\u0000")


@pytest.mark.parametrize("number", ["1e3", "1000.0", "+5", " 5", "5 ", "0x10", "1_000", "५", "9" * 30, ""])
def test_a_whole_number_is_written_in_digits(number: str) -> None:

    with pytest.raises(Rejected) as no:
        reading.query(b"radius_m=" + quote(number).encode(), Asked)
    assert [fault.parameter for fault in no.value.more["errors"]] == ["radius_m"]


def test_a_query_is_read_by_its_types() -> None:
    asked = reading.query(b"radius_m=1000&limit=7&at=2030-01-01T10:00:00Z", Asked)
    assert asked == Asked(1000, 7, datetime.fromisoformat("2030-01-01T10:00:00+00:00"))


@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("application/json;charset=utf-8", True),
        ('Application/JSON ; Charset="UTF-8"; x=y', True),
        ("application/json; charset=latin-1", False),
        ("application/json; charset=", False),
        ("application/jsonp", False),
        ("text/json", False),
        ("", False),
        (None, False),
    ],
)
def test_json_is_said_to_be_json(content_type: str | None, is_json: bool) -> None:
    assert reading.is_json(content_type) is is_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Painted(Struct):
    colour: Colour | None = None
    others: tuple[Colour, ...] = ()
    shade: Literal["light", "dark"] = "light"


class Wall(Struct):
    paint: Painted
    by_side: dict[str, Colour] = {}


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        (b"colour=green", [("colour", ("red", "blue"))]),
        (b"colour=", [("colour", ("red", "blue"))]),
        (b"others=red&others=green", [("others", ("red", "blue"))]),
        (b"shade=grey", [("shade", ("light", "dark"))]),
    ],
)
def test_of_a_word_that_is_not_known_it_is_said_which_are(raw: bytes, faults: list[object]) -> None:
    with pytest.raises(Rejected) as no:
        reading.query(raw, Painted)
    assert no.value.code == "invalid_input"
    assert [(fault.parameter, fault.allowed) for fault in no.value.more["errors"]] == faults


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        (b'{"paint": {"colour": "green"}}', [("/paint/colour", ("red", "blue"))]),
        (b'{"paint": {"others": ["red", "green"]}}', [("/paint/others/1", ("red", "blue"))]),
        (b'{"paint": {}, "by_side": {"north": "green"}}', [("/by_side/...", ("red", "blue"))]),
        (b'{"paint": {"others": 5}}', [("/paint/others", ())]),
    ],
)
def test_so_it_is_in_a_body(raw: bytes, faults: list[object]) -> None:
    with pytest.raises(Rejected) as no:
        reading.body(raw, Wall)
    assert [(fault.pointer, fault.allowed) for fault in no.value.more["errors"]] == faults
