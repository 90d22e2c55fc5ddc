"""What is owed and could not be taken: a case with reminders by the policy of its day, until it is paid or closed."""

import pytest

from adapters.database.payments.dunning import due_cases
from domain.booking.bookings import State
from domain.payments.dunning import CaseState
from tests.services.payments.world import VISA, code
from tests.services.settlement.debtors import case, close, unpaid
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database


async def remind(town: Treasury) -> list[str]:
    """What the worker does by the clock, and what follows."""
    for city, booking_id in await due_cases(town.databases.relay.transactions, town.world.clock(), 1000):
        if city == town.city:
            await town.settlement.remind(city, booking_id)
    return [kind for kind in await town.work() if kind.startswith("dunning.")]


async def test_what_the_card_does_not_pay_is_reminded_of_in_steps_with_fees(lent: Treasury) -> None:
    await unpaid(lent)
    assert await case(lent) == [("open", 4500, 0, 0)]
    assert await remind(lent) == []
    for steps, fees in ((1, 0), (2, 250), (3, 500)):
        lent.world.clock.pass_by(days=14, minutes=1)
        assert await remind(lent) == ["dunning.reminded"]
        assert await remind(lent) == []
        assert await case(lent) == [("open", 4500, steps, fees)]
    lent.world.clock.pass_by(days=100)
    assert await remind(lent) == []


async def test_what_is_less_than_the_city_asks_for_is_written_off_instead_of_being_reminded_of(lent: Treasury) -> None:
    await lent.rows(
        """UPDATE cities SET settings = jsonb_set(settings, '{dunning,0,write_off_below}', '4501') WHERE city = :city RETURNING city"""
    )
    booking = await unpaid(lent)
    assert await remind(lent) == []
    assert await case(lent) == [("open", 4500, 0, 0)]
    lent.world.clock.pass_by(days=14, minutes=1)
    assert await remind(lent) == ["dunning.closed"]
    assert await case(lent) == [("written_off", 4500, 0, 0)]
    await lent.settlement.review(lent.city, booking.id)
    assert await remind(lent) == []
    assert code(await lent.world.pay(booking, VISA)) == "wrong_state"


async def test_after_a_long_silence_reminders_do_not_come_all_at_once(lent: Treasury) -> None:
    await unpaid(lent)
    lent.world.clock.pass_by(days=90)
    assert await remind(lent) == ["dunning.reminded"]
    lent.world.clock.pass_by(days=13)
    assert await remind(lent) == []
    lent.world.clock.pass_by(days=2)
    assert await remind(lent) == ["dunning.reminded"]


async def test_what_is_paid_is_not_owed(lent: Treasury) -> None:
    await lent.paid()
    await lent.work()
    assert await case(lent) == []


async def test_a_lost_dispute_is_the_citys_loss_and_nobody_is_reminded_of_it(lent: Treasury) -> None:
    await lent.paid(method="pm_card_createDispute")
    await lent.gather()
    await lent.work()
    await lent.answer(None)
    await lent.work()
    assert await lent.rows("SELECT state, lost, claimed FROM disputes WHERE city = :city") == [("lost", 480, False)]
    assert await case(lent) == []


async def test_where_the_city_claims_it_it_is_owed_again_and_no_more_once_it_is_won_back(lent: Treasury) -> None:
    await lent.rows(
        """UPDATE cities SET settings = settings || '{"disputes": {"claim_lost": true}}' WHERE city = :city RETURNING city"""
    )
    booking = await lent.paid(method="pm_card_createDispute")
    await lent.gather()
    await lent.work()
    assert await case(lent) == []
    await lent.answer(None)
    await lent.work()
    assert await case(lent) == [("open", 480, 0, 0)]
    await lent.rows("UPDATE disputes SET state = 'won', withdrawn = 0, won_at = now() WHERE city = :city RETURNING id")
    await lent.settlement.review(lent.city, booking.id)
    assert await case(lent) == [("paid", 480, 0, 0)]


async def test_a_person_closes_a_case_once_and_it_stays_closed(lent: Treasury) -> None:
    booking = await unpaid(lent)
    assert (await close(lent, booking, CaseState.WRITTEN_OFF)).status == 200
    assert code(await close(lent, booking)) == "case_closed"
    await lent.settlement.review(lent.city, booking.id)
    await lent.work()
    lent.world.clock.pass_by(days=30)
    assert await remind(lent) == []
    assert await case(lent) == [("written_off", 4500, 0, 0)]


async def test_without_a_policy_of_that_day_a_case_waits_for_a_person(town: Treasury) -> None:
    booking = await unpaid(town)
    town.world.clock.pass_by(days=100)
    assert await remind(town) == []
    assert await case(town) == [("open", 4500, 0, 0)]
    assert (await close(town, booking)).status == 200


async def test_who_was_never_asked_to_pay_has_no_case_to_close(town: Treasury) -> None:
    booking = await town.world.booking()
    assert code(await close(town, booking)) == "unknown_case"


async def test_a_booking_that_is_not_over_owes_nothing_yet(lent: Treasury) -> None:
    booking = await lent.world.booking()
    await lent.world.pay(booking)
    await lent.settlement.review(lent.city, booking.id)
    assert await lent.world.state(booking) is State.HELD
    assert await case(lent) == []
