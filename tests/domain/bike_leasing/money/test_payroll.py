"""What payroll is told of a month."""

from datetime import date

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import ImportantReason, Incident, IncidentKind, IncidentOutcome, Termination
from domain.bike_leasing.contracts.plans import (
    Calendar,
    InstalmentState,
    ended,
    held,
    owed_by,
    planned,
    released,
    rested,
)
from domain.bike_leasing.money.payroll import BikeBenefit, PayrollBook, payroll_line, summed
from domain.bike_leasing.money.payroll_files import (
    PayrollLayout,
    as_csv,
    as_lodas,
    fault_of,
    is_personnel_number,
    numberless,
)
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ELSEWHERE, LEASE, QUOTE, WORKS

HANDED = replace(LEASE, handed_over_on=date(2026, 11, 20), first_month=date(2026, 12, 1), last_day=date(2027, 5, 31))
PLAN = planned(date(2026, 12, 1), replace(QUOTE, months=6, subsidy=eur("20")), WORKS, Calendar(1, "NI"))
BENEFIT = BikeBenefit(date(2026, 11, 20), eur("9"))
BOOK = PayrollBook(HANDED, WORKS, (BENEFIT,), "00417", deducts_vat=True, plan=PLAN)
LAYOUT = PayrollLayout(1001, 42, 3310, 8200, 2)


def shape(book: PayrollBook) -> dict[str, tuple[int, int]]:
    """Conversion and benefit of each month's pay."""
    months = [
        date(2026, 10, 1),
        date(2026, 11, 1),
        date(2027, 1, 1),
        date(2027, 4, 1),
        date(2027, 5, 1),
        date(2027, 6, 1),
    ]
    lines = {f"{month:%m}": payroll_line(book, month) for month in months}
    return {month: (line.conversion.amount, line.benefit.amount) for month, line in lines.items() if line is not None}


def test_pay_is_converted_from_the_month_of_the_handover_on_and_the_benefit_is_taxed_until_the_end() -> None:
    assert shape(BOOK) == {"11": (10193, 900), "01": (10193, 900), "04": (10193, 900), "05": (0, 900)}


def test_while_a_lease_rests_nothing_is_converted_and_the_bike_is_a_benefit_still() -> None:
    assert shape(replace(BOOK, plan=rested(PLAN, date(2027, 2, 1), insured=1)))["01"] == (0, 900)
    assert "01" not in shape(replace(BOOK, plan=ended(held(PLAN, date(2026, 12, 31)))))


def test_after_notice_or_a_total_loss_what_waits_is_no_benefit() -> None:
    left = replace(HANDED, termination=Termination(ImportantReason.LEAVING, date(2027, 1, 15)))
    waits = held(PLAN, date(2027, 1, 15))
    assert shape(replace(BOOK, lease=left, plan=waits)) == {"11": (10193, 900), "01": (0, 900)}

    gone = Incident(
        IncidentKind.THEFT, date(2027, 1, 2), outcome=IncidentOutcome.TOTAL_LOSS, ended_on=date(2027, 1, 15)
    )
    lost = replace(BOOK, lease=replace(HANDED, incidents_before=(gone,)), plan=waits)
    assert shape(lost) == {"11": (10193, 900), "01": (0, 900)}

    afterwards = replace(left, termination=Termination(ImportantReason.LEAVING, date(2026, 12, 31)))
    posted = tuple(replace(each, state=InstalmentState.POSTED) for each in PLAN[:2])
    assert shape(replace(BOOK, lease=afterwards, plan=(*posted, *waits[2:])))["01"] == (0, 900), "it was paid for"


def test_another_bike_is_a_benefit_of_its_own_from_the_month_after_it_came() -> None:
    dearer = replace(BOOK, benefits=(BENEFIT, BikeBenefit(date(2027, 1, 12), eur("13"))))

    assert {month: benefit for month, (_, benefit) in shape(dearer).items()} == {
        "11": 900,
        "01": 900,
        "04": 1300,
        "05": 1300,
    }
    assert shape(replace(BOOK, benefits=())) == {"11": (10193, 0), "01": (10193, 0), "04": (10193, 0)}


def test_each_employer_has_its_own_months_in_payroll_whoever_goes_on_with_the_lease() -> None:
    gone = replace(HANDED, parties=replace(LEASE.parties, employer=ELSEWHERE), transferred_on=date(2027, 1, 20))
    moved = replace(BOOK, lease=gone, plan=released(owed_by(held(PLAN, date(2027, 1, 31)), ELSEWHERE)))

    assert shape(moved) == {"11": (10193, 900), "01": (0, 900)}
    assert shape(replace(moved, employer=ELSEWHERE)) == {
        "01": (10193, 0),  # her pay there brings the first month that is its own
        "04": (10193, 900),
        "05": (0, 900),
    }
    assert shape(replace(moved, plan=released(owed_by(held(PLAN, date(2026, 10, 1)), None)))) == {}


def test_the_employer_is_told_its_own_part_and_the_tax_on_what_is_given_up() -> None:
    line = payroll_line(BOOK, date(2026, 12, 1))
    assert line is not None
    assert (line.employer_part, line.vat) == (eur("20"), eur("17.77"))
    kept = payroll_line(replace(BOOK, deducts_vat=False), date(2026, 12, 1))
    assert kept is not None
    assert kept.vat == eur("0")
    assert summed([line, kept]).conversion == eur("203.86")


def test_a_payroll_program_takes_the_lines_in() -> None:
    line = payroll_line(BOOK, date(2026, 12, 1))
    assert line is not None

    assert as_csv([line]).decode("utf-8-sig").splitlines() == [
        "month;personnel_number;lease_id;conversion;benefit_in_kind;employer_part;vat",
        f"2026-12;00417;{LEASE.id};101,93;9,00;20,00;17,77",
    ]
    lodas = as_lodas([line], LAYOUT).decode("cp1252")
    assert lodas.startswith("[Allgemein]\r\nZiel=LODAS\r\nVersion_SST=1.0\r\nBeraterNr=1001\r\nMandantenNr=42\r\n")
    assert (
        lodas.split("[Bewegungsdaten]\r\n")[1]
        == "1;01/12/2026;-101,93;2;3310;417;\r\n1;01/12/2026;9,00;2;8200;417;\r\n"
    )
    assert numberless([line, replace(line, number=None)]) == (replace(line, number=None),)


def test_a_layout_and_a_personnel_number_are_what_lodas_can_read() -> None:
    assert fault_of(LAYOUT) is None
    assert fault_of(replace(LAYOUT, client=100_000)) == "client"
    assert [is_personnel_number(number) for number in ("417", "00417", "0", "123456", "4 7", "")] == [
        *(True, True),
        *(False,) * 4,
    ]
