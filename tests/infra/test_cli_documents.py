"""`kommobil document`: texts are added, never edited."""

from hashlib import sha256

import pytest

from tests.infra.command_line import CommandLine, Said

pytestmark = pytest.mark.database


def test_a_text_is_published_once_and_listed_with_its_digest(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    words = ("--document", "general", "--version", "2026-01", "--language", "de", "--city", city)
    digest = sha256(b"Wer bucht, zahlt.\n").hexdigest()

    first, again = (
        kommobil("document", "publish", kommobil.file("terms.md", "Wer bucht, zahlt.\n"), *words) for _ in range(2)
    )
    other = kommobil("document", "publish", kommobil.file("terms.md", "Wer bucht, zahlt doppelt.\n"), *words)

    assert first == Said(0, f"general 2026-01 (de) published, {digest}\n", "")
    assert again == Said(0, f"general 2026-01 (de) unchanged, {digest}\n", "")
    assert (other.exit_code, "was published with other words" in other.err) == (1, True)
    assert kommobil("document", "list", "--city", city) == Said(0, f"general 2026-01 (de) {digest} in force\n", "")
    assert kommobil("document", "list", "--city", city, "--json").json[0]["digest"] == digest


def test_what_makes_no_sense_is_not_published(kommobil: CommandLine) -> None:
    city = kommobil.new_city()
    said = kommobil(
        *("document", "publish", kommobil.file("empty.md", " ")),
        *("--document", "General", "--version", "2026/01", "--language", "de", "--city", city),
    )
    assert (said.exit_code, len(said.err.splitlines())) == (1, 4)
    assert kommobil("document", "list", "--city", city).out == ""
