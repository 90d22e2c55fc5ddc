"""The books of what is claimed of the insurance, as their use cases need them."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.insurance.claims import ClaimId, InsuranceClaim
from domain.bike_leasing.insurance.tracing import Tracing
from domain.identity import Actor
from domain.ledger.entries import Entry
from domain.photos import Developed, Digest
from services.bike_leasing.pages import Wanted


class ClaimFile(Struct, frozen=True):
    """A claim with the lease that it is of."""

    claim: InsuranceClaim
    lease: Lease


class ClaimBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def today(self) -> date: ...
    async def lease(self, lease_id: LeaseId) -> tuple[Lease, Sequence[InsuranceClaim]] | None:
        """With its claims; one writer after the other for the lease."""

    async def find(self, claim_id: ClaimId, *, locked: bool = False) -> ClaimFile | None: ...
    async def report(self, claim: InsuranceClaim) -> None: ...
    async def follow(self, claim: InsuranceClaim, entries: Sequence[Entry]) -> None:
        """With what it puts into the ledger."""

    async def page(self, actor: Actor, wanted: Wanted) -> Sequence[ClaimFile]:
        """Those that the actor may stand near, the newest first."""


class ClaimPhotos(Protocol):
    async def keep(self, claim_id: ClaimId, photo: Developed) -> None:
        """Nothing happens where it is there already."""

    async def show(self, claim_id: ClaimId, digest: Digest) -> Developed | None: ...


class TracingBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def today(self) -> date: ...
    async def find(self, lease_id: LeaseId, *, locked: bool = False) -> tuple[Lease, Tracing | None] | None:
        """The lease with what is kept; locked, one writer after the other for the lease."""

    async def keep(self, tracing: Tracing, happened: str) -> None:
        """In place of what was kept before; `happened` is what the audit trail calls it."""
