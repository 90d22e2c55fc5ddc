"""Marks in the audit trail after a restore.

Another server counts its transactions from elsewhere, so the numbers that the entries bring along mean nothing there:
what is new might stand before what is old. Entries that every subscriber was told of lose their number. The others keep
their order towards the subscribers' marks by small numbers, which belong to no transaction of any server.
"""

from adapters.database.figures import patient

PLACES = """SELECT city, id, told_transaction, told_entry,
    dense_rank() OVER (PARTITION BY city ORDER BY told_transaction, told_entry) AS place FROM subscriptions"""
COUNT_ANEW = f"""
ALTER TABLE audit NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit DISABLE TRIGGER audit_is_append_only;
ALTER TABLE subscriptions NO FORCE ROW LEVEL SECURITY;
WITH places AS MATERIALIZED ({PLACES})
UPDATE audit a SET xid = (SELECT max(p.place)::text::xid8 FROM places p
    WHERE p.city = a.city AND (p.told_transaction, p.told_entry) < (a.xid, a.id))
  WHERE a.xid IS NOT NULL;
WITH places AS MATERIALIZED ({PLACES})
UPDATE subscriptions s SET told_transaction = p.place::text::xid8, told_entry = '00000000-0000-0000-0000-000000000000'
  FROM places p WHERE p.city = s.city AND p.id = s.id;
ALTER TABLE subscriptions FORCE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE TRIGGER audit_is_append_only;
ALTER TABLE audit FORCE ROW LEVEL SECURITY;
"""


async def count_anew(url: str) -> None:
    """Give what was restored its place before all that is to come. As the owner of the tables, before anybody uses them."""
    async with patient(url) as connection, connection.transaction():
        await connection.execute(COUNT_ANEW)
