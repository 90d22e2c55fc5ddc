"""Whoever still owes a month of a lease is erased once it came to the bank, and with her what was written of her there."""

from datetime import timedelta

import httpx
import pytest
from msgspec.structs import replace

from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.payments.settlements import SqlSettlementBooks
from domain.booking.bookings import BookingId, State
from domain.identity import SYSTEM, PersonId
from domain.invoicing.invoices import Invoice
from domain.ledger.posting.movements import movement
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.payments.transactions import TransactionKind
from domain.periods import Period
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.settlement.ports import Movement
from tests.adapters.database.ledgers import Books
from tests.adapters.http.persons import Somebody, somebody
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.domain.ledger.facts import ADA, a_movement
from tests.domain.reconciliation.statements import IBAN, a_statement
from tests.examples import NOON, a_booking, a_payment, an_order
from tests.services.reconciliation.offices import SET_IBAN, Office

pytestmark = pytest.mark.database
MATCH = """
WITH m AS (INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
  VALUES (:city, :id, 'by_hand', 100, 'r', :id, now()) RETURNING id)
INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
SELECT :city, :id, l.id, :expected, 2900, 2900 FROM bank_lines l WHERE l.city = :city AND l.position = :position RETURNING line_id
"""


async def a_lease(ada: Somebody) -> tuple[Invoice, ...]:
    """Three months of 29.00 that are over, of which a card paid the first; the invoices about them."""
    bike, city = ada.seeded.bikes[0], ada.city
    order = an_order(bike, period=Period(NOON, NOON + timedelta(days=92)))
    lease = replace(a_booking(State.COMPLETED, bike, order=order), id=BookingId(new_id()), holder_id=PersonId(ada.id))
    paid = a_payment(lease, PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, captured=2900, id=new_id())
    await ada.database.place(city, lease, bike, replace(paid, intent_id=new_id().hex))
    await settled(ada.database, city)
    books = SqlInvoiceBooks(ada.database.app.transactions, new_id, lambda: None)
    return await issue_for_booking(city, lease.id, books=books, clock=lambda: lease.end, new_id=new_id)


async def test_an_erasure_waits_until_every_month_was_transferred(http: httpx.AsyncClient, database: Databases) -> None:
    ada = await somebody(http, database)
    _, second, third = await a_lease(ada)
    async with database.app.transactions.city(ada.city) as connection:
        await connection.execute(SET_IBAN, {"city": ada.city, "iban": IBAN})
    await Office(database, ada.city).take_in(a_statement(2900, 2900))
    for position, invoice in enumerate((second, third), start=1):
        refused = await ada.ask("DELETE")
        assert (refused.status_code, refused.json()["open"]["unpaid"]) == (409, [str(invoice.subject.booking_id)])
        expected = f"invoice:{invoice.id}"
        await database.rows(ada.city, MATCH, id=new_id(), expected=expected, position=position)
    assert (await ada.ask("DELETE")).status_code == 204


DISPUTE = """
INSERT INTO disputes (city, id, dispute_id, charge_id, amount, currency, reason, state, opened_at, is_refundable, has_evidence, submissions,
  transactions, withdrawn, fee, payment_id, version, updated_at)
VALUES (:city, :id, 'dp_1', 'ch_1', 2900, 'EUR', 'fraudulent', 'won', now(), false, true, 1, '{}', 0, 0, :payment, 1, now()) RETURNING id
"""
REFUND = """
INSERT INTO refunds (city, id, booking_id, payment_id, amount, currency, reason, state, needs_second, proposed_by, proposed_at, decided_by,
  decided_at, decision_reason, version, updated_at)
VALUES (:city, :id, :booking, :payment, 100, 'EUR', 'Ada called', 'rejected', false, :finance, now(), :finance, now(), 'not Ada', 1, now())
RETURNING id
"""
UNDO = """
INSERT INTO match_undoings (city, match_id, undone_by, undone_at, reason) VALUES (:city, :id, :finance, now(), 'not of Ada')
RETURNING match_id
"""
MATCHES = """
SELECT m.id, m.reason, u.reason FROM matches m LEFT JOIN match_undoings u ON u.city = m.city AND u.match_id = m.id WHERE m.city = :city
"""
RAISE = """
WITH x AS (INSERT INTO exceptions (city, id, kind, source, words, since, amount, currency, line_id, expected_id, about, raised_at, due_on)
  VALUES (:city, gen_random_uuid(), 'amount_differs', :source, 'differs', '2030-06-01', 0, 'EUR', CAST(:line AS uuid), :expected, :about,
    now(), '2030-06-08') RETURNING id)
INSERT INTO exception_steps (city, id, exception_id, kind, by, at, words)
SELECT :city, gen_random_uuid(), x.id, s.kind, s.by, s.at, s.words FROM x, (VALUES
  ('raised', CAST(:system AS uuid), CAST('2030-06-01' AS timestamptz), 'differs'),
  ('noted', CAST(:finance AS uuid), CAST('2030-06-02' AS timestamptz), 'Ada called')) s(kind, by, at, words) RETURNING exception_id
"""
CASE = """
INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, reference, version,
  updated_at, closed_at, closed_by)
VALUES (:city, :booking, :debtor, 240, 'EUR', now(), 0, 0, 'paid_otherwise', 'Ada paid', 'receipt 7', 1, now(), now(), :finance)
RETURNING id
"""
WORDS = """
SELECT x.source, string_agg(s.words, ' and ' ORDER BY s.at) FROM exceptions x JOIN exception_steps s ON s.city = x.city AND s.exception_id = x.id
WHERE x.city = :city GROUP BY 1
"""


async def test_what_was_written_of_her_at_exceptions_and_cases_goes_with_her(
    http: httpx.AsyncClient, database: Databases
) -> None:
    ada = await somebody(http, database)
    first, second, third = await a_lease(ada)
    async with database.app.transactions.city(ada.city) as connection:
        await connection.execute(SET_IBAN, {"city": ada.city, "iban": IBAN})
    await Office(database, ada.city).take_in(a_statement(2900, 2900, 990, 500))
    matches = [new_id(), new_id()]
    for position, (match, invoice) in enumerate(zip(matches, (second, third), strict=True), start=1):
        await database.rows(ada.city, MATCH, id=match, expected=f"invoice:{invoice.id}", position=position)
    lines = [row[0] for row in await database.rows(ada.city, "SELECT id FROM bank_lines ORDER BY position")]
    ((payment,),) = await database.rows(ada.city, "SELECT id FROM payments WHERE city = :city")
    await database.rows(ada.city, DISPUTE, id=new_id(), payment=payment)
    charge = a_movement(TransactionKind.CHARGE, 2900, 62)
    await SqlSettlementBooks(database.app.transactions, new_id, lambda: None).keep(
        ada.city, [Movement(charge, "charge", "charge", payment_id=payment)], NOON
    )
    books = Books(database, ada.city)
    await books.post(*movement(charge, PersonId(ada.id)), *movement(a_movement(TransactionKind.REFUND, -100), ADA))
    entries = await books.known("bt:txn_charge:capture", "bt:txn_refund:refund")
    hers = [
        (None, f"invoice:{first.id}", None),
        (lines[0], None, None),
        *((None, None, about) for about in ("dispute:dp_1", "movement:txn_charge", f"match:{matches[1]}")),
        *((None, None, about) for about in (f"line:{lines[1]}", f"entry:{entries[0].id}")),
    ]
    others = [
        (None, "payout:po_1", None),
        (lines[2], None, None),
        *((None, None, about) for about in ("account:bank", "movement:txn_other", f"entry:{entries[1].id}")),
    ]
    by = {"system": SYSTEM, "finance": new_id()}
    for source, (line, expected, about) in enumerate([*hers, *others]):
        named = {"source": f"{source}", "line": line, "expected": expected, "about": about}
        await database.rows(ada.city, RAISE, **by, **named)
    undone, other = new_id(), new_id()
    await database.rows(ada.city, MATCH.replace("2900", "500"), id=undone, expected=f"invoice:{first.id}", position=4)
    await database.rows(ada.city, UNDO, id=undone, finance=by["finance"])
    await database.rows(ada.city, MATCH.replace("2900", "500"), id=other, expected="payout:po_1", position=4)
    booking = {"booking": first.subject.booking_id, "finance": by["finance"]}
    await database.rows(ada.city, REFUND, id=new_id(), payment=payment, **booking)
    for debtor in (ada.id, new_id()):
        await database.rows(ada.city, CASE, debtor=debtor, **booking)

    assert (await ada.ask("DELETE")).status_code == 204

    words = {int(source): words for source, words in await database.rows(ada.city, WORDS)}
    assert [words[n] for n in range(len(hers))] == ["differs and "] * len(hers)
    assert [words[n] for n in range(len(hers), len(words))] == ["differs and Ada called"] * len(others)
    said = await database.rows(
        ada.city, "SELECT reason, reference FROM dunning_cases WHERE city = :city ORDER BY reason"
    )
    assert said == [("", "receipt 7"), ("Ada paid", "receipt 7")]
    assert {id_: reasons for id_, *reasons in await database.rows(ada.city, MATCHES)} == {
        **{match: ["", None] for match in matches},
        undone: ["", ""],
        other: ["r", None],
    }
    assert await database.rows(ada.city, "SELECT reason, decision_reason FROM refunds WHERE city = :city") == [("", "")]
