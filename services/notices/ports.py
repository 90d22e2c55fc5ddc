"""What a message is made from, how it looks, and who delivers it."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.approval import Approval
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.waiting import WaitlistEntry, WaitlistEntryId
from domain.cities.settings import CitySettings
from domain.identity import City, PersonId, PoolId
from domain.money import Money
from domain.notices.log import Due, NoticeId, Outcome, Planned
from domain.notices.occasions import Occasion, OptionalNotice
from domain.payments.dunning import Case
from domain.payments.payments import Payment
from domain.places import Location
from domain.sign_in.codes import CodeId


class Holder(Struct, frozen=True):
    """`language` is an ISO 639-1 code."""

    email: str
    language: str


class Place(Struct, frozen=True):
    """What was booked and where it stands, by the names that people know."""

    resource: str
    station: str
    address: str
    location: Location

    @property
    def title(self) -> str:
        """The resource, and its station unless its own name says it."""
        return self.resource if self.station in self.resource else f"{self.resource}, {self.station}"

    @property
    def whereabouts(self) -> str:
        """Station and address, the station unless the address says it."""
        return self.address if self.station in self.address else f"{self.station}, {self.address}"


class OfSeries(Struct, frozen=True):
    """One of a series' bookings as it stands, with where that is. `approval` is that of the booking, not of more time for it."""

    booking_id: BookingId
    version: int
    updated_at: datetime
    state: State
    start: datetime
    end: datetime
    fee: Money | None
    place: Place
    pool_id: PoolId | None = None
    approval: Approval | None = None
    final_at: datetime | None = None

    @property
    def awaits_approval(self) -> bool:
        return self.state is State.HELD and self.approval is not None and self.approval.is_pending

    @property
    def is_provisional(self) -> bool:
        return self.final_at is not None and self.state in {State.HELD, State.CONFIRMED}


class BookingNotice(Struct, frozen=True):
    """All that a message about a booking says. `payments` are in the order in which they were made.

    `waits_for_return` says that somebody else's use of the resource went past its end and is not over; for whoever waits,
    is stranded or gets no plug, `instead` are equal resources at the same station that are free for the booking, by name. `dunning` is there
    where it is owed for. `holder` is who is written to, and where that is somebody who may approve the booking, `asks` is who
    asks her, by name.
    `series` are the bookings of its series, itself among them, in order; none where it is of no series.
    `switched_off` is what the holder does not want to be written; `is_guest` says that she has no account, and gave an address for this
    charge alone."""

    city: City
    settings: CitySettings
    holder: Holder
    place: Place
    booking: Booking
    payments: tuple[Payment, ...]
    waits_for_return: bool = False
    instead: tuple[str, ...] = ()
    dunning: Case | None = None
    switched_off: frozenset[OptionalNotice] = frozenset()
    asks: str | None = None
    is_guest: bool = False
    series: tuple[OfSeries, ...] = ()


class WaitlistNotice(Struct, frozen=True):
    """All that a message about a wish that waits says; `resource` and `station` are the names of what is offered, or asked for
    where that is a certain one."""

    city: City
    settings: CitySettings
    holder: Holder
    entry: WaitlistEntry
    resource: str | None
    station: str | None


class CodeNotice(Struct, frozen=True):
    """All that a letter with a code to sign in says, but for the code."""

    city: City
    settings: CitySettings
    to: Holder
    expires_at: datetime


class Attachment(Struct, frozen=True):
    """`media_type` is type and subtype; `parameters` go with it."""

    name: str
    media_type: str
    parameters: dict[str, str]
    content: bytes


class Message(Struct, frozen=True):
    """Whatever is sent twice under the same `id` arrives once. `sender` is whose name stands before `sent_from`."""

    id: UUID
    written_at: datetime
    sender: str
    sent_from: str
    to: str
    language: str
    subject: str
    text: str
    attachments: tuple[Attachment, ...] = ()


class Notices(Protocol):
    async def notice(self, city: City, booking_id: BookingId, to: PersonId | None = None) -> BookingNotice | None:
        """What there is to write to the holder, or to somebody else; None where she has no address."""

    async def approvers(self, city: City, booking_id: BookingId, *, operators: bool) -> tuple[PersonId, ...]:
        """Who may say yes or no and is written to: those who approve and their deputies now, or the `operators`, who are asked
        as well where there is nobody else."""

    async def waiting(self, city: City, entry_id: WaitlistEntryId) -> WaitlistNotice | None: ...


class NoticeLog(Protocol):
    async def enter(self, city: City, planned: Planned) -> NoticeId:
        """Write it down, unless the same stands there; under which id it stands."""

    async def take(self, city: City, notice_id: NoticeId, until: datetime) -> Due | None:
        """The notice where it is due, and nobody else's until then."""

    async def tell_followers(self, city: City, booking_id: BookingId, kind: str, entry_id: UUID) -> None:
        """Whoever follows the city's bookings hears of it, once for each entry."""

    async def settle(self, city: City, due: Due, outcome: Outcome) -> None:
        """What became of it. Of a reminder whose time came whoever follows the city's bookings hears as well."""


class NoMailbox(Exception):
    """Nobody has the address any more, as whoever takes its mail says for good."""


class Mailer(Protocol):
    async def send(self, message: Message) -> None:
        """Raises NoMailbox, and what else keeps it from being sent now."""


Compose: TypeAlias = Callable[[Occasion, BookingNotice | WaitlistNotice, UUID, datetime], Message]
"""Of what, about what, under which id and date. Pure: the same again gives the same message."""


class NoticeDesk(Struct, frozen=True):
    """What is needed to tell holders of their bookings."""

    notices: Notices
    log: NoticeLog
    compose: Compose
    mailer: Mailer
    clock: Callable[[], datetime]


class CodeNotices(Protocol):
    async def code(self, city: City, code_id: CodeId) -> CodeNotice | None:
        """None for a code that has been used."""


Reveal: TypeAlias = Callable[[City, CodeId], str]
"""The six digits, which are written down nowhere."""
ComposeCode: TypeAlias = Callable[[CodeNotice, str, UUID, datetime], Message]
