"""Erasure: the identity is detached, the documents stay under an id that names nobody (GDPR, articles 17(1), 17(3)(b)).

Booking documents and invoices are kept for eight years, books for ten (§ 147 AO, § 14b UStG). They hold ids, never names; but
an invoice names its recipient where the law wants that (above 250 EUR, § 14 Abs. 4 UStG) or she asked for it, and stays so.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import LIVE, BookingId, State
from domain.identity import PersonId
from domain.payments.payments import UNDER_WAY, Payment, PaymentId, RecoveryPoint
from domain.persons.profile import NoProfile, Person
from domain.refusals import Refusal


class ErasePerson(Struct, frozen=True):
    """`seen` is the version that the caller has in mind; None where any will do."""

    seen: int | None = None


class Standing(Struct, frozen=True):
    """How a booking of the person's stands; `owed` in minor units is final once it is over, `disputes` are open ones.
    `claimed` is what invoices ask to be transferred, months of a lease say, and nobody has seen at the bank yet;
    `transferred` what came there."""

    booking_id: BookingId
    state: State
    owed: int
    payments: tuple[Payment, ...] = ()
    disputes: tuple[UUID, ...] = ()
    claimed: int = 0
    transferred: int = 0


class Ties(Struct, frozen=True):
    """What else ties her to the city: leases by converted pay that she holds and that are not over, and whether a legal hold
    keeps her file."""

    leases: tuple[UUID, ...] = ()
    held: bool = False


class PersonErased(Struct, frozen=True, tag="person.erased"):
    """`mailbox` is a digest of the address, by which messages that were kept can be found and taken away."""

    person_id: PersonId
    mailbox: str
    at: datetime


class NotSettled(Struct, frozen=True):
    """Bookings that are not over, and payments by which somebody still owes somebody something; bookings that are
    over and not paid stand among `unpaid`. `held` says that her file may be needed as evidence; `leases` are not over."""

    bookings: tuple[BookingId, ...]
    payments: tuple[PaymentId, ...]
    unpaid: tuple[BookingId, ...]
    disputes: tuple[UUID, ...] = ()
    held: bool = False
    leases: tuple[UUID, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether she cannot do anything about it: then she need not ask again, and is erased once it is settled."""
        return self.held or bool(self.disputes)


NO_TIES = Ties()


def erase(
    command: ErasePerson, person: Person, standings: Sequence[Standing], now: datetime, ties: Ties = NO_TIES
) -> PersonErased | NotSettled | Refusal[NoProfile]:
    """Erase the person, unless something is open between her and the city, or a legal hold keeps her file (article 17(3)(e)
    GDPR)."""
    if command.seen is not None and command.seen != person.version:
        return Refusal(NoProfile.VERSION_MISMATCH)
    live = tuple(s.booking_id for s in standings if s.state in LIVE)
    open_payments = tuple(p.id for s in standings for p in s.payments if _is_open(p))
    unpaid = tuple(s.booking_id for s in standings if s.state not in LIVE and _is_unpaid(s))
    disputes = tuple(dispute for s in standings for dispute in s.disputes)
    if live or open_payments or unpaid or disputes or ties != NO_TIES:
        return NotSettled(live, open_payments, unpaid, disputes, ties.held, ties.leases)
    return PersonErased(person.id, mailbox(person.email), now)


def mailbox(email: str) -> str:
    """By what the messages to an address are known once it is forgotten."""
    return sha256(email.lower().encode()).hexdigest()


def _is_unpaid(standing: Standing) -> bool:
    kept = sum(payment.kept for payment in standing.payments)
    return standing.claimed > 0 or not kept <= standing.owed <= kept + standing.transferred


def _is_open(payment: Payment) -> bool:
    under_way = payment.recovery_point in UNDER_WAY or payment.recovery_point is RecoveryPoint.RECORDED
    return payment.is_pending or payment.is_held or under_way
