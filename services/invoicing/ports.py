"""What issuing, showing and sending invoices needs."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId
from domain.booking.invoicing import LateFee
from domain.cities.settings import CitySettings
from domain.identity import City, PersonId
from domain.invoicing.debtors import AddressInvoices, BillingAddress, NotAddressable
from domain.invoicing.invoices import Debtor, Evidence, Invoice, InvoiceId
from domain.invoicing.issuing import Counter
from domain.payments.payments import Payment
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.notices.ports import Holder, Message

T = TypeVar("T")


class Desk(Struct, frozen=True):
    """All that the decision needs. `thing` and `place` are what was booked and where it stands, by name; `issued` in the
    order in which it was issued. `late` are the fees of reminders, oldest first; `evidence` is what its energy was measured by."""

    booking: Booking
    payments: tuple[Payment, ...]
    settings: CitySettings
    thing: str
    place: str
    debtor: Debtor
    issued: tuple[Invoice, ...]
    late: tuple[LateFee, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class OpenInvoices(Protocol):
    """One booking's invoices in one transaction, nobody else's hands on them."""

    @property
    def desk(self) -> Desk | None:
        """As `keep` left it; None where there is no such booking."""
        ...

    async def counter(self, series: str) -> Counter:
        """How far the series has come. Nobody else takes a number from it until the transaction is over."""
        ...

    async def keep(self, invoice: Invoice) -> None:
        """Write it, with the number it takes and the news of it."""
        ...

    async def look_again(self, at: datetime | None) -> None:
        """Let somebody ask at that time what is to be invoiced; None for never."""
        ...


class InvoiceBooks(Protocol):
    async def work(self, city: City, booking_id: BookingId, do: Callable[[OpenInvoices], Awaitable[T]]) -> T:
        """Do it in one transaction, and again from the start where somebody was quicker. Raises Unavailable."""
        ...


class Corrections(Protocol):
    async def answered(
        self, call: Call[Any], invoice_id: InvoiceId, do: Callable[[OpenInvoices], Awaitable[Any]]
    ) -> Answer:
        """With the documents of the booking that the invoice is about; the desk is None where there is no such invoice. In one
        transaction with its answer, which is given once for its key. Raises Unavailable."""
        ...


class Format(StrEnum):
    """`pdf` has the structured invoice inside (ZUGFeRD); `xml` is that alone, for public bodies as XRechnung."""

    PDF = "pdf"
    XML = "xml"


class Rendered(Struct, frozen=True):
    """A document as it is sent, for good; `digest` is its SHA-256 in hexadecimal."""

    format: Format
    content: bytes
    digest: str
    rendered_at: datetime


def sealed(wanted: Format, content: bytes, now: datetime) -> Rendered:
    return Rendered(wanted, content, sha256(content).hexdigest(), now)


class Place(Struct, frozen=True):
    """Where a page of a list ends."""

    at: datetime
    id: InvoiceId


class Wanted(Struct, frozen=True):
    """A page of invoices, the newest first: a debtor's, some employers', or all; issued from `since`, before `until`; of a booking."""

    limit: int
    debtor: PersonId | None = None
    employers: frozenset[str] | None = None
    after: Place | None = None
    since: datetime | None = None
    until: datetime | None = None
    booking_id: BookingId | None = None


class Filed(Struct, frozen=True):
    """An invoice with the digest of its content, and the credit notes about it."""

    invoice: Invoice
    digest: str
    credit_notes: tuple[Invoice, ...] = ()


class InvoiceArchive(Protocol):
    """What was issued, to be read. All raise Unavailable where it cannot be read now."""

    async def find(self, city: City, invoice_id: InvoiceId) -> Filed | None: ...

    async def page(self, city: City, wanted: Wanted) -> tuple[Filed, ...]: ...

    async def document(self, city: City, invoice_id: InvoiceId, wanted: Format) -> Rendered | None: ...

    async def seal(self, city: City, invoice_id: InvoiceId, document: Rendered) -> Rendered:
        """Keep it; what was kept first under this format is what counts, and is given back."""
        ...

    async def recipients(self, city: City, debtor: Debtor) -> Sequence[Holder]:
        """Where letters to the person go, or to the employer's HR; nobody where nobody is there any more."""
        ...


class Renderer(Protocol):
    async def __call__(self, invoice: Invoice, wanted: Format) -> bytes: ...


class Debtors(Protocol):
    """Open for one call in one city, in one transaction; what is written leaves a line in the audit trail."""

    async def find(self, person_id: PersonId) -> BillingAddress | None: ...

    async def settings(self) -> CitySettings: ...

    async def keep(self, address: BillingAddress) -> bool:
        """The caller's; False where there is no such person."""
        ...

    async def forget(self) -> bool:
        """The caller's; False where there was nothing."""
        ...


class Addressing(Protocol):
    """The use cases about the caller's own address, each in a transaction."""

    async def find(self, call: Call[Any]) -> BillingAddress | None: ...

    async def address(self, call: Call[Any], command: AddressInvoices) -> BillingAddress | Refusal[NotAddressable]: ...

    async def forget(self, call: Call[Any]) -> Refusal[NotAddressable] | None: ...


class InvoiceLetter(Struct, frozen=True):
    """All that a letter with an invoice says."""

    city: City
    invoice: Invoice
    to: Holder
    documents: tuple[Rendered, ...]


class ComposeInvoice(Protocol):
    def __call__(self, letter: InvoiceLetter, message_id: UUID, at: datetime) -> Message: ...
