"""The ledger as it is shown; each figure leads to what it is made of."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.ledger.accounts import SKR03, SKR04, Account, AccountKey, Chart, Kind
from domain.ledger.entries import EntryId, EntryKind, Leg, Origin, Side
from domain.ledger.months import closing_of, following
from domain.money import Money
from services.ledger.ports import Recorded
from services.ledger.records import Months, Related, Span, StatementLine, Turnover

NOTHING_MORE = Related()


class AccountView(Struct, frozen=True):
    """`number` is that of the city's own chart, `skr03` and `skr04` those of the standard ones, where they have one."""

    key: AccountKey
    kind: Kind
    name: str
    number: str | None
    skr03: str | None
    skr04: str | None


class OriginView(Struct, frozen=True):
    """What an entry comes from; the links lead there. `provider_id` is an object of the payment provider's; for the
    `exception` a person booked it, or what it undoes."""

    booking_id: UUID | None
    payment_id: UUID | None
    provider_id: str | None
    booking: str | None
    invoice: str | None
    invoices: str | None
    bank_line: str | None
    exception: str | None


class LegView(Struct, frozen=True):
    account: AccountKey
    side: Side
    amount: Money
    debtor_id: PersonId | None
    cost_centre: str | None
    vat_rate: Decimal | None
    statement: str


class EntryView(Struct, frozen=True):
    """`effective_at` is when it happened, `recorded_at` when it was written down. `period` is the month that it belongs to: its
    own, or the first that was open then. `position` is its place in the chain, none until it is sealed."""

    id: EntryId
    kind: EntryKind
    source: str
    effective_at: datetime
    recorded_at: datetime
    period: str
    position: int | None
    text: str
    legs: tuple[LegView, ...]
    origin: OriginView
    reverses: str | None
    reversed_by: str | None


class TurnoverView(Struct, frozen=True):
    """`opening` and `closing` are debits less credits; `statement` leads to the lines."""

    account: AccountView
    opening: Money
    debit: Money
    credit: Money
    closing: Money
    statement: str


class TotalView(Struct, frozen=True):
    """Of all accounts in one currency: what is debited is credited."""

    debit: Money
    credit: Money
    difference: Money


class TrialBalanceView(Struct, frozen=True):
    """`first` and `last` are the months, both within; without `first` it is from the beginning."""

    first: str | None
    last: str
    items: tuple[TurnoverView, ...]
    totals: tuple[TotalView, ...]


class PostingView(Struct, frozen=True):
    """`balance` is what stands on the account after it, debits less credits."""

    entry_id: EntryId
    kind: EntryKind
    source: str
    text: str
    effective_at: datetime
    period: str
    side: Side
    amount: Money
    balance: Money
    debtor_id: PersonId | None
    cost_centre: str | None
    origin: OriginView
    entry: str


class MonthView(Struct, frozen=True):
    """`closed_with` is the month with which it was closed, itself or a later one; it stays closed."""

    period: str
    state: str
    closed_at: datetime | None
    closed_by: PersonId | None
    closed_with: str | None
    trial_balance: str
    entries: str


def account_view(account: Account, chart: Chart) -> AccountView:
    key = account.key
    return AccountView(key, account.kind, account.name, chart.number(key), SKR03.number(key), SKR04.number(key))


def entry_view(found: Recorded, city: City, related: Related = NOTHING_MORE) -> EntryView:
    entry, period = found.entry, month_in_words(found.period)
    return EntryView(
        found.id,
        entry.kind,
        entry.source,
        entry.effective_at,
        found.recorded_at,
        period,
        found.position,
        entry.text,
        tuple(_leg(leg, city, period) for leg in entry.legs),
        _origin(entry.origin, city, related),
        _entry(city, entry.reverses),
        _entry(city, related.reversed_by),
    )


def turnover_view(found: Turnover, city: City, span: Span, chart: Chart) -> TurnoverView:
    currency = found.currency
    return TurnoverView(
        account_view(found.account, chart),
        Money(found.opening, currency),
        Money(found.debit, currency),
        Money(found.credit, currency),
        Money(found.closing, currency),
        _statement(city, found.account.key, currency, span),
    )


def trial_balance_view(found: tuple[Turnover, ...], city: City, span: Span, chart: Chart) -> TrialBalanceView:
    totals = []
    for currency in sorted({each.currency for each in found}):
        mine = [each for each in found if each.currency == currency]
        debit, credit = sum(each.debit for each in mine), sum(each.credit for each in mine)
        difference = sum(each.closing for each in mine)
        totals.append(TotalView(Money(debit, currency), Money(credit, currency), Money(difference, currency)))
    return TrialBalanceView(
        month_in_words(span.first) if span.first else None,
        month_in_words(span.last),
        tuple(turnover_view(each, city, span, chart) for each in found),
        tuple(totals),
    )


def posting_view(line: StatementLine, city: City, currency: str, balance: int, related: Related) -> PostingView:
    return PostingView(
        line.entry_id,
        line.kind,
        line.source,
        line.text,
        line.effective_at,
        month_in_words(line.period),
        line.side,
        Money(line.amount, currency),
        Money(balance, currency),
        line.debtor,
        line.cost_centre,
        _origin(line.origin, city, related),
        f"{_at(city)}/entries/{line.entry_id}",
    )


def month_view(month: date, months: Months, city: City) -> MonthView:
    closed, words = closing_of(month, months.closed), month_in_words(month)
    return MonthView(
        words,
        "open" if closed is None else "closed",
        closed.closed_at if closed else None,
        closed.closed_by if closed else None,
        month_in_words(closed.month) if closed else None,
        f"{_at(city)}/trial-balance?from={words}&to={words}",
        f"{_at(city)}/entries?period={words}",
    )


def months_between(months: Months) -> tuple[date, ...]:
    """From the first in which something was posted, or which was closed, to the last; the newest first."""
    known = {*months.posted, *(each.month for each in months.closed)}
    if not known:
        return ()
    found, last = [min(known)], max(known)
    while found[-1] < last:
        found.append(following(found[-1]))
    return tuple(reversed(found))


def month_in_words(month: date) -> str:
    return f"{month:%Y-%m}"


def _leg(leg: Leg, city: City, period: str) -> LegView:
    return LegView(
        leg.account,
        leg.side,
        leg.amount,
        leg.debtor,
        leg.cost_centre,
        leg.vat_rate,
        f"{_at(city)}/accounts/{leg.account}/statement?from={period}&to={period}&currency={leg.amount.currency}",
    )


def _origin(origin: Origin, city: City, related: Related) -> OriginView:
    invoices = f"{_at(city)}/invoices"
    return OriginView(
        origin.booking_id,
        origin.payment_id,
        origin.provider_id,
        f"{_at(city)}/bookings/{origin.booking_id}" if origin.booking_id else None,
        f"{invoices}/{origin.invoice_id}" if origin.invoice_id else None,
        f"{invoices}?booking_id={origin.booking_id}" if origin.booking_id else None,
        f"{_at(city)}/bank-lines/{origin.bank_line}" if origin.bank_line else None,
        f"{_at(city)}/exceptions/{related.exception_id}" if related.exception_id else None,
    )


def _entry(city: City, entry_id: EntryId | None) -> str | None:
    return f"{_at(city)}/entries/{entry_id}" if entry_id else None


def _statement(city: City, account: AccountKey, currency: str, span: Span) -> str:
    since = f"from={month_in_words(span.first)}&" if span.first else ""
    return f"{_at(city)}/accounts/{account}/statement?{since}to={month_in_words(span.last)}&currency={currency}"


def _at(city: City) -> str:
    return f"/v1/{city}/finance"
