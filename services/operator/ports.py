"""The operator's books, as the use cases need them. Each is open for one call in one city, in one transaction.

Whatever is written through them leaves a line in the audit trail, in the same transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.booking.publishing import Published
from domain.cities import CitySettings
from domain.grants import Grant
from domain.identity import PersonId, PoolId
from domain.pricing.tariffs import TariffId


class HeldGrant(Struct, frozen=True):
    """A grant, and who holds it since when."""

    email: str
    grant: Grant
    granted_at: datetime


class CityBooks(Protocol):
    async def settings(self) -> CitySettings | None: ...
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


class PeopleBooks(Protocol):
    async def find(self, email: str) -> PersonId | None: ...
    async def enter(self, email: str, language: str) -> PersonId: ...
    async def accept(self, person_id: PersonId, terms: dict[str, str]) -> None: ...


class StaffBooks(Protocol):
    async def pools(self) -> frozenset[PoolId]: ...
    async def grant(self, person_id: PersonId, grant: Grant) -> bool:
        """False if the person holds it already."""

    async def revoke(self, person_id: PersonId, grant: Grant) -> bool:
        """False if the person does not hold it."""

    async def grants(self) -> Sequence[HeldGrant]: ...
