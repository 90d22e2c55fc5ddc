"""Three books of the same money: what agrees, what waits for the other book, and what is wrong, to the cent."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from domain.ledger.accounts import IN_TRANSIT, PROVIDER
from domain.ledger.entries import EntryId, Side
from domain.ledger.posting.movements import movement as entries_of
from domain.money import Money
from domain.payments.payments import PaymentId
from domain.payments.transactions import DisputeState, Payout, PayoutState, ProviderTransaction, TransactionKind
from domain.reconciliation.books import Arrived, Balances, Books, Itemised, Moved, OnStatement, Posted, Stated, Totals
from domain.reconciliation.comparing import compare
from domain.reconciliation.exceptions import ExceptionKind
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.payouts import arrival
from domain.reconciliation.reconciling import LineState
from domain.reconciliation.statements import BankLineId
from tests.domain.payments.test_transactions import a_dispute, a_payout
from tests.examples import an_id, person_id

NOW = datetime(2026, 11, 26, 2, tzinfo=UTC)
TODAY = date(2026, 11, 26)
LONG_AGO = NOW - timedelta(days=2)
KIND = TransactionKind


def moved(name: str, kind: TransactionKind, amount: int, fee: int = 0, **more: Any) -> Moved:
    plain = ProviderTransaction(f"txn_{name}", kind, amount, fee, amount - fee, "EUR", None, LONG_AGO, LONG_AGO)
    return Moved(replace(plain, **({"payment_id": PaymentId(an_id("payment"))} | more)), LONG_AGO)


def posted(movements: Sequence[Moved]) -> tuple[Posted, ...]:
    """As the ledger's rules post them."""
    ada = person_id("ada")
    return tuple(
        Posted(leg.account, each.movement.id, leg.amount.amount * sign, leg.amount.currency)
        for each in movements
        for entry in entries_of(each.movement, ada)
        for leg in entry.legs
        for sign in [1 if leg.side is Side.DEBIT else -1]
    )


def arrived(payout: Payout, amount: int, at: datetime = LONG_AGO) -> tuple[Arrived, Posted]:
    """A match, and what the ledger makes of it."""
    about = f"match of {payout.id}"
    return Arrived(about, amount, "EUR", at), Posted(IN_TRANSIT, about, -amount, "EUR")


def totalled(books: Books) -> Books:
    """With the sums of what is there."""

    def of(account: str) -> int:
        return sum(each.amount for each in books.posted if each.account == account)

    movements = [each.movement for each in books.movements]
    going = [each.amount for each in movements if each.kind in {KIND.PAYOUT, KIND.PAYOUT_FAILURE}]
    moved_ = sum(each.net for each in movements)
    at_bank = sum(each.amount for each in books.arrived)
    return replace(
        books,
        totals=(Totals("EUR", of(PROVIDER), of(IN_TRANSIT), moved_, sum(going), at_bank, stated=Stated(moved_, 0)),),
    )


# The worked example of the facts, up to the payout: 24.70 taken, 5.00 given back, 19.08 paid out.
PAYOUT = a_payout(PayoutState.PAID, is_reconciled=True, transaction_id="txn_payout")
MOVEMENTS = (
    moved("charge", KIND.CHARGE, 2470, 62),
    moved("refund", KIND.REFUND, -500),
    moved("payout", KIND.PAYOUT, -1908),
)
MATCH, POSTED_MATCH = arrived(PAYOUT, 1908)
AGREEING = totalled(
    Books(
        movements=MOVEMENTS,
        posted=(*posted(MOVEMENTS), POSTED_MATCH),
        payouts=(Itemised(PAYOUT, 1908),),
        arrived=(MATCH,),
        matched={arrival("po_1"): 1908},
    )
)


def kinds(books: Books, now: datetime = NOW, today: date = TODAY) -> list[tuple[ExceptionKind, str, int]]:
    return [(each.kind, each.source.partition(":")[2], each.amount) for each in compare(books, now, today).findings]


def states(books: Books, now: datetime = NOW) -> Mapping[str, LineState]:
    return {each.about: each.state for each in compare(books, now, TODAY).compared}


def test_the_worked_example_agrees_in_all_three_books() -> None:
    found = compare(AGREEING, NOW, TODAY)
    assert found.findings == ()
    assert {each.state for each in found.compared} == {LineState.MATCHED}
    (payout,) = [each for each in found.compared if each.about == "po_1"]
    assert (payout.provider, payout.bank) == (1908, 1908)
    (balance,) = [each for each in found.compared if each.about == "balance:provider:EUR"]
    assert (balance.ledger, balance.provider) == (0, 0)


def test_what_the_ledger_has_not_heard_of_is_timing_at_first_and_then_wrong() -> None:
    lacking = totalled(replace(AGREEING, posted=tuple(each for each in AGREEING.posted if each.about != "txn_refund")))
    fresh = replace(lacking, movements=tuple(replace(each, seen_at=NOW) for each in lacking.movements))
    assert kinds(fresh) == []
    assert states(fresh)["txn_refund"] is LineState.TIMING
    assert kinds(lacking) == [(ExceptionKind.BOOKS_DIFFER, "txn_refund", 500)]


def test_a_cent_is_found_where_it_is_missing_and_nowhere_else() -> None:
    off = Posted(PROVIDER, "txn_charge", -1, "EUR")
    assert kinds(totalled(replace(AGREEING, posted=(*AGREEING.posted, off)))) == [
        (ExceptionKind.BOOKS_DIFFER, "txn_charge", -1)
    ]


def test_what_the_provider_knows_nothing_of_is_wrong_at_once() -> None:
    made_up = Posted(PROVIDER, "txn_nobody", 900, "EUR")
    assert kinds(totalled(replace(AGREEING, posted=(*AGREEING.posted, made_up)))) == [
        (ExceptionKind.BOOKS_DIFFER, "txn_nobody", 900)
    ]


def test_a_sum_that_no_single_thing_explains_is_wrong() -> None:
    (total,) = AGREEING.totals
    assert kinds(replace(AGREEING, totals=(replace(total, ledger=7),))) == [
        (ExceptionKind.BOOKS_DIFFER, "balance:provider:EUR", 7)
    ]
    assert kinds(replace(AGREEING, totals=(replace(total, in_transit=7),))) == [
        (ExceptionKind.BOOKS_DIFFER, "balance:in_transit:EUR", 7)
    ]
    assert kinds(replace(AGREEING, totals=(replace(total, stated=Stated(5, 2)),))) == [
        (ExceptionKind.BOOKS_DIFFER, "balance:stated:EUR", 7)
    ]


def test_what_the_provider_states_differs_by_time_alone_for_a_while() -> None:
    """480 were taken after it was asked; and 7 that its lists do not show yet, as something moved a moment ago."""
    (total,) = AGREEING.totals
    late = replace(AGREEING, totals=(replace(total, ledger=480, moved=480, stated=Stated(0, 0, later=480)),))
    assert kinds(late) == []
    assert states(late)["balance:stated:EUR"] is LineState.TIMING
    busy = replace(AGREEING, totals=(replace(total, stated=Stated(7, 0, is_busy=True)),))
    assert kinds(busy) == []
    assert states(busy)["balance:stated:EUR"] is LineState.TIMING
    still = replace(AGREEING, totals=(replace(total, stated=Stated(7, 0, is_busy=True, differed=True)),))
    assert kinds(still) == [(ExceptionKind.BOOKS_DIFFER, "balance:stated:EUR", 7)]


STATEMENTS = Balances(100_000, 101_908, 0, TODAY)
LINE = OnStatement(BankLineId(an_id("line")), TODAY, 1908, "EUR", LONG_AGO, 1908)


def test_the_ledger_ends_at_what_the_last_statement_closes_with() -> None:
    (total,) = AGREEING.totals
    read = replace(AGREEING, totals=(replace(total, bank=1908, statements=STATEMENTS),))
    assert kinds(read) == []
    off = replace(AGREEING, totals=(replace(total, bank=1900, statements=STATEMENTS),))
    assert kinds(off) == [(ExceptionKind.BOOKS_DIFFER, "balance:bank:EUR", -8)]
    gap = replace(
        AGREEING, totals=(replace(total, bank=1908, statements=replace(STATEMENTS, closing=102_000, missing=92)),)
    )
    assert kinds(gap) == []


def test_a_line_that_the_ledger_lacks_is_found_once_and_leads_there() -> None:
    (total,) = AGREEING.totals
    lacking = replace(AGREEING, lines=(replace(LINE, ledger=None),), totals=(replace(total, statements=STATEMENTS),))
    (found,) = compare(lacking, NOW, TODAY).findings
    assert (found.source, found.amount, found.about) == (f"books_differ:{LINE.line_id}", -1908, f"line:{LINE.line_id}")
    assert compare(replace(lacking, lines=(replace(LINE, ledger=None, seen_at=NOW),)), NOW, TODAY).findings == ()


def test_each_difference_leads_to_what_differs() -> None:
    lacking = totalled(replace(AGREEING, posted=tuple(each for each in AGREEING.posted if each.about != "txn_refund")))
    assert [each.about for each in compare(lacking, NOW, TODAY).findings] == ["movement:txn_refund"]
    made_up = Posted(PROVIDER, "txn_nobody", 900, "EUR", EntryId(an_id("entry")))
    assert [
        each.about for each in compare(replace(AGREEING, posted=(*AGREEING.posted, made_up)), NOW, TODAY).findings
    ] == ["account:provider", f"entry:{an_id('entry')}"]


def test_a_match_that_was_taken_apart_is_to_be_taken_back_in_the_ledger() -> None:
    undone = replace(MATCH, amount=0)
    books = totalled(replace(AGREEING, arrived=(undone,), matched={}))
    assert kinds(books) == [(ExceptionKind.BOOKS_DIFFER, "match of po_1", 1908)]
    back = Posted(IN_TRANSIT, MATCH.about, 1908, "EUR")
    assert kinds(totalled(replace(books, posted=(*books.posted, back)))) == []


def test_a_payout_waits_for_the_bank() -> None:
    books = totalled(replace(AGREEING, arrived=(), posted=posted(MOVEMENTS), matched={}))
    assert kinds(books) == []
    assert states(books)["po_1"] is LineState.TIMING


def test_a_payout_that_is_not_the_sum_of_what_went_out_with_it_is_wrong() -> None:
    assert kinds(replace(AGREEING, payouts=(Itemised(PAYOUT, 1907),))) == [(ExceptionKind.BOOKS_DIFFER, "po_1", 1908)]


def test_a_payout_by_hand_cannot_be_itemised_and_an_automatic_one_is_in_time() -> None:
    by_hand = Itemised(replace(PAYOUT, is_automatic=False))
    assert kinds(replace(AGREEING, payouts=(by_hand,))) == [(ExceptionKind.PAYOUT_NOT_ITEMISED, "po_1", 1908)]
    late = replace(AGREEING, payouts=(Itemised(PAYOUT),))
    assert kinds(late) == []
    assert kinds(late, today=TODAY + timedelta(days=30)) == [(ExceptionKind.PAYOUT_NOT_ITEMISED, "po_1", 1908)]


def test_a_payout_that_failed_after_it_was_paid_is_looked_into() -> None:
    failed = replace(PAYOUT, state=PayoutState.FAILED, failure="account_closed")
    back = moved("failure", KIND.PAYOUT_FAILURE, 1908)
    movements = (*MOVEMENTS, back)
    books = totalled(Books(movements=movements, posted=posted(movements), payouts=(Itemised(failed, 1908),)))
    assert kinds(books) == [(ExceptionKind.PAYOUT_FAILED, "po_1", 1908)]
    assert states(books)["balance:in_transit:EUR"] is LineState.MATCHED


def test_refunds_that_failed_other_currencies_and_disputes_are_for_somebody() -> None:
    failed = moved("failed", KIND.REFUND_FAILURE, 500)
    francs = moved("francs", KIND.CHARGE, 100, currency="CHF")
    movements = (failed, francs)
    answerable = a_dispute(evidence_due_at=NOW)
    over = a_dispute(DisputeState.LOST, id="dp_2")
    books = Books(movements=movements, posted=posted(movements), disputes=(answerable, over))
    assert kinds(books) == [
        (ExceptionKind.CURRENCY_DIFFERS, "txn_francs", 100),
        (ExceptionKind.DISPUTE, "dp_1", 1970),
        (ExceptionKind.REFUND_FAILED, "txn_failed", 500),
    ]


def test_what_belongs_to_no_payment_of_ours_is_for_somebody() -> None:
    """A charge that somebody made at the provider by hand; what it takes for itself is none."""
    strange = moved("strange", KIND.CHARGE, 900, payment_id=None)
    abroad = moved("abroad", KIND.CHARGE, 900, payment_id=None, presented=Money(970, "USD"))
    ours = (moved("fee", KIND.FEE, -30, payment_id=None), moved("of no amount", KIND.OTHER, 0, 7, payment_id=None))
    movements = (strange, abroad, *ours)
    found = compare(Books(movements=movements, posted=posted(movements)), NOW, TODAY).findings
    assert [(each.source, each.amount, each.currency, each.about) for each in found] == [
        ("unexplained_movement:txn_abroad", 970, "USD", "movement:txn_abroad"),
        ("unexplained_movement:txn_strange", 900, "EUR", "movement:txn_strange"),
    ]


# -- whatever happened


class Fault(Struct, frozen=True):
    """Of the movement with that number: its posting was lost, or is off by so much."""

    of: int
    off: int | None


AMOUNTS = st.integers(-9999, 9999).filter(bool)
HISTORIES = st.lists(st.tuples(st.sampled_from(TransactionKind), AMOUNTS, st.integers(0, 99)), min_size=1, max_size=12)


@given(HISTORIES, st.data())
def test_exactly_the_faults_that_were_planted_are_found(
    history: list[tuple[TransactionKind, int, int]], data: st.DataObject
) -> None:
    movements = [moved(str(n), kind, amount, fee) for n, (kind, amount, fee) in enumerate(history)]
    movements = [each for each in movements if each.movement.net]
    numbers = st.integers(0, max(len(movements) - 1, 0))
    faults = data.draw(
        st.dictionaries(numbers, st.one_of(st.none(), st.integers(1, 50)), max_size=3) if movements else st.just({})
    )
    legs = list(posted(movements))
    for number, off in faults.items():
        about = movements[number].movement.id
        if off is None:
            legs = [each for each in legs if each.about != about]
        else:
            legs.append(Posted(PROVIDER, about, off, "EUR"))
    books = totalled(Books(movements=movements, posted=legs))
    order = data.draw(st.permutations(range(len(legs))))
    shuffled = replace(books, posted=[legs[at] for at in order], movements=movements[::-1])
    assert compare(shuffled, NOW, TODAY) == compare(books, NOW, TODAY)
    differing = {source for kind, source, _ in kinds(books) if kind is ExceptionKind.BOOKS_DIFFER}
    assert differing == {movements[number].movement.id for number in faults}


@given(st.lists(st.integers(1, 99_999), min_size=1, max_size=6), st.data())
def test_no_payout_is_both_matched_and_missed(amounts: list[int], data: st.DataObject) -> None:
    payouts = [a_payout(PayoutState.PAID, id=f"po_{n}", amount=amount) for n, amount in enumerate(amounts)]
    at_bank = {each.id: data.draw(st.integers(0, each.amount)) for each in payouts}
    matched = {ExpectedId(f"payout:{name}"): amount for name, amount in at_bank.items()}
    books = Books(payouts=tuple(Itemised(each, each.amount) for each in payouts), matched=matched)
    late = {each.about: each.state for each in compare(books, NOW, TODAY + timedelta(days=9)).compared}
    assert late == {
        each.id: LineState.MATCHED if at_bank[each.id] == each.amount else LineState.EXCEPTION for each in payouts
    }
