"""What is held on cards, outside the balance sheet: nobody's money yet, but the city may count on it."""

from datetime import datetime

from domain.ledger.accounts import HELD, HELD_CONTRA
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.payments.payments import ENDED, Capture, Kind, Payment, PaymentState


def holds(payment: Payment) -> tuple[Entry, ...]:
    """The hold, if there ever was one, and its end, if that has come; the same from any later state of the payment.

    One that ended before it was written down when, did so at its last change.
    """
    if not _was_held(payment):
        return ()
    begun = _entry(payment, EntryKind.HOLD, payment.made_at, Side.DEBIT)
    if payment.state not in ENDED:
        return (begun,)
    return begun, _entry(payment, EntryKind.HOLD_END, payment.ended_at or payment.updated_at, Side.CREDIT)


def _was_held(payment: Payment) -> bool:
    """A payment that was withdrawn before the card said yes never held anything."""
    if payment.kind is not Kind.PAYMENT or payment.capture is not Capture.MANUAL:
        return False
    if payment.state is PaymentState.RELEASED:
        return payment.capture_before is not None
    return payment.is_held or payment.state in ENDED


def _entry(payment: Payment, kind: EntryKind, at: datetime, side: Side) -> Entry:
    """All of the hold goes when a part of it is taken: the bank lets go of the rest."""
    return balanced(
        Entry(
            kind,
            f"{kind}:{payment.id}",
            at,
            (Leg(HELD, side, payment.amount, payment.holder_id), Leg(HELD_CONTRA, side.other, payment.amount)),
            Origin(booking_id=payment.booking_id, payment_id=payment.id, provider_id=payment.intent_id),
        )
    )
