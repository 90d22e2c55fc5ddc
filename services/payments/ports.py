"""What paying needs from the outside: the books, the city's account with a payment provider, and the provider."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import Booking
from domain.booking.events import Changed
from domain.booking.sharing import Sharing
from domain.cities.partners import Partner
from domain.identity import City, PersonId, PoolId
from domain.payments.payments import Intent, Payment, PaymentId, Share
from domain.payments.settlement import Asked, Contested
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable

T = TypeVar("T")


class Account(Struct, frozen=True):
    """A city's account with the provider, and the operators to whom it passes on what it takes. The two secrets are
    references (`env:NAME`, `file:PATH`), never the secret.

    `creditor_id` is the city's at the scheme for direct debits; None where it offers none.
    """

    city: City
    id: str
    publishable_key: str
    secret_key: str
    webhook_secret: str
    creditor_id: str | None = None
    partners: tuple[Partner, ...] = ()

    def share_of(self, tariff: str, day: date) -> Share | None:
        """What another operator gets of what is paid by that tariff, as it is agreed on that day; None where it is the
        city's own. An operator of whom nothing is agreed yet gets nothing."""
        partner = next((each for each in self.partners if tariff in each.tariffs), None)
        fee = partner.fee_on(day) if partner is not None else None
        return Share(partner.account, fee.basis_points) if partner is not None and fee is not None else None

    @property
    def is_live(self) -> bool:
        """Whether it moves real money."""
        return self.publishable_key.startswith("pk_live_")


class Accounts(Protocol):
    async def of(self, city: City) -> Account | None:
        """The city's account; None where the city takes no money."""
        ...

    async def named(self, account_id: str) -> Account | None: ...

    async def all(self) -> tuple[Account, ...]: ...


class Declined(Exception):
    """The card was refused, for good or until another try. `intent` is the payment after that, where it is known."""

    def __init__(self, code: str, intent: Intent | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.intent = intent


class UnknownMethod(Declined):
    """No card is known by that id, or not as one of the holder's."""


class NotDebitable(Declined):
    """It is a bank account, and this payment cannot be made by a debit."""


class MandateRequired(Declined):
    """It is a bank account that its holder has not, or no longer, allowed to be debited."""


class Agreement(Struct, frozen=True):
    """A mandate that the holder gives in this very call: where it came from, as the provider wants to know."""

    address: str
    user_agent: str


class ProviderUnavailable(Exception):
    """No answer, or none that says what happened: the same call may be made again, under the same key."""


class ProviderBusy(ProviderUnavailable):
    """The provider has enough for so many seconds (429)."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class ProviderRefused(Exception):
    """The provider will not do this: its state is not what we believed, or we asked for nonsense. Fetch, and decide."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class PaymentGateway(Protocol):
    """The provider. Every call but `fetch` may be repeated: its key is made of the payment's id and the step.

    All raise ProviderUnavailable and ProviderRefused; `open` and `confirm` raise Declined as well.
    """

    async def customer(self, city: City, person: PersonId) -> str:
        """The provider's id of the person, made at first use; it is told nothing about her."""
        ...

    async def open(self, city: City, payment: Payment, customer: str | None, return_url: str | None = None) -> Intent:
        """Make the payment known; with `method_id` of a saved card, hold or take the amount at once.

        Of an ad-hoc payment it opens the provider's page (`action_url`), which sends its payer back to `return_url`; it has no
        `customer`, and every other has one."""
        ...

    async def confirm(
        self,
        city: City,
        payment: Payment,
        method_id: str,
        return_url: str | None,
        agreed: Agreement | None = None,
    ) -> Intent:
        """Ask the holder's card, or debit her account by the mandate that she gives, or gave before.

        Raises UnknownMethod, NotDebitable and MandateRequired.
        """
        ...

    async def fetch(self, city: City, payment: Payment, customer: str | None) -> Intent | None:
        """The payment as it stands; where its intent is not known yet, found among the customer's, or by itself where it is
        ad hoc. None: not there."""
        ...

    async def capture(self, city: City, payment: Payment, amount: int) -> Intent:
        """Take so much of the hold and release the rest."""
        ...

    async def give_back(self, city: City, payment: Payment, amount: int) -> Intent:
        """Refund so much of what was taken, or, of a payment of which nothing was taken, let all of it go."""
        ...


class OpenBooks(Protocol):
    """One booking's books in one transaction, nobody else's hands on them."""

    @property
    def booking(self) -> Booking | None: ...

    @property
    def payments(self) -> tuple[Payment, ...]:
        """In the order they were made, as `keep` left them."""
        ...

    @property
    def sharing(self) -> Sharing | None:
        """The windows of the pool of what is booked; None where it may be had at any time."""
        ...

    @property
    def pool_id(self) -> PoolId | None:
        """The pool of what is booked."""
        ...

    async def earlier(self, call: Call[Any]) -> Answer | Refusal[NotAnswerable] | None:
        """What the same key was answered before; a refusal where it came with another request."""
        ...

    async def asked(self) -> Asked | None:
        """None without a dunning case."""
        ...

    async def contested(self) -> Contested:
        """What banks have of what the payments brought, or may take."""
        ...

    async def keep(self, payment: Payment) -> None:
        """Write a payment, and the news of it."""
        ...

    async def change(self, to: Changed | Booking) -> bool:
        """Write what happened to the booking, or that its hold waits longer.

        False, and nothing is written, where its time was given to somebody else meanwhile.
        """
        ...

    async def answer(self, call: Call[Any], answer: Answer, action: str) -> None:
        """Keep the answer for the call's key, with who asked for what."""
        ...


class PaymentBooks(Protocol):
    """All raise Unavailable where the books cannot be opened now."""

    async def work(
        self, city: City, booking_id: UUID, do: Callable[[OpenBooks], Awaitable[T]], call: Call[Any] | None = None
    ) -> T:
        """Do it in one transaction, and again from the start where somebody was quicker; `call` is who does it."""
        ...

    async def find(self, city: City, payment_id: PaymentId) -> Payment | None: ...

    async def find_intent(self, city: City, intent_id: str) -> Payment | None: ...

    async def customer(self, account: Account, person: PersonId) -> str | None: ...

    async def keep_customer(self, account: Account, person: PersonId, customer: str) -> None: ...


class ProviderEvent(Struct, frozen=True):
    """A message of the provider's, reduced to what it is about; its claims are looked up, never believed.

    `payment_id` is what we wrote on the object ourselves, `intent_id` the payment that it belongs to, where it says so.
    """

    id: str
    type: str
    object_id: str
    created: int
    api_version: str | None = None
    payment_id: PaymentId | None = None
    intent_id: str | None = None


class BadSignature(Exception):
    """The message is not from the provider, not from now, or not for this account."""


class Signatures(Protocol):
    def verified(self, account: Account, raw: bytes, header: str, now: datetime) -> ProviderEvent:
        """The message, if the account's secret signed exactly these bytes just now. Raises BadSignature."""
        ...


class Inbox(Protocol):
    async def keep(self, account: Account, event: ProviderEvent, *, event_id: UUID, news: bool, now: datetime) -> bool:
        """Write the message down and, where it is `news`, that it is to be applied; False where it came before.

        Durable on return.
        """
        ...

    async def find(self, city: City, event_id: UUID) -> ProviderEvent | None: ...

    async def applied(self, city: City, event_id: UUID, now: datetime) -> None: ...


async def nobody_else(_city: City, _event: ProviderEvent) -> bool:
    """Nothing is paid for but bookings."""
    return False


class Ports(Struct, frozen=True):
    """What every use case here works with. `elsewhere` is asked about messages that are about no payment of a booking's: whether
    somebody else knows what they are about, and followed them up."""

    books: PaymentBooks
    inbox: Inbox
    accounts: Accounts
    gateway: PaymentGateway
    signatures: Signatures
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    elsewhere: Callable[[City, ProviderEvent], Awaitable[bool]] = nobody_else
