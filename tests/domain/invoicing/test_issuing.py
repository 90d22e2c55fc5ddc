"""What stands on an invoice and on a credit note."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from domain.invoicing.invoices import Address, Form, InvoiceId, InvoiceKind, Why, form_of
from domain.invoicing.issuing import Billable, Counter, Numbers, TooMuch, address_in, invoice_for, separated
from domain.pricing.quotes import LineKind
from tests.examples import an_id
from tests.invoices import (
    AT_HOME,
    CAR,
    CITY,
    METERED,
    PRIVATE,
    REFERENCES,
    SERIES,
    TODAY,
    USED,
    a_credit_note,
    a_line,
    an_invoice,
    euros,
)


def test_an_invoice_says_all_that_the_law_asks_for() -> None:
    """§ 14 Abs. 4 UStG, number by number."""
    invoice = an_invoice(a_line("300.00"), debtor=AT_HOME)
    assert (invoice.seller.name, invoice.seller.address) == (
        "Stadt Okerstadt",
        Address("Altstadtmarkt 1", "38100", "Okerstadt"),
    )
    assert (invoice.debtor.name, invoice.debtor.address) == ("Ada Beispiel", AT_HOME.address)
    assert invoice.seller.vat_id == "DE999999995"
    assert invoice.issued_on == date(2030, 6, 4)
    assert invoice.number == "RE-2030-000017"
    assert (invoice.lines[0].description, str(invoice.lines[0].quantity), invoice.lines[0].unit) == (
        "Carsharing",
        "2.5",
        "h",
    )
    assert invoice.performed == USED
    assert [(t.net, str(t.rate), t.vat) for t in invoice.totals] == [(euros(25_210), "0.19", euros(4_790))]
    assert invoice.payable_by == date(2030, 6, 18)
    assert invoice.cash_reference == "2030000001791"


@pytest.mark.parametrize(("kind", "said"), [(LineKind.ENERGY, True), (LineKind.TIME, False)])
def test_what_energy_was_measured_by_stands_on_the_invoice_with_the_citys_link(kind: LineKind, said: bool) -> None:
    invoice = invoice_for(
        Billable("booking:1", Why.USE, USED, (a_line("4.85", kind=kind),)),
        invoice_id=InvoiceId(an_id("invoice")),
        city=replace(CITY, invoicing=replace(CITY.invoicing, meter_values_link="https://app.example/{session}")),
        debtor=PRIVATE,
        subject=CAR,
        numbers=Numbers(Counter(SERIES, 16), Counter(REFERENCES, 16)),
        collected=True,
        evidence=(METERED,),
        now=TODAY,
    )
    linked = replace(METERED, link=f"https://app.example/{METERED.session_id}")
    assert invoice.evidence == ((linked,) if said else ())


@pytest.mark.parametrize(
    ("cents", "on", "form"),
    [
        (25_000, date(2030, 6, 4), Form.SMALL),
        (25_001, date(2030, 6, 4), Form.FULL),
        (15_001, date(2016, 12, 31), Form.FULL),
        (15_000, date(2016, 12, 31), Form.SMALL),
    ],
)
def test_a_small_amount_may_take_the_small_form(cents: int, on: date, form: Form) -> None:
    assert form_of(euros(cents), on) is form


def test_the_small_form_names_only_who_asked_for_it() -> None:
    assert an_invoice(a_line("250.00"), debtor=PRIVATE).debtor.name is None
    assert an_invoice(a_line("250.00"), debtor=AT_HOME).debtor == AT_HOME
    assert an_invoice(a_line("250.01"), debtor=PRIVATE).debtor.name == "Ada Beispiel"


def test_the_day_is_that_of_the_city() -> None:
    late = datetime(2030, 12, 31, 23, 30, tzinfo=UTC)
    assert an_invoice(now=late).issued_on == date(2031, 1, 1)


def test_numbers_and_days_go_up_together_also_where_a_clock_went_back() -> None:
    numbers = Numbers(Counter(SERIES, 4, date(2030, 6, 5)), Counter(REFERENCES, 9))
    billable = Billable("booking:1", Why.USE, USED, (a_line("1.19"),))
    made = invoice_for(
        billable,
        invoice_id=InvoiceId(an_id("5")),
        city=CITY,
        debtor=PRIVATE,
        subject=CAR,
        numbers=numbers,
        collected=True,
        now=TODAY,
    )
    assert (made.position, made.issued_on) == (5, date(2030, 6, 5))
    assert made.cash_reference.startswith("20300000010")


def test_damages_have_a_document_of_their_own() -> None:
    taxed, damages = separated("booking:1", Why.USE, USED, [a_line("5.00"), a_line("3.00", "0", LineKind.CANCELLATION)])
    assert (taxed.source, taxed.gross) == ("booking:1", euros(500))
    assert (damages.source, damages.gross) == ("booking:1:untaxed", euros(300))
    assert separated("booking:1", Why.USE, USED, [a_line("0.00")]) == ()


def test_a_credit_note_over_everything_repeats_the_lines_and_names_the_invoice() -> None:
    invoice = an_invoice(a_line("24.70"))
    note = a_credit_note(invoice, 2470)
    assert (note.kind, note.lines, note.totals) == (InvoiceKind.CREDIT_NOTE, invoice.lines, invoice.totals)
    assert note.corrects is not None
    assert (note.corrects.number, note.corrects.issued_on) == ("RE-2030-000017", date(2030, 6, 4))
    assert (note.number, note.cash_reference) == ("RK-2030-000001", invoice.cash_reference)


def test_a_part_is_one_line_per_rate() -> None:
    invoice = an_invoice(a_line("10.00"), a_line("10.00", "0.07"))
    note = a_credit_note(invoice, 500)
    assert [(str(line.rate), line.gross.amount) for line in note.lines] == [("0.19", 250), ("0.07", 250)]
    assert note.source == f"credit:{invoice.id}:500"


@pytest.mark.parametrize("cents", [0, -1, 2471])
def test_no_more_is_given_back_than_is_left(cents: int) -> None:
    with pytest.raises(TooMuch):
        a_credit_note(an_invoice(a_line("24.70")), cents)


def test_an_invoice_given_back_has_nothing_left_to_give() -> None:
    invoice = an_invoice(a_line("24.70"))
    with pytest.raises(TooMuch):
        a_credit_note(invoice, 1, [a_credit_note(invoice, 2470)])


def test_a_credit_note_is_never_dated_before_its_invoice() -> None:
    invoice = replace(an_invoice(), issued_on=date(2030, 6, 9))
    assert a_credit_note(invoice, 100).issued_on == date(2030, 6, 9)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "Platz der Deutschen Einheit 1\n38100 Braunschweig",
            Address("Platz der Deutschen Einheit 1", "38100", "Braunschweig"),
        ),
        ("Altstadtmarkt 1, 38100 Okerstadt", Address("Altstadtmarkt 1", "38100", "Okerstadt")),
        ("Rathaus\nMarkt 1\n38440 Wolfsburg", Address("Rathaus, Markt 1", "38440", "Wolfsburg")),
        ("Rathaus", Address("", "", "Rathaus")),
    ],
)
def test_an_address_is_read_as_it_is_written_on_letters(written: str, read: Address) -> None:
    assert address_in(written) == read
