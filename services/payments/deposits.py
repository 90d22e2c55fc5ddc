"""Claiming of a deposit: decided while nobody else has the booking's books open, taken by whoever settles next."""

from typing import TypeAlias

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.deposits import ClaimDeposit, NotClaimable, claim_deposit
from domain.booking.events import DepositClaimed
from domain.money import Money
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable, Unavailable
from services.payments.ports import OpenBooks, Ports


class ClaimView(Struct, frozen=True):
    """What was claimed of the deposit; `fee` is what the booking takes with it."""

    booking_id: BookingId
    amount: Money
    reason: str
    fee: Money
    version: int


Outcome: TypeAlias = ClaimView | Refusal[NotClaimable] | Refusal[NotAnswerable]


async def claim(call: Call[Outcome], command: ClaimDeposit, *, ports: Ports) -> Answer:
    """Write the claim down with its answer. Raises Unavailable where the books cannot be opened."""
    return await ports.books.work(
        call.city, command.booking_id, lambda books: _decided(books, call, command, ports), call
    )


async def _decided(books: OpenBooks, call: Call[Outcome], command: ClaimDeposit, ports: Ports) -> Answer:
    earlier = await books.earlier(call)
    if earlier is not None:
        return call.answer(earlier) if isinstance(earlier, Refusal) else earlier
    decided = claim_deposit(command, books.booking, books.payments, books.pool_id, actor=call.actor, now=ports.clock())
    if isinstance(decided, Refusal):
        answer = call.answer(decided)
        await books.answer(call, answer, f"refused:{decided.reason}")
        return answer
    if not await books.change(decided):
        raise Unavailable("the booking is being changed")
    answer = call.answer(_view(decided, command))
    await books.answer(call, answer, "deposit.claimed")
    return answer


def _view(claimed: DepositClaimed, command: ClaimDeposit) -> ClaimView:
    booking, amount = claimed.booking, Money(command.amount, claimed.booking.quote.total.currency)
    return ClaimView(booking.id, amount, command.reason, booking.fee or booking.quote.due_now, booking.version)
