"""What is due and what was received: no cent twice, none lost."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing.invoices import InvoiceKind
from domain.pricing.quotes import LineKind
from services.accounting.owing import dues
from services.accounting.ports import Owed
from tests.examples import person_id
from tests.invoices import a_credit_note, a_line, an_invoice

ADA = person_id("ada")
PAID, BACK = date(2030, 6, 20), date(2030, 6, 25)


def test_what_was_paid_goes_to_the_oldest_first_and_what_was_given_back_to_the_credit_note() -> None:
    first, second = an_invoice(), an_invoice(a_line("10.00"), number=18, name="fee")
    note = a_credit_note(first, 500)
    owed = Owed((first, second, note), 2970, PAID, 500, BACK)
    found = [
        (each.number, each.cash_reference, each.amount, each.received, each.received_on) for each in dues(owed, {})
    ]
    assert found == [
        (first.number, first.cash_reference, 2470, 2470, PAID),
        (second.number, second.cash_reference, 1000, 500, PAID),
        (note.number, first.cash_reference, -500, -500, BACK),
    ]


def test_rates_stand_apart_and_debtors_have_their_number() -> None:
    mixed = an_invoice(a_line("10.00"), a_line("5.00", rate="0.07"))
    found = {each.account: (each.amount, each.received, each.debtor_number) for each in dues(Owed((mixed,)), {ADA: 42})}
    assert found == {"revenue.fleet.19": (1000, 0, 42), "revenue.fleet.7": (500, 0, 42)}


def test_damages_and_what_an_authority_charges_stand_apart_also_when_a_part_is_given_back() -> None:
    damages = an_invoice(a_line("15.00", "0", LineKind.CANCELLATION))
    charged = an_invoice(a_line("4.00", "0"), number=18, name="parking")
    issued = (damages, charged, a_credit_note(damages, 500), a_credit_note(charged, 100))
    assert [(each.account, each.amount) for each in dues(Owed(issued), {})] == [
        ("damages", 1500),
        ("revenue.fleet.0", 400),
        ("damages", -500),
        ("revenue.fleet.0", -100),
    ]


@given(st.integers(0, 5000), st.integers(0, 900))
def test_no_more_is_received_than_is_due_nor_than_was_paid(paid: int, back: int) -> None:
    invoice = an_invoice()
    note = a_credit_note(invoice, 500)
    items = list(dues(Owed((invoice, note), paid, PAID, back, BACK), {}))
    received = {
        kind: sum(abs(each.received) for each in items if (each.amount > 0) is (kind is InvoiceKind.INVOICE))
        for kind in InvoiceKind
    }
    assert received == {InvoiceKind.INVOICE: min(paid, 2470), InvoiceKind.CREDIT_NOTE: min(back, 500)}
