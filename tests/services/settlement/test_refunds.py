"""Money that people give back: by one up to the limit, by two above it, and what becomes of it days later."""

import asyncio

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from domain.payments.refunds import RefundId
from infra.ids import new_id
from services.calls import Answer
from services.settlement.refunding import StepUnderWay
from tests.services.payments.faults import Crash, Fault, FaultyGateway, Fuse
from tests.services.payments.world import code
from tests.services.settlement.treasury import LIMIT, Treasury

pytestmark = pytest.mark.database
REFUND_FAILS = "pm_card_refundFail"


def said(answer: Answer) -> dict[str, object]:
    assert answer.status == 200, answer.body
    found: dict[str, object] = msgspec.json.decode(answer.body)
    return found


def id_of(answer: Answer) -> RefundId:
    return RefundId(msgspec.convert(said(answer)["id"], type(new_id())))


async def test_up_to_the_limit_one_person_gives_back_alone(town: Treasury) -> None:
    booking = await town.paid()
    assert said(await town.propose(booking, LIMIT))["state"] == "approved"
    kinds = await town.work()
    assert [kind for kind in kinds if kind.startswith("refund.")] == ["refund.approved", "refund.asked", "refund.paid"]
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, LIMIT)]
    assert await town.given_back() == [("paid", LIMIT, None)]


async def test_above_it_a_second_person_decides_and_never_the_first(town: Treasury) -> None:
    booking = await town.paid()
    refund = id_of(await town.propose(booking, LIMIT + 1, by="fatima"))
    assert code(await town.decide(refund, by="fatima")) == "own_proposal"
    await town.work()
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, 0)]
    assert said(await town.decide(refund, by="gustav"))["state"] == "approved"
    await town.work()
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, LIMIT + 1)]
    assert code(await town.decide(refund, by="gustav")) == "already_decided"


async def test_the_limit_is_not_passed_in_small_parts(town: Treasury) -> None:
    booking = await town.paid()
    assert said(await town.propose(booking, LIMIT))["state"] == "approved"
    second = id_of(await town.propose(booking, 1))
    assert code(await town.decide(second, by="fatima")) == "own_proposal"
    assert said(await town.decide(second, by="gustav"))["state"] == "approved"


async def test_nobody_gives_herself_money_back_alone(town: Treasury) -> None:
    booking = await town.paid()
    own = id_of(await town.propose(booking, 1, by="ada"))
    assert code(await town.decide(own, by="ada")) == "own_proposal"


async def test_a_proposal_that_is_rejected_gives_nothing_back_and_frees_the_money(town: Treasury) -> None:
    booking = await town.paid()
    refund = id_of(await town.propose(booking, 480))
    assert code(await town.propose(booking, 1)) == "more_than_taken"
    assert said(await town.decide(refund, approve=False, by="gustav"))["state"] == "rejected"
    await town.work()
    assert said(await town.propose(booking, 1))["state"] == "approved"


async def test_the_database_lets_nobody_decide_her_own_proposal(town: Treasury) -> None:
    booking = await town.paid()
    refund = id_of(await town.propose(booking, LIMIT + 1))
    for change in ("decided_by = proposed_by, decided_at = now()", "state = 'approved'"):
        with pytest.raises(DBAPIError, match=r"four_eyes|undecided"):
            await town.rows(f"UPDATE refunds SET {change} WHERE city = :city AND id = :id RETURNING id", id=refund)


async def test_the_same_key_proposes_once(town: Treasury) -> None:
    booking = await town.paid()
    first = await town.propose(booking, 100, key="k")
    again = await town.propose(booking, 100, key="k")
    assert (again.body, again.replayed) == (first.body, True)
    assert code(await town.propose(booking, 101, key="k")) == "key_reused"
    assert await town.given_back() == [("approved", 100, None)]


async def test_two_at_once_never_give_back_more_than_was_taken(town: Treasury) -> None:
    booking = await town.paid()
    answers = await asyncio.gather(*(town.propose(booking, LIMIT, by=f"clerk {n}") for n in range(8)))
    assert sorted(answer.status for answer in answers) == [200, *[409] * 7]
    await town.work()
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, LIMIT)]


@pytest.mark.parametrize(
    ("amount", "refusal"), [(481, "more_than_taken"), (480, None)], ids=["a cent too much", "all of it"]
)
async def test_no_more_goes_back_than_was_taken(town: Treasury, amount: int, refusal: str | None) -> None:
    booking = await town.paid()
    answer = await town.propose(booking, amount)
    assert (code(answer) if refusal else None) == refusal


async def test_what_was_not_taken_is_not_given_back(town: Treasury) -> None:
    booking = await town.world.booking()
    assert code(await town.propose(booking, 100)) == "nothing_taken"


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_500", "error_500_after"])
async def test_a_lost_answer_gives_the_money_back_once(town: Treasury, fault: str) -> None:
    booking = await town.paid()
    await town.propose(booking, LIMIT)
    await town.sandbox.fault("POST", "/v1/refunds", fault, times=3)
    await town.work()
    for _ in range(4):
        town.world.clock.pass_by(hours=1)
        await town.world.work()
    await town.settlement.follow(town.city, booking.id)
    made = await town.sandbox.city.v1.refunds.list_async()
    assert [refund.amount for refund in made.data] == [LIMIT]
    assert await town.given_back() == [("paid", LIMIT, None)]


@pytest.mark.parametrize("where", ["before give_back", "after give_back"])
async def test_a_crash_around_the_call_gives_the_money_back_once(town: Treasury, where: str) -> None:
    booking = await town.paid()
    refund = id_of(await town.propose(booking, LIMIT))
    fuse = Fuse()
    fuse._blows = lambda _point: Fault.CRASH if fuse.passed[-1] == where else None
    town.world.gateway = FaultyGateway(town.gateway, fuse)
    with pytest.raises(Crash):
        await town.settlement.carry_out(town.city, refund)
    fuse.mended = True
    await town.settlement.carry_out(town.city, refund)  # its entry in the outbox comes again
    for _ in range(3):
        town.world.clock.pass_by(hours=1)
        await town.world.work()
    await town.settlement.follow(town.city, booking.id)
    made = await town.sandbox.city.v1.refunds.list_async()
    assert [each.amount for each in made.data] == [LIMIT]
    assert await town.given_back() == [("paid", LIMIT, None)]
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, LIMIT)]


async def test_a_refund_waits_for_the_step_before_it(town: Treasury) -> None:
    booking = await town.paid()
    first, second = id_of(await town.propose(booking, 100)), id_of(await town.propose(booking, 100))
    await town.sandbox.fault("POST", "/v1/refunds", "error_503", times=3)
    await town.settlement.carry_out(town.city, first)
    with pytest.raises(StepUnderWay):
        await town.settlement.carry_out(town.city, second)
    town.world.clock.pass_by(minutes=5)
    await town.world.work()
    await town.settlement.carry_out(town.city, second)
    assert await town.world.money(booking) == [("booking", "captured", 480, 480, 200)]


async def test_a_refund_that_came_back_is_owed_again_and_given_back_only_if_somebody_says_so(town: Treasury) -> None:
    booking = await town.paid(method=REFUND_FAILS)
    await town.propose(booking, LIMIT)
    await town.work()
    assert await town.given_back() == [("paid", LIMIT, None)]
    await town.pass_by(days=3)
    await town.gather()
    await town.work()
    assert [(state, amount) for state, amount, _ in await town.given_back()] == [("failed", LIMIT)]
    await town.world.payments.settle(town.city, booking.id)
    payment = await town.world.payment(booking)
    assert (payment.refunded, payment.came_back, payment.recovery_point) == (LIMIT, LIMIT, "settled")
    assert said(await town.propose(booking, 200))["state"] == "approved"
    await town.work()
    payment = await town.world.payment(booking)
    assert (payment.refunded, payment.came_back) == (LIMIT, 100)
    assert code(await town.propose(booking, 281)) == "more_than_taken"


async def test_refunds_that_settling_made_are_followed_as_well(town: Treasury) -> None:
    booking = await town.paid(method=REFUND_FAILS)
    payment = await town.world.payment(booking)
    await town.sandbox.city.v1.refunds.create_async({"payment_intent": str(payment.intent_id), "amount": 80})
    await town.gather()
    await town.work()
    assert await town.given_back() == [("paid", 80, None)]
    await town.pass_by(days=3)
    await town.gather()
    await town.work()
    assert [state for state, _, _ in await town.given_back()] == ["failed"]
    assert (await town.world.payment(booking)).came_back == 80


async def test_what_the_provider_will_not_give_back_has_failed(town: Treasury) -> None:
    """Somebody gave it back at the provider itself, and we have not heard of it yet."""
    booking = await town.paid()
    payment = await town.world.payment(booking)
    await town.sandbox.city.v1.refunds.create_async({"payment_intent": str(payment.intent_id)})
    await town.propose(booking, 100)
    await town.work()
    town.world.clock.pass_by(minutes=5)
    await town.world.work()
    await town.settlement.follow(town.city, booking.id)
    assert sorted(await town.given_back()) == [("failed", 100, "refused"), ("paid", 480, None)]
