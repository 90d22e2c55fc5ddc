"""What withdrawing without signing in needs."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.declarations import Declaration, DeclarationId, WithdrawalConfirmed
from domain.cities.settings import CitySettings
from domain.identity import City


class DeclarationBooks(Protocol):
    """Each call is a transaction of its own, in one city."""

    async def enter(self, city: City, declaration: Declaration) -> bool:
        """False where there is no such city."""

    async def find(self, city: City, declaration_id: DeclarationId) -> Declaration | None: ...

    async def confirm(self, city: City, event: WithdrawalConfirmed) -> bool:
        """With what follows from it in the outbox; False where somebody was quicker."""

    async def settings(self, city: City) -> CitySettings: ...

    async def booking(self, city: City, booking_id: BookingId, email: str) -> BookingId | None:
        """The booking, if its holder has that address."""

    async def earlier(self, city: City, declaration: Declaration, since: datetime) -> int:
        """How many declarations were confirmed before it, since then, that name the same mailbox."""


class Receipt(Struct, frozen=True):
    """What the declarer is sent: that the declaration came, with content, date and time; or, `refused`, that the contract
    can no longer be withdrawn from. Whatever is sent twice under the same `id` arrives once."""

    id: UUID
    city: City
    settings: CitySettings
    declaration: Declaration
    written_at: datetime
    refused: bool = False


SendReceipt: TypeAlias = Callable[[Receipt], Awaitable[None]]
Withdraw: TypeAlias = Callable[[City, BookingId, datetime], Awaitable[bool]]
"""Undo the booking by a declaration of that instant; false where there is no right to. Any number of times."""
WithdrawOther: TypeAlias = Callable[[City, UUID, str, datetime], Awaitable[bool | None]]
"""The same for another kind of contract, by its id and its holder's address; None where she has none of that id."""
