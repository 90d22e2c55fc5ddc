"""What holds of a city's books whatever happened, each by its number in the list of invariants of finance.

Each is a question whose answers are faults: there is nothing to find where it holds.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from domain.ledger.accounts import RECEIVABLES, SKR03, AccountKey
from infra.finance.accounting import accounting
from infra.ids import new_id
from tests.adapters.database.ledgers import superuser
from tests.adapters.datev.reading import posted, read
from tests.adapters.datev.test_extf import AUTOMATIC
from tests.services.ledger.whole.town import Town

Faults = Sequence[Any]
SIGNED = "CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END"
LIVE = "NOT EXISTS (SELECT 1 FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id)"


async def _stands_at(town: Town, account: str) -> int:
    ((found,),) = await town.rows(
        f"SELECT coalesce(sum({SIGNED}), 0)::bigint FROM ledger_legs l WHERE l.city = :city AND l.account = :account",
        account=account,
    )
    return int(found)


async def _differ(what: str, ours: int, theirs: int) -> Faults:
    return [] if ours == theirs else [(what, ours, theirs)]


async def every_entry_balances(town: Town) -> Faults:
    """1: in each of its currencies."""
    return await town.rows(
        f"SELECT l.entry_id, l.currency FROM ledger_legs l WHERE l.city = :city GROUP BY 1, 2 HAVING sum({SIGNED}) <> 0"
    )


async def the_books_balance_at_every_moment(town: Town) -> Faults:
    """2: in whichever order one reads them, of the chain or of the world; and what is kept as sums says the same."""
    prefixes = [
        f"""SELECT * FROM (SELECT e.id, sum(sum({SIGNED})) OVER (ORDER BY {order}) AS so_far FROM ledger_legs l
        JOIN ledger_entries e ON e.city = l.city AND e.id = l.entry_id LEFT JOIN ledger_seals s ON s.city = e.city AND s.entry_id = e.id
        WHERE l.city = :city GROUP BY e.id, s.position, e.effective_at) f WHERE so_far <> 0"""
        for order in ("s.position", "e.effective_at, e.id")
    ]
    found = [row for sql in prefixes for row in await town.rows(sql)]
    sums = await town.rows(
        "SELECT currency, sum(debit) - sum(credit) FROM ledger_balances WHERE city = :city GROUP BY 1 HAVING sum(debit) <> sum(credit)"
    )
    return [*found, *sums]


async def no_more_is_taken_than_was_held_nor_goes_back_than_was_taken(town: Town) -> Faults:
    """4: by our payments, and by what really moved."""
    payments = await town.rows(
        "SELECT id, amount, captured, refunded FROM payments WHERE city = :city AND (captured > amount OR refunded > captured)"
    )
    moved = await town.rows("""
SELECT * FROM (SELECT t.payment_id, coalesce(sum(t.amount) FILTER (WHERE t.kind = 'charge'), 0) AS taken,
  -coalesce(sum(t.amount) FILTER (WHERE t.kind IN ('refund', 'refund_failure', 'dispute', 'dispute_reversal')), 0) AS gone,
  max(y.amount) AS held FROM provider_transactions t JOIN payments y ON y.city = t.city AND y.id = t.payment_id
  WHERE t.city = :city GROUP BY 1) f WHERE taken > held OR gone > taken""")
    return [*payments, *moved]


async def the_provider_s_account_is_what_the_provider_holds(town: Town) -> Faults:
    """5: available and pending."""
    balance = await town.treasury.provider.balance(town.city)
    theirs = sum(each.amount for each in (*balance.available, *balance.pending))
    return await _differ("provider", await _stands_at(town, "provider"), theirs)


async def payouts_are_what_they_are_made_of(town: Town) -> Faults:
    """6: and each that can be itemised is."""
    return await town.rows("""
SELECT o.payout_id, o.amount, o.itemised_at, sum(t.net) FROM payouts o LEFT JOIN provider_transactions t
  ON t.city = o.city AND t.payout_id = o.payout_id AND t.kind <> 'payout' WHERE o.city = :city AND o.is_automatic
GROUP BY 1, 2, 3 HAVING o.itemised_at IS NULL OR o.amount <> coalesce(sum(t.net), 0)""")


async def what_is_in_transit_is_not_at_the_bank_yet(town: Town) -> Faults:
    """7: nothing, once all that was paid out is matched."""
    ((waiting,),) = await town.rows(f"""
SELECT coalesce((SELECT sum(o.amount) FROM payouts o WHERE o.city = :city AND o.state NOT IN ('failed', 'canceled')), 0)::bigint
  - coalesce((SELECT sum(p.amount) FROM match_parts p WHERE p.city = :city AND p.expected_id LIKE 'payout:%' AND {LIVE}), 0)::bigint
""")
    return await _differ("in transit", await _stands_at(town, "in_transit"), int(waiting))


async def what_is_held_is_what_cards_hold(town: Town) -> Faults:
    """8: by what the provider says."""
    listed = await town.treasury.sandbox.city.v1.payment_intents.list_async({"limit": 100})
    held = sum(each.amount_capturable or 0 for each in listed.data if each.status == "requires_capture")
    return await _differ("held", await _stands_at(town, "held"), held)


async def each_movement_is_booked_once(town: Town) -> Faults:
    """9: what moved, and its fee, to the cent; and nothing that did not move."""
    missing = await town.rows(f"""
SELECT t.transaction_id, t.net FROM provider_transactions t WHERE t.city = :city AND t.net IS DISTINCT FROM (
  SELECT sum({SIGNED}) FROM ledger_entries e JOIN ledger_legs l ON l.city = e.city AND l.entry_id = e.id
  WHERE e.city = t.city AND l.account = 'provider' AND e.source LIKE 'bt:' || t.transaction_id || ':%')""")
    invented = await town.rows("""
SELECT e.source FROM ledger_entries e WHERE e.city = :city AND e.source LIKE 'bt:%' AND NOT EXISTS (
  SELECT 1 FROM provider_transactions t WHERE t.city = e.city AND t.transaction_id = split_part(e.source, ':', 2))""")
    twice = await town.rows("SELECT source FROM ledger_entries WHERE city = :city GROUP BY 1 HAVING count(*) > 1")
    return [*missing, *invented, *twice]


async def no_tax_is_left_of_what_was_given_back(town: Town) -> Faults:
    """10: by whatever parts; an invoice that was credited in full leaves nothing on any account."""
    return await town.rows(f"""
SELECT coalesce(i.corrects, i.id), l.account, sum({SIGNED}) FROM invoices i
  JOIN ledger_entries e ON e.city = i.city AND e.invoice_id = i.id AND e.kind IN ('invoice', 'credit_note')
  JOIN ledger_legs l ON l.city = e.city AND l.entry_id = e.id
WHERE i.city = :city AND coalesce(i.corrects, i.id) IN (SELECT o.id FROM invoices o JOIN invoices n ON n.city = o.city
  AND n.corrects = o.id WHERE o.city = :city GROUP BY o.id, o.gross HAVING sum(n.gross) = o.gross)
GROUP BY 1, 2 HAVING sum({SIGNED}) <> 0""")


async def numbers_have_no_gap_and_go_with_the_days(town: Town) -> Faults:
    """11: in each series; and each document is in the books."""
    gaps = await town.rows(
        "SELECT series, count(*), max(position) FROM invoices WHERE city = :city GROUP BY 1"
        " HAVING count(*) <> max(position) OR min(position) <> 1 OR count(DISTINCT number) <> count(*)"
    )
    turned = await town.rows("""
SELECT * FROM (SELECT number, issued_on, lag(issued_on) OVER (PARTITION BY series ORDER BY position) AS before
  FROM invoices WHERE city = :city) f WHERE before > issued_on""")
    unposted = await town.rows(
        "SELECT i.number FROM invoices i WHERE i.city = :city AND NOT EXISTS (SELECT 1 FROM ledger_entries e"
        " WHERE e.city = i.city AND e.source = i.kind || ':' || i.id)"
    )
    return [*gaps, *turned, *unposted]


async def nothing_is_written_into_a_closed_month(town: Town) -> Faults:
    """12: what came late belongs to the first open month, and keeps its day."""
    late = await town.rows("""
SELECT e.source, e.period, p.month FROM ledger_entries e JOIN ledger_periods p ON p.city = e.city
WHERE e.city = :city AND e.created_at >= p.closed_at AND e.period <= p.month""")
    elsewhere = await town.rows("""
SELECT e.source, e.period FROM ledger_entries e JOIN cities c ON c.city = e.city
WHERE e.city = :city AND e.period < date_trunc('month', e.effective_at AT TIME ZONE c.time_zone)::date""")
    return [*late, *elsewhere]


async def the_chain_holds_and_shows_a_bit_that_was_turned(town: Town, url: str) -> Faults:
    """13: each entry in turn is changed by a cent by hands that no trigger holds back, and found."""
    verdict = await town.books.verified()
    if not verdict.holds or verdict.standing.waiting:
        return [verdict]
    faults: list[Any] = []
    entries = await town.rows("SELECT entry_id, position FROM ledger_seals WHERE city = :city ORDER BY position")
    async with superuser(url) as hands:
        for entry_id, position in entries[:: max(1, len(entries) // 5)]:
            change = "UPDATE ledger_legs SET amount = amount {} WHERE city = $1 AND entry_id = $2"
            await hands.execute(change.format("+ 1"), town.city, entry_id)
            if (await town.books.verified()).broken != (position,):
                faults.append(("not seen", position))
            await hands.execute(change.format("- 1"), town.city, entry_id)
    return faults


async def datev_ends_with_the_same_on_every_account(town: Town) -> Faults:
    """14: the files of all months, read back as DATEV posts them."""
    transactions = town.databases.app.transactions
    office = accounting(transactions, town.clock, new_id)
    months = [month for (month,) in await town.rows("SELECT DISTINCT period FROM ledger_entries WHERE city = :city")]
    exported = await office.datev(town.city, min(months), max(months), lock=False)
    assert isinstance(exported, tuple)
    theirs: Counter[str] = Counter()
    for file in exported:
        theirs.update(posted(read(file.content), AUTOMATIC))
    ours: Counter[str] = Counter()
    debtors = await town.rows("SELECT person_id, number FROM debtor_numbers WHERE city = :city")
    numbers = dict(debtors)
    for account, debtor, amount in await town.rows(
        f"SELECT l.account, l.debtor_id, sum({SIGNED})::bigint FROM ledger_legs l WHERE l.city = :city GROUP BY 1, 2"
    ):
        number = str(10_000 + numbers[debtor]) if account == RECEIVABLES else SKR03.number(AccountKey(account))
        if number is not None:
            ours[number] += amount
    return [(each, ours[each], theirs[each]) for each in ours | theirs if ours[each] != theirs[each]]


async def a_file_of_the_bank_that_comes_again_changes_nothing(town: Town) -> Faults:
    """15: each of those that came."""
    counted = "SELECT (SELECT count(*) FROM bank_lines WHERE city = :city), (SELECT count(*) FROM ledger_entries WHERE city = :city)"
    before = await town.rows(counted)
    for file in town.files:
        await town.bank.take_in(town.city, new_id(), file)  # type: ignore[arg-type] # somebody
    await town.work()
    await town.night()
    return [] if await town.rows(counted) == before else [before]


async def what_is_matched_is_bounded_and_what_was_undone_leaves_nothing(town: Town) -> Faults:
    """16: no line stands for more than it is; a match that was taken apart is even on every account."""
    beyond = await town.rows(f"""
SELECT l.id, l.amount, sum(p.amount) FROM bank_lines l JOIN match_parts p ON p.city = l.city AND p.line_id = l.id
WHERE l.city = :city AND {LIVE} GROUP BY 1, 2 HAVING abs(sum(p.amount)) > abs(l.amount) OR sum(p.amount) * l.amount < 0""")
    left = await town.rows(f"""
SELECT u.match_id, l.account, sum({SIGNED}) FROM match_undoings u JOIN ledger_entries e ON e.city = u.city
  AND e.source LIKE 'match:' || u.match_id || ':%' JOIN ledger_entries x ON x.city = e.city AND (x.id = e.id OR x.reverses = e.id)
  JOIN ledger_legs l ON l.city = x.city AND l.entry_id = x.id WHERE u.city = :city GROUP BY 1, 2 HAVING sum({SIGNED}) <> 0""")
    ((unexplained,),) = await town.rows(f"""
SELECT coalesce((SELECT sum(l.amount) FROM bank_lines l WHERE l.city = :city), 0)::bigint - coalesce((SELECT sum(p.amount)
  FROM match_parts p WHERE p.city = :city AND {LIVE} AND (p.expected_id LIKE 'payout:%' OR p.expected_id LIKE 'invoice:%')), 0)::bigint""")
    open_ = await _differ("unexplained", -await _stands_at(town, "unexplained"), int(unexplained))
    return [*beyond, *left, *open_]


async def no_amount_is_a_float(town: Town) -> Faults:
    """17: neither in the tables nor in what is read of them."""
    columns = await town.rows("""
SELECT table_name, column_name FROM information_schema.columns WHERE data_type IN ('real', 'double precision')
  AND (table_name LIKE 'ledger_%' OR table_name IN ('provider_transactions', 'payouts', 'disputes', 'payments', 'refunds',
    'invoices', 'bank_lines', 'bank_statements', 'match_parts', 'dunning_cases')) AND :city <> ''""")
    amounts = await town.rows("SELECT amount FROM ledger_legs WHERE city = :city AND amount IS NOT NULL")
    return [*columns, *(amount for (amount,) in amounts if type(amount) is not int)]


async def nobody_sees_another_city_s_books(town: Town) -> Faults:
    """18: whoever asks for all rows gets those of the city in which she is, and whoever is in none gets none."""
    tables = ("ledger_entries", "ledger_legs", "ledger_seals", "ledger_balances", "invoices", "provider_transactions")
    seen = [await town.rows(f"SELECT DISTINCT city, '{table}' FROM {table} WHERE :city <> ''") for table in tables]
    return [row for rows in seen for row in rows if row[0] != town.city]


CHECKS: tuple[Callable[[Town], Awaitable[Faults]], ...] = (
    every_entry_balances,
    the_books_balance_at_every_moment,
    no_more_is_taken_than_was_held_nor_goes_back_than_was_taken,
    the_provider_s_account_is_what_the_provider_holds,
    payouts_are_what_they_are_made_of,
    what_is_in_transit_is_not_at_the_bank_yet,
    what_is_held_is_what_cards_hold,
    each_movement_is_booked_once,
    no_tax_is_left_of_what_was_given_back,
    numbers_have_no_gap_and_go_with_the_days,
    nothing_is_written_into_a_closed_month,
    datev_ends_with_the_same_on_every_account,
    what_is_matched_is_bounded_and_what_was_undone_leaves_nothing,
    no_amount_is_a_float,
    nobody_sees_another_city_s_books,
    a_file_of_the_bank_that_comes_again_changes_nothing,
)


async def faults(town: Town, url: str) -> dict[str, Faults]:
    """What does not hold, by the name of the invariant. `url` is the superuser's."""
    found = {check.__name__: await check(town) for check in CHECKS}
    found["chain"] = await the_chain_holds_and_shows_a_bit_that_was_turned(town, url)
    return {name: wrong for name, wrong in found.items() if wrong}


async def written(town: Town) -> list[tuple[Any, ...]]:
    """The ledger as it can be compared with another town's: names that chance gave are those of what they are about.

    Of each entry what it is, of which booking, document and line, the day and the month, and its legs.
    """
    bookings = {booking.id: number for number, booking in enumerate(town.bookings)}
    documents: dict[Any, str] = {}
    # What another names is named before it; both may have been issued at the same instant.
    for id_, source, booking, corrects in await town.rows(
        "SELECT id, source, booking_id, corrects FROM invoices WHERE city = :city ORDER BY corrects IS NOT NULL, source LIKE '%:replaces:%', id"
    ):
        words = source.replace(str(booking), str(bookings[booking]))
        for known, name in documents.items():
            words = words.replace(str(known), name)
        documents[id_] = f"({words})" if corrects is None else f"({documents[corrects]} {words})"
    legs = """(SELECT json_agg(json_build_array(l.account, l.side, l.amount, l.currency, l.debtor_id, l.cost_centre, l.vat_rate)
      ORDER BY l.account, l.side, l.amount) FROM ledger_legs l WHERE l.city = e.city AND l.entry_id = e.id)::text"""
    rows = await town.rows(f"""
SELECT e.kind, split_part(e.source, ':', 1), split_part(o.source, ':', 1), e.booking_id, e.invoice_id, e.bank_line,
  (e.effective_at AT TIME ZONE c.time_zone)::date, e.period,
  CASE WHEN e.invoice_id IS NULL THEN e.text ELSE '' END, {legs}
FROM ledger_entries e JOIN cities c ON c.city = e.city LEFT JOIN ledger_entries o ON o.city = e.city AND o.id = e.reverses
WHERE e.city = :city""")
    named = [
        (kind, source, undone, bookings.get(booking), documents.get(invoice), str(line), day, period, words, said)
        for kind, source, undone, booking, invoice, line, day, period, words, said in rows
    ]
    return sorted(named, key=repr)
