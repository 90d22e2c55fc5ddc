"""What operators do with tickets, those that they open themselves among them."""

from datetime import datetime
from typing import Protocol, TypeAlias

from domain.charging.faults.faults import TicketId
from domain.charging.faults.tickets import (
    Around,
    Changed,
    ChangeTicket,
    NotTicketed,
    OpenTicket,
    Place,
    Ticket,
    change,
    open_by_hand,
)
from domain.refusals import Refusal
from services.charging.faults.views import TicketView

Changing: TypeAlias = TicketView | Refusal[NotTicketed]
Opening: TypeAlias = TicketView | Refusal[NotTicketed]


class TicketBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def find(self, ticket_id: TicketId) -> Ticket | None:
        """Nobody else changes it, or takes its point out of service, meanwhile."""

    async def around(self, ticket: Ticket, command: ChangeTicket) -> Around: ...
    async def record(self, before: Ticket, changed: Changed, note: str | None) -> None:
        """With what the station is told, and what can be booked no more or again."""

    async def place(self, command: OpenTicket) -> Place: ...
    async def add(self, ticket: Ticket, words: str | None) -> None:
        """By hand; whoever is to see to it is told."""

    async def view(self, ticket_id: TicketId) -> TicketView | None: ...


async def open_ticket(command: OpenTicket, *, books: TicketBooks, now: datetime) -> Opening:
    ticket = open_by_hand(command, await books.place(command), now)
    if isinstance(ticket, Refusal):
        return ticket
    await books.add(ticket, (command.text or "").strip() or None)
    return await books.view(ticket.id) or Refusal(NotTicketed.UNKNOWN_TICKET)


async def change_ticket(command: ChangeTicket, *, books: TicketBooks, now: datetime) -> Changing:
    ticket = await books.find(command.ticket_id)
    if ticket is None:
        return Refusal(NotTicketed.UNKNOWN_TICKET)
    changed = change(ticket, command, await books.around(ticket, command), now)
    if isinstance(changed, Refusal):
        return changed
    await books.record(ticket, changed, (command.note or "").strip() or None)
    return await books.view(ticket.id) or Refusal(NotTicketed.UNKNOWN_TICKET)
