"""Who sees a booking and acts on it."""

from msgspec import Struct

from domain.booking.bookings import Booking
from domain.booking.resources import Resource
from domain.identity import Actor, PoolId, Role


def may_act(actor: Actor, booking: Booking, resource: Resource) -> bool:
    """The holder, whoever runs the vehicle's pool, and the city's operator see a booking and act on it."""
    if booking.holder_id == actor.id or actor.has(Role.OPERATOR):
        return True
    return actor.has(Role.FLEET_MANAGER) and actor.works_in(resource.pool_id)


class Reach(Struct, frozen=True):
    """Whose bookings a person sees besides their own; no `pools` named means every pool's where `runs_pools`."""

    whole_city: bool
    runs_pools: bool
    pools: frozenset[PoolId]

    def covers(self, pool: PoolId | None) -> bool:
        """Whether what belongs to the pool is seen."""
        if self.whole_city:
            return True
        return self.runs_pools and pool is not None and (not self.pools or pool in self.pools)


def reach(actor: Actor) -> Reach:
    """What `may_act` says of one booking, said of all of them: the rule of lists."""
    return Reach(actor.has(Role.OPERATOR), actor.has(Role.FLEET_MANAGER), actor.pools)
