"""The log of notices by pages, in PostgreSQL."""

import msgspec

from adapters.database.booking_sheets import IN_CITY
from adapters.database.connections import Statements
from adapters.database.reading import read
from domain.identity import City
from services.notices.reading import NoticesWanted, NoticeView

# A statement for each set of filters, so that each has a plan by an index of its own.
PAGE = """SELECT coalesce(json_agg(json_build_object('id', p.id, 'booking_id', p.booking_id, 'person_id', p.person_id,
    'occasion', p.occasion, 'planned_for', p.planned_for, 'state', p.state, 'unsent', p.unsent, 'attempts', p.attempts,
    'failure', p.failure, 'settled_at', p.settled_at) ORDER BY p.planned_for DESC, p.id DESC), '[]'::json)
  FROM (SELECT * FROM notices n WHERE n.city = $1::text
    AND (n.planned_for, n.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    {filters} ORDER BY n.planned_for DESC, n.id DESC LIMIT $4::int) p"""
TYPES = {"person_id": "uuid", "booking_id": "uuid", "state": "text"}
_page = msgspec.json.Decoder(tuple[NoticeView, ...])


class SqlNoticePages:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def page(self, city: City, wanted: NoticesWanted) -> tuple[NoticeView, ...]:
        at, notice_id = wanted.after or (None, None)
        given = {name: value for name in TYPES if (value := getattr(wanted, name)) is not None}
        filters = " ".join(f"AND n.{name} = ${place}::{TYPES[name]}" for place, name in enumerate(given, 5))
        sql = IN_CITY.format(query=PAGE.format(filters=filters))
        found = await read(self._statements, sql, city, at, notice_id, wanted.limit, *given.values())
        return _page.decode(found or "[]")
