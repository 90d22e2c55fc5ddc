"""Facts in PostgreSQL of which the ledger has no entry."""

from collections.abc import Sequence

from sqlalchemy import text

from adapters.database.answering import through
from adapters.database.connections import Transactions
from domain.booking.invoicing import REMINDER
from domain.identity import City
from domain.invoicing.invoices import REPLACES
from services.ledger.catching_up import Missing
from services.ledger.posting import Fact

MORE_TIME = text("SELECT set_config('statement_timeout', '600000', true)")
UNPOSTED = "NOT EXISTS (SELECT FROM ledger_entries e WHERE e.city = :city AND e.source = {})"
REPLACING = REPLACES.replace(":", r"\:")  # no value of the statement's
# Of what is lost of a booking each fact may mean several entries; which of them must be there only posting knows, so facts of
# which one may be missing are posted again, and what is there is not written again.
LOST = """(SELECT d.booking_id FROM disputes d WHERE d.city = :city AND d.lost_at IS NOT NULL AND d.booking_id IS NOT NULL
    UNION ALL SELECT k.booking_id FROM dunning_cases k WHERE k.city = :city AND k.state = 'written_off')"""
REVERSED = """EXISTS (SELECT FROM ledger_entries e JOIN ledger_entries r ON r.city = e.city AND r.reverses = e.id
    WHERE e.city = :city AND e.source = {})"""
# In the order in which they are posted, so that what is lost is known before what comes back. Of a match or a case that
# leads to no entry nothing will be posted; it is looked at again each time.
QUERIES = {
    Fact.BOOKING: f"""
SELECT DISTINCT b.id FROM bookings b LEFT JOIN payments p ON p.city = b.city AND p.booking_id = b.id
WHERE b.city = :city AND (
  (p.capture = 'manual' AND p.state IN ('authorised', 'captured', 'released', 'refunded') AND {UNPOSTED.format("'hold:' || p.id")})
  OR (p.capture = 'manual' AND p.state IN ('captured', 'released', 'refunded') AND {UNPOSTED.format("'hold_end:' || p.id")})
  OR (b.payer = 'cost_centre' AND b.state = 'completed' AND {UNPOSTED.format("'cost_centre:' || b.id")}))""",
    Fact.DOCUMENT: f"""
SELECT i.id FROM invoices i WHERE i.city = :city AND i.booking_id IS NOT NULL AND ({UNPOSTED.format("i.kind || ':' || i.id")}
  OR (i.booking_id IN {LOST} AND (
    (i.kind = 'credit_note' AND {UNPOSTED.format("'loss_undone:' || i.id")})
    OR (i.kind = 'invoice' AND (position('{REPLACING}' IN i.source) > 0 OR starts_with(i.source, '{REMINDER}'))
      AND {UNPOSTED.format("'loss_again:' || i.id")})))) ORDER BY i.issued_at, i.id""",
    Fact.MOVEMENT: """
SELECT t.id FROM provider_transactions t WHERE t.city = :city AND NOT EXISTS (
  SELECT FROM unnest(CAST(:kinds AS text[])) k JOIN ledger_entries e ON e.city = :city
    AND e.source = 'bt:' || t.transaction_id || ':' || k) ORDER BY t.created_at, t.id""",
    Fact.DISPUTE: f"""
SELECT d.id FROM disputes d WHERE d.city = :city AND d.lost_at IS NOT NULL AND (
  {UNPOSTED.format("'dispute_lost:' || d.dispute_id")} OR (d.won_at IS NOT NULL AND (
    NOT {REVERSED.format("'dispute_lost:' || d.dispute_id")}
    OR {UNPOSTED.format("'loss_regained:dispute_lost:' || d.dispute_id")})))""",
    Fact.STATEMENT: f"""
SELECT DISTINCT l.statement_id AS id FROM bank_lines l
WHERE l.city = :city AND l.amount <> 0 AND {UNPOSTED.format("'bank:' || l.id")}""",
    Fact.MATCH: f"""
SELECT m.id FROM matches m LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id
WHERE m.city = :city AND (u.match_id IS NOT NULL OR {UNPOSTED.format("'match:' || m.id || ':' || 1")}) ORDER BY m.made_at, m.id""",
    Fact.DEBTS: f"""
SELECT DISTINCT k.booking_id AS id FROM dunning_cases k
WHERE k.city = :city AND k.state IN ('written_off', 'paid_otherwise') AND {UNPOSTED.format("k.state || ':' || k.id")}""",
    Fact.EXPLANATION: f"""
SELECT DISTINCT s.exception_id AS id FROM exception_steps s WHERE s.city = :city AND s.account IS NOT NULL AND (
  {UNPOSTED.format("'cleared:' || s.id")} OR (EXISTS (SELECT FROM exception_steps r WHERE r.city = s.city
      AND r.exception_id = s.exception_id AND r.kind = 'reopened' AND (r.at, r.id) > (s.at, s.id))
    AND NOT EXISTS (SELECT FROM ledger_entries e JOIN ledger_entries u ON u.city = e.city AND u.source = 'reversal:' || e.id
      WHERE e.city = :city AND e.source = 'cleared:' || s.id)))""",
}
KINDS = [
    *(
        "capture",
        "fee",
        "fee_on_fee",
        "refund",
        "refund_failed",
        "dispute_opened",
        "dispute_won",
        "payout",
        "payout_failed",
    ),
    "other",
]


class SqlGaps:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def missing(self, city: City) -> Sequence[Missing]:
        async def once() -> list[Missing]:
            found = []
            async with self._transactions.city(city) as connection:
                await connection.execute(MORE_TIME)
                for fact, sql in QUERIES.items():
                    values = {"city": city} | ({"kinds": KINDS} if ":kinds" in sql else {})
                    rows = await connection.execute(text(sql), values)
                    found.append(Missing(fact, tuple(row.id for row in rows)))
            return found

        return await through(once)
