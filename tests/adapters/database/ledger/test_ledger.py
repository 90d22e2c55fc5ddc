"""The ledger in PostgreSQL: a fact is posted once, what is sealed stays as it was, and a closed month stays closed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from asyncpg import CheckViolationError
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.database.ledger.seals import due_seals
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, Unbalanced, mirrored
from domain.ledger.posting.bank import Line, bank_line
from domain.ledger.posting.documents import invoice
from domain.ledger.posting.movements import movement
from domain.payments.transactions import TransactionKind
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from tests.adapters.database.ledgers import Books, some_books, superuser
from tests.database import Databases
from tests.domain.ledger.facts import ADA, AT, a_document, a_movement, cents

pytestmark = pytest.mark.database
FORBIDDEN, WRONG = "42501", "23514"
ENTRY = """
INSERT INTO ledger_entries (city, id, kind, source, effective_at, period, created_at, leg_count, text)
VALUES (:city, :id, 'other', :source, '2026-11-21T09:00Z', '-infinity', now(), {legs}, '')
"""
LEG = """
INSERT INTO ledger_legs (city, entry_id, number, account, side, amount, currency, effective_at, period)
VALUES (:city, :id, {number}, {account}, '{side}', {amount}, '{currency}', '2026-11-21T09:00Z', '2026-11-01')
"""
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def leg(number: int, side: str, amount: int, currency: str = "EUR", account: str = "'bank'") -> str:
    return LEG.format(number=number, side=side, amount=amount, currency=currency, account=account)


@pytest.fixture
async def books(database: Databases) -> Books:
    """With an invoice of 24.70, its charge and the fee on it."""
    found = await some_books(database)
    assert await found.post(invoice(a_document()), *movement(a_movement(TransactionKind.CHARGE, 2470, 62), ADA)) == 3
    return found


async def refused(books: Books, *statements: str, code: str = WRONG, **values: object) -> None:
    """The database says no, at once or at the commit."""
    named = {"id": new_id(), "source": new_id().hex} | values
    with pytest.raises(DBAPIError) as error:
        await written(books, *statements, **named)
    assert sqlstate(error.value) == code


async def written(books: Books, *statements: str, **values: object) -> None:
    async with books.databases.app.transactions.city(books.city) as connection:
        for statement in statements:
            mine = {k: v for k, v in ({"city": books.city} | values).items() if f":{k}" in statement}
            await connection.execute(text(statement), mine)


# -- what is posted


async def test_an_entry_is_read_as_it_was_written(books: Books) -> None:
    entry = replace(
        invoice(a_document("RE-18")), origin=Origin(new_id(), new_id(), new_id(), "ch_1", new_id()), text="Zoë's"
    )
    await books.post(entry)
    (found,) = await books.known(entry.source)
    assert (found.entry, found.recorded_at, found.period, found.position) == (entry, AT, NOVEMBER, None)


async def test_a_fact_is_posted_once_however_often_it_is_told(books: Books) -> None:
    again = (invoice(a_document()), *movement(a_movement(TransactionKind.CHARGE, 2470, 62), ADA))
    assert await books.post(*again, *again) == 0
    later = invoice(a_document("RE-18"))
    assert await asyncio.gather(*(books.post(*again, later, later) for _ in range(8))) != [1] * 8
    assert await books.rows("SELECT count(*) FROM ledger_entries WHERE city = :city") == [(4,)]
    assert await books.rows("SELECT count(*) FROM ledger_legs WHERE city = :city") == [(10,)]


async def test_many_that_post_the_same_in_any_order_do_not_lock_each_other_up(books: Books) -> None:
    facts = [invoice(a_document(f"RN-{n}")) for n in range(20)]
    counts = await asyncio.gather(*(books.post(*facts[n:], *facts[:n]) for n in range(12)))
    assert sum(counts) == 20


async def test_accounts_are_opened_by_what_is_posted_on_them(books: Books) -> None:
    assert await books.rows("SELECT key, kind, name FROM ledger_accounts WHERE city = :city ORDER BY key") == [
        ("provider", "asset", "Verrechnung Zahlungsdienst"),
        ("provider_fees", "expense", "Kosten des Zahlungsdienstes"),
        ("receivables", "asset", "Forderungen"),
        ("revenue.fleet.19", "income", "Erlöse 19 % fleet"),
        ("vat.19", "liability", "Umsatzsteuer 19 %"),
    ]


async def test_what_does_not_balance_does_not_even_reach_the_database(books: Books) -> None:
    wrong = replace(invoice(a_document("RE-18")), legs=invoice(a_document()).legs[:2])
    with pytest.raises(Unbalanced):
        await books.post(wrong)


# -- what the database refuses


@pytest.mark.parametrize(
    ("legs", "rows"),
    [
        (2, [leg(1, "debit", 100), leg(2, "credit", 99)]),
        (2, [leg(1, "debit", 100), leg(2, "credit", 100, "USD")]),
        (2, [leg(1, "debit", 100)]),
        (2, []),
        (2, [leg(1, "debit", 100), leg(2, "credit", 50), leg(3, "credit", 50)]),
        (2, [leg(1, "debit", 0), leg(2, "credit", 0)]),
        (2, [leg(1, "debit", -100), leg(2, "credit", -100)]),
        (1, [leg(1, "debit", 100)]),
    ],
)
async def test_an_unbalanced_entry_is_refused_by_the_database(books: Books, legs: int, rows: list[str]) -> None:
    await books.post(*bank_line(Line(new_id(), cents(1), AT)))  # opens the account
    await refused(books, ENTRY.format(legs=legs), *rows)


async def test_a_balanced_entry_gets_no_more_legs(books: Books) -> None:
    (known,) = await books.known("bt:txn_charge:capture")
    more = [leg(n, side, 5, account="'provider'") for n, side in ((3, "debit"), (4, "credit"))]
    await refused(books, *more, id=known.id)


async def test_a_leg_has_the_time_of_its_entry(books: Books) -> None:
    late = leg(2, "credit", 5, account="'provider'").replace("2026-11-01", "2026-10-01")
    await refused(books, ENTRY.format(legs=2), leg(1, "debit", 5, account="'provider'"), late)


async def test_no_leg_is_on_an_account_of_another_city(books: Books, database: Databases) -> None:
    other = await some_books(database)
    await other.post(*bank_line(Line(new_id(), cents(1), AT)))
    await refused(books, ENTRY.format(legs=2), leg(1, "debit", 5), leg(2, "credit", 5), code="23503")


@pytest.mark.parametrize(
    "table", ["ledger_accounts", "ledger_entries", "ledger_legs", "ledger_seals", "ledger_periods"]
)
async def test_the_ledger_is_only_added_to(books: Books, table: str) -> None:
    for change in (f"UPDATE {table} SET city = city", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        await refused(books, change, code=FORBIDDEN)
        with pytest.raises(DBAPIError, match="append-only"):
            await _as_owner(books, change)


async def _as_owner(books: Books, change: str) -> None:
    async with books.databases.owner.transactions.city(books.city) as connection:
        await connection.execute(text(change))


async def test_only_the_mirror_of_an_entry_undoes_it_and_only_once(books: Books) -> None:
    (known,) = await books.known("bt:txn_charge:capture")
    undone = mirrored(known.id, known.entry, AT + timedelta(1), "wrong")
    for wrong in (
        replace(undone, legs=known.entry.legs),
        replace(undone, legs=tuple(replace(each, amount=cents(1)) for each in undone.legs)),
        replace(undone, source="reversal:of something"),
        replace(undone, kind=EntryKind.OTHER),
    ):
        with pytest.raises(CheckViolationError):
            await books.post(wrong)
    assert await books.post(undone) == 1
    assert await books.post(undone) == 0


# -- the chain


async def test_what_is_posted_waits_to_be_sealed_and_is_sealed_in_batches(books: Books, database: Databases) -> None:
    assert books.city in await due_seals(database.relay.transactions, 10_000)
    assert [await books.seal(2), await books.seal(2), await books.seal(2)] == [2, 1, 0]
    assert books.city not in await due_seals(database.relay.transactions, 10_000)
    assert await books.rows("SELECT position FROM ledger_seals WHERE city = :city ORDER BY 1") == [(1,), (2,), (3,)]
    assert (await books.verified()).holds


async def test_many_that_seal_at_once_make_one_chain(books: Books) -> None:
    await books.post(*(invoice(a_document(f"RN-{n}")) for n in range(30)))
    sealed = await asyncio.gather(*(books.seal(7) for _ in range(8)))
    assert sum(sealed) == 33
    verdict = await books.verified()
    assert verdict.holds
    assert (verdict.standing.sealed, verdict.standing.waiting) == (33, 0)


async def test_the_sums_by_month_are_those_of_what_is_sealed(books: Books) -> None:
    sums = "SELECT account, debit, credit FROM ledger_balances WHERE city = :city ORDER BY account"
    assert await books.rows(sums) == []
    await books.seal(1)
    await books.seal()
    assert await books.rows(sums) == [
        ("provider", 2470, 62),
        ("provider_fees", 62, 0),
        ("receivables", 2470, 2470),
        ("revenue.fleet.19", 0, 2076),
        ("vat.19", 0, 394),
    ]


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE ledger_legs SET amount = amount # 1 WHERE city = $1 AND account = 'provider_fees'", True),
        ("UPDATE ledger_legs SET debtor_id = NULL WHERE city = $1", True),
        ("UPDATE ledger_legs SET vat_rate = 0.07 WHERE city = $1 AND vat_rate IS NOT NULL", True),
        ("UPDATE ledger_entries SET effective_at = effective_at + interval '1 us' WHERE city = $1", True),
        ("UPDATE ledger_entries SET text = 'RE-99' WHERE city = $1 AND kind = 'invoice'", True),
        ("DELETE FROM ledger_legs WHERE city = $1 AND account = 'vat.19'", True),
        ("DELETE FROM ledger_entries WHERE city = $1 AND kind = 'fee'", True),
        ("UPDATE ledger_seals SET digest = sha256(digest) WHERE city = $1 AND position = 2", True),
        ("DELETE FROM ledger_seals WHERE city = $1 AND position = 3", False),
        ("UPDATE ledger_balances SET debit = debit + 1 WHERE city = $1 AND account = 'provider'", False),
    ],
)
async def test_what_even_the_superuser_rewrites_is_found(
    books: Books, postgres: DatabaseUrls, tampering: str, broken: bool
) -> None:
    await books.seal()
    assert (await books.verified()).holds
    async with superuser(postgres.superuser) as hands:
        assert await hands.execute(tampering, books.city) != "UPDATE 0"
    verdict = await books.verified()
    assert not verdict.holds
    assert bool(verdict.broken) is broken


async def test_an_end_that_was_cut_off_is_told_by_the_head(books: Books, postgres: DatabaseUrls) -> None:
    """All of the last entry gone, with its seal and its sums, leaves a chain that holds: but not the head that was noted."""
    await books.seal(2)
    before = await books.verified()
    await books.seal()
    noted = (await books.verified()).head
    async with superuser(postgres.superuser) as hands:
        for table, where in (
            ("ledger_legs", "entry_id = (SELECT entry_id FROM ledger_seals WHERE city = $1 AND position = 3)"),
            ("ledger_entries", "id = (SELECT entry_id FROM ledger_seals WHERE city = $1 AND position = 3)"),
            ("ledger_seals", "position = 3"),
        ):
            await hands.execute(f"DELETE FROM {table} WHERE city = $1 AND {where}", books.city)
    assert (await books.verified(before.head)).head == before.head != noted
    assert not (await books.verified(noted)).holds


async def test_nobody_but_the_trigger_says_what_waits_to_be_sealed(books: Books) -> None:
    """Else a made-up id would stand for an entry that nobody seals."""
    await refused(books, "INSERT INTO ledger_unsealed (city, entry_id) VALUES (:city, :id)", code=FORBIDDEN)
    (known,) = await books.known("bt:txn_charge:capture")
    await refused(
        books, "INSERT INTO ledger_unsealed (city, entry_id) VALUES (:city, :id)", id=known.id, code=FORBIDDEN
    )


async def test_an_entry_that_is_not_sealed_is_missed_whatever_else_waits(books: Books, postgres: DatabaseUrls) -> None:
    await books.seal()
    later = invoice(a_document("RE-18"))
    await books.post(later)
    (known,) = await books.known(later.source)
    async with superuser(postgres.superuser) as hands:
        await hands.execute("UPDATE ledger_unsealed SET entry_id = $2 WHERE city = $1", books.city, new_id())
    verdict = await books.verified()
    assert (verdict.standing.entries, verdict.standing.sealed, verdict.standing.waiting) == (4, 3, 1)
    assert (verdict.missing, verdict.holds) == (1, False)
    assert known.position is None


# -- months


def at(*when: int) -> Entry:
    return Entry(
        EntryKind.OTHER,
        new_id().hex,
        datetime(*when, tzinfo=UTC),  # type: ignore[arg-type,misc] # year, month and day at least
        (
            Leg(bank_line(Line(new_id(), cents(1), AT))[0].legs[0].account, Side.DEBIT, cents(5)),
            Leg(bank_line(Line(new_id(), cents(1), AT))[0].legs[1].account, Side.CREDIT, cents(5)),
        ),
    )


async def period(books: Books, entry: Entry) -> date:
    await books.post(entry)
    (found,) = await books.known(entry.source)
    assert found.entry.effective_at == entry.effective_at
    return found.period


async def test_the_month_begins_when_it_begins_in_the_city(books: Books) -> None:
    assert await period(books, at(2026, 11, 30, 22, 59, 59)) == NOVEMBER
    assert await period(books, at(2026, 11, 30, 23)) == DECEMBER  # midnight in Braunschweig
    assert await period(books, at(2026, 6, 30, 21, 59)) == date(2026, 6, 1)
    assert await period(books, at(2026, 6, 30, 22)) == date(2026, 7, 1)  # in summer


async def test_what_comes_late_lands_in_the_first_open_month_and_keeps_its_day(books: Books) -> None:
    await books.close(NOVEMBER, datetime(2026, 12, 3, tzinfo=UTC))
    assert await period(books, at(2026, 11, 21)) == DECEMBER
    assert await period(books, at(2026, 9, 1)) == DECEMBER
    assert await period(books, at(2027, 2, 1)) == date(2027, 2, 1)
    await books.close(DECEMBER, datetime(2027, 1, 3, tzinfo=UTC))
    assert await period(books, at(2026, 11, 22)) == JANUARY


async def test_a_month_closes_once_it_is_over_and_never_before_an_earlier_one_was_passed(books: Books) -> None:
    with pytest.raises(DBAPIError, match="not over"):
        await books.close(NOVEMBER, datetime(2026, 11, 30, 22, 59, tzinfo=UTC))
    await books.close(NOVEMBER, datetime(2026, 11, 30, 23, tzinfo=UTC))
    with pytest.raises(DBAPIError, match="later month"):
        await books.close(date(2026, 10, 1), datetime(2026, 12, 1, tzinfo=UTC))
    with pytest.raises(DBAPIError):
        await books.close(date(2026, 12, 2), datetime(2027, 2, 1, tzinfo=UTC))


async def test_whoever_posts_while_a_month_is_closed_is_in_it_or_after_it(books: Books) -> None:
    """What was there when it closed stays all there is in it."""
    entries = [at(2026, 11, 21, n) for n in range(20)]

    async def close() -> list[tuple[int]]:
        async with books.databases.app.transactions.city(books.city) as connection:
            row = {"city": books.city, "month": NOVEMBER, "at": datetime(2026, 12, 1, tzinfo=UTC), "by": new_id()}
            await connection.execute(
                text("INSERT INTO ledger_periods (city, month, closed_at, closed_by) VALUES (:city, :month, :at, :by)"),
                row,
            )
            counted = text("SELECT count(*) FROM ledger_entries WHERE city = :city AND period = :month")
            return [tuple(row) for row in await connection.execute(counted, {"city": books.city, "month": NOVEMBER})]

    *_, when_closed = await asyncio.gather(*(books.post(entry) for entry in entries), close())
    now = await books.rows("SELECT count(*) FROM ledger_entries WHERE city = :city AND period = :month", month=NOVEMBER)
    assert list(now) == when_closed
    assert await books.rows("SELECT count(*) FROM ledger_entries WHERE city = :city AND kind = 'other'") == [(20,)]
