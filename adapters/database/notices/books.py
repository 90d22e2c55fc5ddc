"""The log of notices, by pages and tried again, in PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.booking.changes import write_note
from adapters.database.booking.reading import IN_CITY
from adapters.database.connections import Database
from adapters.database.reading import read
from domain.identity import City
from domain.notices.log import NoticeState
from services.calls import Call
from services.notices.reading import NoticesWanted, NoticeView, TryAgain

# A statement for each set of filters, so that each has a plan by an index of its own.
PAGE = """SELECT coalesce(json_agg(json_build_object('id', p.id, 'booking_id', p.booking_id,
    'waitlist_entry_id', p.waitlist_entry_id, 'person_id', p.person_id,
    'occasion', p.occasion, 'planned_for', p.planned_for, 'state', p.state, 'unsent', p.unsent, 'attempts', p.attempts,
    'failure', p.failure, 'settled_at', p.settled_at) ORDER BY p.planned_for DESC, p.id DESC), '[]'::json)
  FROM (SELECT * FROM notices n WHERE n.city = $1::text
    AND (n.planned_for, n.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    {filters} ORDER BY n.planned_for DESC, n.id DESC LIMIT $4::int) p"""
FILTERS = {
    "person_id": "n.person_id = {}::uuid",
    "booking_id": "n.booking_id = {}::uuid",
    "states": "n.state = ANY ({}::text[])",
}
# They have an index of their own, which a plan for any states cannot use: the word has to stand in the statement.
FAILED = frozenset({NoticeState.FAILED})
AGAIN = text("""
UPDATE notices SET state = 'planned', due_at = :now, attempts = 0, settled_at = NULL
WHERE city = :city AND state = 'failed'
  AND (id = CAST(:id AS uuid) OR planned_for >= CAST(:since AS timestamptz))
""")
_page = msgspec.json.Decoder(tuple[NoticeView, ...])


class SqlNoticeBooks:
    def __init__(self, database: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._statements, self._transactions = database.statements, database.transactions
        self._clock = clock
        self._new_id = new_id

    async def page(self, city: City, wanted: NoticesWanted) -> tuple[NoticeView, ...]:
        at, notice_id = wanted.after or (None, None)
        query, given = page_of(wanted)
        found = await read(self._statements, IN_CITY.format(query=query), city, at, notice_id, wanted.limit, *given)
        return _page.decode(found or "[]")

    async def try_again(self, call: Call[Any], command: TryAgain) -> int:
        now, subject = self._clock(), command.notice_id or call.actor.id
        wanted = {"city": call.city, "now": now, "id": command.notice_id, "since": command.since}

        async def once() -> int:
            async with self._transactions.city(call.city) as connection:
                count = (await connection.execute(AGAIN, wanted)).rowcount
                await write_note(
                    connection, call, "notice.tried_again", subject, tell=False, new_id=self._new_id, now=now
                )
                return count

        return await through(once)


def page_of(wanted: NoticesWanted) -> tuple[str, tuple[Any, ...]]:
    """The query, and what it is given from the fifth place on."""
    given = {name: value for name in FILTERS if (value := getattr(wanted, name))}
    filters = [f"AND {FILTERS[name].format(f'${place}')}" for place, name in enumerate(given, 5)]
    filters += ["AND n.state = 'failed'"] if wanted.states == FAILED else []
    return PAGE.format(filters=" ".join(filters)), tuple(given.values())
