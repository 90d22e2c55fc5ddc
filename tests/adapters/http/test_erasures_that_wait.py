"""An erasure waits for what is open, and comes by itself once that is over."""

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.database.retention.deleting import due_reviews
from adapters.database.retention.old_records import PLACES
from adapters.mail.files import FileMailer
from domain.bike_leasing.contracts.leases import LeaseState
from domain.booking.bookings import BookingId, State
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.retention.rules import Record
from infra.clock import now
from infra.ids import new_id
from infra.retaining import EVERY, reviewing
from tests.adapters.http.persons import Somebody, problem
from tests.examples import a_payment

pytestmark = pytest.mark.database


async def test_an_erasure_waits_for_what_is_open_and_names_it(ada: Somebody) -> None:
    live, unpaid = await ada.booked(State.CONFIRMED), await ada.booked(State.COMPLETED, fee=240)
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    nothing = {"payments": [], "disputes": [], "held": False, "waits": False, "leases": []}
    assert refused.json()["open"] == {"bookings": [str(live.id)], "unpaid": [str(unpaid.id)], **nothing}
    assert (await ada.ask("GET")).status_code == 200

    point, paid = ada.seeded.charge_points[0], a_payment(unpaid, captured=240)
    await ada.database.rows(
        ada.city, "UPDATE bookings SET state = 'cancelled' WHERE city = :city AND id = :id RETURNING id", id=live.id
    )
    over = replace(unpaid, id=BookingId(new_id()))
    await ada.database.place(ada.city, over, point, replace(paid, id=new_id(), booking_id=over.id, holder_id=ada.id))
    waiting = await ada.ask("DELETE")
    assert len(waiting.json()["open"]["payments"]) == 1


LEASED = """INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, pin_tries, lease,
  made_at, updated_at) VALUES (:city, :id, :holder, 'radhaus', 'leasing-ag', 'stadtwerke', :state, 1, 100,
  CASE WHEN CAST(:state AS text) = 'ready_for_pickup' THEN 5 END, '{}', now(), now()) RETURNING id"""
HOLD = """INSERT INTO legal_holds (city, id, kind, subject_id, reason, placed_by, placed_at)
VALUES (:city, :it, :kind, :subject, 'court case', :it, now()) RETURNING id"""
LIFT = """UPDATE legal_holds SET lifted_at = now(), lifted_by = id, lifted_because = 'settled' WHERE city = :city RETURNING id"""


async def look_through(ada: Somebody) -> None:
    """The worker's look of the next day, once it has come to her city."""
    app, relay = ada.database.app, ada.database.relay
    ((last,),) = await ada.database.rows(ada.city, "SELECT max(at) FROM retention_reviews WHERE city = :city")
    when = (last or now()) + timedelta(days=1, hours=1)
    while ada.city in await due_reviews(relay.transactions, when - EVERY, 10_000):
        await reviewing(app, relay, FileMailer(Path("no letters here")), lambda: when, new_id)()


async def made_before(ada: Somebody) -> None:
    await ada.database.rows(ada.city, "UPDATE bookings SET made_at = '2026-01-01' WHERE city = :city RETURNING id")


async def is_erased(ada: Somebody) -> bool:
    sql = "SELECT erased_at IS NOT NULL FROM persons WHERE city = :city AND id = :id"
    ((erased,),) = await ada.database.rows(ada.city, sql, id=ada.id)
    return bool(erased)


@pytest.mark.parametrize("on", ["person", "booking"])
async def test_an_erasure_waits_for_a_legal_hold_and_comes_by_itself_when_that_is_lifted(
    ada: Somebody, on: str
) -> None:
    booking = await ada.booked(State.CANCELLED)
    subject = ada.id if on == "person" else booking.id
    await made_before(ada)
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind=on, subject=subject)
    for _ in range(2):
        refused = await ada.ask("DELETE")
        assert problem(refused) == (409, "not_settled")
    assert (refused.json()["open"]["held"], refused.json()["open"]["waits"]) == (True, True)
    await look_through(ada)
    assert not await is_erased(ada)
    await ada.database.rows(ada.city, LIFT)
    await look_through(ada)
    assert await is_erased(ada)
    assert await ada.database.rows(ada.city, "SELECT person_id FROM erasure_wishes WHERE city = :city") == []
    actions = await ada.database.rows(ada.city, "SELECT action FROM audit WHERE city = :city ORDER BY id")
    assert [row[0] for row in actions] == ["person.erasure_waits", "person.erased"]


async def test_whoever_books_again_while_her_erasure_waits_has_changed_her_mind(ada: Somebody) -> None:
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind="person", subject=ada.id)
    assert (await ada.ask("DELETE")).status_code == 409
    await ada.database.rows(ada.city, LIFT)
    booking = await ada.booked(State.CANCELLED)
    sql = "UPDATE bookings SET made_at = now() + interval '1 minute' WHERE city = :city AND id = :id RETURNING id"
    await ada.database.rows(ada.city, sql, id=booking.id)
    await look_through(ada)
    assert not await is_erased(ada)


async def test_a_hold_on_the_whole_city_keeps_documents_not_names(ada: Somebody) -> None:
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind="city", subject=None)
    assert (await ada.ask("DELETE")).status_code == 204


async def test_an_erasure_waits_for_an_open_dispute(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED, fee=240)
    paid = a_payment(booking, PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, captured=240)
    point = ada.seeded.charge_points[0]
    over = replace(booking, id=BookingId(new_id()))
    mine = replace(paid, id=new_id(), booking_id=over.id, holder_id=ada.id, intent_id=new_id().hex)
    await ada.database.rows(ada.city, "UPDATE bookings SET fee = NULL WHERE city = :city RETURNING id")
    await ada.database.place(ada.city, over, point, mine)
    await made_before(ada)
    dispute = new_id()
    await ada.database.rows(
        ada.city,
        """INSERT INTO disputes (city, id, dispute_id, charge_id, amount, currency, reason, state, opened_at, is_refundable,
             has_evidence, submissions, transactions, withdrawn, fee, payment_id, version, updated_at)
           VALUES (:city, :id, 'dp', 'ch', 240, 'EUR', 'fraudulent', 'needs_response', now(), false, false, 0, '{}', 240, 2000,
             :payment, 1, now()) RETURNING id""",
        id=dispute,
        payment=mine.id,
    )
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    assert (refused.json()["open"]["disputes"], refused.json()["open"]["waits"]) == ([str(dispute)], True)
    await ada.database.rows(ada.city, "UPDATE disputes SET state = 'won' WHERE city = :city RETURNING id")
    await look_through(ada)
    assert await is_erased(ada)


OVER_OR_OFFERED = {"offered", "rejected", "cancelled", "withdrawn", "closed", "early_ended"}


async def test_an_erasure_waits_for_the_end_of_a_lease_and_not_for_an_offer(ada: Somebody) -> None:
    states = {str(new_id()): state.value for state in LeaseState if state is not LeaseState.DRAFT}
    for lease, state in states.items():
        await ada.database.rows(ada.city, LEASED, id=lease, holder=ada.id, state=state)
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    in_the_way = {states[lease] for lease in refused.json()["open"]["leases"]}
    assert set(states.values()) - in_the_way == OVER_OR_OFFERED
    ended = "UPDATE leases SET state = 'closed', pin_tries = NULL WHERE city = :city RETURNING id"
    await ada.database.rows(ada.city, ended)
    assert (await ada.ask("DELETE")).status_code == 204


async def test_an_erasure_waits_until_she_who_withdrew_has_given_her_bike_back(ada: Somebody) -> None:
    lease, said = new_id(), "UPDATE leases SET lease = CAST(:lease AS jsonb) WHERE city = :city RETURNING id"
    await ada.database.rows(ada.city, LEASED, id=lease, holder=ada.id, state="withdrawn")
    await ada.database.rows(ada.city, said, lease='{"handed_over_on": "2026-12-11", "returned_on": null}')
    waiting = await ada.ask("DELETE")
    assert waiting.json()["open"]["leases"] == [str(lease)]
    await ada.database.rows(ada.city, said, lease='{"handed_over_on": "2026-12-11", "returned_on": "2026-12-20"}')
    assert (await ada.ask("DELETE")).status_code == 204


async def test_as_long_as_a_lease_names_her_the_row_of_an_erased_person_stays(ada: Somebody) -> None:
    lease, later = new_id(), now() + timedelta(days=9000)
    await ada.database.rows(ada.city, LEASED, id=lease, holder=ada.id, state="closed")
    assert (await ada.ask("DELETE")).status_code == 204
    await ada.database.rows(
        ada.city, "UPDATE erasures SET mailbox = NULL, emptied_at = now() WHERE city = :city RETURNING person_id"
    )
    due = f"SELECT r.id FROM persons r WHERE r.city = :city AND {PLACES[Record.PERSONS].due}"
    assert await ada.database.rows(ada.city, due, before=later) == []
    await ada.database.rows(ada.city, "UPDATE leases SET holder_id = :id WHERE city = :city RETURNING id", id=new_id())
    assert await ada.database.rows(ada.city, due, before=later) == [(ada.id,)]
