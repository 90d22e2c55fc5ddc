"""The month's lines as a payroll program takes them in: CSV for any, and movements as DATEV's LODAS imports them.

Which wage types (Lohnarten) there are is each employer's own to say; none is a constant of ours.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from io import StringIO

from msgspec import Struct

from domain.bike_leasing.money.payroll import PayrollLine
from domain.money import Money

COLUMNS = ("month", "personnel_number", "lease_id", "conversion", "benefit_in_kind", "employer_part", "vat")


class PayrollLayout(Struct, frozen=True):
    """How an employer's payroll is numbered at DATEV: consultant (Berater), client (Mandant), and its own wage types.
    `booking_key` (Bearbeitungsschlüssel) is the one that says that a value is an amount."""

    consultant: int
    client: int
    conversion_type: int
    benefit_type: int
    booking_key: int


class NoPayroll(StrEnum):
    UNKNOWN_PARTY = "unknown_party"
    UNKNOWN_LEASE = "unknown_lease"
    NO_LAYOUT = "no_payroll_layout"
    NUMBERS_MISSING = "personnel_numbers_missing"


class BadPayroll(StrEnum):
    BAD_LAYOUT = "bad_payroll_layout"
    BAD_NUMBER = "bad_personnel_number"


def fault_of(layout: PayrollLayout) -> str | None:
    """The field that cannot be; None where all can."""
    ranges = {
        "consultant": 9_999_999,
        "client": 99_999,
        "conversion_type": 9_999,
        "benefit_type": 9_999,
        "booking_key": 99,
    }
    return next((name for name, most in ranges.items() if not 1 <= getattr(layout, name) <= most), None)


def is_personnel_number(number: str) -> bool:
    """As LODAS has them: up to five digits."""
    return re.fullmatch(r"[0-9]{1,5}", number) is not None and int(number) > 0


def numberless(lines: Iterable[PayrollLine]) -> tuple[PayrollLine, ...]:
    return tuple(line for line in lines if line.number is None)


def as_csv(lines: Iterable[PayrollLine]) -> bytes:
    """UTF-8 with a mark, semicolons, decimal commas: what a German spreadsheet opens with a click."""
    out = StringIO()
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    for line in lines:
        amounts = (line.conversion, line.benefit, line.employer_part, line.vat)
        sheet.writerow([f"{line.month:%Y-%m}", line.number or "", str(line.lease_id), *map(_german, amounts)])
    return out.getvalue().encode("utf-8-sig")


def as_lodas(lines: Sequence[PayrollLine], layout: PayrollLayout) -> bytes:
    """Movements (Bewegungsdaten) in Windows-1252. What is kept from pay is below zero. Every line has its personnel number."""
    head = (
        "[Allgemein]",
        "Ziel=LODAS",
        "Version_SST=1.0",
        f"BeraterNr={layout.consultant}",
        f"MandantenNr={layout.client}",
        "Datumsformat=TT/MM/JJJJ",
        "Feldtrennzeichen=;",
        "Zahlenkomma=,",
        "",
        "[Satzbeschreibung]",
        "1;u_lod_bwd_buchung_standard;abrechnung_zeitraum#bwd;bs_wert_butab#bwd;bs_nr#bwd;la_eigene#bwd;pnr#bwd;",
        "",
        "[Bewegungsdaten]",
    )
    rows = [row for line in lines for row in _movements(line, layout)]
    return "\r\n".join((*head, *rows, "")).encode("cp1252")


def _movements(line: PayrollLine, layout: PayrollLayout) -> Iterable[str]:
    kept = Money(-line.conversion.amount, line.conversion.currency)
    for amount, wage_type in ((kept, layout.conversion_type), (line.benefit, layout.benefit_type)):
        if amount.amount:
            yield (f"1;{_day(line.month)};{_german(amount)};{layout.booking_key};{wage_type};{int(line.number or 0)};")


def _day(month: date) -> str:
    return f"{month:%d/%m/%Y}"


def _german(money: Money) -> str:
    sign, cents = ("-" if money.amount < 0 else ""), abs(money.amount)
    return f"{sign}{cents // 100},{cents % 100:02d}"
