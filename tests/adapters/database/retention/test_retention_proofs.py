"""Whatever goes is proven, and nothing goes otherwise, whatever the code above the database says."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.retention.deleting import SqlRetention
from adapters.database.retention.old_records import PLACES
from domain.identity import City
from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from services.retention.holding import lift_hold
from services.retention.ports import OpenRetention
from services.retention.running import BATCH, review
from tests.adapters.database.archives import (
    BY,
    FILE,
    NOW,
    OLD,
    OLDER,
    WRITTEN,
    WRONG,
    Archive,
    Crash,
    refused,
)
from tests.database import Databases
from tests.examples import hours

pytestmark = pytest.mark.database

T = TypeVar("T")
KEPT = (
    "audit",
    "bookings",
    "invoices",
    "invoice_documents",
    "payments",
    "problems",
    "persons",
    "erasures",
    "acceptances",
)


async def test_what_went_is_proven_by_relation_with_the_digest_of_the_keys(archive: Archive) -> None:
    bookings = [(await archive.invoiced())[0] for _ in range(3)]
    await archive.review()
    proofs = await archive.books.proofs(archive.city)
    assert {proof.relation: proof.count for proof in proofs} == dict.fromkeys(FILE, 3)
    (proof,) = [each for each in proofs if each.relation == "bookings"]
    keys = "\n".join(sorted(str(booking.id) for booking in bookings))
    assert (proof.digest, proof.by, proof.at) == (sha256(keys.encode()).hexdigest(), BY, NOW)
    assert (proof.record, proof.rule) == (Record.BOOKINGS, "8 years, § 147 Abs. 1 Nr. 4, Abs. 3 AO, § 14b UStG")


async def test_every_batch_has_its_own_proof(archive: Archive) -> None:
    for _ in range(BATCH + 1):
        await archive.noted(OLDER, new_id())
    assert await archive.gone() == {"audit": BATCH + 1}
    assert sorted(proof.count for proof in await archive.books.proofs(archive.city)) == [1, BATCH]


class CrashingBooks(SqlRetention):
    """Books whose n-th transaction ends in a crash when all is written and nothing committed."""

    left = 0

    async def work(self, city: City, do: Callable[[OpenRetention], Awaitable[T]]) -> T:
        self.left -= 1

        async def then_crash(open_: OpenRetention) -> T:
            done = await do(open_)
            if self.left == 0:
                raise Crash
            return done

        return await super().work(city, then_crash)


async def test_a_crash_at_any_transaction_loses_neither_record_nor_proof(archive: Archive) -> None:
    for n in range(BATCH + 20):
        await archive.noted(OLDER + timedelta(minutes=n), new_id())
    await archive.invoiced()
    books = CrashingBooks(archive.books._transactions, lambda: NOW, new_id, "test")
    crashes = 0
    while True:
        books.left = crashes + 1
        rows = await archive.count("audit", "bookings")
        try:
            await review(
                archive.city, BY, apply=True, books=books, letters=archive.letters, clock=lambda: NOW, new_id=new_id
            )
        except Crash:
            crashes += 1
        proven = {"audit": 0, "bookings": 0}
        for proof in await archive.books.proofs(archive.city):
            if proof.relation in proven:
                proven[proof.relation] += proof.count
        left = await archive.count("audit", "bookings")
        assert {name: left[name] + proven[name] for name in left} == {"audit": BATCH + 21, "bookings": 1}
        if books.left > 0:
            break
        assert rows
    assert crashes >= 5
    assert left == {"audit": 1, "bookings": 0}


# -- what the database refuses


@pytest.mark.parametrize("table", [*KEPT, "debtor_numbers"])
async def test_nothing_goes_that_was_not_written_down_in_the_same_transaction(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.erased(OLDER)
    await archive.sql(WRITTEN, before=OLD + hours(24 * 400))
    await refused(archive, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", sorted(set(KEPT) - {"invoice_documents"}))
async def test_nothing_goes_that_is_younger_than_what_was_written_down(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.erased(OLDER)
    await archive.noted(OLDER, new_id())
    await refused(archive, WRITTEN, f"DELETE FROM {table}", before=OLDER - hours(72))


async def test_no_deletion_is_written_down_of_what_is_younger_than_six_years(archive: Archive) -> None:
    await refused(archive, WRITTEN, code=WRONG, before=datetime.now(UTC) - timedelta(days=2000))  # noqa: TID251 - the database's own clock decides


@pytest.mark.parametrize("table", ["deletions", "deletion_proofs", "invoice_numbers"])
async def test_proofs_are_only_added_to(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.review()
    for change in (f"UPDATE {table} SET city = city", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        await refused(archive, change)
        with pytest.raises(DBAPIError, match="append-only"):
            async with archive.world.database.owner.transactions.city(archive.city) as connection:
                await connection.execute(text(change))


async def test_a_lifted_hold_is_not_lifted_again_nor_taken_away(archive: Archive) -> None:
    hold = await archive.hold(HoldOn.CITY, None)
    await lift_hold(hold.id, "settled", archive.city, BY, books=archive.books, clock=lambda: NOW)
    await refused(archive, "UPDATE legal_holds SET lifted_because = 'x'", code=WRONG)
    await refused(archive, "UPDATE legal_holds SET reason = 'x'")
    await refused(archive, "DELETE FROM legal_holds")


async def test_numbers_go_on_where_invoices_are_gone(archive: Archive) -> None:
    await archive.invoiced()
    await archive.review()
    _, again = await archive.invoiced(OLD + hours(48))
    assert again.number == "RE-2017-000002"


async def test_whatever_points_at_a_record_goes_with_it(database: Databases) -> None:
    """Whoever adds a table that points at one says in `PLACES` how it goes."""
    async with database.owner.transactions.everywhere() as connection:
        found = await connection.execute(
            text("""SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
              WHERE contype = 'f' AND confrelid = ANY (ARRAY['bookings', 'payments', 'invoices', 'problems', 'audit', 'withdrawals', 'persons', 'leases', 'lease_instalments',
                'lease_charges', 'lease_papers', 'lease_payment_orders']::regclass[])""")
        )
        pointing = {tuple(row) for row in found}
    # Of what is over nothing is claimed; an erasure takes away what lets somebody in, and what she pays with.
    by_then_gone = {
        "claims",
        "role_grants",
        "sessions",
        "identities",
        "payers",
        "debtors",
        "proofs",
        "erasure_wishes",
    } | {"licence_checks", "briefings", "calendar_feeds", "deputies", "person_tokens"}
    told = " ".join(statement for place in PLACES.values() for statement in place.gone)
    assert {name for name, _ in pointing if f"FROM {name} " not in told} == by_then_gone
