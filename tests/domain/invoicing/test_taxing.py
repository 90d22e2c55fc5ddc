"""Value added tax on invoices and on what is given back of them."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.invoicing.invoices import Invoice, TaxCategory, TaxTotal
from domain.invoicing.taxing import given_back, left_of, taxed
from domain.money import vat_within
from domain.pricing.quotes import Line
from tests.invoices import a_credit_note, a_line, an_invoice, euros

RATES = st.sampled_from(["0.19", "0.07", "0"])
LINES = st.lists(
    st.builds(lambda cents, rate: a_line(f"{cents / 100:.2f}", rate), st.integers(1, 99_999), RATES),
    min_size=1,
    max_size=6,
)


def test_tax_is_rounded_once_for_the_document_and_not_per_line() -> None:
    lines, totals = taxed([a_line("0.03"), a_line("0.03"), a_line("0.03")])
    assert [line.vat.amount for line in lines] == [1, 0, 0]  # each by itself would be nothing
    assert totals == (TaxTotal(TaxCategory.STANDARD, Decimal("0.19"), euros(8), euros(1), euros(9)),)


def test_two_rates_have_two_totals_the_higher_first() -> None:
    _lines, totals = taxed([a_line("1.07", "0.07"), a_line("1.19")])
    assert [(str(t.rate), t.net.amount, t.vat.amount) for t in totals] == [("0.19", 100, 19), ("0.07", 100, 7)]


def test_what_costs_nothing_is_no_line() -> None:
    lines, totals = taxed([a_line("0.00"), a_line("1.19")])
    assert (len(lines), len(totals)) == (1, 1)


@given(LINES)
def test_lines_and_totals_agree_to_the_cent(given_lines: list[Line]) -> None:
    lines, totals = taxed(given_lines)
    for total in totals:
        mine = [line for line in lines if line.rate == total.rate]
        assert sum(line.net.amount for line in mine) == total.net.amount
        assert sum(line.vat.amount for line in mine) == total.vat.amount == vat_within(total.gross.amount, total.rate)
        assert all(line.net + line.vat == line.gross and line.net.amount >= 0 for line in mine)


def test_the_last_credit_note_takes_the_tax_that_remains() -> None:
    """The worked proof: 24.70 refunded as 4 x 5.00 and 4.70."""
    invoice = an_invoice(a_line("24.70"))
    notes: list[Invoice] = []
    for cents in (500, 500, 500, 500, 470):
        notes.append(a_credit_note(invoice, cents, notes))
    assert [note.vat.amount for note in notes] == [80, 80, 80, 80, 74]
    assert vat_within(470, Decimal("0.19")) == 75  # what a calculation of its own would have said
    assert invoice.vat.amount == 394 == 4 * 80 + 74


@given(LINES, st.lists(st.integers(1, 5_000), max_size=30))
def test_whatever_the_parts_nothing_is_left_of_tax_or_net_at_the_end(given_lines: list[Line], parts: list[int]) -> None:
    _lines, totals = taxed(given_lines)
    gone: list[TaxTotal] = []
    for part in [*parts, None]:
        left = left_of(totals, gone)
        rest = sum(each.gross for each in left)
        amount = rest if part is None else min(part, rest)
        note = given_back(left, amount, "EUR")
        assert sum(total.gross.amount for total in note) == amount
        assert all(total.net.amount >= 0 and total.vat.amount >= 0 for total in note)
        gone += note
    assert all((each.gross, each.vat, each.net) == (0, 0, 0) for each in left_of(totals, gone))
