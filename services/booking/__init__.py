from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.approving import ApproveBooking, RejectBooking
from domain.booking.bookings import BookingId
from domain.booking.changing import ExtendBooking, ShortenBooking
from domain.booking.events import NotPossible
from domain.booking.life import CancelBooking, ConfirmBooking, FinishBooking, StartBooking
from domain.booking.previews import Preview
from domain.booking.problems import ReportProblem, ResolveProblems
from domain.identity import Actor, City, PersonId
from domain.refusals import Refusal
from services.booking.changing import Previewed
from services.booking.ports import Done, Wanted
from services.booking.reading import Page
from services.booking.views import BookingView
from services.calls import UseCase

ByTheClock: TypeAlias = Callable[[City, BookingId], Awaitable[None]]


class Bookings(Struct, frozen=True):
    """A booking's life after the hold, bound to its adapters.

    `withdraw` is for declarations that came without signing in, at that instant; false where there is no right to.
    `preview` says what a command would mean. `give_notice` ends what has no set end; `subscriptions` are a holder's bookings of that kind,
    and `roll` claims another month of one ahead. `expire` and the others by the clock are for jobs: nobody asked, they may run
    any number of times and at any time, and do something only where it is due.
    """

    confirm: UseCase[Done, ConfirmBooking]
    cancel: UseCase[Done, CancelBooking]
    approve: UseCase[Done, ApproveBooking]
    reject: UseCase[Done, RejectBooking]
    report: UseCase[Done, ReportProblem]
    resolve: UseCase[Done, ResolveProblems]
    start: UseCase[Done, StartBooking]
    finish: UseCase[Done, FinishBooking]
    find: Callable[[Actor, BookingId], Awaitable[BookingView | Refusal[NotPossible]]]
    page: Callable[[Actor, Wanted], Awaitable[Page]]
    extend: UseCase[Done, ExtendBooking]
    shorten: UseCase[Done, ShortenBooking]
    give_notice: UseCase[Done, BookingId]
    subscriptions: Callable[[Actor, PersonId], Awaitable[tuple[BookingView, ...]]]
    preview: Callable[[Actor, Previewed], Awaitable[Preview | Refusal[NotPossible]]]
    expire: ByTheClock
    close_unused: ByTheClock
    cancel_unsecured: ByTheClock
    lapse_extension: ByTheClock
    keep_overdue: ByTheClock
    withdraw: Callable[[City, BookingId, datetime], Awaitable[bool]]
    assign: ByTheClock
    ask_again: ByTheClock
    roll: ByTheClock
    expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]]
