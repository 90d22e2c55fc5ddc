"""Reading which plugs stations keep, for whoever runs them."""

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Transactions
from adapters.database.transacting import in_city
from domain.identity import City
from services.charging.plugs import KeptPlug, Plugs, PlugsWanted

RESERVATION = """json_build_object('id', p.id, 'booking_id', p.booking_id, 'station_id', p.charging_station_id, 'evse', p.evse,
  'resource_id', p.resource_id, 'number', p.number, 'token', p.token, 'group', p.group_token, 'until', p.until, 'state', p.state,
  'order_id', p.order_id, 'orders', p.orders, 'first_at', p.first_at, 'ordered_at', p.ordered_at, 'answered_at', p.answered_at,
  'refusal', p.refusal, 'honoured', p.honoured, 'stands', p.stands, 'stopped', p.stopped, 'stopped_at', p.stopped_at)"""
PAGE = text(f"""
SELECT json_build_object('reservation', {RESERVATION}, 'station', c.identity)::text
FROM plug_reservations p JOIN charging_stations c ON c.city = p.city AND c.id = p.charging_station_id
WHERE p.city = :city AND (CAST(:booking_id AS uuid) IS NULL OR p.booking_id = :booking_id)
  AND (cardinality(CAST(:states AS text[])) = 0 OR p.state = ANY (CAST(:states AS text[])))
  AND (p.ordered_at, p.id) < (coalesce(CAST(:at AS timestamptz), 'infinity'),
    coalesce(CAST(:after AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY p.ordered_at DESC, p.id DESC LIMIT :limit
""")

_kept = msgspec.json.Decoder(KeptPlug)


class SqlPlugReader:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(self, city: City, wanted: PlugsWanted) -> tuple[KeptPlug, ...]:
        after = wanted.after
        scope = {
            "city": city,
            "booking_id": wanted.booking_id,
            "states": [state.value for state in wanted.states],
            "at": after.ordered_at if after is not None else None,
            "after": after.id if after is not None else None,
            "limit": wanted.limit,
        }

        async def look(connection: AsyncConnection) -> tuple[KeptPlug, ...]:
            return tuple(_kept.decode(row) for row in (await connection.execute(PAGE, scope)).scalars())

        return await in_city(self._transactions, city, look)

    def bound(self) -> Plugs:
        return Plugs(self.page)
