"""What dunning needs from the outside: a booking's debts with all that was said of them, and where they are kept."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.bookings import Booking
from domain.cities.finance import DunningPolicy
from domain.identity import City
from domain.payments.dunning import Case
from domain.payments.owing import CaseId
from domain.payments.payments import Payment
from domain.payments.transactions import LostDispute
from services.calls import Answer, Call
from services.settlement.lists import Wanted

T = TypeVar("T")


class DocumentOwed(Struct, frozen=True):
    """An invoice, by the fact that it is about: `left` of it was not credited, and `transferred` came by bank for it."""

    id: UUID
    number: str
    source: str
    cash_reference: str
    left: int
    transferred: int
    due_on: date


class CaseDesk(Struct, frozen=True):
    """What a booking's dunning cases are decided on; `zone` is the city's. `documents` and `cases`, oldest first, are all that
    the booking has."""

    booking: Booking
    payments: tuple[Payment, ...]
    disputes: tuple[LostDispute, ...]
    policies: tuple[DunningPolicy, ...]
    zone: ZoneInfo
    documents: tuple[DocumentOwed, ...]
    cases: tuple[Case, ...]

    @property
    def case(self) -> Case | None:
        """The latest."""
        return self.cases[-1] if self.cases else None


class OpenCase(Protocol):
    """One booking's case in one transaction, nobody else's hands on it or on its payments."""

    @property
    def desk(self) -> CaseDesk | None:
        """None where there is no such booking."""
        ...

    async def keep(self, case: Case) -> None:
        """Write it, with the news of it."""
        ...

    async def look_again(self, at: datetime | None) -> None:
        """Let somebody review the booking at that time; None for never."""
        ...


class CaseBooks(Protocol):
    """All raise Unavailable."""

    async def work(self, city: City, booking_id: UUID, do: Callable[[OpenCase], Awaitable[T]]) -> T:
        """Do it in one transaction, and again from the start where somebody was quicker."""
        ...

    async def answered(self, call: Call[Any], booking_id: UUID, do: Callable[[OpenCase], Awaitable[Any]]) -> Answer:
        """The same for a call, whose outcome is answered once for its key."""
        ...

    async def find(self, city: City, case_id: CaseId) -> Case | None: ...

    async def page(self, city: City, wanted: Wanted) -> tuple[Case, ...]: ...

    async def owing_by_document(self, city: City, invoice_id: UUID) -> tuple[UUID, ...]:
        """The booking of a document, where a case of it is open or the document is to be paid by transfer."""
        ...

    async def matched_in(self, city: City, match_id: UUID) -> tuple[UUID, ...]:
        """The bookings whose invoices a match of bank lines is about."""
        ...
