"""The papers of leases, as their use cases need them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import Sheet
from domain.bike_leasing.contracts.acts import NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Framework, PartyId
from domain.bike_leasing.papers.accepting import Acceptance, NotAccepted
from domain.bike_leasing.papers.papers import Digest, Names, NotDrawn, Paper, PartyNamed
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import City
from domain.refusals import Refusal

Render: TypeAlias = Callable[[Paper], Awaitable[bytes]]
"""PDF/A. The same paper again gives the same bytes."""


class Kept(Struct, frozen=True):
    """A paper as it lies in the archive; `texts` are the names, versions and hashes of the texts in it."""

    kind: PaperKind
    digest: Digest
    drawn_at: datetime
    texts: tuple[Any, ...]


class PaperFile(Struct, frozen=True):
    """A lease's papers, and who has said yes to them, in that order."""

    lease: Lease
    papers: Sequence[Kept]
    accepted: Sequence[Acceptance]

    @property
    def digests(self) -> Mapping[PaperKind, Digest]:
        return {paper.kind: paper.digest for paper in self.papers}


class DrawingDesk(Struct, frozen=True):
    """What papers are drawn from; `stored` are the sheets as they were kept."""

    file: PaperFile
    framework: Framework | None
    names: Names
    sheets: Mapping[str, Sheet[Any]]
    stored: Mapping[str, str]
    today: date


Refused: TypeAlias = Refusal[NotDone] | Refusal[NotDrawn] | Refusal[NotAccepted]


class PaperBooks(Protocol):
    """Each call is a transaction of its own, in one city."""

    async def file(self, city: City, lease_id: LeaseId) -> PaperFile | None: ...
    async def desk(self, city: City, lease_id: LeaseId) -> DrawingDesk | None: ...
    async def seal(self, city: City, papers: Sequence[tuple[Paper, Digest, bytes]]) -> None:
        """Keep them; of two who draw at once the first one's papers count. Nothing is kept where the lease has gone on while they
        were rendered."""

    async def content(self, city: City, lease_id: LeaseId, kind: PaperKind) -> bytes | None: ...


class AcceptanceBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def file(self, lease_id: LeaseId) -> PaperFile | None:
        """One writer after the other for the lease."""

    async def today(self) -> date: ...
    async def keep(self, acceptance: Acceptance) -> None: ...
    async def name(self, party: PartyNamed) -> None:
        """In place of the name before; papers keep what they were drawn with."""

    async def named(self, parties: Collection[PartyId]) -> Sequence[PartyNamed]:
        """Those of them that were named, by the alphabet of their ids."""
