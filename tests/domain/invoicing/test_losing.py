"""What is lost of what was invoiced: each loss takes what the others left, and the tax on it comes back once."""

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from domain.invoicing.invoices import REPLACES, Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.losing import Loss, Part, accounted
from tests.examples import an_id
from tests.invoices import TODAY, a_credit_note, a_line, an_invoice

RATES = (Decimal("0.19"), Decimal("0.07"), Decimal(0))


def after(days: int) -> datetime:
    return TODAY + timedelta(days=days)


def vat_of(parts: dict[str, tuple[Part, ...]]) -> dict[str, tuple[int, int]]:
    """Gross and tax of each."""
    return {name: (sum(p.gross for p in each), sum(p.vat for p in each)) for name, each in parts.items()}


def a_loss(
    source: str, amount: int, at: datetime, *of: Invoice, awaits: str | None = None, regained_at: datetime | None = None
) -> Loss:
    """Of these invoices in that order, as much of each as there is."""
    return Loss(source, amount, at, tuple((each.id, amount) for each in of), awaits, regained_at)


def test_two_losses_share_what_there_is_and_the_second_takes_the_tax_that_is_left() -> None:
    invoice = an_invoice()
    first, second = a_loss("a", 1000, after(1), invoice), a_loss("b", 2000, after(2), invoice)
    assert vat_of(accounted([invoice], [second, first])) == {"a": (1000, 160), "b": (1470, 234)}


def test_a_credit_note_after_a_loss_takes_a_cent_of_its_tax_back_where_both_rounded_up() -> None:
    invoice = an_invoice()
    note = replace(a_credit_note(invoice, 1470), issued_at=after(2))
    lost = vat_of(accounted([invoice, note], [a_loss("a", 1000, after(1), invoice)]))
    assert note.vat.amount == 235
    assert lost == {"a": (1000, 160), f"loss_undone:{note.id}": (0, -1)}


def test_what_is_credited_was_never_owed_so_it_was_no_loss() -> None:
    invoice = an_invoice()
    note = replace(a_credit_note(invoice, 2470), issued_at=after(2))
    lost = vat_of(accounted([invoice, note], [a_loss("a", 1000, after(1), invoice)]))
    assert lost == {"a": (1000, 160), f"loss_undone:{note.id}": (-1000, -160)}


def test_an_invoice_in_the_place_of_another_takes_its_loss_over() -> None:
    invoice = an_invoice()
    note = replace(a_credit_note(invoice, 2470, why=Why.REPLACED), issued_at=after(2))
    again = an_invoice(name="again", source=f"{invoice.source}{REPLACES}{invoice.id}", issued_at=after(2))
    losses = [a_loss("a", 1000, after(1), invoice), a_loss("b", 9999, after(3), invoice)]
    lost = vat_of(accounted([again, note, invoice], losses))
    assert lost == {
        "a": (1000, 160),
        f"loss_undone:{note.id}": (-1000, -160),
        f"loss_again:{again.id}": (1000, 160),
        "b": (1470, 234),
    }


def test_a_loss_that_was_none_after_all_leaves_what_it_took_for_the_next() -> None:
    invoice = an_invoice()
    won = a_loss("a", 2470, after(1), invoice, regained_at=after(2))
    assert vat_of(accounted([invoice], [won, a_loss("b", 2470, after(3), invoice)])) == {
        "a": (2470, 394),
        "b": (2470, 394),
    }


def test_a_loss_is_of_the_invoices_that_it_names_in_that_order_and_of_no_others() -> None:
    use = an_invoice()
    fee = an_invoice(a_line("5.00", "0"), name="fee")
    lost = accounted([use, fee], [a_loss("a", 2970, after(1), use)])
    assert lost == {"a": (Part(use.id, RATES[0], 2470, 394),)}
    assert vat_of(accounted([use, fee], [a_loss("a", 2470, after(1), fee, use)])) == {"a": (2470, 315)}
    assert accounted([use, fee], [a_loss("a", 2470, after(1))]) == {}


def test_what_is_lost_beyond_what_it_names_is_not_of_others_but_of_the_fee_that_comes() -> None:
    first, second = an_invoice(), an_invoice(name="paid")
    fee = an_invoice(a_line("5.00", "0"), name="fee", source="reminder:it:2", issued_at=after(2))
    other = an_invoice(a_line("5.00", "0"), name="other", source="reminder:another:2", issued_at=after(2))
    loss = Loss("a", 2970, after(1), ((first.id, 2470),), awaits="reminder:it:")
    lost = vat_of(accounted([first, second, other, fee], [loss]))
    assert lost == {"a": (2470, 394), f"loss_again:{fee.id}": (500, 0)}
    late = replace(loss, at=after(3), regained_at=after(4))
    assert vat_of(accounted([first, second, other, fee], [late])) == {"a": (2970, 394)}
    back = replace(loss, regained_at=after(3))
    assert vat_of(accounted([first, second, fee], [back]))["loss_regained:a"] == (-500, 0)


def test_a_loss_that_names_an_invoice_is_of_the_one_in_its_place_by_now() -> None:
    invoice = an_invoice()
    note = replace(a_credit_note(invoice, 2470, why=Why.REPLACED), issued_at=after(1))
    again = an_invoice(name="again", source=f"{invoice.source}{REPLACES}{invoice.id}", issued_at=after(1))
    paid = an_invoice(name="paid")
    lost = accounted([invoice, paid, note, again], [a_loss("a", 2470, after(2), invoice)])
    assert lost == {"a": (Part(again.id, RATES[0], 2470, 394),)}


class History(Struct, frozen=True):
    """All that happened, in order; `steps` says how many documents and losses there were after each."""

    issued: tuple[Invoice, ...]
    losses: tuple[Loss, ...]
    steps: tuple[tuple[int, int], ...]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A booking's invoices, then losses, credit notes and replacements in any order; at last all is lost."""
    cents = st.integers(1, 5000)
    issued: list[Invoice] = []
    for n in range(draw(st.integers(1, 3))):
        lines = [
            a_line(f"{draw(cents) / 100:.2f}", str(rate)) for rate in draw(st.sets(st.sampled_from(RATES), min_size=1))
        ]
        issued.append(an_invoice(*lines, name=f"{n}"))
    invoices, losses = tuple(issued), list[Loss]()
    steps = [(len(issued), 0)]
    for day in range(1, draw(st.integers(2, 8))):
        what = draw(st.sampled_from(("lose", "credit", "replace")))
        if what == "lose":
            losses.append(a_loss(f"loss {day}", draw(cents), after(day), *reversed(invoices)))
        else:
            invoice = draw(st.sampled_from([each for each in issued if each.kind is InvoiceKind.INVOICE]))
            notes = [each for each in issued if each.corrects and each.corrects.id == invoice.id]
            left = invoice.gross.amount - sum(note.gross.amount for note in notes)
            if not left:
                continue
            amount = left if what == "replace" else draw(st.integers(1, left))
            note = a_credit_note(invoice, amount, notes, Why.REPLACED if what == "replace" else Why.REFUND)
            issued.append(replace(note, id=InvoiceId(an_id(f"note {day}")), issued_at=after(day)))
            if what == "replace":
                source = f"{invoice.source.partition(REPLACES)[0]}{REPLACES}{invoice.id}"
                again = replace(invoice, id=InvoiceId(an_id(f"again {day}")), source=source, issued_at=after(day))
                issued.append(again)
        steps.append((len(issued), len(losses)))
    losses.append(a_loss("all", 10**9, after(99), *invoices))
    return History(tuple(issued), tuple(losses), (*steps, (len(issued), len(losses))))


@given(histories())
@settings(max_examples=400)
def test_no_tax_comes_back_twice_and_all_of_it_where_all_is_lost(history: History) -> None:
    for documents, losses in history.steps:
        issued = history.issued[:documents]
        lost: Counter[tuple[InvoiceId, Decimal, str]] = Counter()
        for parts in accounted(issued, history.losses[:losses]).values():
            for part in parts:
                lost[part.invoice_id, part.rate, "gross"] += part.gross
                lost[part.invoice_id, part.rate, "vat"] += part.vat
        for invoice in (each for each in issued if each.kind is InvoiceKind.INVOICE):
            notes = [each for each in issued if each.corrects and each.corrects.id == invoice.id]
            for total in invoice.totals:
                mine = [each for note in notes for each in note.totals if each.rate == total.rate]
                gross = total.gross.amount - sum(each.gross.amount for each in mine)
                vat = total.vat.amount - sum(each.vat.amount for each in mine)
                gone, tax = (lost[invoice.id, total.rate, what] for what in ("gross", "vat"))
                assert 0 <= tax <= vat
                assert 0 <= gone - tax <= gross - vat
                if losses == len(history.losses):
                    assert (gone, tax) == (gross, vat)


@given(histories())
@settings(max_examples=200)
def test_what_a_moment_adds_stays_whatever_comes_later(history: History) -> None:
    whole = accounted(history.issued, history.losses)
    for documents, losses in history.steps:
        said = accounted(history.issued[:documents], history.losses[:losses])
        assert said == {name: parts for name, parts in whole.items() if name in said}
