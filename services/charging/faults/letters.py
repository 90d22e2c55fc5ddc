"""Writing to whoever is to see to a ticket."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct

from domain.charging.faults.faults import FaultKind, TicketId
from domain.charging.faults.tickets import Severity, TicketState, Why
from domain.cities.settings import CitySettings
from domain.identity import City
from services.notices.ports import Holder, Mailer, Message
from services.notices.sending import send_each


class TicketNotice(Struct, frozen=True):
    """All that a letter about a ticket says. `station` is what the charging station calls itself, `place` where it stands, if it is of
    one; `says` is its own word, and `began_at` is when the latest fault began. One by hand has a `title` and no `kind`, and its `says`
    is what whoever opened it wrote."""

    city: City
    settings: CitySettings
    station: str | None
    place: str | None
    evse: int
    kind: FaultKind | None
    why: Why
    severity: Severity
    title: str | None
    says: str
    began_at: datetime


class TicketNews(Struct, frozen=True):
    state: TicketState
    notice: TicketNotice
    readers: tuple[Holder, ...]


class TicketDesk(Protocol):
    async def news(self, city: City, ticket_id: TicketId) -> TicketNews | None:
        """To whom it is assigned, or the city's operators; not whoever opened it by hand."""


Compose: TypeAlias = Callable[[TicketNotice, Holder, UUID, datetime], Message]


async def tell_of_ticket(
    city: City,
    ticket_id: TicketId,
    message_id: UUID,
    at: datetime,
    *,
    desk: TicketDesk,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes: none once somebody has seen to it."""
    found = await desk.news(city, ticket_id)
    if found is None or found.state is not TicketState.OPEN:
        return 0
    letters = [compose(found.notice, reader, uuid5(message_id, reader.email), at) for reader in found.readers]
    return await send_each(letters, mailer)
