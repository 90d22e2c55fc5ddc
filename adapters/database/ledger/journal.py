"""The ledger's journal in PostgreSQL: written once, under the name of its fact."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from adapters.database.answering import through
from adapters.database.booking.reading import IN_CITY
from adapters.database.connections import Session, Statements
from adapters.database.ledger.facts import SqlFacts
from adapters.database.ledger.writing import Posting, Write, write, write_all
from adapters.database.together import Together
from domain.identity import City
from domain.ledger.entries import Entry, balanced
from services.ledger.ports import OpenLedger, Recorded

T = TypeVar("T")

ENTRY = """json_build_object('id', e.id, 'recorded_at', e.created_at, 'period', e.period,
  'position', (SELECT s.position FROM ledger_seals s WHERE s.city = e.city AND s.entry_id = e.id),
  'entry', json_build_object('kind', e.kind, 'source', e.source, 'effective_at', e.effective_at, 'text', e.text,
    'reverses', e.reverses, 'origin', json_build_object('booking_id', e.booking_id, 'payment_id', e.payment_id,
      'invoice_id', e.invoice_id, 'provider_id', e.provider_id, 'bank_line', e.bank_line),
    'legs', (SELECT json_agg(json_build_object('account', l.account, 'side', l.side, 'debtor', l.debtor_id,
        'amount', json_build_object('amount', l.amount, 'currency', l.currency), 'cost_centre', l.cost_centre,
        'vat_rate', l.vat_rate::text) ORDER BY l.number)
      FROM ledger_legs l WHERE l.city = e.city AND l.entry_id = e.id)))"""
KNOWN = IN_CITY.format(
    query=f"""SELECT coalesce(json_agg({ENTRY} ORDER BY e.source), '[]'::json) FROM ledger_entries e
  WHERE e.city = $1::text AND e.source = ANY ($2::text[])"""
)

_recorded = msgspec.json.Decoder(tuple[Recorded, ...])


class SqlJournal:
    """Each call is one statement and one transaction."""

    def __init__(
        self, session: Session, city: City, now: datetime, new_id: Callable[[], UUID], writes: Write = write
    ) -> None:
        self._session = session
        self._city = city
        self._now = now
        self._new_id = new_id
        self._write = writes

    async def post(self, entries: Sequence[Entry]) -> int:
        if not entries:
            return 0
        named = {self._new_id(): balanced(entry) for entry in entries}
        return await self._write(self._session, self._city, Posting(named, self._now))

    async def known(self, sources: Iterable[str]) -> tuple[Recorded, ...]:
        return _recorded.decode(await self._session.one(KNOWN, self._city, list(sources)))


class SqlLedgers:
    """What is posted in a city while another posting of it is being written goes along with the next."""

    def __init__(self, statements: Statements, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._writing = Together(write_all)
        self._statements = statements
        self._clock = clock
        self._new_id = new_id

    async def work(self, city: City, do: Callable[[OpenLedger], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._statements.session() as session:
                journal = SqlJournal(session, city, self._clock(), self._new_id, self._writing.one)
                return await do(OpenLedger(journal, SqlFacts(session, city)))

        return await through(once)
