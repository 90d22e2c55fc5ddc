"""A booking as it stands, and the facts that change it."""

from datetime import datetime
from enum import StrEnum
from typing import NewType, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.booking.approval import Approval, ApprovalState
from domain.booking.classes import ClassRequest
from domain.booking.resources import Resource, ResourceId, Service
from domain.booking.terms import Terms
from domain.identity import PersonId
from domain.money import Money
from domain.periods import Period
from domain.pricing.quotes import Quote
from domain.pricing.tariffs import TariffId

BookingId = NewType("BookingId", UUID)
QuoteId = NewType("QuoteId", UUID)


class State(StrEnum):
    HELD = "held"
    CONFIRMED = "confirmed"
    IN_USE = "in_use"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


LIVE = frozenset({State.HELD, State.CONFIRMED, State.IN_USE})


class Payer(StrEnum):
    SELF = "self"
    COST_CENTRE = "cost_centre"


class ReasonCode(StrEnum):
    """Why a booking ended otherwise than by being used. `by_holder` of one that lives: see `is_left`."""

    BY_HOLDER = "by_holder"
    BY_STAFF = "by_staff"
    HOLD_EXPIRED = "hold_expired"
    PAYMENT_FAILED = "payment_failed"
    NOT_STARTED = "not_started"
    APPROVAL_REJECTED = "approval_rejected"
    APPROVAL_MISSED = "approval_missed"
    WITHDRAWN = "withdrawn"
    NO_PLUG = "no_plug"


class Readings(Struct, frozen=True, omit_defaults=True):
    """What the instruments showed, kilometres and percent of a battery; how clean it was, and where it stood, in words."""

    odometer_km: int | None = None
    soc: int | None = None
    cleanliness: str | None = None
    place: str | None = None


class Extension(Struct, frozen=True):
    """More time that waits for its payment: until `end`, with the price and the terms that come with it.

    `delta` is what the booking will take in addition, `missing` the part of it that no hold covers. The extra time is
    claimed from `claimed_from` to `claimed_until`, until `expires_at`; `lapsed` says that it is not claimed any more,
    and `delta` was not paid by then, nor approved where it has an `approval`: that is asked for before it is paid.
    `asked_by` is whoever wants it, None where that was not written down yet.
    """

    end: datetime
    quote: Quote
    terms: Terms
    delta: Money
    missing: Money
    asked_at: datetime
    expires_at: datetime
    claimed_from: datetime
    claimed_until: datetime
    lapsed: bool = False
    approval: Approval | None = None
    asked_by: PersonId | None = None

    @property
    def awaits_approval(self) -> bool:
        return self.approval is not None and self.approval.is_pending

    @property
    def is_approved(self) -> bool:
        """Whether nothing but its payment is waited for."""
        return self.approval is None or self.approval.state is ApprovalState.APPROVED


class Booking(Struct, frozen=True):
    """The record of one use of one resource by one holder; `options` is the service's own JSON, kept as it came.

    `request` is there where it was asked for by class: until `final_at` the resource is provisional, and from when it is
    final for good, `final_at` is None.
    `problem_open` says that something is wrong that nobody has seen to yet. `hampered`: while it is in use something was reported
    to be wrong with what is used, or that was blocked, be it seen to by now or not.
    `approval` is there where somebody has to say yes, or had to.
    `reason` are the words of whoever cancelled it, `reason_code` is ours. `fee` is what is owed once it is over.
    `overdue_until` is how far a use in progress that passed its end keeps its claim, if nobody else has one before;
    `delays` is the booking whose holder was told that she may have to wait for it; that one was `kept_waiting` where the use
    before it lasted into its time. `blocked_until` is the end of a block that stands over its time, as what it has broke down
    and there was nothing else for it; None without one, and as long as what it has is expected back before. `not_drivable` says that a damage keeps what it has out of
    booking, `out_until` until when, where somebody has said so of each that does. Of two that want the same, the higher `priority`
    gets it; it is 0 where nobody has said otherwise.
    """

    id: BookingId
    service: Service
    resource_id: ResourceId
    holder_id: PersonId
    booked_by: PersonId
    start: datetime
    end: datetime
    state: State
    payer: Payer
    options: msgspec.Raw
    quote: Quote
    terms: Terms
    tariff_id: TariffId
    tariff_version: int
    hold_expires_at: datetime | None
    made_at: datetime
    updated_at: datetime
    version: int = 1
    hold_extended: bool = False
    reason_code: ReasonCode | None = None
    reason: str | None = None
    fee: Money | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    start_readings: Readings | None = None
    finish_readings: Readings | None = None
    extension: Extension | None = None
    overdue_until: datetime | None = None
    delays: BookingId | None = None

    @property
    def waiting(self) -> Extension | None:
        """The extension whose time is still claimed, waiting to be paid."""
        return None if self.extension is None or self.extension.lapsed else self.extension

    approval: Approval | None = None
    request: ClassRequest | None = None
    final_at: datetime | None = None
    problem_open: bool = False
    hampered: bool = False
    kept_waiting: bool = False
    blocked_until: datetime | None = None
    not_drivable: bool = False
    out_until: datetime | None = None
    priority: int = 0

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_left(self) -> bool:
        """Whether its holder, who has no account, wants to stop: then it is over as soon as what she uses says that it is."""
        return self.is_live and self.reason_code is ReasonCode.BY_HOLDER

    @property
    def is_provisional(self) -> bool:
        """Whether the booking may still be moved to another resource."""
        return self.final_at is not None and self.state in {State.HELD, State.CONFIRMED}

    @property
    def awaits_approval(self) -> bool:
        return self.state is State.HELD and self.approval is not None and self.approval.is_pending

    @property
    def awaits_answer(self) -> bool:
        """Whether somebody is to say yes or no, to the booking or to more time for it."""
        return self.awaits_approval or (self.is_live and self.waiting is not None and self.waiting.awaits_approval)

    @property
    def parties(self) -> frozenset[PersonId]:
        """Whose it is, who made it, and who asked for the more time that is decided: none of them approves it."""
        own, more = frozenset({self.holder_id, self.booked_by}), self.extension
        return own if more is None or more.approval is None or more.asked_by is None else own | {more.asked_by}

    @property
    def asked(self) -> Approval | None:
        """The approval that was asked for last: for more time, or for the booking."""
        extension = self.extension
        return extension.approval if extension is not None and extension.approval is not None else self.approval


class Basis(Struct, frozen=True):
    """What a service decided by besides, that must not have changed when the booking is recorded: its name, and its version. `promised_wh`
    is the energy that it was decided for, and stays the booking's."""

    name: str
    version: int
    promised_wh: int


class Grant(Struct, frozen=True):
    """A booking just made, the span that it claims, and the resource as it was then.

    `open_at_most` is how many open bookings of the service the holder may have with it, where that is limited: whoever
    records it counts once more, and so with `week_at_most_s`, how long all of them in one week may last; and sees to it that
    `basis` still stands.
    """

    booking: Booking
    claimed: Period
    resource: Resource
    time_zone: str
    open_at_most: int | None = None
    week_at_most_s: int | None = None
    basis: Basis | None = None


class Booked(Protocol):
    """Every service's event that makes a booking carries the kernel's grant."""

    @property
    def grant(self) -> Grant: ...
