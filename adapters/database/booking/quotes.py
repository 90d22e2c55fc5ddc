"""Quotes in PostgreSQL."""

import msgspec
from msgspec import Struct

from adapters.database.answering import LostRace
from adapters.database.booking.reservations import DESK, SqlReservations
from domain.booking.bookings import QuoteId
from domain.booking.quoting import Quoted
from services.calls import Answer

QUOTED = DESK.format(
    facts="'quoted', (SELECT quoted FROM quotes WHERE city = $1::text AND id = $5::uuid AND actor_id = $2::uuid)"
)


class _Found(Struct, frozen=True):
    quoted: Quoted | None


_found = msgspec.json.Decoder(_Found)


class SqlQuoteStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def find(self, quote_id: QuoteId) -> Quoted | None:
        return (await self._books.known(QUOTED, _found, quote_id)).quoted

    async def decline(self, answer: Answer) -> None:
        if not await self._books.decline(answer, "quote_expired"):
            raise LostRace
