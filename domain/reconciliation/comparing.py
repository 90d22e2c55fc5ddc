"""Three books of the same money: our ledger, the payment provider's, the bank's. What agrees, what waits, what is wrong.

Each movement at the provider is in the ledger to the cent; each payout is the sum of its movements, and on the bank's
statement; and what the ledger says that the provider has, and what is under way, are the sums of all that. A difference is
a matter of timing as long as the other book may not have been told yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from domain.ledger.accounts import IN_TRANSIT, PROVIDER, AccountKey
from domain.payments.transactions import Dispute, Payout, PayoutState, ProviderTransaction, TransactionKind
from domain.reconciliation.exceptions import ExceptionKind, Finding
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.payouts import arrival, return_of
from domain.reconciliation.reconciling import PAYOUT_WAITS, LineState
from domain.reconciliation.statements import written

# What one book has heard of, the others hear within it, if nothing is wrong.
BOOKS_WAIT = timedelta(hours=1)
# The provider itemises a payout within days of its arrival, or never.
ITEMS_WAIT = timedelta(days=7)

PAID_OUT = frozenset({TransactionKind.PAYOUT, TransactionKind.PAYOUT_FAILURE})

# What such a look finds, and so may find gone.
OF_BOOKS = frozenset({
    *(ExceptionKind.BOOKS_DIFFER, ExceptionKind.PAYOUT_FAILED, ExceptionKind.PAYOUT_NOT_ITEMISED),
    *(ExceptionKind.REFUND_FAILED, ExceptionKind.DISPUTE, ExceptionKind.CURRENCY_DIFFERS),
})  # fmt: skip


class Posted(Struct, frozen=True):
    """What the ledger posted on an account: more than nothing is a debit. `about` is the movement or the match that the
    entry names, or that is named by the entry it takes back."""

    account: AccountKey
    about: str
    amount: int
    currency: str


class Moved(Struct, frozen=True):
    """A movement at the provider, and when we heard of it."""

    movement: ProviderTransaction
    seen_at: datetime


class Itemised(Struct, frozen=True):
    """A payout, and the sum of the net amounts of what went out with it; None where the provider has not said yet."""

    payout: Payout
    items: int | None = None


class Arrived(Struct, frozen=True):
    """What the bank has of payouts by one match, or by none any more: `amount` is nothing then."""

    about: str
    amount: int
    currency: str
    changed_at: datetime


class Totals(Struct, frozen=True):
    """The whole of one currency, in minor units: what the ledger says that the provider has and that is under way, what all
    movements sum to, those of payouts alone, and what of payouts the bank has. `stated` is what the provider itself says,
    where it was asked at a quiet moment."""

    currency: str
    ledger: int = 0
    in_transit: int = 0
    moved: int = 0
    paid_out: int = 0
    at_bank: int = 0
    stated: int | None = None


class Books(Struct, frozen=True):
    """What the three say; what agreed before may be left out, but for the totals. `matched` is how much of what was expected
    the bank has."""

    movements: Sequence[Moved] = ()
    posted: Sequence[Posted] = ()
    payouts: Sequence[Itemised] = ()
    arrived: Sequence[Arrived] = ()
    matched: Mapping[ExpectedId, int] = {}
    totals: Sequence[Totals] = ()
    disputes: Sequence[Dispute] = ()
    currency: str = "EUR"


class Compared(Struct, frozen=True):
    """One thing in up to three books, with what each says of it; None where it has no say. `differs` is how much the ledger
    has too much, or one book more than another."""

    about: str
    state: LineState
    reason: str
    on: date
    currency: str
    ledger: int | None = None
    provider: int | None = None
    bank: int | None = None
    differs: int = 0


class Comparison(Struct, frozen=True):
    compared: tuple[Compared, ...]
    findings: tuple[Finding, ...]

    def count(self, state: LineState) -> int:
        return sum(each.state is state for each in self.compared)


def compare(books: Books, now: datetime, today: date) -> Comparison:
    """Everything that the books are about, once each, and what is wrong. Nothing here depends on any order."""
    single = [*_movements(books, now), *_arrivals(books, now)]
    payouts = [_payout(each, books.matched, today) for each in books.payouts]
    totals = [found for each in books.totals for found in _totals(each, single, books, today)]
    compared = sorted((*single, *payouts, *totals), key=lambda each: each.about)
    findings = [
        *(_differing(each) for each in (*single, *totals) if each.state is LineState.EXCEPTION),
        *(found for each in books.payouts for found in _of_payout(each, today)),
        *(found for each in books.movements for found in _of_movement(each.movement, books.currency)),
        *(_disputed(each) for each in books.disputes if each.may_be_answered or each.is_open),
    ]
    return Comparison(tuple(compared), tuple(sorted(findings, key=lambda each: each.source)))


def _movements(books: Books, now: datetime) -> Iterator[Compared]:
    posted = _sums(books.posted, PROVIDER)
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
        )
    for (about, currency), amount in posted.items():
        reason = f"the ledger has {written(amount)} with the provider, which knows nothing of it"
        yield Compared(about, LineState.EXCEPTION, reason, now.date(), currency, ledger=amount, differs=amount)


def _arrivals(books: Books, now: datetime) -> Iterator[Compared]:
    """What arrived is no longer under way: credits where money came in."""
    posted = _sums(books.posted, IN_TRANSIT)
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
        )


def _sums(posted: Iterable[Posted], account: AccountKey) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for each in posted:
        if each.account == account:
            sums[each.about, each.currency] += each.amount
    return sums


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
    if movement.kind is TransactionKind.REFUND_FAILURE:
        words = f"a refund of {written(movement.amount)} came back; whoever was to get it has not got it"
        yield _finding(ExceptionKind.REFUND_FAILED, movement.id, words, on, movement)
    if movement.currency != currency:
        words = f"{written(movement.net)} {movement.currency} moved, and the city's books are in {currency}"
        yield _finding(ExceptionKind.CURRENCY_DIFFERS, movement.id, words, on, movement)


def _disputed(dispute: Dispute) -> Finding:
    until = f", to be answered by {dispute.evidence_due_at:%Y-%m-%d}" if dispute.evidence_due_at else ""
    words = f"{dispute.reason}: {written(dispute.amount)} are disputed{until if dispute.may_be_answered else ''}"
    return _finding(ExceptionKind.DISPUTE, dispute.id, words, dispute.opened_at.date(), dispute)


def _totals(total: Totals, single: Iterable[Compared], books: Books, today: date) -> Iterator[Compared]:
    """The sums, less what is known to differ: so that nothing is wrong which no single thing shows."""
    open_ = [each for each in single if each.currency == total.currency]
    going = [each.movement for each in books.movements if each.movement.kind in PAID_OUT]
    under_way_of = _sums(books.posted, IN_TRANSIT)
    at_provider = sum(each.differs for each in open_ if each.bank is None)
    paid_out = sum(
        under_way_of.get((each.id, each.currency), 0) + each.amount for each in going if each.currency == total.currency
    )
    at_bank = sum(each.differs for each in open_ if each.bank is not None)
    under_way = -total.paid_out - total.at_bank

    def said(about: str, differs: int, reason: str, **amounts: int | None) -> Compared:
        state = LineState.EXCEPTION if differs else LineState.MATCHED
        return Compared(f"{about}:{total.currency}", state, reason, today, total.currency, differs=differs, **amounts)

    yield said(
        f"balance:{PROVIDER}",
        total.ledger - total.moved - at_provider,
        f"the ledger has {written(total.ledger)} with the provider, whose movements sum to {written(total.moved)}",
        ledger=total.ledger,
        provider=total.moved,
    )
    yield said(
        f"balance:{IN_TRANSIT}",
        total.in_transit - under_way - paid_out + at_bank,
        f"the ledger has {written(total.in_transit)} under way, payouts and bank leave {written(under_way)}",
        ledger=total.in_transit,
        provider=-total.paid_out,
        bank=total.at_bank,
    )
    if total.stated is not None:
        yield said(
            "balance:stated",
            total.stated - total.moved,
            f"the provider says that it has {written(total.stated)}, and its movements sum to {written(total.moved)}",
            provider=total.stated,
        )


def _differing(each: Compared) -> Finding:
    kind = ExceptionKind.BOOKS_DIFFER
    return Finding(kind, f"{kind}:{each.about}", each.reason, each.on, each.differs, each.currency)


def _finding(
    kind: ExceptionKind, about: str, words: str, on: date, of: Payout | ProviderTransaction | Dispute
) -> Finding:
    expected_id = arrival(of.id) if isinstance(of, Payout) else None
    return Finding(kind, f"{kind}:{about}", words, on, of.amount, of.currency, expected_id=expected_id)
