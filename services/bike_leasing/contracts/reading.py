"""What is read of leases, by whoever stands on a side of them."""

from collections.abc import Sequence

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import Lease, LeaseId, LeaseState
from domain.bike_leasing.contracts.parties import Side, sides_of
from domain.identity import Actor
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseFile, PinSeal


async def find_lease(lease_id: LeaseId, *, books: LeaseBooks, seal: PinSeal, actor: Actor) -> LeaseFile | None:
    """The PIN is its holder's."""
    found = await books.file(lease_id)
    if found is None or not (seen := shown(found, actor)).sides:
        return None
    pin = found.lease.pin
    waits = pin is not None and found.lease.state is LeaseState.READY_FOR_PICKUP and Side.EMPLOYEE in seen.sides
    code = seal.code(actor.city, pin.id) if pin is not None and waits else None
    return replace(seen, pin=code)


def shown(file: LeaseFile, actor: Actor) -> LeaseFile:
    """As the actor may see it, after a step as well as when it is read: a dealer sees no sheets of pay."""
    sides = sides_of(file.lease.parties, actor)
    sheets = {name: sheet for name, sheet in file.sheets.items() if name == "rate" or sides != {Side.DEALER}}
    return replace(file, sides=sides, sheets=sheets)


async def page_of_leases(*, books: LeaseBooks, actor: Actor) -> Sequence[Lease]:
    return [lease for lease in await books.page(actor) if sides_of(lease.parties, actor)]
