"""The operator's books, as the use cases need them. Each is open for one call in one city, in one transaction.

Whatever is written through them leaves a line in the audit trail, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.booking.publishing import Published
from domain.cities.settings import CitySettings
from domain.grants import Grant
from domain.identity import PersonId, PoolId
from domain.pricing.tariffs import TariffId


class HeldGrant(Struct, frozen=True):
    """A grant, and who holds it since when."""

    email: str
    grant: Grant
    granted_at: datetime


class GrantMark(Struct, array_like=True, frozen=True):
    """Where a page of grants ended; they are in order of these."""

    email: str
    role: str
    pool: str
    party: str


class StaffGrant(Struct, frozen=True):
    """A grant, and the person who holds it since when."""

    person_id: PersonId
    email: str
    grant: Grant
    granted_at: datetime

    @property
    def mark(self) -> GrantMark:
        return GrantMark(self.email, self.grant.role.value, self.grant.pool or "", self.grant.party or "")


class Stated(Struct, frozen=True):
    """What a city says of itself; the version counts how often that was changed."""

    settings: CitySettings
    version: int


class TariffMark(Struct, array_like=True, frozen=True):
    """Where a page of tariffs' versions ended."""

    id: TariffId
    version: int


class CityBooks(Protocol):
    async def settings(self) -> CitySettings | None: ...
    async def stated(self, *, locked: bool = False) -> Stated | None:
        """The settings with their version; `locked` against others who change them."""

    async def time_zone(self) -> str: ...
    async def has_payments(self) -> bool: ...
    async def shares(self, account: str) -> bool:
        """Whether another city takes its money through this Stripe account."""

    async def open(self, settings: CitySettings) -> bool:
        """False if the city is open already."""

    async def change(self, settings: CitySettings) -> None: ...


class TariffBooks(Protocol):
    async def latest(self, tariff_id: TariffId) -> Published | None:
        """The version with the highest number, locked against others who publish the same tariff."""

    async def publish(self, published: Published) -> None: ...
    async def versions(self) -> Sequence[Published]: ...
    async def page(self, after: TariffMark | None, limit: int) -> Sequence[Published]:
        """By id, the oldest version first."""


class PeopleBooks(Protocol):
    async def find(self, email: str) -> PersonId | None: ...
    async def knows(self, person_id: PersonId) -> bool: ...
    async def enter(self, email: str, language: str) -> PersonId: ...
    async def accept(self, person_id: PersonId, terms: dict[str, str]) -> None: ...


class StaffBooks(Protocol):
    async def pools(self) -> frozenset[PoolId]: ...
    async def grant(self, person_id: PersonId, grant: Grant) -> bool:
        """False if the person holds it already."""

    async def revoke(self, person_id: PersonId, grant: Grant) -> bool:
        """False if the person does not hold it."""

    async def grants(self) -> Sequence[HeldGrant]: ...
    async def page(self, after: GrantMark | None, limit: int) -> Sequence[StaffGrant]:
        """In order of their marks."""
