"""A booking as its readers see it (section 5 of the public contract)."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.booking.actions import actions
from domain.booking.approval import Approval, ApprovalState
from domain.booking.approving import NOBODY_NAMED, decisions
from domain.booking.asking import OWN_AFFAIR
from domain.booking.bookings import Booking, BookingId, Extension, Payer, ReasonCode, State
from domain.booking.deciding import Deciders
from domain.booking.life import bill
from domain.booking.reach import may_act
from domain.booking.resources import Resource, ResourceId, Service, Station
from domain.booking.terms import Terms
from domain.booking.withdrawing import fee_lines
from domain.identity import Actor, City, PersonId
from domain.money import Money
from domain.payments.deposits import claimable_until
from domain.payments.payments import Kind, Payment, PaymentId, PaymentState
from domain.pricing.quotes import Line, Quote
from services.booking.approval_words import Words, in_words


class ResourceView(Struct, frozen=True):
    name: str
    station: Station


class PaymentView(Struct, frozen=True):
    id: PaymentId
    kind: Kind
    state: PaymentState


class ApprovalView(Struct, frozen=True):
    """Until `due_at` the booking, or more time for it, is held while it waits for somebody's yes. `rule` is the pool's rule
    that asks for it, by name, null where everything is asked for, and `why` says it in words. `reason` are the words of whoever
    said no, `escalated` says that the operators are asked besides."""

    state: ApprovalState
    due_at: datetime
    rule: str | None
    why: Words
    escalated: bool
    reason: str | None


class ExtensionView(Struct, frozen=True):
    """More time that waits to be approved or paid until `expires_at`; `delta` is what it adds to the price."""

    end: datetime
    delta: Money
    payment: PaymentView | None
    expires_at: datetime
    approval: ApprovalView | None = None


class DepositView(Struct, frozen=True):
    """`amount` is held beside the price from a day before the start; `state` is null before. `captured` was taken of it.
    `claimable_until`: once the use is over, until when something may be taken of what is held; a card may hold it for less
    time than it was to be kept for."""

    amount: Money
    state: PaymentState | None
    captured: Money
    payment_id: PaymentId | None
    claimable_until: datetime | None = None


class PlugView(Struct, frozen=True):
    """How the charging station keeps the plug: `ordered`, `honoured`, `guarded` (it keeps none, but nobody else may charge), `refused`
    as yet, `used`, `released`, `ended`. `token` opens it once, and is told to its holder alone."""

    state: str
    token: str | None


class BookingView(Struct, frozen=True):
    """Instants are UTC, `time_zone` is where the resource stands. `price` is the quote's total, `fee` what is owed once the
    booking is over, `fee_lines` the same with its tax where it was not used as booked, `overdue_since` the end that a use
    in progress has passed.

    Of the `options` of what its holder pays herself, purpose and destination are told to her alone, and to whoever booked it.
    Until `resource_final` the resource may become another one of the class that was asked for. `series_id` is the series of
    which it is one.
    """

    id: BookingId
    city: City
    service: Service
    resource_id: ResourceId
    resource: ResourceView
    resource_final: bool
    series_id: UUID | None
    holder_id: PersonId
    start: datetime
    end: datetime
    time_zone: str
    state: State
    reason_code: ReasonCode | None
    price: Money
    quote: Quote
    fee: Money | None
    fee_lines: tuple[Line, ...]
    payer: Payer
    options: msgspec.Raw
    payment: PaymentView | None
    deposit: DepositView | None
    approval: ApprovalView | None
    extension: ExtensionView | None
    plug: PlugView | None
    hold_expires_at: datetime | None
    overdue_since: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    terms: Terms
    actions: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime


def booking_view(
    booking: Booking,
    resource: Resource,
    time_zone: str,
    *,
    payment: Payment | None,
    actor: Actor,
    now: datetime,
    more: Payment | None = None,
    indebted: bool = False,
    deposit: Payment | None = None,
    deciders: Deciders | None = None,
    series_id: UUID | None = None,
    plug: PlugView | None = None,
) -> BookingView:
    """The booking for this reader at this instant. `payment` is the one that matters, see `current_payment`; `more` is
    the one for an extension that waits, `deposit` the latest for the deposit. `indebted`: the holder may pay what no card paid.
    `plug` is the charging station's, with its token. `deciders` approve it, where that was ever asked for: whoever does that alone does nothing else with it."""
    waiting = booking.waiting
    acts = deciders is None or may_act(actor, booking, resource)
    overdue = booking.state is State.IN_USE and now > booking.end
    return BookingView(
        id=booking.id,
        city=actor.city,
        service=booking.service,
        resource_id=booking.resource_id,
        resource=ResourceView(resource.name, resource.station),
        resource_final=booking.final_at is None,
        series_id=series_id,
        holder_id=booking.holder_id,
        start=booking.start,
        end=booking.end,
        time_zone=time_zone,
        state=booking.state,
        reason_code=booking.reason_code,
        price=booking.quote.total,
        quote=booking.quote,
        fee=booking.fee,
        fee_lines=fee_lines(booking),
        payer=booking.payer,
        options=_told(booking, actor),
        payment=_shown(payment),
        deposit=_deposit(booking, deposit),
        approval=approval_view(booking.approval, booking) if booking.approval else None,
        extension=_extension(waiting, _shown(more), booking) if waiting else None,
        plug=_plug(plug, booking, actor),
        hold_expires_at=booking.hold_expires_at,
        overdue_since=booking.end if overdue else None,
        started_at=booking.started_at,
        finished_at=booking.finished_at,
        terms=booking.terms,
        actions=(
            *(actions(booking, payment, actor, now, indebted=indebted, deposit=deposit) if acts else ()),
            *decisions(booking, resource, actor, now, deciders or NOBODY_NAMED),
        ),
        version=booking.version,
        created_at=booking.made_at,
        updated_at=booking.updated_at,
    )


def _told(booking: Booking, actor: Actor) -> msgspec.Raw:
    """What somebody who pays herself is up to is told to nobody else, as in the logbook."""
    if booking.payer is not Payer.SELF or actor.id in {booking.holder_id, booking.booked_by}:
        return booking.options
    said = msgspec.json.decode(booking.options, type=dict[str, msgspec.Raw])
    return msgspec.Raw(msgspec.json.encode({name: value for name, value in said.items() if name not in OWN_AFFAIR}))


def _plug(plug: PlugView | None, booking: Booking, actor: Actor) -> PlugView | None:
    hers = booking.is_live and actor.id == booking.holder_id
    return plug if plug is None or hers else PlugView(plug.state, None)


def _deposit(booking: Booking, payment: Payment | None) -> DepositView | None:
    asked = booking.terms.deposit
    if asked is None:
        return None
    if payment is None:
        return DepositView(asked.amount, None, Money(0, asked.amount.currency), None)
    taken, due = Money(payment.captured, asked.amount.currency), bill(booking).deposit
    until = claimable_until(due, payment) if due is not None else None
    return DepositView(asked.amount, payment.state, taken, payment.id, until)


def approval_view(approval: Approval, booking: Booking) -> ApprovalView:
    refused = approval.state is ApprovalState.REJECTED
    return ApprovalView(
        state=approval.state,
        due_at=approval.due_at,
        rule=approval.rule,
        why=in_words(approval.grounds, booking.quote.total.currency),
        escalated=approval.is_escalated,
        reason=(approval.reason or booking.reason) if refused else None,
    )


def _extension(waiting: Extension, payment: PaymentView | None, booking: Booking) -> ExtensionView:
    approval = approval_view(waiting.approval, booking) if waiting.approval else None
    return ExtensionView(waiting.end, waiting.delta, payment, waiting.expires_at, approval)


def _shown(payment: Payment | None) -> PaymentView | None:
    return PaymentView(payment.id, payment.kind, payment.state) if payment else None
