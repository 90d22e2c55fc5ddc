"""What the city says to a dispute, once, and in time."""

from datetime import timedelta

import msgspec
import pytest

from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from services.settlement.ports import Evidence
from tests.examples import euros
from tests.services.payments.world import code
from tests.services.settlement.treasury import Treasury

pytestmark = pytest.mark.database
SHE_WAS_THERE = Evidence(uncategorized_text="She was there.")
WINS = Evidence(uncategorized_text="winning_evidence")
DISPUTES = "pm_card_createDispute"


@pytest.fixture
async def disputed(town: Treasury) -> Treasury:
    await town.paid(method=DISPUTES)
    await town.gather()
    return town


async def state(town: Treasury) -> str:
    ((found,),) = await town.rows("SELECT state FROM disputes WHERE city = :city")
    return str(found)


async def test_evidence_is_handed_in_once_however_often_it_is_sent(disputed: Treasury) -> None:
    answer = await disputed.answer(SHE_WAS_THERE, key="k")
    assert (answer.status, msgspec.json.decode(answer.body)["answer"]["kind"]) == (200, "evidence")
    again = await disputed.answer(SHE_WAS_THERE, key="k")
    assert (again.body, again.replayed) == (answer.body, True)
    assert code(await disputed.answer(SHE_WAS_THERE)) == "already_answered"
    await disputed.sandbox.fault("POST", "/v1/disputes/*", "timeout_after")
    await disputed.work()
    assert await state(disputed) == "under_review"
    assert await disputed.rows("SELECT handed_in_at IS NOT NULL, failure FROM dispute_answers WHERE city = :city") == [
        (True, None)
    ]


async def test_a_dispute_that_is_won_brings_the_money_back(disputed: Treasury) -> None:
    await disputed.answer(WINS)
    await disputed.work()
    await disputed.pass_by(seconds=2)
    await disputed.gather()
    assert await state(disputed) == "won"
    assert "settlement.dispute_won" in await disputed.work()


async def test_who_gives_in_has_lost(disputed: Treasury) -> None:
    await disputed.answer(None)
    assert "settlement.dispute_lost" in await disputed.work()
    assert await state(disputed) == "lost"
    assert code(await disputed.answer(SHE_WAS_THERE)) == "already_answered"


async def test_after_the_deadline_nobody_answers(disputed: Treasury) -> None:
    disputed.world.clock.pass_by(days=9, minutes=1)
    assert code(await disputed.answer(SHE_WAS_THERE)) == "too_late_to_answer"
    await disputed.sandbox.advance(9 * 24 * 3600 + 60)
    await disputed.gather()
    assert code(await disputed.answer(SHE_WAS_THERE)) == "dispute_decided"


async def test_evidence_that_comes_too_late_at_the_provider_is_said_to_have_failed(disputed: Treasury) -> None:
    await disputed.answer(SHE_WAS_THERE)
    ((dispute_id,),) = await disputed.rows("SELECT dispute_id FROM disputes WHERE city = :city")
    await disputed.sandbox.by_hand(f"disputes/{dispute_id}", outcome="lost")
    await disputed.work()
    assert await disputed.rows("SELECT failure FROM dispute_answers WHERE city = :city") == [("dispute_not_open",)]
    assert await state(disputed) == "lost"


async def withdrawn_from(town: Treasury) -> Booking:
    """A lease whose first 29 euros were taken from a card and disputed; then it is cancelled, and costs nothing."""
    lease = await town.world.booking(Service.BIKE_LEASING, starts_in=timedelta(days=2), lasts=timedelta(days=91))
    await town.world.pay(lease, DISPUTES)
    await town.gather()
    await town.work()
    await town.world.end(lease, State.CANCELLED, euros("0.00"))
    await town.world.payments.settle(town.city, lease.id)
    payment = await town.world.payment(lease)
    assert (payment.captured, payment.refunded, payment.refunds, payment.retry_at) == (2900, 0, 0, None)
    return lease


async def test_what_is_disputed_is_given_back_when_the_city_has_won(town: Treasury) -> None:
    lease = await withdrawn_from(town)
    await town.answer(WINS)
    await town.work()
    await town.pass_by(seconds=2)
    await town.gather()
    await town.work()
    assert await state(town) == "won"
    assert await town.world.money(lease) == [("booking", "refunded", 2900, 2900, 2900)]


async def test_what_was_lost_is_not_given_back_as_well(town: Treasury) -> None:
    lease = await withdrawn_from(town)
    await town.answer(None)
    await town.work()
    assert await state(town) == "lost"
    payment = await town.world.payment(lease)
    assert (payment.captured, payment.refunded, payment.refunds, payment.retry_at) == (2900, 0, 0, None)
