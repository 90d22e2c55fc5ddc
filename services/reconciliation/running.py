"""The look at all that is open: each night, after a file came, and when a payout was itemised."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import SYSTEM, City
from domain.reconciliation.comparing import OF_BOOKS, compare
from domain.reconciliation.exceptions import ExceptionId, ExceptionKind, Finding, raised, review
from domain.reconciliation.expected import Expected, ExpectedId
from domain.reconciliation.matching import MatchId
from domain.reconciliation.reconciling import OF_LINES, OF_STATEMENTS, of_breaks, reconcile, repeated
from domain.reconciliation.statements import Heading, breaks
from domain.reconciliation.totals import STATED
from services.calls import Unavailable
from services.reconciliation.ports import AtProvider, ExpectedOtherwise, Looked, Match, OpenBooks, Ports, Run
from services.reconciliation.reading import UnknownCity
from services.reconciliation.telling import told

T = TypeVar("T")
ATTEMPTS = 5
LOOKS_BACK = timedelta(days=400)  # for what may be paid twice


class _Moment(Struct, frozen=True):
    """`today` is the city's."""

    now: datetime
    today: date
    new_id: Callable[[], UUID]


def last_night(now: datetime) -> datetime:
    """Since when a city is to have been reconciled: banks have closed their day by then."""
    at = now.astimezone(UTC).replace(hour=2, minute=0, second=0, microsecond=0)
    return at if at <= now else at - timedelta(days=1)


async def run(city: City, *, ports: Ports, ask: bool = False) -> Run:
    """Match what is sure; raise, resolve and reopen exceptions. Running it again changes nothing. `ask` has the payment
    provider asked for its balance as well, before the books are open.

    Raises UnknownCity and Unavailable.
    """
    account = await ports.accounts.of(city)
    if account is None:
        raise UnknownCity(city)
    now = ports.clock()
    at = _Moment(now, now.astimezone(account.zone).date(), ports.new_id)
    said = await ports.at_provider(city) if ask and ports.at_provider is not None else None

    async def with_(expected: tuple[Expected, ...]) -> Run:
        return await ports.books.work(city, SYSTEM, lambda books: _look(books, expected, at, said))

    return await by_what_is_expected(city, at.today, with_, ports=ports)


async def by_what_is_expected(
    city: City, today: date, do: Callable[[tuple[Expected, ...]], Awaitable[T]], *, ports: Ports
) -> T:
    """Do it, and again where something else was expected by the time that it was to be written. Raises Unavailable."""
    for _ in range(ATTEMPTS):
        try:
            return await do(await what_is_expected(city, today, ports=ports))
        except ExpectedOtherwise:
            continue
    raise Unavailable("what is expected at the bank changes faster than it can be matched")


async def what_is_expected(city: City, today: date, *, ports: Ports) -> tuple[Expected, ...]:
    """Of everybody who expects something, each once."""
    found: dict[ExpectedId, Expected] = {}
    for source in ports.expectations:
        for each in await source.of(city, today - LOOKS_BACK):
            found[each.id] = each
    return tuple(found.values())


async def settled(expected: Sequence[Expected], books: OpenBooks) -> tuple[Expected, ...]:
    """The same, with what of it has been matched."""
    amounts = await books.matches.settled([each.id for each in expected])
    return tuple(replace(each, settled=amounts.get(each.id, 0)) for each in expected)


async def _look(books: OpenBooks, expected: Sequence[Expected], at: _Moment, said: AtProvider | None) -> Run:
    open_lines = await books.matches.open_lines()
    outcome = reconcile(
        [line for line, _ in open_lines],
        {line.id: left for line, left in open_lines},
        await settled(expected, books),
        rejected=await books.matches.rejected(),
        today=at.today,
    )
    by_id = {each.id: each for each in expected}
    for proposal in outcome.matches:
        amounts = {expected_id: by_id[expected_id].amount for expected_id in proposal.expected}
        (currency,) = {by_id[expected_id].currency for expected_id in proposal.expected}
        await books.matches.keep(Match(MatchId(at.new_id()), proposal, amounts, SYSTEM, at.now, currency=currency))
    of_lines = await _review(books, outcome.findings, OF_LINES, at)
    of_statements = await _review(books, await _statements(books), OF_STATEMENTS, at)
    three = await books.three(at.today - LOOKS_BACK, said)
    comparison = compare(three.books, at.now, at.today)
    unasked = f"{ExceptionKind.BOOKS_DIFFER}:{STATED}" if said is None else None
    of_books = await _review(books, comparison.findings, OF_BOOKS, at, unasked)
    looks = (of_lines, of_statements, of_books)
    done = Run(
        matched=len(outcome.matches),
        raised=sum(raised_ for raised_, _ in looks),
        resolved=sum(gone for _, gone in looks),
        waiting_lines=len(outcome.waiting_lines),
        waiting_expected=len(outcome.waiting_expected),
    )
    differs = [each.differs != 0 for each in comparison.compared if each.about.startswith(STATED)]
    await books.ran(done, Looked(three.sealed, any(differs) if said is not None else None))
    return done


async def _statements(books: OpenBooks) -> tuple[Finding, ...]:
    """Where the statements of each account do not join up, and what stands in two of them."""
    by_account: dict[str, list[Heading]] = {}
    for heading in await books.statements.headings():
        by_account.setdefault(heading.iban, []).append(heading)
    gaps = [gap for headings in by_account.values() for gap in breaks(headings)]
    twice = [repeated(line, first) for line, first in await books.statements.repeated()]
    return (*of_breaks(gaps), *twice)


async def _review(
    books: OpenBooks,
    found: Sequence[Finding],
    kinds: frozenset[ExceptionKind],
    at: _Moment,
    unasked: str | None = None,
) -> tuple[int, int]:
    """How many exceptions are open that were not, and how many are gone. What nobody was asked about stays as it is: sources
    that begin with `unasked`."""
    known = await books.exceptions.known(kinds)
    asked = [each for each in known if unasked is None or not each.finding.source.startswith(unasked)]
    seen = review(found, asked, at.now)
    before = {each.id: each for each in asked}
    for changed in (*(raised(each, ExceptionId(at.new_id()), at.now, at.today) for each in seen.new), *seen.changed):
        await books.exceptions.write(changed)
        await told(before.get(changed.now.id), changed, books)
    gone = sum(not changed.now.is_open for changed in seen.changed)
    return len(seen.new) + len(seen.changed) - gone, gone
