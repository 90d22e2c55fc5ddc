"""Files that no bank sends: they are refused before they cost anything."""

import struct
from zoneinfo import ZoneInfo

import pytest

from adapters.banking import archives, elements
from adapters.banking.camt053 import read_statements
from services.reconciliation.reading import FileProblem, Unreadable
from tests.adapters.banking.files import document, entry, part, statement, zipped

BERLIN = ZoneInfo("Europe/Berlin")
LAUGHS = (
    b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>"""
)
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>"""
PARAMETER = b"""<?xml version="1.0"?><!DOCTYPE d [<!ENTITY % x SYSTEM "http://192.0.2.1/x.dtd">%x;]><d/>"""
STATEMENT = document(statement(entry(100, part(text=("Danke",))), closing=100_100))


def refused(raw: bytes) -> FileProblem:
    with pytest.raises(Unreadable) as error:
        read_statements(raw, BERLIN)
    return error.value.problem


@pytest.mark.parametrize(
    "raw",
    [
        LAUGHS,
        OUTSIDE,
        PARAMETER,
        b'<!DOCTYPE Document SYSTEM "http://192.0.2.1/camt.dtd"><Document/>',
        b"<!DOCTYPE Document><Document/>",
        LAUGHS.decode().encode("utf-16"),
        zipped([("a.xml", LAUGHS)]),
        b"<a>" * 100 + b"</a>" * 100,
        b"<a " + b" ".join(b'x%d="1"' % number for number in range(100)) + b"/>",
        STATEMENT.replace(b"Danke", b"x" * (elements.MAX_TEXT + 1)),
        zipped([(f"{number}.xml", b"") for number in range(archives.MAX_PARTS + 1)]),
        zipped([("a.xml", b" " * 2**24)]),
    ],
    ids=[
        *("laughs", "outside", "parameter", "system", "doctype", "utf-16", "zipped", "deep", "attributes", "text"),
        *("parts", "bomb"),
    ],
)
def test_a_hostile_file_is_refused_as_such(raw: bytes) -> None:
    assert refused(raw) is FileProblem.HOSTILE


def test_an_entity_that_nobody_declared_stands_for_nothing() -> None:
    assert refused(b"<Document>&secret;</Document>") is FileProblem.NOT_XML


def test_too_many_elements_are_not_counted_to_their_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_ELEMENTS", 20)
    assert refused(STATEMENT) is FileProblem.HOSTILE


def test_a_file_that_is_too_large_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "MAX_BYTES", 100)
    assert refused(STATEMENT) is FileProblem.TOO_LARGE


def test_a_file_too_large_for_its_archive_is_not_unpacked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    assert refused(zipped([("a.xml", STATEMENT)])) is FileProblem.TOO_LARGE


def test_an_archive_that_lies_about_a_size_is_damaged() -> None:
    raw = bytearray(zipped([("a.xml", STATEMENT)]))
    directory = raw.index(b"PK\x01\x02")
    struct.pack_into("<L", raw, directory + 24, 10)  # the unpacked size that the directory names
    assert refused(bytes(raw)) is FileProblem.DAMAGED_ARCHIVE


def test_two_files_of_one_name_are_not_chosen_from() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        raw = zipped([("a.xml", STATEMENT), ("a.xml", STATEMENT)])
    assert refused(raw) is FileProblem.HOSTILE


def test_an_encrypted_archive_is_not_opened() -> None:
    raw = bytearray(zipped([("a.xml", STATEMENT)]))
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        struct.pack_into("<H", raw, raw.index(signature) + offset, 1)
    assert refused(bytes(raw)) is FileProblem.DAMAGED_ARCHIVE


def test_a_name_that_leads_out_of_the_archive_is_a_name_only() -> None:
    (found,) = read_statements(zipped([("../../etc/cron.d/x", STATEMENT)]), BERLIN)
    assert len(found.lines) == 1


@pytest.mark.parametrize("encoding", ["utf-7", "no-such", "rot13", "hex"])
def test_an_encoding_that_is_none_is_no_way_in(encoding: str) -> None:
    assert refused(STATEMENT.replace(b'"UTF-8"', f'"{encoding}"'.encode())) is FileProblem.NOT_XML
