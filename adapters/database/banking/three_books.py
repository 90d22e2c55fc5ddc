"""Ledger, payment provider and bank beside each other in PostgreSQL: what differs between them, and the sums of all.

A look reads what is new since the last one, what was found to differ before, and sums that others keep: the ledger's by
month, the provider's by currency. So it takes as long as a day's business, however long the journal has become.
"""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.ledger.gaps import KINDS
from adapters.database.payments.settlements import DISPUTE, PAYOUT
from adapters.database.sheets import Sheet
from domain.reconciliation.books import Books, Stated, Totals
from services.reconciliation.ports import AtProvider, Look

MORE_TIME = "SELECT set_config('statement_timeout', '60000', true)"
LIVE = "NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)"
# The words of the partial index: what is for somebody whatever the ledger says.
FOR_SOMEBODY = """(t.kind IN ('refund_failure', 'other') OR t.currency <> 'EUR'
    OR (t.payment_id IS NULL AND t.kind IN ('charge', 'refund')))"""
ID = "^[0-9a-f]{8}-[0-9a-f-]{27}$"
# An entry is about what its source names (`bt:txn_1:capture`, `match:<id>:1`, `bank:<line>`), a reversal about what it takes
# back; whatever else touches one of these accounts is about itself. Since they were sealed in order, what is new is what
# comes after the position at which the last look stood. LATERAL with OFFSET 0: each entry through its own key, as the planner
# does not know how few they are.
LOOK = f"""
WITH fresh AS MATERIALIZED (
  SELECT s.entry_id FROM ledger_seals s WHERE s.city = :city AND s.position > :sealed
  UNION ALL SELECT u.entry_id FROM ledger_unsealed u WHERE u.city = :city),
touching AS MATERIALIZED (
  SELECT f.entry_id, coalesce(o.source, e.source) AS source, coalesce(e.reverses, e.id) AS first
  FROM fresh f CROSS JOIN LATERAL (SELECT FROM ledger_legs l WHERE l.city = :city AND l.entry_id = f.entry_id
      AND l.account IN ('provider', 'in_transit', 'bank') LIMIT 1) t
    CROSS JOIN LATERAL (SELECT x.source, x.reverses, x.id FROM ledger_entries x
      WHERE x.city = :city AND x.id = f.entry_id OFFSET 0) e
    LEFT JOIN LATERAL (SELECT x.source FROM ledger_entries x WHERE x.city = :city AND x.id = e.reverses OFFSET 0) o ON true),
news AS MATERIALIZED (
  SELECT entry_id, CASE WHEN split_part(source, ':', 1) IN ('bt', 'match', 'bank') THEN split_part(source, ':', 2)
    ELSE 'entry:' || first END AS about FROM touching),
suspects AS MATERIALIZED (
  SELECT substr(x.source, 14) AS about FROM exceptions x
    WHERE x.city = :city AND x.kind = 'books_differ' AND x.resolution IS DISTINCT FROM 'gone'
  UNION SELECT about FROM news
  UNION SELECT t.transaction_id FROM provider_transactions t WHERE t.city = :city AND t.seen_at >= :marked
  UNION SELECT t.transaction_id FROM provider_transactions t WHERE t.city = :city AND {FOR_SOMEBODY}
  UNION SELECT m.id::text FROM matches m WHERE m.city = :city AND m.made_at >= :marked
  UNION SELECT u.match_id::text FROM match_undoings u WHERE u.city = :city AND u.undone_at >= :marked
  UNION SELECT l.id::text FROM bank_statements s JOIN bank_lines l ON l.city = s.city AND l.statement_id = s.id
    WHERE s.city = :city AND s.imported_at >= :marked),
named AS MATERIALIZED (
  SELECT s.about, 'bt:' || s.about || ':' || k AS source FROM suspects s, unnest(CAST(:kinds AS text[])) k
  UNION ALL SELECT s.about, 'bank:' || s.about FROM suspects s
  UNION ALL SELECT s.about, 'match:' || s.about || ':' || n FROM suspects s
    CROSS JOIN LATERAL generate_series(1, (SELECT count(*) FROM match_parts p WHERE p.city = :city
      AND p.match_id = CASE WHEN s.about ~ '{ID}' THEN s.about::uuid END)) n),
entries AS MATERIALIZED (
  SELECT n.about, e.id FROM named n CROSS JOIN LATERAL (
    SELECT x.id FROM ledger_entries x WHERE x.city = :city AND x.source = n.source OFFSET 0) e
  UNION SELECT about, substr(about, 7)::uuid FROM suspects WHERE about LIKE 'entry:%'
  UNION SELECT about, entry_id FROM news),
with_reversals AS MATERIALIZED (
  SELECT about, id FROM entries
  UNION SELECT n.about, e.id FROM entries n CROSS JOIN LATERAL (
    SELECT x.id FROM ledger_entries x WHERE x.city = :city AND x.source = 'reversal:' || n.id OFFSET 0) e),
posted AS MATERIALIZED (
  SELECT w.about, l.account, l.currency, min(w.id::text) AS entry, max(l.effective_at) AS at,
    sum(CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END)::bigint AS amount
  FROM with_reversals w CROSS JOIN LATERAL (SELECT * FROM ledger_legs x WHERE x.city = :city AND x.entry_id = w.id
      AND x.account IN ('provider', 'in_transit', 'bank') OFFSET 0) l GROUP BY 1, 2, 3),
arrivals AS MATERIALIZED (
  SELECT p.match_id::text AS about, l.currency, greatest(min(m.made_at), max(u.undone_at)) AS changed_at,
    coalesce(sum(p.amount) FILTER (WHERE u.match_id IS NULL), 0)::bigint AS amount
  FROM match_parts p JOIN matches m ON m.city = p.city AND m.id = p.match_id
  JOIN bank_lines l ON l.city = p.city AND l.id = p.line_id
  LEFT JOIN match_undoings u ON u.city = p.city AND u.match_id = p.match_id
  WHERE p.city = :city AND p.expected_id LIKE 'payout:%' GROUP BY 1, 2),
-- What both say of the same thing cancels out; summed up and not joined, as no estimate of how much there is would be right.
said AS (
  SELECT account, about, currency, amount FROM posted WHERE account = 'provider' OR about ~ '{ID}'
  UNION ALL SELECT 'provider', t.transaction_id, t.currency, -t.net FROM suspects s CROSS JOIN LATERAL (
    SELECT x.transaction_id, x.currency, x.net FROM provider_transactions x
    WHERE x.city = :city AND x.transaction_id = s.about OFFSET 0) t
  UNION ALL SELECT 'in_transit', b.about, b.currency, b.amount FROM arrivals b WHERE b.about IN (SELECT about FROM suspects)
  UNION ALL SELECT 'bank', s.about, l.currency, -l.amount FROM suspects s CROSS JOIN LATERAL (
    SELECT x.currency, x.amount FROM bank_lines x
    WHERE x.city = :city AND x.id = CASE WHEN s.about ~ '{ID}' THEN s.about::uuid END OFFSET 0) l),
differing AS MATERIALIZED (SELECT account, about, currency FROM said GROUP BY 1, 2, 3 HAVING sum(amount) <> 0),
moved AS MATERIALIZED (
  SELECT t.* FROM (SELECT about FROM differing WHERE account = 'provider'
      UNION SELECT t.transaction_id FROM provider_transactions t WHERE t.city = :city AND {FOR_SOMEBODY}) d
    CROSS JOIN LATERAL (SELECT * FROM provider_transactions x WHERE x.city = :city AND x.transaction_id = d.about OFFSET 0) t),
arrived AS MATERIALIZED (
  SELECT b.* FROM arrivals b WHERE (b.about, b.currency) IN (SELECT about, currency FROM differing WHERE account = 'in_transit')),
lines AS MATERIALIZED (
  SELECT l.id AS line_id, l.booked_on AS on, l.amount, l.currency, s.imported_at AS seen_at, w.amount AS ledger
  FROM differing d CROSS JOIN LATERAL (SELECT * FROM bank_lines y WHERE y.city = :city AND y.id = d.about::uuid OFFSET 0) l
    JOIN bank_statements s ON s.city = :city AND s.id = l.statement_id
    LEFT JOIN posted w ON w.about = d.about AND w.currency = l.currency AND w.account = 'bank'
  WHERE d.account = 'bank'),
kept AS (
  SELECT account, currency, debit - credit AS amount FROM ledger_balances
    WHERE city = :city AND account IN ('provider', 'in_transit', 'bank')
  UNION ALL SELECT w.account, w.currency, w.amount FROM ledger_unsealed u CROSS JOIN LATERAL (
    SELECT l.account, l.currency, CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END AS amount FROM ledger_legs l
    WHERE l.city = u.city AND l.entry_id = u.entry_id OFFSET 0) w
  WHERE u.city = :city AND w.account IN ('provider', 'in_transit', 'bank')),
ordered AS (
  SELECT s.*, lag(s.closing) OVER one AS before, row_number() OVER one AS place, row_number() OVER (
      PARTITION BY s.iban, s.currency ORDER BY s.closed_on DESC, coalesce(s.sequence, 0) DESC, s.page DESC, s.named DESC) AS from_end
  FROM bank_statements s WHERE s.city = :city
  WINDOW one AS (PARTITION BY s.iban, s.currency ORDER BY s.closed_on, coalesce(s.sequence, 0), s.page, s.named)),
statements AS (
  SELECT currency, sum(opening) FILTER (WHERE place = 1)::bigint AS opening, sum(closing) FILTER (WHERE from_end = 1)::bigint AS closing,
    coalesce(sum(opening - before), 0)::bigint AS missing, max(closed_on) AS last_on FROM ordered GROUP BY currency),
sums AS (
  SELECT currency, account AS of, amount, 0 AS net FROM kept
  UNION ALL SELECT currency, 'moved', paid_out, moved FROM provider_sums WHERE city = :city
  UNION ALL SELECT currency, 'arrived', amount, 0 FROM arrivals
  UNION ALL SELECT currency, 'statements', 0, 0 FROM statements),
totals AS (
  SELECT s.currency, coalesce(sum(amount) FILTER (WHERE of = 'provider'), 0)::bigint AS ledger,
    coalesce(sum(amount) FILTER (WHERE of = 'in_transit'), 0)::bigint AS in_transit, sum(net)::bigint AS moved,
    coalesce(sum(amount) FILTER (WHERE of = 'moved'), 0)::bigint AS paid_out,
    coalesce(sum(amount) FILTER (WHERE of = 'arrived'), 0)::bigint AS at_bank,
    coalesce(sum(amount) FILTER (WHERE of = 'bank'), 0)::bigint AS bank,
    (SELECT row_to_json(b) FROM statements b WHERE b.currency = s.currency) AS statements
  FROM sums s GROUP BY s.currency)
SELECT json_build_object('sealed', (SELECT coalesce(max(s.position), 0) FROM ledger_seals s WHERE s.city = :city), 'books',
 json_build_object(
  'movements', (SELECT coalesce(json_agg(json_build_object('seen_at', m.seen_at, 'movement', json_build_object(
      'id', m.transaction_id, 'kind', m.kind, 'amount', m.amount, 'fee', m.fee, 'net', m.net, 'currency', m.currency,
      'source_id', m.source_id, 'created_at', m.created_at, 'available_at', m.available_at, 'payout_id', m.payout_id,
      'payment_id', m.payment_id, 'booking_id', m.booking_id, 'presented', CASE WHEN m.presented_amount IS NOT NULL THEN
        json_build_object('amount', m.presented_amount, 'currency', m.presented_currency) END))), '[]') FROM moved m),
  'posted', (SELECT coalesce(json_agg(json_build_object('account', p.account, 'about', p.about, 'amount', p.amount,
      'currency', p.currency, 'entry', p.entry)), '[]') FROM posted p
    WHERE p.about IN (SELECT transaction_id FROM moved) OR p.about IN (SELECT about FROM arrived) OR (p.account = 'provider'
      AND p.about IN (SELECT about FROM differing) AND NOT EXISTS (SELECT FROM provider_transactions t WHERE t.city = :city AND t.transaction_id = p.about)
      AND NOT EXISTS (SELECT FROM provider_sums f WHERE f.city = :city AND f.currency = p.currency AND f.forgotten_until >= p.at))),
  'payouts', (SELECT coalesce(json_agg(json_build_object('payout', {PAYOUT}, 'items', CASE WHEN o.itemised_at IS NOT NULL THEN
      (SELECT coalesce(sum(t.net), 0) FROM provider_transactions t WHERE t.city = o.city AND t.payout_id = o.payout_id
        AND t.kind NOT IN ('payout', 'payout_failure')) END)), '[]')
    FROM payouts o WHERE o.city = :city AND o.arrives_on >= :since),
  'arrived', (SELECT coalesce(json_agg(row_to_json(a)), '[]') FROM arrived a),
  'lines', (SELECT coalesce(json_agg(row_to_json(l)), '[]') FROM lines l),
  'matched', (SELECT coalesce(json_object_agg(p.expected_id, p.amount), '{{}}') FROM (
    SELECT p.expected_id, sum(p.amount)::bigint AS amount FROM match_parts p
    WHERE p.city = :city AND p.expected_id LIKE 'payout:%' AND {LIVE} GROUP BY 1) p),
  'totals', (SELECT coalesce(json_agg(row_to_json(t)), '[]') FROM totals t),
  'disputes', (SELECT coalesce(json_agg({DISPUTE}), '[]') FROM disputes d
    WHERE d.city = :city AND d.state IN ('inquiry', 'needs_response', 'under_review'))))::text AS look
"""
# Where the last look stood, a day earlier for what it took for a matter of time. Without one all is new.
MARK = """
SELECT r.sealed, r.ran_at - interval '1 day' AS marked FROM reconciliations r WHERE r.city = :city AND r.sealed IS NOT NULL
ORDER BY r.ran_at DESC, r.id DESC LIMIT 1
"""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# What moved around the moment at which the provider was asked, and whether it differed the last time.
AROUND = """
SELECT t.currency, coalesce(sum(t.net) FILTER (WHERE t.created_at > :at), 0)::bigint AS later
FROM provider_transactions t WHERE t.city = :city AND t.created_at > CAST(:at AS timestamptz) - interval '1 hour' GROUP BY 1
"""
BEFORE = """
SELECT r.stated_differs FROM reconciliations r WHERE r.city = :city AND r.stated_differs IS NOT NULL
ORDER BY r.ran_at DESC, r.id DESC LIMIT 1
"""


class _Found(Struct, frozen=True):
    sealed: int
    books: Books


_found = msgspec.json.Decoder(_Found)


async def three_books(sheet: Sheet, since: date, said: AtProvider | None) -> Look:
    """Payouts that arrive from `since` on; of everything else, what may differ, and the sums of all. `said` is what the
    provider says of its own balance, where it was asked."""
    await sheet.rows(MORE_TIME)
    marks = await sheet.rows(MARK)
    sealed, marked = (marks[0].sealed, marks[0].marked) if marks else (0, LONG_AGO)
    (row,) = await sheet.rows(LOOK, since=since, kinds=KINDS, sealed=sealed, marked=marked)
    found = _found.decode(row.look)
    if said is None:
        return Look(found.books, found.sealed)
    around: dict[str, Any] = {each.currency: each for each in await sheet.rows(AROUND, at=said.at)}
    before = [each.stated_differs for each in await sheet.rows(BEFORE)]
    return Look(_with(found.books, said, around, differed=before == [True]), found.sealed)


def _with(books: Books, said: AtProvider, around: dict[str, Any], *, differed: bool) -> Books:
    known = {each.currency: each for each in books.totals}
    for fund in said.funds:
        if fund.currency in known or fund.available or fund.pending:
            moved = around.get(fund.currency)
            later = moved.later if moved is not None else 0
            stated = Stated(fund.available, fund.pending, later, moved is not None, differed)
            known[fund.currency] = replace(known.get(fund.currency, Totals(fund.currency)), stated=stated)
    return replace(books, totals=tuple(known.values()))
