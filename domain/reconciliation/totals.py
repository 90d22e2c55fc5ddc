"""The sums of three books, less what is known to differ: so that nothing is wrong which no single thing shows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from domain.ledger.accounts import BANK, IN_TRANSIT, PROVIDER, AccountKey
from domain.payments.transactions import TransactionKind
from domain.reconciliation.books import Balances, Books, Compared, Posted, Stated, Totals
from domain.reconciliation.reconciling import LineState
from domain.reconciliation.statements import written
from domain.reconciliation.things import Thing, thing

PAID_OUT = frozenset({TransactionKind.PAYOUT, TransactionKind.PAYOUT_FAILURE})
STATED = "balance:stated"


def totals_of(total: Totals, single: Sequence[Compared], books: Books, today: date) -> Iterator[Compared]:
    """`single` is what is known of single things."""
    open_ = [each for each in single if each.currency == total.currency]
    going = [each.movement for each in books.movements if each.movement.kind in PAID_OUT]
    under_way_of = sums(books.posted, IN_TRANSIT)
    at_provider = sum(each.differs for each in open_ if each.bank is None)
    paid_out = sum(
        under_way_of.get((each.id, each.currency), 0) + each.amount for each in going if each.currency == total.currency
    )
    lines = {str(each.line_id) for each in books.lines}
    at_bank = sum(each.differs for each in open_ if each.bank is not None and each.about not in lines)
    under_way = -total.paid_out - total.at_bank
    yield _said(
        PROVIDER,
        total,
        today,
        total.ledger - total.moved - at_provider,
        f"the ledger has {written(total.ledger)} with the provider, whose movements sum to {written(total.moved)}",
        ledger=total.ledger,
        provider=total.moved,
    )
    yield _said(
        IN_TRANSIT,
        total,
        today,
        total.in_transit - under_way - paid_out + at_bank,
        f"the ledger has {written(total.in_transit)} under way, payouts and bank leave {written(under_way)}",
        ledger=total.in_transit,
        provider=-total.paid_out,
        bank=total.at_bank,
    )
    if total.statements is not None:
        known = sum(each.differs for each in open_ if each.about in lines)
        yield _at_the_bank(total, total.statements, known, today)
    if total.stated is not None:
        yield _stated(total, total.stated, today)


def sums(posted: Iterable[Posted], account: AccountKey) -> dict[tuple[str, str], int]:
    """By what they are about and currency."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for each in posted:
        if each.account == account:
            found[each.about, each.currency] += each.amount
    return found


def _at_the_bank(total: Totals, statements: Balances, known: int, today: date) -> Compared:
    """The ledger's account begins with the first statement's opening balance. Where statements do not join up, that is an
    exception by itself."""
    ledger = statements.opening + total.bank
    reason = (
        f"the bank's statements open with {written(statements.opening)} and close with {written(statements.closing)} on"
        f" {statements.last_on}, the ledger comes to {written(ledger)}"
    )
    if statements.missing:
        reason += f", and between statements {written(statements.missing)} are missing"
    differs = ledger + statements.missing - statements.closing - known
    return _said(BANK, total, today, differs, reason, ledger=ledger, bank=statements.closing)


def _stated(total: Totals, stated: Stated, today: date) -> Compared:
    """What moved after the provider was asked is a matter of time; so is what it shows late, unless it stays so."""
    differs = stated.whole - (total.moved - stated.later)
    reason = (
        f"the provider says that it has {written(stated.available)} and {written(stated.pending)} not available yet, the"
        f" ledger has {written(total.ledger)} there, and its movements sum to {written(total.moved)}"
    )
    if stated.later:
        reason += f", {written(stated.later)} of it since it was asked"
    found = Compared(
        f"{STATED}:{total.currency}",
        LineState.EXCEPTION if differs else LineState.MATCHED,
        reason,
        today,
        total.currency,
        ledger=total.ledger,
        provider=stated.whole,
        differs=differs,
        thing=thing(Thing.ACCOUNT, PROVIDER),
    )
    if (differs and stated.is_busy and not stated.differed) or (not differs and stated.later):
        return msgspec.structs.replace(found, state=LineState.TIMING)
    return found


def _said(
    account: AccountKey, total: Totals, today: date, differs: int, reason: str, **amounts: int | None
) -> Compared:
    return Compared(
        f"balance:{account}:{total.currency}",
        LineState.EXCEPTION if differs else LineState.MATCHED,
        reason,
        today,
        total.currency,
        differs=differs,
        thing=thing(Thing.ACCOUNT, account),
        **amounts,
    )
