"""Faults of charging stations, and the tickets by which somebody sees to them."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from domain.charging.faults.faults import TicketId
from domain.charging.faults.tickets import ChangeTicket, OpenTicket
from domain.identity import City
from services.calls import UseCase
from services.charging.faults.tickets import Changing, Opening
from services.charging.faults.views import FaultsWanted, FaultView, TicketsWanted, TicketView


class FaultDesk(Struct, frozen=True):
    """The use cases of whoever runs the city's stations, bound to their adapters."""

    faults: Callable[[City, FaultsWanted], Awaitable[Sequence[FaultView]]]
    tickets: Callable[[City, TicketsWanted], Awaitable[Sequence[TicketView]]]
    find: Callable[[City, TicketId], Awaitable[TicketView | None]]
    open: UseCase[Opening, OpenTicket]
    change: UseCase[Changing, ChangeTicket]
