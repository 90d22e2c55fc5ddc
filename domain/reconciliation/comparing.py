"""Three books of the same money: our ledger, the payment provider's, the bank's. What agrees, what waits, what is wrong.

Each movement at the provider is in the ledger to the cent; each payout is the sum of its movements, and on the bank's
statement, whose lines are in the ledger as well; and what the ledger says that the provider has, what is under way, and what
is at the bank are the sums of all that. A difference is a matter of timing as long as the other book may not have been told
yet.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from domain.ledger.accounts import IN_TRANSIT, PROVIDER
from domain.money import Money
from domain.payments.transactions import Dispute, Payout, PayoutState, ProviderTransaction, TransactionKind
from domain.reconciliation.books import Books, Compared, Itemised
from domain.reconciliation.exceptions import ExceptionKind, Finding
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.payouts import arrival, return_of
from domain.reconciliation.reconciling import PAYOUT_WAITS, LineState
from domain.reconciliation.statements import written
from domain.reconciliation.things import Thing, thing
from domain.reconciliation.totals import sums, totals_of

# What one book has heard of, the others hear within it, if nothing is wrong.
BOOKS_WAIT = timedelta(hours=1)
# The provider itemises a payout within days of its arrival, or never.
ITEMS_WAIT = timedelta(days=7)

_THINGS: Mapping[type, Thing] = {
    Payout: Thing.PAYOUT,
    ProviderTransaction: Thing.MOVEMENT,
    Dispute: Thing.DISPUTE,
}

# What such a look finds, and so may find gone.
OF_BOOKS = frozenset({
    *(ExceptionKind.BOOKS_DIFFER, ExceptionKind.PAYOUT_FAILED, ExceptionKind.PAYOUT_NOT_ITEMISED),
    *(ExceptionKind.REFUND_FAILED, ExceptionKind.DISPUTE, ExceptionKind.CURRENCY_DIFFERS),
    ExceptionKind.UNEXPLAINED_MOVEMENT,
})  # fmt: skip


class Comparison(Struct, frozen=True):
    compared: tuple[Compared, ...]
    findings: tuple[Finding, ...]

    def count(self, state: LineState) -> int:
        return sum(each.state is state for each in self.compared)


def compare(books: Books, now: datetime, today: date) -> Comparison:
    """Everything that the books are about, once each, and what is wrong. Nothing here depends on any order."""
    single = [*_movements(books, now), *_arrivals(books, now), *_lines(books, now)]
    payouts = [_payout(each, books.matched, today) for each in books.payouts]
    totals = [found for each in books.totals for found in totals_of(each, single, books, today)]
    compared = sorted((*single, *payouts, *totals), key=lambda each: each.about)
    findings = [
        *(_differing(each) for each in (*single, *totals) if each.state is LineState.EXCEPTION),
        *(found for each in books.payouts for found in _of_payout(each, today)),
        *(found for each in books.movements for found in _of_movement(each.movement, books.currency)),
        *(_disputed(each) for each in books.disputes if each.may_be_answered or each.is_open),
    ]
    return Comparison(tuple(compared), tuple(sorted(findings, key=lambda each: each.source)))


def _movements(books: Books, now: datetime) -> Iterator[Compared]:
    posted = sums(books.posted, PROVIDER)
    for each in books.movements:
        movement = each.movement
        ledger = posted.pop((movement.id, movement.currency), None)
        about = f"{movement.kind} of {written(movement.net)} at the provider"
        state, reason = _agreeing(ledger, movement.net, about, now - each.seen_at)
        yield Compared(
            movement.id,
            state,
            reason,
            movement.created_at.date(),
            movement.currency,
            ledger=ledger,
            provider=movement.net,
            differs=(ledger or 0) - movement.net,
            thing=thing(Thing.MOVEMENT, movement.id),
        )
    entries = {each.about: each.entry for each in books.posted if each.account == PROVIDER}
    for (about, currency), amount in posted.items():
        reason = f"the ledger has {written(amount)} with the provider, which knows nothing of it"
        entry = entries[about]
        yield Compared(
            about,
            LineState.EXCEPTION,
            reason,
            now.date(),
            currency,
            ledger=amount,
            differs=amount,
            thing=thing(Thing.ENTRY, entry) if entry is not None else None,
        )


def _arrivals(books: Books, now: datetime) -> Iterator[Compared]:
    """What arrived is no longer under way: credits where money came in."""
    posted = sums(books.posted, IN_TRANSIT)
    for each in books.arrived:
        ledger = posted.get((each.about, each.currency))
        said = None if ledger is None else -ledger
        state, reason = _agreeing(said, each.amount, f"{written(each.amount)} at the bank", now - each.changed_at)
        yield Compared(
            each.about,
            state,
            reason,
            each.changed_at.date(),
            each.currency,
            ledger=said,
            bank=each.amount,
            differs=(said or 0) - each.amount,
            thing=thing(Thing.MATCH, each.about),
        )


def _lines(books: Books, now: datetime) -> Iterator[Compared]:
    for each in books.lines:
        said = f"a line of {written(each.amount)} on a bank statement"
        state, reason = _agreeing(each.ledger, each.amount, said, now - each.seen_at)
        yield Compared(
            str(each.line_id),
            state,
            reason,
            each.on,
            each.currency,
            ledger=each.ledger,
            bank=each.amount,
            differs=(each.ledger or 0) - each.amount,
            thing=thing(Thing.LINE, each.line_id),
        )


def _agreeing(ledger: int | None, other: int, said: str, heard: timedelta) -> tuple[LineState, str]:
    """`heard` is since when the other book has said so."""
    if (ledger or 0) == other:
        return LineState.MATCHED, f"{said}, and in the ledger to the cent"
    reason = f"{said}, {'nothing' if ledger is None else written(ledger)} in the ledger"
    return LineState.TIMING if heard <= BOOKS_WAIT else LineState.EXCEPTION, reason


def _payout(each: Itemised, matched: Mapping[ExpectedId, int], today: date) -> Compared:
    payout = each.payout
    bank = matched.get(arrival(payout.id), 0) + matched.get(return_of(payout.id), 0)
    due = 0 if payout.is_over else payout.amount
    if bank == due:
        state, reason = LineState.MATCHED, f"the bank has {written(bank)} of it, as it should"
    elif today <= payout.arrives_on + PAYOUT_WAITS:
        state, reason = LineState.TIMING, f"it is due on {payout.arrives_on}"
    else:
        state, reason = LineState.EXCEPTION, f"the bank has {written(bank)} of {written(due)}"
    if list(_of_payout(each, today)):
        state, reason = LineState.EXCEPTION, _of_payout_words(each)
    return Compared(payout.id, state, reason, payout.arrives_on, payout.currency, provider=payout.amount, bank=bank)


def _of_payout(each: Itemised, today: date) -> Iterator[Finding]:
    """That money is missing at the bank is found where lines are matched."""
    payout = each.payout
    if payout.state is PayoutState.FAILED:
        yield _finding(ExceptionKind.PAYOUT_FAILED, payout.id, _of_payout_words(each), payout.arrives_on, payout)
    elif each.items is not None and each.items != payout.amount and not payout.is_over:
        yield _finding(ExceptionKind.BOOKS_DIFFER, payout.id, _of_payout_words(each), payout.arrives_on, payout)
    elif (
        each.items is None
        and not payout.is_over
        and (not payout.is_automatic or today > payout.arrives_on + ITEMS_WAIT)
    ):
        yield _finding(ExceptionKind.PAYOUT_NOT_ITEMISED, payout.id, _of_payout_words(each), payout.arrives_on, payout)


def _of_payout_words(each: Itemised) -> str:
    payout = each.payout
    if payout.state is PayoutState.FAILED:
        return f"the payout of {written(payout.amount)} failed: {payout.failure or 'the provider does not say why'}"
    if each.items is not None:
        return f"what went out with it sums to {written(each.items)}, and it is {written(payout.amount)}"
    if not payout.is_automatic:
        return "it was made by hand, so the provider cannot say what it is made of"
    return "the provider has not said what it is made of"


def _of_movement(movement: ProviderTransaction, currency: str) -> Iterator[Finding]:
    on = movement.created_at.date()
    if (unexplained := _unexplained(movement)) is not None:
        yield unexplained
    if movement.kind is TransactionKind.REFUND_FAILURE:
        words = f"a refund of {written(movement.amount)} came back; whoever was to get it has not got it"
        yield _finding(ExceptionKind.REFUND_FAILED, movement.id, words, on, movement)
    if movement.currency != currency:
        words = f"{written(movement.net)} {movement.currency} moved, and the city's books are in {currency}"
        yield _finding(ExceptionKind.CURRENCY_DIFFERS, movement.id, words, on, movement)


# What belongs to a payment, if it is one of ours.
OF_PAYMENTS = frozenset({TransactionKind.CHARGE, TransactionKind.REFUND, TransactionKind.REFUND_FAILURE})


def _unexplained(movement: ProviderTransaction) -> Finding | None:
    """What the ledger has on no account of its own, in the currency in which it was paid."""
    is_ours = movement.kind in OF_PAYMENTS and movement.payment_id is not None
    if is_ours or movement.kind not in {*OF_PAYMENTS, TransactionKind.OTHER} or movement.amount == 0:
        return None
    paid = movement.presented or Money(movement.amount, movement.currency)
    words = f"{movement.kind} of {written(paid.amount)} at the provider belongs to no payment of ours"
    kind, about = ExceptionKind.UNEXPLAINED_MOVEMENT, thing(Thing.MOVEMENT, movement.id)
    on = movement.created_at.date()
    return Finding(kind, f"{kind}:{movement.id}", words, on, paid.amount, paid.currency, about=about)


def _disputed(dispute: Dispute) -> Finding:
    until = f", to be answered by {dispute.evidence_due_at:%Y-%m-%d}" if dispute.evidence_due_at else ""
    words = f"{dispute.reason}: {written(dispute.amount)} are disputed{until if dispute.may_be_answered else ''}"
    return _finding(ExceptionKind.DISPUTE, dispute.id, words, dispute.opened_at.date(), dispute)


def _differing(each: Compared) -> Finding:
    kind = ExceptionKind.BOOKS_DIFFER
    return Finding(kind, f"{kind}:{each.about}", each.reason, each.on, each.differs, each.currency, about=each.thing)


def _finding(
    kind: ExceptionKind, about: str, words: str, on: date, of: Payout | ProviderTransaction | Dispute
) -> Finding:
    expected_id = arrival(of.id) if isinstance(of, Payout) else None
    what = thing(_THINGS[type(of)], of.id)
    return Finding(kind, f"{kind}:{about}", words, on, of.amount, of.currency, expected_id=expected_id, about=what)
