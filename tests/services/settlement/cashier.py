"""A treasury that writes invoices, keeps a ledger and reads a bank's statements: debts from the reminder to the transfer."""

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from adapters.database.banking.books import SqlBankAccounts, SqlBankBooks
from adapters.database.banking.case_archive import SqlCaseArchive
from adapters.database.banking.expectations import SqlInvoiceExpectations
from adapters.database.banking.statement_archive import SqlStatementArchive
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.ledger.gaps import SqlGaps
from adapters.database.ledger.journal import SqlLedgers
from adapters.database.payments.dunning import due_cases
from adapters.jobs.posting import POSTED
from domain.booking.bookings import BookingId
from domain.identity import SYSTEM, City
from domain.invoicing.invoices import InvoiceId
from domain.payments.dunning import Case
from domain.payments.owing import CaseId
from domain.reconciliation.expected import Expected
from domain.reconciliation.matching import MatchId
from domain.reconciliation.statements import BankStatement
from domain.refusals import Refusal
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking, replace_invoice
from services.ledger.catching_up import catch_up
from services.ledger.posting import Fact, post
from services.reconciliation import Reconciliation, bound
from services.reconciliation.handling import UndoMatch, undo_match
from services.reconciliation.importing import ImportFile
from services.reconciliation.ports import Expectations, OpenBooks, Ports
from services.reconciliation.running import run, settled, what_is_expected
from tests.domain.reconciliation.statements import IBAN, a_heading, a_line, a_statement
from tests.examples import person_id
from tests.invoices import CITY
from tests.services.settlement.debtors import POLICIES
from tests.services.settlement.treasury import Treasury

ISSUES = {
    *("booking.cancelled", "booking.finished", "booking.confirmed", "payment.captured", "payment.refunded"),
    *("dunning.reminded", "dunning.fees_waived"),
}
BALANCES = """
SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::int FROM ledger_legs WHERE city = :city
GROUP BY account HAVING sum(CASE side WHEN 'debit' THEN amount ELSE -amount END) <> 0
"""


class Interrupted:
    """What a source expects, and what happens before anybody acts on that, once."""

    def __init__(self, source: Expectations, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._source = source
        self._waiting = [meanwhile]

    async def of(self, city: City, since: date) -> tuple[Expected, ...]:
        found = await self._source.of(city, since)
        if self._waiting:
            await self._waiting.pop()()
        return found


class Cashier(Treasury):
    """The same treasury, with all that follows from an entry."""

    def __init__(self, town: Treasury) -> None:
        vars(self).update(vars(town))
        transactions, clock = town.databases.app.transactions, town.world.clock
        self.bank = SqlBankBooks(transactions, clock, new_id, lambda: None)
        self.reconciling = Ports(
            self.bank, SqlBankAccounts(transactions), (SqlInvoiceExpectations(transactions),), clock, new_id
        )
        self._statements: list[BankStatement] = []
        self._desk: Reconciliation = bound(
            self.reconciling, self._read, SqlStatementArchive(transactions), SqlCaseArchive(transactions)
        )

    async def opens(self) -> None:
        settings = msgspec.to_builtins(replace(CITY, iban=IBAN)) | {"dunning": POLICIES}
        await self.rows(
            "UPDATE cities SET settings = settings || CAST(:it AS jsonb) WHERE city = :city RETURNING city",
            it=msgspec.json.encode(settings).decode(),
        )

    async def issue(self, booking_id: UUID) -> None:
        books = SqlInvoiceBooks(self.databases.app.transactions, new_id, lambda: None)
        await issue_for_booking(self.city, BookingId(booking_id), books=books, clock=self.world.clock, new_id=new_id)

    async def post(self, fact: Fact, subject_id: UUID) -> int:
        ledgers = SqlLedgers(self.databases.app.statements, self.world.clock, new_id)
        return await post(fact, self.city, subject_id, ledgers=ledgers)

    async def catch_up(self) -> int:
        """What `kommobil ledger post` finds that nobody told of."""
        ledgers = SqlLedgers(self.databases.app.statements, self.world.clock, new_id)
        return await catch_up(self.city, gaps=SqlGaps(self.databases.app.transactions), ledgers=ledgers)

    async def replace(self, invoice_id: UUID, booking_id: UUID) -> None:
        """The invoice is cancelled and written anew."""
        books = SqlInvoiceBooks(self.databases.app.transactions, new_id, lambda: None)
        clock = self.world.clock
        made = await replace_invoice(
            self.city, BookingId(booking_id), InvoiceId(invoice_id), books=books, clock=clock, new_id=new_id
        )
        assert not isinstance(made, Refusal)
        await self.work()

    async def remind(self) -> None:
        """What is due by the clock, and what follows."""
        for city, booking_id in await due_cases(self.databases.relay.transactions, self.world.clock(), 1000):
            if city == self.city:
                await self.settlement.remind(city, booking_id)
        await self.work()

    async def after(self, days: int) -> None:
        self.world.clock.pass_by(days=days, minutes=1)
        await self.remind()

    async def cases(self) -> list[Case]:
        """Oldest first."""
        found = await self.rows("SELECT id FROM dunning_cases WHERE city = :city ORDER BY opened_at, closed_at")
        cases = [await self.settlement.case(self.city, CaseId(case_id)) for (case_id,) in found]
        return [case for case in cases if case is not None]

    async def balances(self) -> dict[str, int]:
        return dict(await self.rows(BALANCES))

    async def owes(self) -> int:
        """What the debtor's account says."""
        return (await self.balances()).get("receivables", 0)

    async def expected(self) -> list[tuple[int, int]]:
        """What is expected at the bank for each invoice, and what of it did not come yet."""
        day = self.world.clock().date()
        found = await what_is_expected(self.city, day, ports=self.reconciling)

        async def of(books: OpenBooks) -> list[tuple[int, int]]:
            return [(each.amount, each.open) for each in await settled(found, books)]

        return await self.bank.work(self.city, SYSTEM, of)

    async def transferred(self, amount: int, words: str) -> None:
        """So much comes by bank, with these words, and what follows."""
        await self.received(amount, words)
        await self.work()

    async def received(self, amount: int, words: str) -> None:
        """The same, before anything follows."""
        await self.arrived(amount, words)
        await self.reconcile()

    async def reconcile(self, meanwhile: Callable[[], Awaitable[object]] | None = None) -> None:
        """What is surely expected is matched; `meanwhile` happens after it was read, once."""
        ports = self.reconciling
        if meanwhile is not None:
            ports = replace(ports, expectations=tuple(Interrupted(each, meanwhile) for each in ports.expectations))
        await run(self.city, ports=ports)

    async def arrived(self, amount: int, words: str) -> None:
        """So much stands in a statement of the bank's, and nobody has looked at it."""
        today: date = self.world.clock().date()
        sequence = 17 + len(await self.rows("SELECT id FROM bank_statements WHERE city = :city"))
        heading = replace(a_heading(sequence), opened_on=today, closed_on=today, closing=100_000 + amount)
        line = a_line(heading, 1, amount, text=words, counterparty="Ada")
        self._statements.append(replace(a_statement(amount), heading=heading, lines=(line,)))
        raw = str(len(self._statements) - 1).encode()
        await self._desk.take_in(self.city, person_id("finance"), ImportFile("umsaetze.xml", raw))

    async def undo(self) -> None:
        """The latest match is taken apart by a person."""
        ((match_id,),) = await self.rows("SELECT id FROM matches WHERE city = :city ORDER BY made_at DESC LIMIT 1")

        async def do(books: OpenBooks) -> object:
            command = UndoMatch(MatchId(match_id), "another's")
            return await undo_match(command, books=books, by=person_id("finance"), now=self.world.clock())

        await self.bank.work(self.city, SYSTEM, do)
        await self.work()

    async def _follow(self, kind: str, subject_id: UUID) -> None:
        await super()._follow(kind, subject_id)
        if kind in ISSUES:
            await self.issue(subject_id)
        if kind in {"invoice.issued", "credit_note.issued"}:
            await self.settlement.review_document(self.city, subject_id)
        if kind in {"bank.matched", "bank.matched_by_hand", "bank.match_undone"}:
            await self.settlement.review_match(self.city, subject_id)
        if kind in POSTED:
            await self.post(POSTED[kind], subject_id)

    def _read(self, raw: bytes, zone: ZoneInfo) -> tuple[BankStatement, ...]:  # noqa: ARG002 - the port's signature
        return (self._statements[int(raw)],)
