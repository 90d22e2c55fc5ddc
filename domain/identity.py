"""Who acts, for which city, as what."""

from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

City = NewType("City", str)
PersonId = NewType("PersonId", UUID)
PoolId = NewType("PoolId", str)

SYSTEM = PersonId(UUID(int=0))
"""Who acts where nobody asked: an expiry, a provider's message."""


class Role(StrEnum):
    RESIDENT = "resident"
    DRIVER = "driver"
    FLEET_MANAGER = "fleet_manager"
    FINANCE = "finance"
    OPERATOR = "operator"
    PARTNER = "partner"
    DEALER = "dealer"
    HR = "hr"
    LESSOR = "lessor"


class Actor(Struct, frozen=True):
    """A signed-in person in one city. `pools` is empty where a grant names no pool: then it counts for all of them. `parties` are
    those to leasing contracts that she acts for, each with as what: HR of one is not the dealer that she is of another."""

    id: PersonId
    city: City
    roles: frozenset[Role]
    pools: frozenset[PoolId] = frozenset()
    parties: frozenset[tuple[Role, str]] = frozenset()

    def parties_as(self, role: Role) -> frozenset[str]:
        return frozenset(party for as_what, party in self.parties if as_what is role)

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """May use the city's pool vehicles for work."""
        return self.has(Role.DRIVER, Role.FLEET_MANAGER)

    def works_in(self, pool: PoolId | None) -> bool:
        """Whether the pool is among those the person works in."""
        return pool is not None and self.is_staff and (not self.pools or pool in self.pools)
