"""`kommobil metering verify`: signed values in a file, no installation needed."""

from pathlib import Path

from click.testing import CliRunner

from adapters.metering.transparency import file_of
from domain.charging.reports import Context, SignedValue
from infra.cli import main
from tests.adapters.metering.meters import Meter
from tests.domain.charging.metering.containers import BEGIN, END
from tests.infra.command_line import Said

METER = Meter()
KEY = METER.public.hex()
FIRST = METER.writes(BEGIN)
LAST = METER.writes(END, PG="T42")
TOLD = (
    "2026-07-01 08:00:00 UTC (synchronised)  begin                   120.5 kWh  1-b:1.8.0  meter good\n"
    "2026-07-01 09:30:00 UTC (synchronised)  end                    131.75 kWh  1-b:1.8.0  meter good\n"
)


def verified(folder: Path, content: bytes, *words: str) -> Said:
    file = folder / "values"
    file.write_bytes(content)
    result = CliRunner().invoke(main, ["metering", "verify", str(file), *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Said(result.exit_code, result.stdout, result.stderr.replace(f"{folder}/", ""))


def test_values_are_told_and_verified_with_the_registers_key(tmp_path: Path) -> None:
    right = "11.25 kWh by meter Z-2026-0815\nverified, by the key of you\n"
    assert verified(tmp_path, FIRST + b"\n" + LAST, "--public-key", KEY) == Said(0, TOLD + right, "")


def test_a_file_of_the_transparenzsoftware_is_checked_with_its_own_key_if_no_other_is_given(tmp_path: Path) -> None:
    file = file_of([(Context.BEGIN, SignedValue(FIRST)), (Context.END, SignedValue(LAST))], KEY, "4711")
    right = "11.25 kWh by meter Z-2026-0815\nverified, by the key of the file\n"
    assert verified(tmp_path, file) == Said(0, TOLD + right, "")
    other = verified(tmp_path, file, "--public-key", Meter().public.hex())
    assert other.exit_code == 1
    assert other.out.endswith("meter Z-2026-0815\nnot verified: wrong_signature\n")


def test_what_is_not_verified_ends_with_one_and_says_why(tmp_path: Path) -> None:
    unchecked = verified(tmp_path, FIRST + LAST)
    assert (unchecked.exit_code, unchecked.out.splitlines()[-1]) == (1, "not checked: no_key")
    assert verified(tmp_path, b"Wh 12", "--public-key", KEY) == Said(1, "not checked: format_not_known\n", "")
    said = verified(tmp_path, FIRST + LAST, "--public-key", KEY, "--json")
    assert (said.exit_code, said.json["proof"]["kwh"]) == (0, "11.25")


def test_a_file_that_is_none_is_called_so(tmp_path: Path) -> None:
    for content, why in (
        (b'<?xml version="1.0" encoding="morse"?><values/>', "its XML is broken: unknown encoding: morse"),
        (b"<values>", "its XML is broken: no element found: line 1, column 8"),
        (b'<!DOCTYPE values [<!ENTITY a "b">]><values/>', "it has a document type"),
        (b"<a>" * 20, "its elements lie too deep"),
        (b'<values><signedData encoding="hex">xy</signedData></values>', "what it says is hex is not"),
        (b" " * 2**22 + b" ", "it has more than 4,194,304 bytes"),
    ):
        assert verified(tmp_path, content) == Said(1, "", f"Error: values holds no signed values: {why}\n")
