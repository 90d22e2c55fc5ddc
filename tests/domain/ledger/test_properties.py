"""What holds of the books whatever happens, however often it is told, and in whatever order."""

import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.ledger.entries import Entry, EntryId, Side, mirrored, sums
from domain.ledger.posting.bank import Line, Share, Stands, bank_line, matched
from domain.ledger.posting.disputes import Lost, dispute_lost
from domain.ledger.posting.documents import Taxed, credit_note, invoice
from domain.ledger.posting.holds import holds
from domain.ledger.posting.movements import movement
from domain.money import shared, vat_within
from domain.payments.payments import PaymentId, PaymentState
from domain.payments.transactions import TransactionKind
from tests.domain.ledger.facts import ADA, AT, NINETEEN, a_document, a_loss, a_movement, a_payment, balances, cents
from tests.examples import an_id

SIGNED = st.integers(-100_000, 100_000).filter(bool)


@st.composite
def books(draw: st.DrawFn) -> list[Entry]:
    """A few uses, each with some of the things that may happen to its money."""
    found: list[Entry] = []
    for number in range(draw(st.integers(1, 4))):
        gross = draw(st.integers(1, 50_000))
        whole = Taxed(NINETEEN, gross - vat_within(gross, NINETEEN), vat_within(gross, NINETEEN))
        payment = a_payment(
            draw(st.sampled_from(PaymentState)), id=PaymentId(an_id(f"payment {number}")), amount=cents(gross)
        )
        found += [*holds(payment), invoice(a_document(f"RE-{number}", whole))]
        for kind in draw(st.lists(st.sampled_from(TransactionKind), unique=True)):
            moved = a_movement(kind, draw(SIGNED), draw(st.integers(-500, 500)), id=f"txn_{number}_{kind}")
            found += movement(moved, draw(st.sampled_from([ADA, None])))
        if draw(st.booleans()):
            found.append(credit_note(a_document(f"GS-{number}", whole)))
        if draw(st.booleans()):
            found.append(dispute_lost(Lost(a_loss(gross, id=f"dp_{number}"), (whole,))))
        line, amount = an_id(f"line {number}"), cents(draw(SIGNED))
        found += bank_line(Line(line, amount, AT))
        found += matched(an_id(f"match {number}"), [Share(line, amount, AT, draw(st.sampled_from(Stands)))])
    return found


@given(books())
@settings(max_examples=100)
def test_every_entry_balances_and_so_do_the_books_at_every_moment(entries: list[Entry]) -> None:
    for entry in entries:
        assert set(sums(entry.legs).values()) == {0}
        assert all(leg.amount.amount > 0 for leg in entry.legs)
        assert len(entry.legs) >= 2
    for moment in range(len(entries)):
        assert sum(balances(entries[:moment]).values()) == 0


@given(books(), st.integers(0, 2**32))
@settings(max_examples=100)
def test_the_books_are_the_same_whatever_came_first_and_however_often(entries: list[Entry], seed: int) -> None:
    told = random.Random(seed).choices(entries, k=len(entries)) + entries
    random.Random(seed).shuffle(told)
    assert balances(told) == balances(entries)
    assert {entry.source: entry for entry in told} == {entry.source: entry for entry in entries}


@given(books())
@settings(max_examples=50)
def test_what_is_undone_leaves_nothing(entries: list[Entry]) -> None:
    undone = [mirrored(EntryId(an_id(entry.source)), entry, AT, "wrong") for entry in entries]
    assert balances([*entries, *undone]) == {}


@given(st.integers(1, 100_000), st.lists(st.integers(1, 100), min_size=1, max_size=6))
@settings(max_examples=200)
def test_tax_is_even_once_all_is_given_back_in_whatever_parts(gross: int, weights: list[int]) -> None:
    """Each part is taxed by itself but the last, which takes what is left."""
    tax = left = vat_within(gross, NINETEEN)
    notes = []
    parts = [part for part in shared(gross, weights) if part]
    for number, part in enumerate(parts, 1):
        mine = left if number == len(parts) else min(vat_within(part, NINETEEN), left)
        left -= mine
        notes.append(credit_note(a_document(f"GS-{number}", Taxed(NINETEEN, part - mine, mine))))
    assert balances([invoice(a_document("RE-1", Taxed(NINETEEN, gross - tax, tax))), *notes]) == {}


@given(st.lists(SIGNED, min_size=1, max_size=8))
def test_what_the_provider_holds_is_the_sum_of_what_moved_less_its_fees(amounts: list[int]) -> None:
    moved = [a_movement(TransactionKind.CHARGE, amount, 25, id=f"txn_{n}") for n, amount in enumerate(amounts)]
    posted = [entry for each in moved for entry in movement(each, ADA)]
    held: Counter[str] = Counter()
    for entry in posted:
        for leg in entry.legs:
            if leg.account == "provider":
                held["provider"] += leg.amount.amount if leg.side is Side.DEBIT else -leg.amount.amount
    assert held["provider"] == sum(each.net for each in moved)
