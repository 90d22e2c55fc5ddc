"""The deposit of a booking: nobody starts without it, and whoever looks after the vehicle may claim of it, once."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.events import DepositClaimed, NotPossible
from domain.identity import Actor, PoolId, Role
from domain.money import Money
from domain.payments.deposits import held_deposit, is_refused
from domain.payments.payments import Payment
from domain.pricing.quotes import LineKind, with_damage
from domain.refusals import Refusal


class ClaimDeposit(Struct, frozen=True):
    """Take so much of the deposit, in minor units, for the `reason` that its holder reads on her invoice."""

    booking_id: BookingId
    amount: int
    reason: str
    seen: int | None = None


class NotClaimable(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    VERSION_MISMATCH = "version_mismatch"
    WRONG_STATE = "wrong_state"
    NO_DEPOSIT = "no_deposit"
    DEPOSIT_CLAIMED = "deposit_claimed"
    DEPOSIT_GONE = "deposit_gone"
    MORE_THAN_DEPOSIT = "more_than_deposit"


def no_deposit(booking: Booking, payments: Sequence[Payment], now: datetime) -> Refusal[NotPossible] | None:
    """Why the use does not begin: the deposit that the terms ask for is not held; None where it is, or none is asked for."""
    if booking.terms.deposit is None or booking.payer is not Payer.SELF or held_deposit(payments, now) is not None:
        return None
    return Refusal(NotPossible.DEPOSIT_REQUIRED)


def is_kept_out(booking: Booking, payments: Sequence[Payment], now: datetime) -> bool:
    """Whether its holder might begin by now but for a deposit that no card said no to: the provider could not be asked. She
    can do nothing for it, so it costs nothing not to come."""
    missing = now >= booking.terms.earliest_start and no_deposit(booking, payments, now) is not None
    return missing and not is_refused(payments)


def claim_deposit(
    command: ClaimDeposit,
    booking: Booking | None,
    payments: Sequence[Payment],
    pool_id: PoolId | None,
    *,
    actor: Actor,
    now: datetime,
) -> DepositClaimed | Refusal[NotClaimable]:
    """Make so much of the deposit owed for damage, beside the price, once the use is over; the hold is captured for it.

    For whoever runs the pool of what was used, and for finance; nobody claims of her own. Not more than is held by now, and not
    twice: a hold is captured once, and what was not taken has gone back to the holder by then.
    """
    if booking is None or not _may_claim(actor, booking, pool_id):
        return Refusal(NotClaimable.UNKNOWN_BOOKING)
    if command.seen not in {None, booking.version}:
        return Refusal(NotClaimable.VERSION_MISMATCH)
    if booking.terms.deposit is None:
        return Refusal(NotClaimable.NO_DEPOSIT)
    if booking.state is not State.COMPLETED or booking.fee is None:
        return Refusal(NotClaimable.WRONG_STATE)
    if any(line.kind is LineKind.DAMAGE for line in booking.quote.lines):
        return Refusal(NotClaimable.DEPOSIT_CLAIMED)
    held = held_deposit(payments, now)
    if held is None:
        return Refusal(NotClaimable.DEPOSIT_GONE)
    if command.amount > held.amount.amount:
        return Refusal(NotClaimable.MORE_THAN_DEPOSIT, "/amount/amount")
    amount = Money(command.amount, held.amount.currency)
    quote = with_damage(booking.quote, amount, command.reason)
    return DepositClaimed(
        replace(booking, quote=quote, fee=booking.fee + amount, updated_at=now, version=booking.version + 1)
    )


def _may_claim(actor: Actor, booking: Booking, pool_id: PoolId | None) -> bool:
    if booking.holder_id == actor.id:
        return False
    return actor.has(Role.FINANCE) or (actor.has(Role.FLEET_MANAGER) and actor.works_in(pool_id))
