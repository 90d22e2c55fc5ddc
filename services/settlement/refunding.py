"""Giving money back because a person says so, and following every refund until its bank has the last word."""

from typing import Any, TypeAlias

from msgspec import Struct

from domain.booking.life import bill
from domain.identity import City
from domain.payments.payments import PaymentId, RecoveryPoint
from domain.payments.refunds import (
    NotRefundable,
    ProviderRefund,
    Refund,
    RefundId,
    RefundProposal,
    RefundState,
    asked,
    came_back,
    decide,
    followed,
    found,
    not_made,
    propose,
)
from domain.payments.schedule import scheduled
from domain.payments.settlement import Refund as GiveBack
from domain.payments.settlement import begun
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.settlement.ports import OpenRefunds, Ports

Outcome: TypeAlias = Refund | Refusal[NotRefundable] | Refusal[NotAnswerable]


class DecideRefund(Struct, frozen=True):
    """`seen` is the version of the refund that was looked at, where that was said."""

    refund_id: RefundId
    approve: bool
    reason: str
    seen: int | None = None


class StepUnderWay(Exception):
    """Another step of the payment is under way: the refund comes again."""


async def propose_refund(call: Call[Outcome], command: RefundProposal, *, ports: Ports) -> Answer:
    """Propose, or up to the city's limit approve at once. Raises Unavailable."""

    async def do(open_refunds: OpenRefunds) -> Outcome:
        desk = open_refunds.desk
        if desk is None:
            return Refusal(NotRefundable.UNKNOWN_BOOKING, pointer="/booking_id")
        outcome = propose(
            command,
            desk.payments,
            desk.refunds,
            desk.disputes,
            holder=desk.booking.holder_id,
            limit=desk.limit,
            by=call.actor.id,
            now=ports.clock(),
        )
        if isinstance(outcome, Refund):
            await open_refunds.keep(outcome)
        return outcome

    return await ports.refunds.answered(call, command.booking_id, do)


async def decide_refund(call: Call[Outcome], command: DecideRefund, *, ports: Ports) -> Answer:
    """Somebody else's word on a proposal. Raises Unavailable."""
    known = await ports.refunds.find(call.city, command.refund_id)
    if known is None:
        return call.answer(Refusal(NotRefundable.UNKNOWN_REFUND))

    async def do(open_refunds: OpenRefunds) -> Outcome:
        refund = _of(open_refunds, command.refund_id)
        if command.seen not in {None, refund.version}:
            return Refusal(NotRefundable.VERSION_MISMATCH)
        outcome = decide(refund, approve=command.approve, reason=command.reason, by=call.actor.id, now=ports.clock())
        if isinstance(outcome, Refund):
            await open_refunds.keep(outcome)
        return outcome

    return await ports.refunds.answered(call, known.booking_id, do)


async def carry_out(city: City, refund_id: RefundId, *, ports: Ports) -> None:
    """Have an approved refund asked for; again is harmless. Raises StepUnderWay, Unavailable and what the provider does."""
    known = await ports.refunds.find(city, refund_id)
    if known is None:
        return

    async def do(open_refunds: OpenRefunds) -> bool:
        refund, desk = _of(open_refunds, refund_id), open_refunds.desk
        if desk is None or refund.state is not RefundState.APPROVED:
            return True
        now = ports.clock()
        payment = next(p for p in desk.payments if p.id == refund.payment_id)
        outcome = asked(refund, payment, desk.disputes, now)
        if outcome is None:
            return False
        sent, ready = outcome
        await open_refunds.keep(sent)
        if ready is not None:
            step = begun(GiveBack(ready, refund.amount.amount), now)
            await open_refunds.keep_payment(scheduled(step, bill(desk.booking), now))
        return True

    if not await ports.refunds.work(city, known.booking_id, do):
        raise StepUnderWay(refund_id)
    await ports.settle(city, known.booking_id)
    await follow(city, known.booking_id, ports=ports)


async def follow(city: City, booking_id: Any, *, ports: Ports) -> None:
    """Take over what the provider says of the booking's refunds. Raises Unavailable and what the provider raises."""

    async def taken(open_refunds: OpenRefunds) -> Any:
        return open_refunds.desk

    desk = await ports.refunds.work(city, booking_id, taken)
    if desk is None:
        return
    said = {p.id: await ports.provider_refunds.of(city, p) for p in desk.payments if p.captured}

    async def do(open_refunds: OpenRefunds) -> None:
        for payment_id, refunds in said.items():
            for each in sorted(refunds, key=lambda refund: (refund.made_at, refund.id)):
                await _seen(open_refunds, payment_id, each, ports)
            await _lost(open_refunds, payment_id, refunds, ports)

    await ports.refunds.work(city, booking_id, do)


async def _seen(open_refunds: OpenRefunds, payment_id: PaymentId, said: ProviderRefund, ports: Ports) -> None:
    desk, now = open_refunds.desk, ports.clock()
    if desk is None:
        return
    payment = next(p for p in desk.payments if p.id == payment_id)
    mine = [r for r in desk.refunds if r.payment_id == payment_id]
    before = next((r for r in mine if r.provider_id == said.id), None) or next(
        (r for r in mine if said.number is not None and r.number == said.number), None
    )
    after = followed(before, said, now) if before else found(said, payment, RefundId(ports.new_id()), now)
    if after is before:
        return
    await open_refunds.keep(after)
    if after.state is RefundState.FAILED and (before is None or before.state is not RefundState.FAILED):
        failed = came_back(payment, after, now)
        await open_refunds.keep_payment(scheduled(failed, bill(desk.booking), now))


async def _lost(
    open_refunds: OpenRefunds, payment_id: PaymentId, said: tuple[ProviderRefund, ...], ports: Ports
) -> None:
    """What was asked for, is not under way any more, and was never made: the provider refused it."""
    desk = open_refunds.desk
    payment = next((p for p in desk.payments if p.id == payment_id), None) if desk else None
    if desk is None or payment is None or payment.recovery_point is RecoveryPoint.REFUNDING:
        return
    numbers = {each.number for each in said}
    for refund in desk.refunds:
        if (
            refund.payment_id == payment_id
            and refund.state is RefundState.ASKED
            and refund.number is not None
            and refund.number < payment.refunds
            and refund.number not in numbers
        ):
            await open_refunds.keep(not_made(refund, ports.clock()))


def _of(open_refunds: OpenRefunds, refund_id: RefundId) -> Refund:
    refunds = open_refunds.desk.refunds if open_refunds.desk is not None else ()
    return next(refund for refund in refunds if refund.id == refund_id)
