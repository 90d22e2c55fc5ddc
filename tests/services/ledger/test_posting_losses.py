"""From what a dispute took and what people gave up to the ledger: it is lost once, and its tax comes back once."""

import pytest
from msgspec.structs import replace

from domain.booking.invoicing import REMINDER
from domain.invoicing.invoices import InvoiceKind
from domain.payments.payments import PaymentState
from infra.ids import new_id
from services.ledger.ports import Losing
from services.ledger.posting import Fact, lost_parts
from tests.database import Databases
from tests.domain.ledger.facts import a_loss
from tests.examples import hours
from tests.invoices import TODAY, a_credit_note, an_invoice
from tests.invoices import a_line as an_item
from tests.services.ledger.towns import a_town, balances, given_up_with_a_fee, issue, paid_by_transfer, posted, used

pytestmark = pytest.mark.database


def test_what_is_lost_with_a_dispute_is_what_was_not_credited_before() -> None:
    invoice = an_invoice()
    note = a_credit_note(invoice, 500)
    loss = a_loss(seen_at=TODAY + hours(48))
    losing = Losing((invoice, note), (loss,), ())
    assert [(part.net, part.vat) for part in lost_parts(losing)["dispute_lost:dp_1"]] == [(1656, 314)]
    more = replace(losing, disputes=(replace(loss, amount=3000),))
    assert [part.gross for part in lost_parts(more)["dispute_lost:dp_1"]] == [1970]
    claimed = replace(losing, disputes=(replace(loss, is_claimed=True),))
    assert lost_parts(claimed) == {}
    assert note.kind is InvoiceKind.CREDIT_NOTE


def test_a_card_s_dispute_is_of_what_the_booking_asked_of_it_and_of_no_further_month_and_no_fee() -> None:
    first = an_invoice(name="1", source="booking:b:instalment:1")
    month = an_invoice(name="2", source="booking:b:instalment:2", collected=False)
    reminder = an_invoice(an_item("5.00", "0"), name="fee", source=f"{REMINDER}{new_id()}:2", collected=False)
    losing = Losing((first, month, reminder), (a_loss(3000, seen_at=TODAY + hours(48)),), ())
    assert [(part.net, part.vat) for part in lost_parts(losing)["dispute_lost:dp_1"]] == [(2076, 394)]
    assert lost_parts(replace(losing, issued=(month, reminder))) == {}
    damages = an_invoice(an_item("15.00", "0"), name="damages", source="booking:b:instalment:1:0")
    more = lost_parts(replace(losing, issued=(first, damages, month)))["dispute_lost:dp_1"]
    assert [(part.net, part.vat) for part in more] == [(1500, 0), (1261, 239)]


async def test_what_a_person_gives_up_is_a_loss_and_its_tax_comes_back(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await posted(books, Fact.DOCUMENT, invoice)
    await books.write(
        "INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version,"
        " updated_at) VALUES (:city, :id, :id, 240, 'EUR', now(), 0, 0, 'open', '', 1, now())",
        id=booking.id,
    )
    assert await posted(books, Fact.DEBTS, booking.id) == 0
    await books.write(
        "UPDATE dunning_cases SET state = 'written_off', closed_at = '2030-07-01', closed_by = booking_id WHERE city = :city"
    )
    assert [await posted(books, Fact.DEBTS, booking.id) for _ in range(2)] == [1, 0]
    assert await balances(books) == {"bad_debt": 202, "revenue.charging.19": -202}


async def test_what_was_transferred_for_it_is_not_given_up(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await paid_by_transfer(books, invoice)
    await books.write(
        "INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, reason, version,"
        " updated_at, closed_at, closed_by) VALUES (:city, :id, :id, 240, 'EUR', now(), 0, 0, 'written_off', '', 1, now(), now(), :id)",
        id=booking.id,
    )
    assert await posted(books, Fact.DEBTS, booking.id) == 0


async def test_a_fee_that_is_invoiced_after_it_was_given_up_is_lost_then(database: Databases) -> None:
    world, books = await a_town(database)
    booking = await used(world, PaymentState.RELEASED)
    (invoice,) = await issue(world, booking)
    await given_up_with_a_fee(books, booking, invoice)
    assert await posted(books, Fact.DEBTS, booking.id) == 1
    (fee,) = await issue(world, booking, TODAY + hours(1))
    assert [await posted(books, Fact.DOCUMENT, each) for each in (invoice, fee)] == [1, 2]
    assert (await balances(books)).get("receivables", 0) == 0
