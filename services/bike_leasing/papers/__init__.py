"""The papers of a lease: drawn up, read, and said yes to by those whom they bind."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.papers.accepting import AcceptPaper
from domain.bike_leasing.papers.papers import PartyNamed
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import Actor
from services.bike_leasing.papers.ports import PaperFile, Refused
from services.calls import Answer, Call


class LeasePapers(Struct, frozen=True):
    """The use cases, bound. `find` gives None to whoever may not read a paper of the lease; `content` likewise."""

    name: Callable[[Call[PartyNamed | Refused], PartyNamed], Awaitable[Answer]]
    named: Callable[[Actor], Awaitable[Sequence[PartyNamed]]]
    draw: Callable[[Actor, LeaseId], Awaitable[PaperFile | Refused]]
    find: Callable[[Actor, LeaseId], Awaitable[PaperFile | None]]
    content: Callable[[Actor, LeaseId, PaperKind], Awaitable[tuple[str, bytes] | None]]
    accept: Callable[[Call[PaperFile | Refused], AcceptPaper], Awaitable[Answer]]
