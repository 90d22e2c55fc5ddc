"""Ledger, payment provider and bank beside each other in PostgreSQL: what differs between them, and the sums of all."""

from datetime import date

import msgspec

from adapters.database.operator import Sheet
from adapters.database.settlements import DISPUTE, PAYOUT
from domain.reconciliation.comparing import Books

MORE_TIME = "SELECT set_config('statement_timeout', '60000', true)"
LIVE = "NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)"
# A posting is about what its source names (`bt:txn_1:capture`, `match:<id>:1`), a reversal about what it takes back.
# Single things are read only where books differ: what agreed is in the sums.
BOOKS = f"""
WITH posted AS MATERIALIZED (
  SELECT split_part(coalesce(o.source, e.source), ':', 1) AS what, split_part(coalesce(o.source, e.source), ':', 2) AS about,
    l.account, l.currency, sum(CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END)::bigint AS amount
  FROM ledger_legs l JOIN ledger_entries e ON e.city = l.city AND e.id = l.entry_id
  LEFT JOIN ledger_entries o ON o.city = e.city AND o.id = e.reverses
  WHERE l.city = :city AND l.account IN ('provider', 'in_transit') GROUP BY 1, 2, 3, 4),
at_provider AS (SELECT about, currency, sum(amount)::bigint AS amount FROM posted WHERE account = 'provider' GROUP BY 1, 2),
under_way AS (SELECT about, currency, sum(amount)::bigint AS amount FROM posted
  WHERE account = 'in_transit' AND what = 'match' GROUP BY 1, 2),
moved AS MATERIALIZED (
  SELECT t.* FROM provider_transactions t LEFT JOIN at_provider a ON a.about = t.transaction_id AND a.currency = t.currency
  WHERE t.city = :city AND (coalesce(a.amount, 0) <> t.net OR t.kind = 'refund_failure' OR t.currency <> 'EUR')),
arrivals AS (
  SELECT p.match_id::text AS about, l.currency, greatest(min(m.made_at), max(u.undone_at)) AS changed_at,
    coalesce(sum(p.amount) FILTER (WHERE u.match_id IS NULL), 0)::bigint AS amount
  FROM match_parts p JOIN matches m ON m.city = p.city AND m.id = p.match_id
  JOIN bank_lines l ON l.city = p.city AND l.id = p.line_id
  LEFT JOIN match_undoings u ON u.city = p.city AND u.match_id = p.match_id
  WHERE p.city = :city AND p.expected_id LIKE 'payout\\:%' GROUP BY 1, 2),
arrived AS MATERIALIZED (
  SELECT b.* FROM arrivals b LEFT JOIN under_way w ON w.about = b.about AND w.currency = b.currency
  WHERE coalesce(-w.amount, 0) <> b.amount),
sums AS (
  SELECT currency, account = 'provider' AS is_ledger, account = 'in_transit' AS is_under_way, NULL AS kind, amount, 0 AS net FROM posted
  UNION ALL SELECT currency, false, false, kind, amount, net FROM provider_transactions WHERE city = :city
  UNION ALL SELECT currency, false, false, 'bank', amount, 0 FROM arrivals),
totals AS (
  SELECT currency, coalesce(sum(amount) FILTER (WHERE is_ledger), 0)::bigint AS ledger,
    coalesce(sum(amount) FILTER (WHERE is_under_way), 0)::bigint AS in_transit, sum(net)::bigint AS moved,
    coalesce(sum(amount) FILTER (WHERE kind IN ('payout', 'payout_failure')), 0)::bigint AS paid_out,
    coalesce(sum(amount) FILTER (WHERE kind = 'bank'), 0)::bigint AS at_bank
  FROM sums GROUP BY currency)
SELECT json_build_object(
  'movements', (SELECT coalesce(json_agg(json_build_object('seen_at', m.seen_at, 'movement', json_build_object(
      'id', m.transaction_id, 'kind', m.kind, 'amount', m.amount, 'fee', m.fee, 'net', m.net, 'currency', m.currency,
      'source_id', m.source_id, 'created_at', m.created_at, 'available_at', m.available_at))), '[]') FROM moved m),
  'posted', (SELECT coalesce(json_agg(json_build_object('account', p.account, 'about', p.about, 'amount', p.amount,
      'currency', p.currency)), '[]') FROM posted p
    WHERE p.about IN (SELECT transaction_id FROM moved) OR p.about IN (SELECT about FROM arrived) OR (p.account = 'provider'
      AND NOT EXISTS (SELECT FROM provider_transactions t WHERE t.city = :city AND t.transaction_id = p.about))),
  'payouts', (SELECT coalesce(json_agg(json_build_object('payout', {PAYOUT}, 'items', CASE WHEN o.itemised_at IS NOT NULL THEN
      (SELECT coalesce(sum(t.net), 0) FROM provider_transactions t WHERE t.city = o.city AND t.payout_id = o.payout_id
        AND t.kind NOT IN ('payout', 'payout_failure')) END)), '[]')
    FROM payouts o WHERE o.city = :city AND o.arrives_on >= :since),
  'arrived', (SELECT coalesce(json_agg(row_to_json(a)), '[]') FROM arrived a),
  'matched', (SELECT coalesce(json_object_agg(p.expected_id, p.amount), '{{}}') FROM (
    SELECT p.expected_id, sum(p.amount)::bigint AS amount FROM match_parts p
    WHERE p.city = :city AND p.expected_id LIKE 'payout\\:%' AND {LIVE} GROUP BY 1) p),
  'totals', (SELECT coalesce(json_agg(row_to_json(t)), '[]') FROM totals t),
  'disputes', (SELECT coalesce(json_agg({DISPUTE}), '[]') FROM disputes d
    WHERE d.city = :city AND d.state IN ('inquiry', 'needs_response', 'under_review')))::text AS books
"""
_books = msgspec.json.Decoder(Books)


async def three_books(sheet: Sheet, since: date) -> Books:
    """Payouts that arrive from `since` on; of everything else, all."""
    await sheet.rows(MORE_TIME)
    (row,) = await sheet.rows(BOOKS, since=since)
    return _books.decode(row.books)
